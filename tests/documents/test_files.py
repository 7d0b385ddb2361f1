"""A file is there whole or not at all."""

import pytest

from collections_app.documents.digest import is_sha256, sha256, sha256_of_chunks, sha256_of_file
from collections_app.documents.files import write_atomically, writing_together
from collections_app.kernel.errors import DomainError


def test_a_written_file_holds_the_bytes_and_nothing_stands_beside_it(tmp_path):
    write_atomically(tmp_path / "new" / "letter.pdf", b"%PDF-1.7 letter")

    assert (tmp_path / "new" / "letter.pdf").read_bytes() == b"%PDF-1.7 letter"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["letter.pdf"]


def test_a_full_disk_keeps_the_old_file_and_says_so_in_a_sentence(tmp_path, room_for):
    target = tmp_path / "letter.pdf"
    target.write_bytes(b"the old letter")

    with room_for(1_000), pytest.raises(DomainError) as refused:
        write_atomically(target, b"x" * 5_000)

    assert refused.value.code == "disk_full"
    assert "no room left" in refused.value.sentence
    assert str(tmp_path) in refused.value.sentence
    assert target.read_bytes() == b"the old letter"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.pdf"]


def test_of_two_files_written_together_neither_is_left_if_the_second_fails(tmp_path, room_for):
    with (
        room_for(1_000),
        pytest.raises(DomainError),
        writing_together(tmp_path / "pack.pdf", tmp_path / "pack.zip") as (pdf, archive),
    ):
        pdf.write_bytes(b"small")
        archive.write_bytes(b"x" * 5_000)

    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_writer_passes_through_and_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), writing_together(tmp_path / "pack.pdf") as (pdf,):
        pdf.write_bytes(b"half")
        raise KeyError("exhibit")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(DomainError) as refused:
        write_atomically(tmp_path / "file" / "letter.pdf", b"x")

    assert refused.value.code == "cannot_write"
    assert str(tmp_path / "file") in refused.value.sentence


def test_digests_are_the_same_however_the_bytes_come(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert sha256(b"abc") == known
    assert sha256_of_chunks([b"a", b"bc"]) == known
    assert sha256_of_file(tmp_path / "a") == known
    assert is_sha256(known)
    assert not is_sha256(known.upper())
    assert not is_sha256(known[:-1])

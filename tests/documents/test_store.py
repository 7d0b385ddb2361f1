"""Blobs: kept once an owner, encrypted, whole or not at all, and proven when read."""

import datetime as dt
import io
import os
import resource
from pathlib import Path

import pikepdf
import pytest
from django.db import transaction

from collections_app.documents import store
from collections_app.documents.digest import sha256
from collections_app.kernel import keys
from collections_app.kernel.errors import DomainError
from collections_app.models import StoredDocument

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 3, 16, 15, tzinfo=dt.UTC)
WORDS = b"Alice Example owes 310.00"


@pytest.fixture(autouse=True)
def blobs(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "blobs"
    return settings.BLOB_DIR


@pytest.fixture
def key():
    return keys.new_key("person")


def kept(key, data=WORDS, *, title="Notice", media_type="text/plain", at=AT, **more):
    return store.put(key, data, title=title, media_type=media_type, at=at, **more)


def refused_as(code, function, *args, **kwargs):
    with pytest.raises(DomainError) as refused:
        function(*args, **kwargs)
    assert refused.value.code == code
    return refused.value.sentence


def files(folder: Path):
    return [path for path in folder.rglob("*") if path.is_file()]


def a_pdf(pages=1, **save):
    pdf, out = pikepdf.new(), io.BytesIO()
    for _ in range(pages):
        pdf.add_blank_page()
    pdf.save(out, **save)
    return out.getvalue()


def test_what_was_put_comes_back_with_its_facts_beside_it(key, blobs):
    document = StoredDocument.objects.get(pk=kept(key, generated=True).pk)
    assert store.get(document) == WORDS
    assert (document.sha256, document.size, document.media_type, document.title) == (
        sha256(WORDS), len(WORDS), "text/plain", "Notice",
    )  # fmt: skip
    assert (document.stored_at, document.generated, document.pages) == (AT, True, None)


def test_nothing_readable_lies_on_the_disk(key, blobs):
    kept(key)
    [file] = files(blobs)
    assert b"Alice" not in file.read_bytes()
    assert "Alice" not in str(file)
    assert file.stat().st_mode & 0o007 == 0


def test_the_same_bytes_of_the_same_owner_are_kept_once_with_their_first_title(key, blobs):
    first = kept(key)
    second = kept(key, title="Notice again", media_type="text/html", at=AT + dt.timedelta(days=1))
    assert second.pk == first.pk
    assert (second.title, second.stored_at) == ("Notice", AT)
    assert StoredDocument.objects.count() == 1
    assert len(files(blobs)) == 1


def test_two_owners_of_the_same_bytes_have_a_blob_each(key, blobs):
    other = keys.new_key("person")
    mine, theirs = kept(key), kept(other)
    assert mine.pk != theirs.pk
    one, two = files(blobs)
    assert one.read_bytes() != two.read_bytes()
    keys.destroy(key)
    mine.refresh_from_db()
    refused_as("key_destroyed", store.get, StoredDocument.objects.get(pk=mine.pk))
    assert store.get(StoredDocument.objects.get(pk=theirs.pk)) == WORDS


def test_nothing_is_kept_under_a_destroyed_key(key, blobs):
    keys.destroy(key)
    refused_as("key_destroyed", kept, key)
    assert files(blobs) == []
    assert not StoredDocument.objects.exists()


@pytest.mark.parametrize(
    ("data", "media_type", "pages", "code"),
    [
        (b"", "text/plain", None, "empty_document"),
        (b"x", "text/plain", 0, "empty_document"),
        (b"", "application/pdf", 1, "empty_document"),
        (a_pdf(0), "application/pdf", None, "empty_document"),
        (a_pdf(0), "application/pdf", 1, "empty_document"),
        (a_pdf(2), "application/pdf", 3, "pages_differ"),
        (b"<html></html>", "application/pdf", None, "not_a_pdf"),
        (b"%PDF-1.7\n", "application/pdf", 1, "not_a_pdf"),
        (b"x", "application/" + "x" * 300, None, "media_type_too_long"),
    ],
)
def test_what_is_empty_or_not_what_it_says_is_refused_and_leaves_nothing(data, media_type, pages, code, key, blobs):
    sentence = refused_as(code, kept, key, data, media_type=media_type, pages=pages)
    assert "Notice" in sentence
    assert files(blobs) == []
    assert not StoredDocument.objects.exists()


def test_the_pages_of_a_pdf_are_counted(key):
    assert kept(key, a_pdf(3), media_type="application/pdf").pages == 3
    assert kept(key, a_pdf(2), media_type="application/pdf", pages=2).pages == 2


def test_a_pdf_that_only_a_password_opens_is_kept_as_evidence_without_pages(key):
    locked = a_pdf(2, encryption=pikepdf.Encryption(owner="o", user="u"))
    document = kept(key, locked, media_type="application/pdf")
    assert document.pages is None
    assert store.get(document) == locked


def test_a_full_disk_is_told_and_leaves_no_half_file_and_no_row(key, blobs):
    large = os.urandom(1_000_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        sentence = refused_as("disk_full", kept, key, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "no room" in sentence
    assert files(blobs) == []
    assert not StoredDocument.objects.exists()
    assert store.get(kept(key, large)) == large


def test_a_folder_that_cannot_be_written_is_told(key, blobs):
    blobs.write_text("a file where the folder should be")
    refused_as("cannot_write", kept, key)
    assert not StoredDocument.objects.exists()


@pytest.mark.parametrize("where", [0, 5, 20, -1])
def test_one_changed_bit_is_found(where, key, blobs):
    document = kept(key)
    [file] = files(blobs)
    blob = bytearray(file.read_bytes())
    blob[where] ^= 1
    file.write_bytes(blob)
    refused_as("blob_damaged", store.get, document)


@pytest.mark.parametrize("length", [0, 3, 10, 30])
def test_a_file_that_was_cut_is_found(length, key, blobs):
    document = kept(key)
    [file] = files(blobs)
    file.write_bytes(file.read_bytes()[:length])
    refused_as("blob_damaged", store.get, document)


def test_two_files_of_one_owner_that_changed_places_are_found(key, blobs):
    first, second = kept(key, b"first"), kept(key, b"second")
    one, two = files(blobs)
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)
    refused_as("blob_damaged", store.get, first)
    refused_as("blob_damaged", store.get, second)


def test_a_row_that_was_given_another_hash_is_found(key, blobs):
    document = kept(key)
    [file] = files(blobs)
    document.sha256 = sha256(b"other")
    file.rename(file.with_name(document.sha256))
    refused_as("blob_damaged", store.get, document)


def test_a_lost_file_is_told_and_comes_back_when_it_is_put_again(key, blobs):
    document = kept(key)
    [file] = files(blobs)
    file.unlink()
    refused_as("blob_missing", store.get, document)
    assert kept(key).pk == document.pk
    assert store.get(document) == WORDS


def test_a_blob_whose_transaction_was_rolled_back_does_not_stand_in_the_way(key, blobs):
    with pytest.raises(RuntimeError), transaction.atomic():
        kept(key)
        raise RuntimeError("the rest failed")
    assert not StoredDocument.objects.exists()
    [orphan] = files(blobs)
    orphan.write_bytes(b"of an older database with the same key number")
    assert store.get(kept(key)) == WORDS


def test_a_long_title_is_cut_and_says_so(key):
    title = kept(key, title="x" * 500).title
    assert len(title) == 200
    assert title.endswith("…")


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_gets_the_row_of_the_first(key, monkeypatch):
    """The other worker commits between our look and our write."""
    write = store.write_atomically

    def and_meanwhile(path, data):
        monkeypatch.setattr(store, "write_atomically", write)
        theirs.append(kept(key, title="Theirs"))
        write(path, data)

    theirs = []
    monkeypatch.setattr(store, "write_atomically", and_meanwhile)
    ours = kept(key, title="Ours")
    assert ours.pk == theirs[0].pk
    assert ours.title == "Theirs"
    assert StoredDocument.objects.count() == 1
    assert store.get(ours) == WORDS

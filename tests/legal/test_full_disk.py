"""The disk fills up while a pack is built: a sentence, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from collections_app.documents import store
from collections_app.kernel.errors import DomainError
from collections_app.kernel.keys import DataKey
from collections_app.models import StoredDocument
from legal.models import LegalFile, Pack
from legal.services.exhibits import collect_exhibits
from legal.services.packs import seal_pack, write_out
from tests.factories import legal, loans


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes: the operating system answers every write as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def first(file: LegalFile, clerk: Any) -> Pack:
    """A sealed version, after which something changed, all of it collected."""
    sealed = seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack
    loans.a_payment(file.case.loan, "100.00", value_on=legal.DAY, by=clerk)
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=clerk)
    return sealed


def test_a_disk_that_fills_up_while_the_pdf_is_written(first: Pack, file: LegalFile, clerk: Any, blobs: Path) -> None:
    files = kept_in(blobs)
    with room_for(30_000), pytest.raises(DomainError, match="There is no room left") as refused:
        seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk)
    assert refused.value.code == "disk_full"
    assert_only_the_first_version_stands(first, files, blobs)
    second = seal_pack(file, on=legal.DAY, at=legal.AT + dt.timedelta(hours=1), by=clerk).pack
    assert second.version == 2


def test_a_disk_that_fills_up_while_the_zip_is_kept(
    first: Pack, file: LegalFile, clerk: Any, blobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, documents = DataKey.objects.count(), StoredDocument.objects.count()
    files = kept_in(blobs)
    large: list[str] = []
    flush = os.fsync

    def full(handle: int) -> None:
        name = os.readlink(f"/proc/self/fd/{handle}")
        if str(blobs) in name and os.path.isfile(name) and os.path.getsize(name) > 100_000:
            large.append(name)
            if len(large) == 2:  # the PDF found room, the ZIP after it does not
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(handle)

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(DomainError, match="There is no room left") as refused:
            seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk)
    assert refused.value.code == "disk_full"
    assert (DataKey.objects.count(), StoredDocument.objects.count()) == (keys, documents)
    assert_only_the_first_version_stands(first, files, blobs)  # the PDF went again
    assert seal_pack(file, on=legal.DAY, at=legal.AT, by=clerk).pack.version == 2


def test_a_disk_that_fills_up_while_a_pack_is_written_out(first: Pack, tmp_path: Path) -> None:
    with room_for(30_000), pytest.raises(DomainError, match="There is no room left"):
        write_out(first, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
    assert all(path.exists() for path in write_out(first, tmp_path / "out"))


def kept_in(blobs: Path) -> list[Path]:
    return sorted(path for path in blobs.rglob("*") if path.is_file())


def assert_only_the_first_version_stands(first: Pack, files: list[Path], blobs: Path) -> None:
    assert list(Pack.objects.all()) == [first]
    assert kept_in(blobs) == files
    assert store.get(first.pdf).startswith(b"%PDF")

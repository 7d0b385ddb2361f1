"""The outbox: a file per message, once, whole, and nothing over the network."""

import datetime as dt
import json
import os
import resource
import socket
import threading

import pikepdf
import pytest

from collections_app.channels.base import CHANNELS, ChannelError
from collections_app.channels.console import Outbox
from collections_app.channels.letter import PrintFolder
from collections_app.channels.registry import adapter_for

DAY = dt.timedelta(days=1)


def messages(outbox):
    """All messages of the outbox, by path; what is hidden is not a message."""
    return sorted(
        str(path.relative_to(outbox))
        for path in outbox.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(outbox).parts)
    )


def everything(outbox):
    return [path for path in outbox.rglob("*") if path.is_file()]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_becomes_one_file_that_says_all_of_it(channel, envelope, at, outbox):
    receipt = adapter_for(channel).send(envelope(channel), at=at)
    path = f"{channel}/2026-03-16/12"
    assert messages(outbox) == [f"{path}.json", f"{path}.pdf"][: 2 if channel == "letter" else 1]
    told = json.loads((outbox / f"{path}.json").read_text())
    sent = envelope(channel)
    assert (told["contact_id"], told["channel"], told["to"]) == (12, channel, sent.to)
    assert (told["text"], told["subject"], told["text_sha256"]) == (sent.text, sent.subject, sent.text_sha256)
    assert told["written_at"] == "2026-03-16T15:00:00+00:00"
    assert receipt.accepted_at == at
    if channel in ("voice", "visit"):
        assert (receipt.reference, receipt.revealed) == ("revealed", sent.to)
    else:
        assert (receipt.reference, receipt.revealed) == (f"outbox:{path}", "")


def test_the_pdf_of_a_letter_stands_beside_it(envelope, at, outbox, letter_pdf):
    adapter_for("letter").send(envelope("letter"), at=at)
    assert (outbox / "letter/2026-03-16/12.pdf").read_bytes() == letter_pdf()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("later", [0 * DAY, DAY])
def test_the_same_contact_is_never_written_twice_whatever_the_day(channel, later, envelope, at, outbox):
    adapter_for(channel).send(envelope(channel), at=at)
    before = {path: path.read_bytes() for path in everything(outbox)}
    with pytest.raises(ChannelError) as refused:
        adapter_for(channel).send(envelope(channel, expires_at=at + 2 * DAY), at=at + later)
    assert refused.value.code == "already_sent"
    # It may have left: a person settles it, and nothing takes its place.
    assert refused.value.unknown
    assert {path: path.read_bytes() for path in everything(outbox)} == before


def test_of_eight_workers_with_one_contact_one_writes(envelope, at, outbox):
    start, outcomes = threading.Barrier(8), []

    def work(number):
        start.wait()
        try:
            day = at + number * DAY
            Outbox("sms", outbox).send(envelope("sms", expires_at=day + DAY), at=day)
            outcomes.append("sent")
        except ChannelError as error:
            outcomes.append(error.code)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["already_sent"] * 7 + ["sent"]
    assert len(messages(outbox)) == 1


def test_a_contact_whose_worker_died_between_mark_and_message_is_not_written_again(envelope, at, outbox):
    (outbox / ".sent/0").mkdir(parents=True)
    (outbox / ".sent/0/12").touch()
    with pytest.raises(ChannelError) as refused:
        Outbox("sms", outbox).send(envelope("sms"), at=at)
    assert refused.value.code == "already_sent"
    assert refused.value.unknown
    assert messages(outbox) == []


@pytest.mark.parametrize("adapter", [lambda folder: Outbox("letter", folder), PrintFolder], ids=["outbox", "print"])
def test_a_full_disk_leaves_no_half_message_and_the_next_try_succeeds(adapter, envelope, at, outbox):
    # A paper of a megabyte, on a disk that takes half of one: the kernel refuses the write.
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.pages[0].Contents = pdf.make_stream(b"0 0 9 9 re f %" + b"x" * 1_000_000)
    outbox.mkdir()
    pdf.save(outbox.parent / "big.pdf", compress_streams=False)
    big = envelope("letter", document=(outbox.parent / "big.pdf").read_bytes())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        with pytest.raises(ChannelError) as refused:
            adapter(outbox).send(big, at=at)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.value.code == "disk_full"
    assert not refused.value.permanent
    assert not refused.value.unknown
    assert everything(outbox) == []
    adapter(outbox).send(big, at=at)
    assert f"{big.channel}/2026-03-16/12.pdf" in messages(outbox)


def test_an_outbox_that_cannot_be_written_says_so_and_is_tried_again_later(envelope, at, outbox):
    outbox.write_text("a file where the folder should be")
    with pytest.raises(ChannelError) as refused:
        Outbox("sms", outbox).send(envelope("sms"), at=at)
    assert refused.value.code == "cannot_write"
    assert not refused.value.permanent
    assert not refused.value.unknown


@pytest.mark.parametrize("adapter", [lambda folder: Outbox("letter", folder), PrintFolder], ids=["outbox", "print"])
@pytest.mark.parametrize("paper", ["no page", "blank", "none"])
def test_an_empty_pdf_is_never_filed_as_a_letter(adapter, paper, envelope, at, outbox):
    outbox.mkdir()
    file = outbox.parent / "empty.pdf"
    pdf = pikepdf.new()
    if paper == "blank":
        pdf.add_blank_page()
    pdf.save(file)
    if paper == "none":
        file.write_bytes(b"<html>not a PDF</html>")
    with pytest.raises(ChannelError) as refused:
        adapter(outbox).send(envelope("letter", document=file.read_bytes()), at=at)
    assert refused.value.code == ("not_a_pdf" if paper == "none" else "empty_document")
    assert refused.value.permanent
    assert everything(outbox) == []


def test_the_print_folder_holds_the_letter_and_names_its_path(envelope, at, outbox, letter_pdf):
    receipt = PrintFolder(outbox).send(envelope("letter"), at=at)
    assert receipt.reference == "letter/2026-03-16/12.pdf"
    assert (outbox / receipt.reference).read_bytes() == letter_pdf()
    with pytest.raises(ChannelError) as refused:
        PrintFolder(outbox).send(envelope("letter", expires_at=at + 2 * DAY), at=at + DAY)
    assert refused.value.code == "already_sent"
    assert messages(outbox) == [receipt.reference]


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_goes_over_the_network_while_outbound_is_outbox(channel, envelope, at, outbox, settings, monkeypatch):
    def caught(*args, **kwargs):
        raise AssertionError("somebody spoke to the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, caught)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, caught)
    settings.OUTBOUND = "outbox"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY = "https://gateway.example/", "a key"
    adapter_for(channel).send(envelope(channel), at=at)
    assert messages(outbox)


def test_only_the_house_may_read_what_stands_in_the_outbox(envelope, at, outbox):
    Outbox("sms", outbox).send(envelope("sms"), at=at)
    assert [oct(os.stat(path).st_mode & 0o007) for path in everything(outbox)] == ["0o0", "0o0"]

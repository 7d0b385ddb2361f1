"""The envelope: good for a minute, for one channel, and for the text that was hashed."""

import dataclasses
import datetime as dt

import pytest

from collections_app.channels.base import CHANNELS, ChannelError, Sender
from collections_app.channels.console import Outbox
from collections_app.channels.email import SmtpServer
from collections_app.channels.letter import PrintFolder
from collections_app.channels.phone import Phone
from collections_app.channels.registry import OnlyListed
from collections_app.channels.sms import SmsGateway
from collections_app.channels.visit import Visit
from collections_app.kernel.errors import DomainError
from collections_app.models import Contact
from collections_app.services.texts.render import sent_digest

REAL = {
    "sms": lambda folder: SmsGateway("http://127.0.0.1:1/", "key"),
    "email": lambda folder: SmtpServer("127.0.0.1", 1),
    "letter": PrintFolder,
    "voice": lambda folder: Phone(),
    "visit": lambda folder: Visit(),
}


@pytest.mark.parametrize("late", [dt.timedelta(seconds=60), dt.timedelta(hours=3)])
@pytest.mark.parametrize("channel", REAL)
def test_an_expired_envelope_is_refused_by_every_adapter(channel, late, envelope, at, outbox):
    real = REAL[channel](outbox)
    for adapter in (real, Outbox(channel, outbox), OnlyListed(real, [envelope(channel).to])):
        with pytest.raises(ChannelError) as refused:
            adapter.send(envelope(channel), at=at + late)
        assert refused.value.code == "expired"
        assert not refused.value.permanent
        assert not refused.value.unknown
    assert not outbox.exists()


def test_the_last_moment_before_expiry_is_good(envelope, at, outbox):
    last = at + dt.timedelta(seconds=60) - dt.timedelta(microseconds=1)
    assert Phone().send(envelope("voice"), at=last).revealed == "+12175550123"


def test_an_envelope_for_another_channel_is_a_programming_error(envelope, at):
    with pytest.raises(ValueError, match="sms came to the voice adapter"):
        Phone().send(envelope("sms"), at=at)


@pytest.mark.parametrize("channel", ["sms", "email", "letter", "push"])
def test_other_words_than_those_hashed_cannot_be_put_into_an_envelope(channel, envelope):
    with pytest.raises(DomainError) as refused:
        envelope(channel, text_sha256="0" * 64)
    assert refused.value.code == "not_the_hashed_text"
    with pytest.raises(DomainError):
        envelope(channel, text_sha256="")


def test_words_changed_after_the_claim_cannot_be_put_into_an_envelope(envelope):
    with pytest.raises(DomainError):
        dataclasses.replace(envelope("sms"), text="Pay now.")
    with pytest.raises(DomainError):
        dataclasses.replace(envelope("email"), subject="Pay now.")
    with pytest.raises(DomainError):
        dataclasses.replace(envelope("letter"), document=b"%PDF-1.7 another")


@pytest.mark.parametrize("channel", ["sms", "email", "push"])
def test_a_message_without_words_cannot_be_put_into_an_envelope(channel, envelope):
    with pytest.raises(DomainError):
        envelope(channel, text="  \n")


def test_a_letter_without_a_document_cannot_be_put_into_an_envelope(envelope):
    with pytest.raises(DomainError):
        envelope("letter", document=None)


def test_the_digest_is_the_one_that_the_texts_make(envelope):
    text = {"subject": "Ihr Kredit – 您的貸款", "text": "請致電我們。"}
    for channel in ("sms", "email", "push"):
        envelope(channel, **text, text_sha256=sent_digest(channel, **text))
    html = "<p>請致電我們。</p>"
    envelope("letter", html=html, text_sha256=sent_digest("letter", html=html))


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_of_the_person_shows_in_an_envelopes_repr(channel, envelope):
    shown = repr(envelope(channel))
    assert "contact_id=12" in shown
    for secret in (envelope(channel).to, "Please call", "Your loan", "%PDF"):
        assert secret not in shown


def test_the_channels_are_those_of_the_contact():
    assert set(CHANNELS) == {*Contact.MESSAGES, *Contact.BY_HAND}


def test_the_house_writes_where_no_other_sender_is_named(envelope, settings):
    settings.LENDER_NAME, settings.LENDER_EMAIL = "Harbourlight", "help@harbourlight.example"
    sms = envelope("sms")
    given = {part.name: getattr(sms, part.name) for part in dataclasses.fields(sms) if part.name != "sender"}
    written = type(sms)(**given)
    assert written.sender == Sender(
        "Harbourlight", "help@harbourlight.example", settings.LENDER_PHONE, settings.LENDER_ADDRESS
    )


def test_an_error_that_may_have_left_is_not_final():
    with pytest.raises(ValueError, match="may have left"):
        ChannelError("x", permanent=True, unknown=True)

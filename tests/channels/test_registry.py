"""Which adapter serves a channel, by OUTBOUND."""

import socket

import pytest

from collections_app.channels.base import CHANNELS, ChannelError
from collections_app.channels.console import Outbox
from collections_app.channels.registry import OnlyListed, adapter_for
from tests.channels.servers import Gateway, MailServer, answer

REAL = {"sms": "http", "email": "smtp", "letter": "print", "voice": "work_item", "visit": "work_item"}


@pytest.fixture
def gateway(settings):
    with Gateway(answer(200, {"reference": "g-1"})) as gateway:
        settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY = gateway.url, "a shared key"
        yield gateway


@pytest.fixture
def mail_server(settings):
    with MailServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.mark.parametrize("channel", CHANNELS)
def test_outbox_serves_every_channel(channel, settings):
    settings.OUTBOUND = "outbox"
    adapter = adapter_for(channel)
    assert isinstance(adapter, Outbox)
    assert (adapter.channel, adapter.name) == (channel, "outbox")


@pytest.mark.parametrize(("channel", "name"), REAL.items())
def test_live_gives_the_real_adapter(channel, name, settings, gateway):
    settings.OUTBOUND = "live"
    adapter = adapter_for(channel)
    assert (adapter.channel, adapter.name) == (channel, name)


def test_live_really_speaks(settings, gateway, mail_server, envelope, at):
    settings.OUTBOUND = "live"
    assert adapter_for("sms").send(envelope("sms"), at=at).reference == "g-1"
    adapter_for("email").send(envelope("email"), at=at)
    assert gateway.ids == ["12"]
    assert len(mail_server.messages) == 1


@pytest.mark.parametrize(
    ("channel", "listed"),
    [
        ("sms", "+1 (217) 555-0123"),
        ("voice", "+12175550123"),
        ("email", "Alice@Example.org"),
        ("letter", "12 Example Lane Springfield IL 62701"),  # a comma would part it in OUTBOUND_ALLOWLIST
        ("visit", "12 Example Lane Springfield IL 62701"),
    ],
)
def test_allowlist_lets_a_listed_address_through(channel, listed, settings, gateway, mail_server, envelope, at, outbox):
    settings.OUTBOUND = "allowlist"
    settings.OUTBOUND_ALLOWLIST = ["+12175550199", listed]
    assert adapter_for(channel).send(envelope(channel), at=at).reference


@pytest.mark.parametrize("channel", REAL)
@pytest.mark.parametrize("listed", [[], ["+12175550199", "bob@example.org", "1 Other Lane"], ["", " "]])
def test_allowlist_refuses_all_others_for_good_and_nothing_leaves(
    channel, listed, settings, gateway, mail_server, envelope, at, outbox
):
    settings.OUTBOUND = "allowlist"
    settings.OUTBOUND_ALLOWLIST = listed
    adapter = adapter_for(channel)
    assert isinstance(adapter, OnlyListed)
    with pytest.raises(ChannelError) as refused:
        adapter.send(envelope(channel), at=at)
    assert refused.value.code == "not_listed"
    assert refused.value.permanent
    assert "OUTBOUND_ALLOWLIST" in refused.value.sentence
    assert envelope(channel).to not in refused.value.sentence
    assert gateway.requests == []
    assert mail_server.commands == []
    assert not outbox.exists()


def test_part_of_a_listed_number_is_not_listed(settings, gateway, envelope, at):
    settings.OUTBOUND = "allowlist"
    settings.OUTBOUND_ALLOWLIST = ["+121755501234", "2175550123"]
    with pytest.raises(ChannelError):
        adapter_for("sms").send(envelope("sms"), at=at)
    assert gateway.requests == []


@pytest.mark.parametrize("mode", ["allowlist", "live"])
def test_push_says_that_it_has_no_provider(mode, settings):
    settings.OUTBOUND = mode
    with pytest.raises(ChannelError) as refused:
        adapter_for("push")
    assert refused.value.code == "not_configured"
    assert "No push provider is configured" in refused.value.sentence


@pytest.mark.parametrize("missing", ["SMS_GATEWAY_URL", "SMS_GATEWAY_KEY"])
def test_sms_says_when_no_gateway_is_set_up(missing, settings):
    settings.OUTBOUND = "live"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY = "https://gateway.example/", "a key"
    setattr(settings, missing, "")
    with pytest.raises(ChannelError) as refused:
        adapter_for("sms")
    assert refused.value.code == "not_configured"
    assert missing in refused.value.sentence


@pytest.mark.parametrize("mode", ["outbox", "allowlist", "live"])
@pytest.mark.parametrize("channel", ["fax", "", "../sms", "SMS"])
def test_a_channel_that_does_not_exist_is_refused_in_every_mode(channel, mode, settings):
    settings.OUTBOUND = mode
    with pytest.raises(ChannelError) as refused:
        adapter_for(channel)
    assert refused.value.code == "not_configured"


def test_an_unknown_mode_sends_nothing(settings):
    settings.OUTBOUND = "Live"
    with pytest.raises(ChannelError):
        adapter_for("sms")


def test_asking_for_an_adapter_speaks_to_nobody(settings, monkeypatch):
    settings.OUTBOUND = "live"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY = "https://gateway.example/", "a key"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("asked the network"))
    for channel in REAL:
        adapter_for(channel)

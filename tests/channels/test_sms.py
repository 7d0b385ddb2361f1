"""SMS against a gateway on this machine that answers well, badly, late, twice or not at all."""

import datetime as dt
import json
import ssl

import pytest

from collections_app.channels import signature
from collections_app.channels.base import ChannelError
from collections_app.channels.sms import SmsGateway
from collections_app.kernel.errors import DomainError
from tests.channels.servers import (
    Gateway,
    a_certificate,
    answer,
    closed_port,
    drips,
    hangs,
    late,
    resets,
    says,
)

KEY = "a shared key"
ACCEPTED = {"reference": "g-77", "accepted_at": "2026-03-16T15:00:01Z"}


def an_adapter(url, read_seconds=10.0, whole_seconds=15.0):
    return SmsGateway(url, KEY, connect_seconds=10, read_seconds=read_seconds, whole_seconds=whole_seconds)


def refusal(adapter, envelope, at):
    with pytest.raises(ChannelError) as refused:
        adapter.send(envelope, at=at)
    error = refused.value
    # What is stored as plain text holds neither the number nor the words.
    assert "5550123" not in error.sentence
    assert "Please call" not in error.sentence
    return error


def outcome(error):
    return "unknown" if error.unknown else "never" if error.permanent else "later"


def test_an_accepted_message_gives_the_gateways_reference(envelope, at):
    with Gateway(answer(200, ACCEPTED)) as gateway:
        receipt = an_adapter(gateway.url).send(envelope("sms", to="+1 (217) 555-0123", text="請致電我們。"), at=at)
    assert receipt.reference == "g-77"
    assert receipt.accepted_at == dt.datetime(2026, 3, 16, 15, 0, 1, tzinfo=dt.UTC)
    [(headers, body)] = gateway.requests
    assert json.loads(body) == {"id": "12", "to": "+12175550123", "text": "請致電我們。", "language": "en"}
    assert headers["idempotency-key"] == "12"
    assert headers["content-type"] == "application/json; charset=utf-8"


def test_each_request_is_signed_anew(envelope, at):
    seen = set()
    with Gateway(answer(202, {"reference": 9})) as gateway:
        for contact in (12, 13):
            assert an_adapter(gateway.url).send(envelope("sms", contact), at=at).reference == "9"
    for headers, body in gateway.requests:
        signature.verify(
            body, headers, key=KEY, direction="send", at=at, first_seen=lambda n: n not in seen and not seen.add(n)
        )
        with pytest.raises(DomainError):
            signature.verify(body, headers, key="another", direction="send", at=at, first_seen=lambda nonce: True)
    assert len(seen) == 2


# What the gateway answers, what that means, the code.
ANSWERS = [
    (answer(400), "never", "refused"),
    (answer(404), "never", "not_configured"),
    (answer(422, {"error": "+12175550123 is a landline"}), "never", "refused"),
    (answer(410), "never", "refused"),
    (answer(401), "never", "not_configured"),
    (answer(403), "never", "not_configured"),
    (answer(405), "never", "not_configured"),
    (answer(302, Location="http://localhost:1/"), "never", "not_configured"),
    (answer(408), "later", "busy"),
    (answer(425), "later", "busy"),
    (answer(429), "later", "busy"),
    (answer(429, Retry_After="120"), "later", "busy"),
    (answer(503, Retry_After="120"), "later", "busy"),
    (answer(409), "unknown", "no_answer"),
    (answer(500), "unknown", "no_answer"),
    (answer(502), "unknown", "no_answer"),
    (answer(503), "unknown", "no_answer"),
    (answer(503, Retry_After="soon"), "unknown", "no_answer"),
    (answer(504), "unknown", "no_answer"),
    (answer(204), "unknown", "no_answer"),
    (answer(200), "unknown", "no_answer"),
    (answer(200, b"<html>OK +12175550123</html>"), "unknown", "no_answer"),
    (answer(200, b'"g-77"'), "unknown", "no_answer"),
    (answer(200, b"[" * 50_000), "unknown", "no_answer"),
    (answer(200, {"status": "ok"}), "unknown", "no_answer"),
    (answer(200, {"reference": ""}), "unknown", "no_answer"),
    (answer(200, {"reference": True}), "unknown", "no_answer"),
    (answer(200, {"reference": "x" * 121}), "unknown", "no_answer"),
    (answer(200, b'{"reference": "g-77", "pad": "' + b"x" * 100_000 + b'"}'), "unknown", "no_answer"),
    (answer(200, b"\xff\xfe\x00"), "unknown", "no_answer"),
    (says(b""), "unknown", "no_answer"),
    (says(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"refer'), "unknown", "no_answer"),
    (says(b"HTTP/1.1 200 OK\r\nContent-Le"), "unknown", "no_answer"),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "unknown", "no_answer"),
    (says(b"HTTP/1.1 nonsense\r\n\r\n"), "unknown", "no_answer"),
    (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "unknown", "no_answer"),
    (says(b"HTTP/1.1 200 OK\r\n" + b"X-Many: y\r\n" * 200 + b"\r\n"), "unknown", "no_answer"),
    (resets, "unknown", "no_answer"),
    (hangs, "unknown", "no_answer"),
    (drips, "unknown", "no_answer"),
]


@pytest.mark.parametrize(("behaviour", "means", "code"), ANSWERS)
def test_what_an_answer_means_and_that_the_gateway_was_asked_once(behaviour, means, code, envelope, at):
    with Gateway(behaviour) as gateway:
        silent = behaviour in (hangs, drips)
        error = refusal(an_adapter(gateway.url, whole_seconds=2 if silent else 15), envelope("sms"), at)
        assert (outcome(error), error.code) == (means, code)
        assert gateway.ids == ["12"]


def test_an_answer_given_twice_is_one_message(envelope, at):
    with Gateway(answer(200, ACCEPTED, times=2)) as gateway:
        assert an_adapter(gateway.url).send(envelope("sms"), at=at).reference == "g-77"
    assert gateway.ids == ["12"]


def test_silence_for_longer_than_a_read_may_take_is_unknown(envelope, at):
    with Gateway(hangs) as gateway:
        error = refusal(an_adapter(gateway.url, read_seconds=1.5), envelope("sms"), at)
        assert outcome(error) == "unknown"
        assert "took too long" in error.sentence
        assert gateway.ids == ["12"]


def test_a_slow_answer_within_the_time_counts(envelope, at):
    with Gateway(late(0.3, answer(200, ACCEPTED))) as gateway:
        assert an_adapter(gateway.url, read_seconds=10).send(envelope("sms"), at=at).reference == "g-77"
    assert gateway.ids == ["12"]


@pytest.mark.parametrize(
    ("given", "waits"),
    [
        ("0", dt.timedelta()),
        ("90", dt.timedelta(seconds=90)),
        ("Mon, 16 Mar 2026 15:10:00 GMT", dt.timedelta(minutes=10)),
        ("Mon, 16 Mar 2026 14:00:00 GMT", dt.timedelta()),
        ("in a while", None),
        ("-5", None),
    ],
)
def test_the_gateway_says_when_to_come_again(given, waits, envelope, at):
    with Gateway(answer(429, Retry_After=given)) as gateway:
        assert refusal(an_adapter(gateway.url), envelope("sms"), at).retry_after == waits


def test_a_gateway_that_is_not_there_is_known_not_to_have_sent(envelope, at):
    with closed_port() as port:
        error = refusal(an_adapter(f"http://127.0.0.1:{port}/"), envelope("sms"), at)
    assert (outcome(error), error.code) == ("later", "unreachable")
    error = refusal(an_adapter("http://gateway.invalid/"), envelope("sms"), at)
    assert (outcome(error), error.code) == ("later", "unreachable")


@pytest.mark.parametrize(
    "to", ["12175550123", "0217 5550123", "alice@example.org", "+0123456789", "+1217", "", "+1217555O123"]
)
def test_a_number_that_is_none_never_reaches_the_gateway(to, envelope, at):
    with Gateway(answer(200, ACCEPTED)) as gateway:
        error = refusal(an_adapter(gateway.url), envelope("sms", to=to), at)
        assert (outcome(error), error.code) == ("never", "bad_address")
        assert gateway.requests == []


@pytest.mark.parametrize("url", ["", "gateway.example", "ftp://gateway.example/", "https://"])
def test_an_address_that_is_none_is_told_before_anything_is_sent(url):
    with pytest.raises(ChannelError) as refused:
        SmsGateway(url, KEY)
    assert refused.value.code == "not_configured"


def test_a_certificate_of_a_stranger_ends_the_talk_before_a_word_is_said(envelope, at, tmp_path):
    tls, _ = a_certificate(tmp_path)
    with Gateway(answer(200, ACCEPTED), tls) as gateway:
        error = refusal(an_adapter(gateway.url), envelope("sms"), at)
        assert (outcome(error), error.code) == ("later", "unreachable")
        assert "certificate" in error.sentence
        assert gateway.requests == []


def test_over_tls_with_a_certificate_that_is_trusted(envelope, at, tmp_path, monkeypatch):
    tls, trusted = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    assert ssl.create_default_context().get_ca_certs()
    with Gateway(answer(200, ACCEPTED), tls) as gateway:
        assert an_adapter(gateway.url).send(envelope("sms"), at=at).reference == "g-77"
        assert gateway.ids == ["12"]
    with Gateway(drips, tls) as gateway:
        error = refusal(an_adapter(gateway.url, whole_seconds=2), envelope("sms"), at)
        assert outcome(error) == "unknown"
        assert gateway.ids == ["12"]

"""What the gateway tells: deliveries, failures, answers; signed, not old, not twice."""

import datetime as dt
import json

import pytest

from collections_app.channels.opt_out import asks_to_stop
from collections_app.channels.signature import signed_headers, verify
from collections_app.channels.sms import SmsGateway
from collections_app.kernel.errors import DomainError

GATEWAY = SmsGateway("https://gateway.example/", "a shared key")
AT = "2026-03-16T15:04:05Z"
INSTANT = dt.datetime(2026, 3, 16, 15, 4, 5, tzinfo=dt.UTC)


def parsed(*events):
    return GATEWAY.parse(json.dumps({"events": events}).encode())


def test_delivered_and_failed_name_the_message():
    delivered, failed = parsed(
        {"id": "e1", "type": "delivered", "at": AT, "message_id": "12", "reference": "g-77"},
        {"id": "e2", "type": "failed", "at": AT, "reference": "g-78", "code": "absent_subscriber"},
    )
    assert (delivered.kind, delivered.id, delivered.at, delivered.contact_id, delivered.reference) == (
        "delivered", "e1", INSTANT, 12, "g-77",
    )  # fmt: skip
    assert (failed.kind, failed.contact_id, failed.reference, failed.reason) == (
        "failed", None, "g-78", "absent_subscriber",
    )  # fmt: skip


def test_a_failure_code_that_could_hold_a_number_is_left_out():
    for code in ("+12175550123", "12175550123", "unknown 12175550123", "x" * 60):
        [failed] = parsed({"id": "e2", "type": "failed", "at": AT, "message_id": 12, "code": code})
        assert failed.reason == ""


def test_an_answer_comes_with_its_words_and_whether_it_says_stop():
    stop, other = parsed(
        {"id": "e3", "type": "inbound", "at": AT, "from": "+12175550123", "text": "Stop."},
        {"id": "e4", "type": "inbound", "at": AT, "from": "+12175550124", "text": "I paid on Monday"},
    )
    assert (stop.kind, stop.sender, stop.text, stop.stop) == ("inbound", "+12175550123", "Stop.", True)
    assert other.stop is False
    assert "5550123" not in repr(stop)


def test_the_same_event_told_twice_has_the_same_id():
    event = {"id": "e1", "type": "delivered", "at": AT, "message_id": 12}
    assert parsed(event, event)[0] == parsed(event)[0]


def test_one_event_may_come_alone():
    [event] = GATEWAY.parse(json.dumps({"id": "e1", "type": "delivered", "at": AT, "message_id": 12}).encode())
    assert event.contact_id == 12


@pytest.mark.parametrize(
    "broken",
    [
        "x",
        None,
        {},
        {"id": "e", "type": "delivered", "at": AT},
        {"id": "e", "type": "delivered", "at": "2026-03-16T15:04:05", "message_id": 12},
        {"id": "e", "type": "delivered", "at": "yesterday", "message_id": 12},
        {"id": "e", "type": "exploded", "at": AT, "message_id": 12},
        {"id": "", "type": "delivered", "at": AT, "message_id": 12},
        {"id": "e", "type": "delivered", "at": AT, "message_id": "²"},
        {"id": "e", "type": "inbound", "at": AT, "text": "STOP"},
        {"id": "e", "type": "inbound", "at": AT, "from": "+12175550123", "text": 5},
    ],
)
def test_an_unreadable_event_is_set_aside_with_its_reason_and_a_stop_beside_it_counts(broken):
    first, second = parsed(broken, {"id": "e3", "type": "inbound", "at": AT, "from": "+12175550123", "text": "退订"})
    assert first.kind == "unreadable"
    assert first.reason
    assert second.stop


@pytest.mark.parametrize("payload", [b"", b"STOP", b"\xff", b"5", b'{"events": []}', b'{"events": 5}', b"[" * 50_000])
def test_a_payload_that_is_no_list_of_events_is_refused(payload):
    with pytest.raises(DomainError) as refused:
        GATEWAY.parse(payload)
    assert refused.value.code == "bad_receipt"


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", "Stop.", " STOP! ", "stop stop", "STOP ALL", "StopAll", "please stop", "Stop please",
        "STOP TEXTING ME", "stop calling", "Please stop sending these messages", "quit", "END", "cancel", "Revoke",
        "unsubscribe", "Unsubscribe me", "opt out", "opt-out", "OPTOUT", "I want to opt out now", "don't text me",
        "Don’t contact me again", "do not call me", "Never call again", "Remove me from your list", "leave me alone",
        "ｓｔｏｐ", "\u201cStop\u201d",
        "退订", "退訂", "TD", "td", "T", "回T", "回复TD退订", "停止", "停", "取消", "拒收", "请勿再发短信",
        "不要再发了", "別再傳簡訊給我", "不要再联系我", "請不要再聯絡我", "停止發送", "别打来了", "勿扰",
    ],
)  # fmt: skip
def test_these_ask_to_stop(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "?!", "OK", "yes", "I paid on Monday", "I get paid at the end of the month",
        "Can I cancel the old plan and pay less?",
        "The bus stop was closed, I pay tomorrow", "Bitte rufen Sie an", "please", "thanks", "Who is this?", "1",
        "call me", "Please call me at five", "我已经付了", "我星期一還款", "好的", "谢谢",
        "請打電話給我", "可以联系我吗", "我特别希望你们联系我",
    ],
)  # fmt: skip
def test_these_do_not(text):
    assert not asks_to_stop(text)


# -- signatures ----------------------------------------------------------------------------------------

BODY = b'{"events": []}'


class Nonces(set):
    def first_seen(self, nonce):
        new = nonce not in self
        self.add(nonce)
        return new


def check(headers, body=BODY, *, key="a shared key", direction="receipt", at=INSTANT, nonces=None):
    nonces = Nonces() if nonces is None else nonces
    verify(body, headers, key=key, direction=direction, at=at, first_seen=nonces.first_seen)


def signed(**changes):
    return signed_headers(BODY, **{"key": "a shared key", "direction": "receipt", "at": INSTANT, **changes})


def refused_as(code, *args, **kwargs):
    with pytest.raises(DomainError) as refused:
        check(*args, **kwargs)
    assert refused.value.code == code


def test_a_signed_receipt_is_taken_once():
    nonces, headers = Nonces(), signed()
    check(headers, nonces=nonces)
    refused_as("replayed", headers, nonces=nonces)
    check(signed(), nonces=nonces)


def test_headers_may_come_in_any_case():
    check({name.upper(): value for name, value in signed().items()})


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_within_five_minutes_the_clocks_may_differ(minutes):
    check(signed(at=INSTANT + dt.timedelta(minutes=minutes)))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_future_receipt_is_refused_even_if_nobody_saw_it(seconds):
    refused_as("stale_signature", signed(at=INSTANT + dt.timedelta(seconds=seconds)))


def test_a_changed_body_key_time_nonce_or_direction_is_refused():
    refused_as("bad_signature", signed(), BODY + b" ")
    refused_as("bad_signature", signed(key="another key"))
    refused_as("bad_signature", signed() | {"X-Dunwell-Timestamp": str(int(INSTANT.timestamp()) + 1)})
    refused_as("bad_signature", signed() | {"X-Dunwell-Nonce": "0" * 32})
    # What we sent to the gateway cannot come back as its receipt.
    refused_as("bad_signature", signed(direction="send"))
    refused_as("bad_signature", signed() | {"X-Dunwell-Signature": "v1=é"})


def test_a_receipt_that_is_not_signed_is_refused():
    refused_as("not_signed", {})
    refused_as("not_signed", signed() | {"X-Dunwell-Timestamp": "١٢٣"})
    refused_as("not_signed", signed() | {"X-Dunwell-Nonce": ""})
    # With no key set up, nobody can have signed anything.
    refused_as("not_signed", signed(key=""), key="")


def test_a_forged_receipt_does_not_use_up_the_nonce_of_a_true_one():
    nonces, headers = Nonces(), signed()
    refused_as("bad_signature", headers, b"forged", nonces=nonces)
    check(headers, nonces=nonces)

"""E-mail against SMTP servers on this machine that accept, refuse, fall silent or go away at each command."""

import contextlib
import datetime as dt
import email
import email.policy
import socket

import pytest
from aiosmtpd.controller import Controller

from collections_app.channels.base import Attachment, ChannelError, Sender
from collections_app.channels.email import SmtpServer
from tests.channels.servers import MailServer, a_certificate, closed_port


def an_adapter(port, **options):
    return SmtpServer("127.0.0.1", port, **{"step_seconds": 10, "whole_seconds": 15, **options})


def refusal(port, envelope, at, **options):
    with pytest.raises(ChannelError) as refused:
        an_adapter(port, **options).send(envelope, at=at)
    assert "alice" not in refused.value.sentence
    return refused.value


def outcome(error):
    return "unknown" if error.unknown else "never" if error.permanent else "later"


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


# -- accepted ------------------------------------------------------------------------------------------


class Kept:
    """A real SMTP server's handler that keeps what it accepted."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 2.0.0 OK"


@contextlib.contextmanager
def a_real_server(**options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Kept()
    handler.port = port
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


@pytest.fixture
def kept():
    with a_real_server() as handler:
        yield handler


def test_a_real_server_takes_text_and_html_with_the_contact_in_the_message_id(kept, envelope, at):
    text = "Please pay.\n.\n..two dots\nReply STOP to opt out.\n"
    html, subject = "<p>Please <b>pay</b>.</p>", "Your loan – 您的貸款"
    mail = envelope("email", text=text, html=html, subject=subject, language="zh-hant")
    receipt = an_adapter(kept.port).send(mail, at=at)
    assert receipt.reference == "<contact-12@lender.example>"
    [taken] = kept.envelopes
    assert (taken.mail_from, taken.rcpt_tos) == ("collections@lender.example", ["alice@example.org"])
    message = read(taken.content)
    assert message["Message-ID"] == "<contact-12@lender.example>"
    assert message["Subject"] == "Your loan – 您的貸款"
    assert message["From"] == "Dunwell Example Lending <collections@lender.example>"
    assert message["To"] == "alice@example.org"
    assert message["Date"] == "Mon, 16 Mar 2026 15:00:00 +0000"
    assert message["Content-Language"] == "zh-hant"
    assert message["List-Unsubscribe"] == "<mailto:collections@lender.example?subject=unsubscribe-12>"
    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == text
    assert message.get_body(("html",)).get_content().strip() == "<p>Please <b>pay</b>.</p>"
    assert taken.content.isascii()


def test_chinese_words_and_an_attachment_arrive_as_they_left(kept, envelope, at, letter_pdf):
    paper = Attachment("通知.pdf", "application/pdf", letter_pdf())
    mail = envelope("email", text="請致電我們。\n", attachments=(paper,))
    an_adapter(kept.port).send(mail, at=at)
    message = read(kept.envelopes[0].content)
    assert message.get_body(("plain",)).get_content() == "請致電我們。\n"
    [attached] = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("通知.pdf", letter_pdf())


def test_words_that_would_begin_another_header_do_not(kept, envelope, at):
    evil = Sender("Evil\r\nBcc: eve@example.org", "c@lender.example")
    mail = envelope("email", subject="Loan\r\nBcc: eve@example.org", sender=evil)
    an_adapter(kept.port).send(mail, at=at)
    [taken] = kept.envelopes
    assert taken.rcpt_tos == ["alice@example.org"]
    assert read(taken.content)["Bcc"] is None
    assert read(taken.content)["Subject"] == "Loan Bcc: eve@example.org"


def test_a_domain_of_other_letters_is_written_in_ascii(kept, envelope, at):
    an_adapter(kept.port).send(envelope("email", to="alice@büro.example"), at=at)
    assert kept.envelopes[0].rcpt_tos == ["alice@xn--bro-hoa.example"]


@pytest.mark.parametrize(
    "to",
    [
        "", "alice", "alice@", "@example.org", "alice@localhost", "a lice@example.org", "<alice@example.org>",
        "alice@example.org\r\nRCPT TO:<eve@example.org>", "alice@example.org,eve@example.org", "alice@@example.org",
        "ålice@example.org",
    ],
)  # fmt: skip
def test_an_address_that_is_none_never_reaches_the_server(to, envelope, at):
    with MailServer() as server:
        error = refusal(server.port, envelope("email", to=to), at)
        assert (outcome(error), error.code) == ("never", "bad_address")
        assert server.commands == []


@pytest.mark.parametrize("sender", ["", "collections", "c@lender.example\r\nDATA", "a@b.example, c@d.example"])
def test_without_a_sender_nobody_is_written_to(sender, envelope, at):
    with MailServer() as server:
        error = refusal(server.port, envelope("email", sender=Sender("Lender", sender)), at)
        assert (outcome(error), error.code) == ("never", "not_configured")
        assert "LENDER_EMAIL" in error.sentence
        assert server.commands == []


# -- refused, silent, gone -----------------------------------------------------------------------------

TEMPORARY, FINAL = b"451 4.3.0 alice@example.org: try later\r\n", b"550 5.1.1 alice@example.org: unknown\r\n"
STAGES = ("MAIL", "RCPT", "DATA", "dot")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("reply", "means", "code"), [(TEMPORARY, "later", "busy"), (FINAL, "never", "refused")], ids=["451", "550"]
)
def test_a_refusal_is_known_at_every_command_and_after_the_dot(stage, reply, means, code, envelope, at):
    with MailServer(**{stage: reply}) as server:
        error = refusal(server.port, envelope("email"), at)
        assert (outcome(error), error.code) == (means, code)
        assert "(451 4.3.0)" in error.sentence or "(550 5.1.1)" in error.sentence
        assert server.commands.count("MAIL") == 1
        assert len(server.messages) == (stage == "dot")


@pytest.mark.parametrize("stage", ["greeting", *STAGES])
@pytest.mark.parametrize("reply", ["silence", "close", "reset", b"what do you want?\r\n"])
def test_no_answer_before_the_dot_stayed_here_and_after_it_nobody_knows(stage, reply, envelope, at):
    with MailServer(**{stage: reply}) as server:
        error = refusal(server.port, envelope("email"), at, step_seconds=1.5 if reply == "silence" else 10)
        expected = ("unknown", "no_answer") if stage == "dot" else ("later", "unreachable")
        assert (outcome(error), error.code) == expected
        # The server's own log: the message came whole at most once.
        assert len(server.messages) == (stage == "dot")
        assert server.commands.count("DATA") <= 1


@pytest.mark.parametrize("stage", STAGES)
def test_an_answer_that_never_ends_is_cut_off(stage, envelope, at):
    with MailServer(**{stage: "drip"}) as server:
        error = refusal(server.port, envelope("email"), at, whole_seconds=2)
        assert outcome(error) == ("unknown" if stage == "dot" else "later")
        assert len(server.messages) == (stage == "dot")


@pytest.mark.parametrize("reply", [b"", b"\r\n", b"2", b"25", b"999 yes\r\n", b"354 go on\r\n", b"x" * 70_000])
def test_an_answer_to_the_dot_that_is_none_leaves_it_unknown(reply, envelope, at):
    class Answers(MailServer):
        def _reply(self, sock, verb):
            if verb != "dot":
                return super()._reply(sock, verb)
            sock.sendall(reply)
            return False

    with Answers() as server:
        assert outcome(refusal(server.port, envelope("email"), at)) == "unknown"
        assert len(server.messages) == 1


def test_a_server_that_goes_away_in_the_middle_of_the_body_did_not_take_it(envelope, at):
    class Leaves(MailServer):
        def _reply(self, sock, verb):
            if verb != "DATA":
                return super()._reply(sock, verb)
            sock.sendall(b"354 go on\r\n")
            sock.recv(1000)
            super()._reply(sock, "leaves")
            return False

    with Leaves(leaves="reset") as server:
        large = Attachment("scan.bin", "application/octet-stream", b"\x00" * 12_000_000)
        error = refusal(server.port, envelope("email", attachments=(large,)), at)
        assert (outcome(error), error.code) == ("later", "unreachable")
        assert server.messages == []


@pytest.mark.parametrize("reply", ["silence", "close", "reset", b"550 no\r\n"])
def test_after_the_250_it_is_sent_however_the_goodbye_goes(reply, envelope, at):
    with MailServer(QUIT=reply) as server:
        assert an_adapter(server.port).send(envelope("email"), at=at).reference == "<contact-12@lender.example>"
        assert len(server.messages) == 1


def test_a_server_that_is_not_there_is_known_not_to_have_sent(envelope, at):
    with closed_port() as port:
        error = refusal(port, envelope("email"), at)
    assert (outcome(error), error.code) == ("later", "unreachable")


# -- a server that does not want us --------------------------------------------------------------------

AUTH = {"EHLO": b"250-mail.example\r\n250 AUTH PLAIN\r\n"}


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ({"greeting": b"554 5.7.1 go away\r\n"}, {}),
        ({"EHLO": b"550 no\r\n", "HELO": b"550 no\r\n"}, {}),
        ({**AUTH, "AUTH": b"535 5.7.8 wrong password\r\n"}, {"user": "dunwell", "password": "s3cret"}),
        ({}, {"user": "dunwell", "password": "s3cret"}),
        ({}, {"use_tls": True}),
    ],
    ids=["greeting", "hello", "password", "no login", "no tls"],
)
def test_a_refusal_of_us_says_that_the_settings_are_to_be_seen_to(script, options, envelope, at):
    with MailServer(**script) as server:
        error = refusal(server.port, envelope("email"), at, **options)
        assert (outcome(error), error.code) == ("never", "not_configured")
        assert "EMAIL_" in error.sentence
        assert "s3cret" not in error.sentence
        assert "MAIL" not in server.commands


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ({"greeting": b"421 too busy\r\n"}, {}),
        ({**AUTH, "AUTH": b"454 4.7.0 later\r\n"}, {"user": "dunwell", "password": "s3cret"}),
    ],
    ids=["greeting", "login"],
)
def test_a_server_that_is_busy_is_asked_again_later(script, options, envelope, at):
    with MailServer(**script) as server:
        error = refusal(server.port, envelope("email"), at, **options)
        assert (outcome(error), error.code) == ("later", "busy")
        assert "MAIL" not in server.commands


def test_a_certificate_of_a_stranger_ends_the_talk_before_password_and_message(envelope, at, tmp_path):
    tls, _ = a_certificate(tmp_path)
    options = {"use_ssl": True, "user": "dunwell", "password": "s3cret"}
    with MailServer(tls, **AUTH) as server:
        error = refusal(server.port, envelope("email"), at, **options)
        assert (outcome(error), error.code) == ("later", "unreachable")
        assert "certificate" in error.sentence
        assert server.commands == []


def test_over_tls_with_a_certificate_that_is_trusted(envelope, at, tmp_path, monkeypatch):
    tls, trusted = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    options = {"use_ssl": True, "user": "dunwell", "password": "s3cret"}
    with MailServer(tls, **AUTH, AUTH=b"235 2.7.0 welcome\r\n") as server:
        an_adapter(server.port, **options).send(envelope("email"), at=at)
        assert len(server.messages) == 1
        assert server.commands[:3] == ["EHLO", "AUTH", "MAIL"]
    with MailServer(tls, dot="drip") as server:
        error = refusal(server.port, envelope("email"), at, use_ssl=True, whole_seconds=2)
        assert outcome(error) == "unknown"


def test_starttls_is_used_where_asked_for_and_its_certificate_is_checked(tmp_path, envelope, at, monkeypatch):
    tls, trusted = a_certificate(tmp_path)
    with a_real_server(tls_context=tls, require_starttls=True) as server:
        error = refusal(server.port, envelope("email"), at, use_tls=True)
        assert (outcome(error), error.code) == ("later", "unreachable")
        assert server.envelopes == []
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        an_adapter(server.port, use_tls=True).send(envelope("email"), at=at)
        assert len(server.envelopes) == 1


def test_the_date_is_that_of_the_message_and_not_of_the_machine(envelope, at):
    with MailServer() as server:
        chicago = at.astimezone(dt.timezone(dt.timedelta(hours=-5)))
        an_adapter(server.port).send(envelope("email"), at=chicago)
        assert read(server.messages[0])["Date"] == "Mon, 16 Mar 2026 15:00:00 +0000"

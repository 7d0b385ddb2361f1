"""Servers on this machine that answer badly: each keeps its own log of what reached it."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE = 20  # seconds until a test that waits for a server gives up


class Listening:
    """Accepts connections, one thread each, until the test is over."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.over = threading.Event()
        self._tls = tls
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            self._open.append(sock)
            threading.Thread(target=self._serve_one, args=(sock,), daemon=True).start()

    def _serve_one(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock:
                self.serve(sock)

    def serve(self, sock: socket.socket) -> None:
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: object) -> None:
        self.over.set()
        # A thread that waits in accept() holds a closed listener open; this wakes it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            sock.close()


def reset(sock: socket.socket) -> None:
    """Close with a reset and no goodbye, although a file that reads from the socket is still open."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(sock.detach())


# -- HTTP ----------------------------------------------------------------------------------------------

Behaviour = Callable[["Gateway", socket.socket], None]


class Gateway(Listening):
    """An SMS gateway. `requests` is its log: (headers in lower case, body) of each request that arrived whole."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour
        self.requests: list[tuple[dict[str, str], bytes]] = []
        super().__init__(tls)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1/messages"

    @property
    def ids(self) -> list[str]:
        """The messages that it was asked to send, in order."""
        return [json.loads(body)["id"] for _, body in self.requests]

    def serve(self, sock: socket.socket) -> None:
        file = sock.makefile("rb")
        while file.readline():  # more than one request a connection would show in the log
            headers: dict[str, str] = {}
            while (line := file.readline().strip()) != b"":
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            self.requests.append((headers, file.read(int(headers.get("content-length", 0)))))
            self.behaviour(self, sock)


def answer(status: int, body: bytes | dict[str, Any] = b"", times: int = 1, **headers: str) -> Behaviour:
    """An HTTP answer; `Retry_After="3"` gives that header."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body

    def behave(gateway: Gateway, sock: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
        if times > 1:
            answer(status, body, times - 1, **headers)(gateway, sock)

    return behave


def says(data: bytes) -> Behaviour:
    """These bytes, then the end of the connection."""

    def behave(gateway: Gateway, sock: socket.socket) -> None:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_RDWR)

    return behave


def hangs(gateway: Gateway, sock: socket.socket) -> None:
    gateway.over.wait(PATIENCE)


def resets(gateway: Gateway, sock: socket.socket) -> None:
    reset(sock)


def late(seconds: float, then: Behaviour) -> Behaviour:
    def behave(gateway: Gateway, sock: socket.socket) -> None:
        gateway.over.wait(seconds)
        then(gateway, sock)

    return behave


def drips(gateway: Gateway, sock: socket.socket) -> None:
    """A header byte now and then, for ever: no single read takes long."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nX-Patience: ")
    while not gateway.over.wait(0.05):
        sock.sendall(b"x")


# -- SMTP ----------------------------------------------------------------------------------------------

Reply = bytes | str  # bytes are sent; "silence", "close" and "reset" are done

GOOD: dict[str, Reply] = {
    "greeting": b"220 mail.example ESMTP\r\n",
    "EHLO": b"250-mail.example\r\n250 SIZE 10000000\r\n",
    "HELO": b"250 mail.example\r\n",
    "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n",
    "DATA": b"354 go on\r\n",
    "dot": b"250 2.0.0 queued as 4711\r\n",
    "QUIT": b"221 bye\r\n",
    "RSET": b"250 ok\r\n",
}


class MailServer(Listening):
    """An SMTP server that follows a script. `commands` and `messages` (that came to their final dot) are its log."""

    def __init__(self, tls: ssl.SSLContext | None = None, **script: Reply) -> None:
        self.script = GOOD | script
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        super().__init__(tls)

    def serve(self, sock: socket.socket) -> None:
        file = sock.makefile("rb")
        if not self._reply(sock, "greeting"):
            return
        while line := file.readline():
            verb = line[:4].decode().upper()
            self.commands.append(verb)
            if not self._reply(sock, verb) or verb == "QUIT":
                return
            if verb == "DATA" and str(self.script["DATA"][:3], "ascii") == "354":
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    more = file.readline()
                    if not more:
                        return
                    data += more
                self.messages.append(data.removesuffix(b".\r\n"))
                if not self._reply(sock, "dot"):
                    return

    def _reply(self, sock: socket.socket, verb: str) -> bool:
        reply = self.script.get(verb, b"502 what?\r\n")
        if reply == "silence":
            self.over.wait(PATIENCE)
            return False
        if reply == "reset":
            reset(sock)
            return False
        if reply == "close":
            sock.shutdown(socket.SHUT_RDWR)
            return False
        if reply == "drip":
            while not self.over.wait(0.05):
                sock.sendall(b"250-still thinking\r\n")
            return False
        assert isinstance(reply, bytes)
        sock.sendall(reply)
        return True


# -- TLS -----------------------------------------------------------------------------------------------


def a_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for `localhost`, and the file of the certificate that one must trust for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2120, 1, 1, tzinfo=dt.UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    keys = folder / "key.pem"
    keys.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, keys)
    return context, pem


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, never listening: nobody else gets it meanwhile
        yield taken.getsockname()[1]

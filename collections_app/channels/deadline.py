"""An end for a conversation. A socket's timeout is per read: a peer that says a byte now and then never meets it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_off(sock: Callable[[], socket.socket | None], seconds: float) -> Iterator[None]:
    """Shut the socket down when the block is not done after so many seconds: its reads then end as if the peer left.

    `sock` is asked at that moment, because TLS puts another socket in the place of the first.
    """
    done = threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        while not done.is_set():
            current = sock()
            if current is not None:
                with suppress(OSError):
                    # Of the base class: SSLSocket's own would take the TLS object away under the reader.
                    socket.socket.shutdown(current, socket.SHUT_RDWR)
            done.wait(0.1)

    watcher = threading.Thread(target=watch, name="channel-deadline", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()

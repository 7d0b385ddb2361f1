"""The whole system on one machine: web, worker and scheduler, children of this process. For `./dev run`.

Production runs the three apart (compose.yaml); this command refuses to run there.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

SECONDS_TO_ANSWER = 90
SECONDS_TO_END = 15


class Command(BaseCommand):
    help = "Migrate, make the demo on a new database, run web, worker and scheduler until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="start over: empty the SQLite database and var/")
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))

    def handle(self, *args: Any, fresh: bool, host: str, port: int, **options: Any) -> None:
        """1. Refuse what cannot work. 2. Start over if asked. 3. Migrate. 4. Make the demo on a new database.
        5. Start the children. 6. Wait until the page answers; tell address and logins. 7. Wait for the end.
        """
        if settings.ENVIRONMENT == "production":
            raise CommandError("serve is for a laptop. Production runs web, worker and beat apart: compose.yaml.")
        refuse_used_port(host, port)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, end_politely)
        children = Children()
        try:
            if fresh:
                start_over()
            manage("migrate", "--verbosity", "0")
            logins = Demo().ready()
            children.start("web", web_server(host, port))
            children.start("worker", worker())
            wait_for_answer(f"http://{host}:{port}/admin/login/", children)
            self.tell(f"http://{host}:{port}/", logins)
            children.wait()
        except KeyboardInterrupt:
            self.stdout.write("\nEnding.")
            self.stdout.flush()
        finally:
            children.end()

    def tell(self, address: str, logins: list[dict[str, str]]) -> None:
        """Address and logins, as a person reads them."""
        self.stdout.write(f"\nDunwell runs at {address}\n")
        if logins:
            width = {key: max(len(login[key]) for login in logins) for key in ("role", "name")}
            self.stdout.write("Logins (role, name, password):")
            for login in logins:
                role, name = login["role"].ljust(width["role"]), login["name"].ljust(width["name"])
                self.stdout.write(f"  {role}  {name}  {login['password']}")
        else:
            self.stdout.write("This database has no demo; log in as a user of it.")
        if settings.OUTBOUND == "outbox":
            self.stdout.write(f"Nothing leaves this machine: messages are files in {settings.OUTBOX_DIR}.")
        self.stdout.write("Ctrl-C ends all of it.")
        self.stdout.flush()


class Demo:
    """The demo of this database, and a note in var/ on how far it came and which logins it has.

    A demo that was interrupted is made again from its beginning; a database that others filled is left alone.
    """

    def __init__(self) -> None:
        which = {key: str(settings.DATABASES["default"].get(key, "")) for key in ("NAME", "HOST", "PORT")}
        name = hashlib.sha256(json.dumps(which, sort_keys=True).encode()).hexdigest()[:12]
        self.note = settings.VAR_DIR / "demo" / f"{name}.json"

    def ready(self) -> list[dict[str, str]]:
        """The demo's logins, after making the demo if the database is new; empty if it is not a demo."""
        is_new = has_no_users()
        if self.note.exists() and not is_new:
            known = json.loads(self.note.read_text())
            if known["made"]:
                return list(known["users"])
            return self.make("--fresh")
        return self.make() if is_new else []

    def make(self, *arguments: str) -> list[dict[str, str]]:
        self.write(made=False, users=[])
        told = manage("make_demo", "--json", *arguments, capture=True)
        users = json.loads(told)["users"]
        self.write(made=True, users=users)
        return list(users)

    def write(self, made: bool, users: list[dict[str, str]]) -> None:
        self.note.parent.mkdir(parents=True, exist_ok=True)
        part = self.note.with_suffix(".part")
        part.write_text(json.dumps({"made": made, "users": users}))
        part.replace(self.note)


def has_no_users() -> bool:
    """Whether nobody can log in: a new database. A machine account of our own cannot log in either."""
    from django.contrib.auth.models import User

    found = User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exclude(password="").exists()
    connection.close()
    return not found


class Children:
    """Processes that end together: when one dies, or this one is told to end."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str]) -> None:
        # A session of its own: Ctrl-C reaches this process alone, which then ends the others in order.
        self.running[name] = subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True)

    def refuse_dead(self) -> None:
        for name, child in self.running.items():
            if child.poll() is not None:
                raise CommandError(f"{name} ended by itself (exit {child.returncode}): read the lines above.")

    def wait(self) -> None:
        while True:
            self.refuse_dead()
            time.sleep(0.5)

    def end(self) -> None:
        """Ask all to end, wait, then insist. Whole groups: servers have children of their own."""
        for child in self.running.values():
            signal_group(child, signal.SIGTERM)
        until = time.monotonic() + SECONDS_TO_END
        for child in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, until - time.monotonic()))
            signal_group(child, signal.SIGKILL)
        self.running.clear()


def signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def end_politely(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def refuse_used_port(host: str, port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} of {host} cannot be used ({error.strerror}). Another Dunwell may be running; "
                f"end it, or choose a port: PORT={port + 1} ./dev run"
            ) from None


def start_over() -> None:
    """Empty the SQLite database and what belongs to it. Another database is its owner's to empty."""
    if connection.vendor != "sqlite":
        raise CommandError(
            "--fresh empties a SQLite file only. Drop and create this database yourself, then leave it out."
        )
    database = Path(str(connection.settings_dict["NAME"]))
    for end in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + end).unlink(missing_ok=True)
    var = settings.VAR_DIR
    for folder in (settings.OUTBOX_DIR, settings.BLOB_DIR, var / "broker", var / "demo"):
        empty(folder)


def empty(folder: Path) -> None:
    """Remove the files below a folder, not its folders: the settings have made those of the broker."""
    for path in folder.rglob("*"):
        if path.is_file() or path.is_symlink():
            path.unlink()


def manage(*arguments: str, capture: bool = False) -> str:
    """Another command, in a process of its own; its stderr is shown. Gives its stdout if captured."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE if capture else sys.stderr.fileno(),
        text=True,
        check=False,
    )
    if done.returncode:
        what = " ".join(arguments)
        raise CommandError(f"manage.py {what} failed (exit {done.returncode}): read the lines above.")
    return done.stdout or ""


def web_server(host: str, port: int) -> list[str]:
    if importlib.util.find_spec("gunicorn") is None:
        return [sys.executable, "manage.py", "runserver", "--noreload", f"{host}:{port}"]
    return [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{host}:{port}"),
        # Two processes, so that one long page does not hold up the others; quiet, as its log is the terminal.
        *("--workers", "2", "--threads", "4", "--log-level", "warning", "--timeout", "120"),
    ]


def worker() -> list[str]:
    """One worker with the scheduler in it. Threads: they share the file broker and end without orphans."""
    # In a container this may be root; celery's page-long warning about it belongs to servers.
    quiet = ["-W", "ignore:You're running the worker"]
    celery = [sys.executable, *quiet, "-m", "celery", "--quiet", "-A", "config", "worker"]
    return [*celery, "--beat", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING"]


def wait_for_answer(address: str, children: Children) -> None:
    until = time.monotonic() + SECONDS_TO_ANSWER
    while True:
        children.refuse_dead()
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - an address of our own making
                return
        except (urllib.error.URLError, TimeoutError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise CommandError(f"{address} answers {error.code}: read the lines above.") from None
            if time.monotonic() > until:
                raise CommandError(f"{address} gave no answer for {SECONDS_TO_ANSWER} s: {error}.") from None
            time.sleep(0.3)

"""Typed readers of the environment, which fail loudly.

Each reader takes the variable's name and, perhaps, a default; without a default the variable must be there. A
value that cannot be used stops the start with one sentence: which variable, what is wrong, what to do. An
empty value counts as not given, so that `compose.yaml` can pass on what the operator left blank. Values that
may be secrets are never repeated in a sentence.
"""

import base64
import binascii
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
MAKE_A_KEY = "python3 -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"

TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


def refuse(name: str, wrong: str, do: str) -> ImproperlyConfigured:
    """The error of an unusable variable, for `raise refuse(...)`."""
    return ImproperlyConfigured(f"{name}: {wrong}. {do}")


def given(name: str) -> str | None:
    """The value without the white space around it, or None if it is absent or empty."""
    return os.environ.get(name, "").strip() or None


def text(name: str, default: str | None = None) -> str:
    """A line of text."""
    value = given(name)
    if value is not None:
        return value
    if default is None:
        raise refuse(name, "is not set and has no default", f"Set {name} in the environment of this process.")
    return default


def choice(name: str, options: Sequence[str], default: str) -> str:
    """One of a few words."""
    value = given(name) or default
    if value not in options:
        raise refuse(name, f"{value!r} is not one of its words", f"Use one of: {', '.join(options)}.")
    return value


def flag(name: str, default: bool) -> bool:
    """Yes or no."""
    value = given(name)
    if value is None:
        return default
    if value.lower() in TRUE_WORDS:
        return True
    if value.lower() in FALSE_WORDS:
        return False
    raise refuse(name, f"{value!r} is neither yes nor no", "Use 1 or 0.")


def integer(name: str, default: int, minimum: int | None = None) -> int:
    """A whole number, at least `minimum` if that is given."""
    value = given(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise refuse(name, f"{value!r} is not a whole number", "Write digits only.") from None
    if minimum is not None and number < minimum:
        raise refuse(name, f"{number} is too small", f"Use {minimum} or more.")
    return number


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Words separated by commas; white space around them is dropped."""
    value = given(name)
    if value is None:
        return list(default)
    return [word.strip() for word in value.split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """An absolute path of a folder; it need not exist yet."""
    value = given(name)
    if value is None:
        return default
    path = Path(value).expanduser()
    if not path.is_absolute():
        raise refuse(name, f"{value!r} is not an absolute path", "Write the whole path, from / on.")
    return path


def orders(name: str, default: dict[str, list[str]], of: Sequence[str]) -> dict[str, list[str]]:
    """An order of words per name, as in `default=charge,instalment; cn=instalment,charge`.

    Each order names every word of `of` exactly once. What is given is laid over the default, name by name.
    """
    value = given(name)
    found = dict(default)
    for part in (value or "").split(";"):
        if not part.strip():
            continue
        key, equals, listed = part.partition("=")
        order = [word.strip() for word in listed.split(",") if word.strip()]
        if not equals or not key.strip() or sorted(order) != sorted(of):
            raise refuse(
                name,
                f"{part.strip()!r} is not an order",
                f"Write NAME={','.join(of)}, with each of these words once, and ';' between two names.",
            )
        found[key.strip()] = order
    return found


def checked_key(name: str, value: str) -> str:
    """The key as given, if it is standard base64 of exactly 32 bytes."""
    try:
        length = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        raise refuse(name, "is not base64", f"Make a key with: {MAKE_A_KEY}") from None
    if length != KEY_BYTES:
        raise refuse(name, f"has {length} bytes instead of {KEY_BYTES}", f"Make a key with: {MAKE_A_KEY}")
    return value


def key(name: str, default: str | None = None) -> str:
    """A secret key: base64 of 32 bytes."""
    value = given(name) or default
    if value is None:
        raise refuse(name, "is not set and has no default", f"Make a key with: {MAKE_A_KEY}")
    return checked_key(name, value)


def keys(name: str, default: Sequence[str] | None = None) -> list[str]:
    """Secret keys, separated by commas: the first one encrypts, all of them decrypt."""
    found = words(name, default or ())
    if not found:
        raise refuse(name, "is not set and has no default", f"Make a key with: {MAKE_A_KEY}")
    checked = [checked_key(name, value) for value in found]
    if len(set(checked)) != len(checked):
        raise refuse(name, "names a key twice", "Give each key once, the newest first.")
    return checked


def database(name: str, default_file: Path) -> dict[str, Any]:
    """Django's entry of DATABASES for a URL: `postgres://user:password@host:port/name?sslmode=require` or
    `sqlite:////absolute/path/of/file`. Without a URL: SQLite in `default_file`.
    """
    value = given(name)
    if value is None:
        return sqlite(default_file)
    url = urlsplit(value)
    if url.scheme == "sqlite":
        path = Path(unquote(url.path[1:]))
        if not path.is_absolute():
            raise refuse(name, "the file of SQLite is not an absolute path", "Write sqlite:////path/of/file.")
        return sqlite(path)
    if url.scheme not in ("postgres", "postgresql"):
        raise refuse(
            name,
            f"{url.scheme or 'nothing'!r} is not a database that Dunwell runs on",
            "Write postgres://user:password@host:5432/name, or sqlite:////path/of/file.",
        )
    try:
        port = url.port
    except ValueError:
        raise refuse(name, "its port is not a number", "Write postgres://user:password@host:5432/name.") from None
    database_name = unquote(url.path.removeprefix("/"))
    if not database_name:
        raise refuse(name, "it names no database", "Write postgres://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": port or "",
        "OPTIONS": dict(parse_qsl(url.query)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite(path: Path) -> dict[str, Any]:
    """Django's entry for a SQLite file that a web process, a worker and a scheduler share.

    IMMEDIATE takes the write lock when a transaction begins, so that nobody reads, decides and then finds the
    database changed; the others wait up to 20 s. WAL lets readers read meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }


def celery_broker(name: str, default_folder: Path) -> tuple[str, dict[str, Any]]:
    """The broker's URL and its transport options.

    The default lays messages as files into one folder: a second process can take them, no server is needed.
    Both directions must be the same folder, else the worker looks where nobody writes; it must exist.
    """
    url = text(name, "filesystem://localhost")
    scheme = url.partition("://")[0]
    if scheme == "filesystem":
        messages, control = default_folder / "messages", default_folder / "control"
        for made in (messages, control):
            made.mkdir(parents=True, exist_ok=True)
        return url, {
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
        }
    if scheme in ("redis", "rediss"):
        # Longer than the longest job (a pack of some hundred pages), or Redis hands the job out a second
        # time.
        return url, {"visibility_timeout": 4 * 60 * 60}
    if scheme in ("amqp", "amqps", "memory"):
        return url, {}
    raise refuse(
        name,
        f"{scheme!r} is not a broker that Dunwell runs on",
        "Use redis://host:6379/0, amqp://..., or leave it out: messages then go through files.",
    )


def existing_folder(name: str, otherwise: Sequence[Path]) -> Path | None:
    """The folder that the variable names and that must exist; else the first there is; else None."""
    value = given(name)
    if value is not None:
        path = folder(name, Path(value))
        if not path.is_dir():
            raise refuse(name, f"{value!r} is not a folder", "Name an existing folder, or leave it out.")
        return path
    return next((path for path in otherwise if path.is_dir()), None)

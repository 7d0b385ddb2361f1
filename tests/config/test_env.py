"""A setting that cannot be used stops the start with one sentence: which variable, what is wrong, what to do."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from collections_app import checks
from config import env

ROOT = Path(__file__).resolve().parents[2]
A_KEY = base64.b64encode(b"k" * 32).decode()


def test_an_empty_variable_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENDER_NAME", "  ")
    assert env.text("LENDER_NAME", "Blue Heron") == "Blue Heron"


def test_a_variable_without_default_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENDER_NAME", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"LENDER_NAME: is not set.*Set LENDER_NAME"):
        env.text("LENDER_NAME")


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda: env.choice("X", ("outbox", "live"), "outbox"), "lively"),
        (lambda: env.flag("X", False), "perhaps"),
        (lambda: env.integer("X", 1, minimum=1), "0"),
        (lambda: env.integer("X", 1), "many"),
        (lambda: env.key("X"), "short"),
        (lambda: env.database("X", Path("x.sqlite3")), "mysql://somewhere/db"),
        (lambda: env.orders("X", {"default": ["charge"]}, of=("charge", "instalment")), "default=interest"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(
    reader: object, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X: "):
        reader()  # type: ignore[operator]


def test_a_secret_is_never_repeated_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "this-is-my-secret")
    with pytest.raises(ImproperlyConfigured) as caught:
        env.key("X")
    assert "this-is-my-secret" not in str(caught.value)


def test_allocation_orders_are_laid_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "cn=instalment,charge")
    read = env.orders("X", {"default": ["charge", "instalment"]}, of=("charge", "instalment"))
    assert read == {"default": ["charge", "instalment"], "cn": ["instalment", "charge"]}


def starts(**variables: str) -> subprocess.CompletedProcess[str]:
    """Production settings, read by a process of their own."""
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings.production"],
        cwd=ROOT,
        env={**clean, **variables},
        capture_output=True,
        text=True,
    )


def test_production_refuses_to_start_without_its_own_keys() -> None:
    done = starts(
        ALLOWED_HOSTS="a.example",
        DATABASE_URL="postgres://u@127.0.0.1/db",
        CELERY_BROKER_URL="redis://127.0.0.1:6379/0",
    )
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_production_refuses_the_register_stand_in() -> None:
    keys = {
        name: base64.b64encode(bytes([n]) * 32).decode()
        for n, name in enumerate(("FIELD_KEYS", "BLIND_INDEX_KEY", "SIGNING_KEY"), 1)
    }
    done = starts(
        DATABASE_URL="postgres://u@127.0.0.1/db", CELERY_BROKER_URL="redis://127.0.0.1:6379/0", SECRET_KEY="x" * 60, ALLOWED_HOSTS="a.example",
        REGISTER_STAND_IN="1", **keys,
    )  # fmt: skip
    assert done.returncode != 0
    assert "REGISTER_STAND_IN" in done.stderr


def test_the_check_names_a_public_key_and_one_key_for_two_purposes(settings: object) -> None:
    settings.ENVIRONMENT, settings.DEBUG, settings.REGISTER_STAND_IN = "production", False, False  # type: ignore[attr-defined]
    settings.SECRET_KEY, settings.FIELD_KEYS = "s" * 60, [A_KEY]  # type: ignore[attr-defined]
    settings.BLIND_INDEX_KEY, settings.SIGNING_KEY = A_KEY, ""  # type: ignore[attr-defined]
    found = {m.id for m in checks.secrets_are_ours(None)}
    assert found == {"collections.E004", "collections.E006"}

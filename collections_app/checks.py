"""What `manage.py check` says about an unsafe or incomplete set-up, each with what to do about it."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

APT_LINE = "apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

SECRETS = {
    "SECRET_KEY": "collections.E001",
    "FIELD_KEYS": "collections.E002",
    "BLIND_INDEX_KEY": "collections.E003",
    "SIGNING_KEY": "collections.E004",
}


def values_of(name: str) -> list[str]:
    value = getattr(settings, name, "")
    return list(value) if isinstance(value, (list, tuple)) else [value]


@register("security")
def secrets_are_ours(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Outside tests and DEBUG no key may be missing, public, or serve two purposes."""
    if settings.ENVIRONMENT == "test" or settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    owner: dict[str, str] = {}
    for name, code in SECRETS.items():
        for value in values_of(name):
            if not value or value.startswith(settings.PUBLIC_KEY_MARKS):
                found.append(
                    Error(
                        f"{name} is missing or is the public key of the development settings.",
                        hint=f"Set {name} in the environment to a key of your own (docs/operations.md).",
                        id=code,
                    )
                )
            elif owner.setdefault(value, name) != name:
                found.append(
                    Error(
                        f"{name} and {owner[value]} are the same key.",
                        hint="Make a key for each: losing or changing one must not touch the other.",
                        id="collections.E006",
                    )
                )
    if settings.REGISTER_STAND_IN:
        found.append(
            Error(
                "REGISTER_STAND_IN is on: a stand-in would say that no real person is bankrupt.",
                hint="Remove REGISTER_STAND_IN; without a register each contact waits for approval.",
                id="collections.E005",
            )
        )
    return found


@register()
def house_is_set_up(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The lender's zone exists, every step of the day can be imported, and what may leave has a sender."""
    found: list[CheckMessage] = []
    try:
        ZoneInfo(settings.LENDER_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        found.append(
            Error(
                f"LENDER_TIME_ZONE {settings.LENDER_TIME_ZONE!r} is not a time zone.",
                hint="Use a name of the IANA list, such as Asia/Shanghai or America/Chicago.",
                id="collections.E007",
            )
        )
    for step in settings.DAILY_STEPS:
        try:
            import_string(step)
        except ImportError as error:
            found.append(
                Error(
                    f"The daily step {step} cannot be imported: {error}.",
                    hint="Correct DAILY_STEPS in config/schedule.py; no day is closed with a step missing.",
                    id="collections.E008",
                )
            )
    if settings.OUTBOUND == "live" and settings.LENDER_EMAIL.endswith(".example"):
        found.append(
            Error(
                "OUTBOUND is live and the lender is still the made-up one.",
                hint="Set LENDER_NAME, LENDER_ADDRESS, LENDER_PHONE and LENDER_EMAIL.",
                id="collections.E009",
            )
        )
    if settings.OUTBOUND == "allowlist" and not settings.OUTBOUND_ALLOWLIST:
        found.append(
            Warning(
                "OUTBOUND is allowlist and OUTBOUND_ALLOWLIST is empty: nothing will leave.",
                hint="List the numbers and e-mail addresses that may be written to, separated by commas.",
                id="collections.W002",
            )
        )
    return found


@register()
def pdf_libraries_are_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """WeasyPrint finds its system libraries. Without them all works but letters and packs."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        return [
            Warning(
                f"No PDF can be made: WeasyPrint does not start ({str(error).splitlines()[0]}).",
                hint=f"On Debian: {APT_LINE}. On a Mac: brew install pango.",
                id="collections.W001",
            )
        ]
    return []

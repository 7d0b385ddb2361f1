"""Amounts, dates and times as the reader of a page writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from collections_app.kernel import clock
from collections_app.kernel.money import from_minor
from collections_app.models import Case
from collections_app.services.planning import FAR
from collections_app.services.texts import date_text, money_text

CHANNEL_WORDS = {
    "voice": gettext_lazy("Call"),
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "letter": gettext_lazy("Letter"),
    "visit": gettext_lazy("Visit"),
    "push": gettext_lazy("App message"),
}
CHANNEL_ICONS = {
    "voice": "call",
    "email": "mail",
    "sms": "sms",
    "letter": "description",
    "visit": "home_pin",
    "push": "notifications",
}
STAGE_WORDS = {
    "early": gettext_lazy("Early"),
    "mid": gettext_lazy("Mid"),
    "late": gettext_lazy("Late"),
    "legal": gettext_lazy("Legal"),
    "closed": gettext_lazy("Closed"),
}
# Sign, word and class of a verdict: never colour alone.
VERDICTS = {
    "allow": ("check", gettext_lazy("Yes, now"), "ok"),
    "warn": ("check", gettext_lazy("Yes, with a reason"), "ok"),
    "approve": ("diamond", gettext_lazy("With approval"), "ap"),
    "deny": ("close", gettext_lazy("Not now"), "no"),
}
NEVER_YET = ("close", gettext_lazy("No"), "no")


def office() -> ZoneInfo:
    return ZoneInfo(settings.LENDER_TIME_ZONE)


def amount(minor: Any, currency: str) -> str:
    """An amount of whole minor units with its sign: $1,286.40."""
    return "" if minor is None else money_text(from_minor(int(minor), currency), currency)


def day(on: dt.date | None) -> str:
    """Tue 24 Nov, with the year outside the running one."""
    return "" if on is None else date_text(on, _reader(), "short", clock.today().year)


def full_day(on: dt.date) -> str:
    return date_text(on, _reader(), "short")


def moment(at: dt.datetime | None, zone: str | None = None) -> str:
    """Tue 24 Nov, 15:12; with the zone's abbreviation where it is not the office's."""
    if at is None:
        return ""
    there = at.astimezone(ZoneInfo(zone) if zone else office())
    name = f" {there.tzname()}" if zone else ""
    return f"{day(there.date())}, {there:%H:%M}{name}"


def is_far(at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a contact waits as long as a plan makes it wait where no time is known at which it may go."""
    return at - now > FAR / 2


def clock_of(at: dt.datetime, zone: str | None = None) -> str:
    there = at.astimezone(ZoneInfo(zone) if zone else office())
    return f"{there:%H:%M} {there.tzname()}" if zone else f"{there:%H:%M}"


def place_of(zone: str) -> str:
    """Chicago, of America/Chicago."""
    return zone.rpartition("/")[2].replace("_", " ")


def stage_badge(stage: str) -> str:
    return format_html(
        '<span class="desk"><span class="badge {}">{}</span></span>', stage, STAGE_WORDS.get(stage, stage)
    )


def days_badge(days: int | None) -> str:
    """Days past due wear the colour of their stage: late loans look late."""
    if days is None or days < 1:
        return "–"
    return format_html(
        '<span class="desk"><span class="badge dpd {}">{}</span></span>',
        "late" if days >= 6 else "mid" if days >= 4 else "early",
        days,
    )


def verdict(code: str, has_next: bool = True) -> tuple[str, Any, str]:
    """(icon, word, class); a denial without a next time says No."""
    return NEVER_YET if code == "deny" and not has_next else VERDICTS[code]


def who(user: Any) -> str:
    """A name for the page: given and family name, else the account's."""
    return (user.get_full_name() or user.get_username()) if user is not None else _("nobody")


def case_day(case: Case, on: dt.date) -> str:
    return f"D+{case.day(on)}" if case.day(on) >= 0 else f"D{case.day(on)}"


def _reader() -> str:
    return (get_language() or "en").lower()

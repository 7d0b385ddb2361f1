"""What closes a day, in which order, and what the clock starts by itself.

`DAILY_STEPS` is read like MIDDLEWARE: an ordered list of dotted paths. `legal` adds its step here, so that
`collections_app` never hears of `legal`. Order matters: money and pauses come before escalation.
"""

from typing import Any

from celery.schedules import crontab

DAILY_STEPS: list[str] = [
    "collections_app.daily.steps.book_payments.book_payments",
    "collections_app.daily.steps.holds.holds",
    "collections_app.daily.steps.promises.promises",
    "collections_app.daily.steps.cures.cures",
    "collections_app.daily.steps.cases.cases",
    "collections_app.daily.steps.ladder.ladder",
    "collections_app.daily.steps.registers.registers",
    "collections_app.daily.steps.contacts.contacts",
    "legal.daily.open_files",
]

# What other apps add to the demo once its days are closed: called with the day and the demo's users by name.
DEMO_STEPS: list[str] = ["legal.demo.give_to_lawyer"]

# Tasks are named, not imported: settings are read before any app is ready. The hour is the lender's
# (CELERY_TIMEZONE = LENDER_TIME_ZONE). Closing a day plans and never sends; dispatch, each minute, sends.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "dispatch": {
        "task": "collections_app.tasks.dispatch",
        "schedule": crontab(),
        # A minute's wake-up that was not taken in time is worthless: the next one sees the same rows.
        "options": {"expires": 55},
    },
    "close-day": {
        "task": "collections_app.tasks.close_day",
        "schedule": crontab(hour="2", minute="5"),
    },
}

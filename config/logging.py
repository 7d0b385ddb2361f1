"""What is logged, where, and how little of a person it tells.

Logs go to stderr, so that stdout of a command carries its result alone. Whole numbers of seven digits and
more (telephone and identity numbers) and e-mail addresses are masked before a line is written: personal data
stand in the database under a person's key, and a log has none.
"""

import json
import logging
import re
from typing import Any

NUMBER = re.compile(r"(?<![\w.-])\+?\d{7,}")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def masked(line: str) -> str:
    """The line with telephone numbers, identity numbers and e-mail addresses blotted out."""
    return ADDRESS.sub("…@…", NUMBER.sub("…", line))


class PlainLine(logging.Formatter):
    """A line for people, masked, the traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonLine(logging.Formatter):
    """One JSON object a line, for machines that gather logs; masked like the plain one."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def configuration(level: str, as_json: bool = False) -> dict[str, Any]:
    """The value of LOGGING: everything from `level` on to stderr, as plain or JSON lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"()": PlainLine, "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": JsonLine},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json" if as_json else "plain"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers are replaced by the root's, so that no line is written twice or unmasked.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # They say each glyph of each font.
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
        },
    }

#!/usr/bin/env python3
"""Run a management command, with the settings of a laptop unless DJANGO_SETTINGS_MODULE says otherwise."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "manage.py: Django is not installed in this Python. Type `./dev manage ...` (it makes .venv and "
            "installs what is needed), or activate the environment you use."
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

"""Load a ladder or preset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from collections_app.management.base import JsonCommand, WrongUsage
from collections_app.policy import loader


class Command(JsonCommand):
    help = "Load a ladder or a rule preset from a TOML file, or all that are shipped. The same content twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
        parser.add_argument("--shipped", action="store_true", help="load all files of this release")

    def handle_json(self, **options: Any) -> dict[str, Any]:
        if options["shipped"] == (options["file"] is not None):
            raise WrongUsage("Give one FILE, or --shipped.")
        if options["shipped"]:
            return {"loaded": [vars(loader.load(path)) for path in loader.shipped_files()]}
        return vars(loader.load(options["file"]))

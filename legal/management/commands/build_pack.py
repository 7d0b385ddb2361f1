"""Build the evidence pack of a legal file: one PDF and one ZIP.

A complete file is sealed as its next version; unchanged sources give the version that stands. An incomplete one gives a
draft, and the result names what is missing. Packs are not signed by this version of the program: `signed` says so.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from collections_app.kernel import actors, clock
from collections_app.kernel.errors import DomainError
from legal.management.arguments import iso_date
from legal.management.json_command import JsonCommand
from legal.services.business_day import business_day
from legal.services.downloads import take_out
from legal.services.files import find_file
from legal.services.packs import build_or_seal


class Command(JsonCommand):
    help = "Build the evidence pack of a legal file (LF-0112), sealed if the file is complete, a draft if it is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("legalfile", metavar="LEGALFILE", help="number of the file, such as LF-0112, or its id")
        parser.add_argument("--court", metavar="NAME", help="court layout; default: the file's own")
        parser.add_argument("--out", metavar="DIR", type=Path, help="folder to write to; default: VAR_DIR/packs")
        parser.add_argument("--on", metavar="DATE", type=iso_date, help="business day; default: the last closed day")
        parser.add_argument("--by", metavar="USER", help="who builds it; default: the system itself")
        parser.add_argument(
            "--unsigned", action="store_true", help="do not sign (no version of this program signs yet)"
        )

    def handle_json(self, **options: Any) -> dict[str, Any]:
        began = time.perf_counter()
        file = find_file(options["legalfile"])
        by = _who(options["by"])
        built = build_or_seal(
            file, on=options["on"] or business_day(), at=clock.now(), by=by, because="build_pack was called",
            court=options["court"],
        )  # fmt: skip
        pack, sheet = built.pack, built.checklist
        folder = options["out"] or Path(settings.VAR_DIR) / "packs"
        pdf, archive = take_out(pack, folder, at=clock.now(), by=by, because=f"written into {folder} by build_pack")
        return {
            "pack": pack.file_name,
            "version": pack.version,
            "pages": pack.pages,
            "files": pack.files,
            "sha256": pack.sha256,
            "manifest_sha256": pack.manifest_sha256,
            "missing": [
                *({"item": m.item, "name": m.name, "where": m.where} for m in sheet.missing),
                *(
                    {
                        "item": f"defect-{d.pk}",
                        "name": f"Lawyer’s defect {d.number}",
                        "where": "Answer it on the file’s page.",
                    }
                    for d in sheet.defects
                ),
            ],
            "seconds": round(time.perf_counter() - began, 3),
            "file": file.number,
            "id": pack.pk,
            "sealed": pack.is_sealed,
            "signed": False,
            "unchanged": not built.made,
            "optional": [{"item": m.item, "name": m.name, "where": m.where} for m in sheet.optional],
            "unreadable": pack.unreadable,
            "too_large": pack.too_large,
            "pdf": str(pdf),
            "zip": str(archive),
        }


def _who(username: str | None) -> Any:
    if username is None:
        return actors.machine(actors.RUN)
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise DomainError("unknown_user", f"There is no active user “{username}”.", user=username)
    return user

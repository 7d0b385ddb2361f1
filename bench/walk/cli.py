"""`python -m bench.walk run | compare | check | doc`: see docs/walk.md, which `doc` writes."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import ground, tape

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "walk.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done and all holds; 1: walks differ or a claim is missed; 2: wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        return options.act(options)
    except (OSError, ValueError) as error:
        print(
            f"{getattr(error, 'filename', None) or ''} {getattr(error, 'strerror', None) or error}".strip(),
            file=sys.stderr,
        )
        return 2


def run(options: argparse.Namespace) -> int:
    began, worked = time.time(), time.process_time()
    with ground.prepare(options.database, options.variant, keep=options.keep) as floor:
        from django.conf import settings

        from . import comparing, counting, story
        from .days import Walk

        if settings.SHARED_DATA_DIR is None:
            raise FileNotFoundError(2, "no loan tapes: looked in TAPES_DIR and in ../shared/data beside the checkout")
        its_tape = tape.whole(Path(settings.SHARED_DATA_DIR))
        if options.loans:
            its_tape = tape.copy(its_tape, tape.first_loans(its_tape, options.loans), floor.folder / "tape")
        options.out.mkdir(parents=True, exist_ok=True)
        target = options.out / f"{floor.database}-{options.variant}.json"
        walk = Walk(
            its_tape, options.variant, options.first, options.last, rows=comparing.rows_of(target),
            progress=lambda text: print(f"{time.process_time() - worked:7.0f} s  {text}", file=sys.stderr, flush=True),
        )  # fmt: skip
        days = [day.as_json() for day in walk.days()]
        whole, standing = walk.whole()
        refused = counting.refusals()
        assert walk.player is not None
        target.write_text(
            json.dumps(
                {
                    "database": floor.database, "variant": options.variant, "generated": "the people of this walk are made up",
                    "loans": walk.loans, "payments": walk.payments, "days": days, "whole": whole, "summed": walk.summed,
                    "standing": standing, "refused": refused, "refused_by_type": counting.by_type(refused),
                    "clearances": counting.clearances(), "played": dict(sorted(walk.player.told.items())), "story": story.tell(),
                    "cpu_seconds": round(time.process_time() - worked), "seconds": round(time.time() - began),
                },
                indent=1, ensure_ascii=False,
            ),
            encoding="utf-8",
        )  # fmt: skip
        print(target)
        if options.keep:
            print(f"kept: {floor.url} and {floor.folder}", file=sys.stderr)
    return 0


def compare(options: argparse.Namespace) -> int:
    from . import comparing

    walks = [comparing.load(path) for path in options.walks]
    difference = comparing.first_difference(walks)
    print(
        difference.sentence()
        if difference
        else f"the same rows in all {len(walks)}, after each of {len(walks[0]['days'])} runs and at the end"
    )
    return 1 if difference else 0


def check(options: argparse.Namespace) -> int:
    from . import claims

    told = claims.check(_walks(options.folder))
    for claim in told:
        print(f"{'holds ' if claim.holds else 'MISSED'}  {claim.text}: {claim.seen}")
    return 0 if all(claim.holds for claim in told) else 1


def doc(options: argparse.Namespace) -> int:
    from . import claims, page

    walks = _walks(options.folder)
    told = claims.check(walks)
    options.page.write_text(page.write(walks, told), encoding="utf-8")
    print(options.page)
    return 0 if all(claim.holds for claim in told) else 1


def _walks(folder: Path) -> list[dict[str, Any]]:
    from . import comparing

    found = [comparing.load(path) for path in sorted(folder.glob("*-*.json"))]
    if not found:
        raise FileNotFoundError(2, "there is no walk (DATABASE-VARIANT.json)", str(folder))
    return sorted(found, key=lambda w: (w["database"] != "sqlite", w["variant"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.walk", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser(
        "run", help="walk once, in a fresh database; writes DATABASE-VARIANT.json and the rows of each day"
    )
    one.add_argument("--database", required=True, metavar="sqlite|URL", help="sqlite, or postgres://user@host:port")
    one.add_argument(
        "--variant",
        choices=(tape.ALL, tape.DAILY),
        required=True,
        help="all payments first, or day by day before each run",
    )
    one.add_argument("--from", dest="first", type=dt.date.fromisoformat, default=dt.date(2019, 10, 1))
    one.add_argument("--to", dest="last", type=dt.date.fromisoformat, default=dt.date(2019, 12, 31))
    one.add_argument("--loans", type=int, help="only the first so many loans by number")
    one.add_argument("--keep", action="store_true", help="leave the database and the folders to be looked at")
    one.add_argument("--out", type=Path, required=True, metavar="DIR")
    one.set_defaults(act=run)
    two = commands.add_parser(
        "compare", help="the first day on which walks differ, with tables and rows; exit 1 if they do"
    )
    two.add_argument("walks", type=Path, nargs="+", metavar="FILE.json")
    two.set_defaults(act=compare)
    three = commands.add_parser(
        "check", help="every claim of the walk, over the walks of a folder; exit 1 if one is missed"
    )
    three.add_argument("folder", type=Path, metavar="DIR")
    three.set_defaults(act=check)
    four = commands.add_parser("doc", help="write the page about the walks of a folder")
    four.add_argument("folder", type=Path, metavar="DIR")
    four.add_argument("--page", type=Path, default=PAGE)
    four.set_defaults(act=doc)
    return parser

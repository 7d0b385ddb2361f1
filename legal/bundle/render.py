"""The pages of a pack that are made here, laid out from the manifest alone: front, statement, contact log, sheets.

Nothing in this file reads a row or the clock. What the reader of a page is told about page numbers comes in as
`Places`; the assembly finds them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from collections_app.documents import fonts
from collections_app.documents.render import Laid, Metadata, lay_out
from legal.bundle.courts import Court
from legal.bundle.manifest import (
    Amount,
    ChronologyEntry,
    ContactEntry,
    Exhibit,
    Manifest,
    Party,
    RuleAsked,
)

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

# Rows of the contact log in one document: 24,000 rows as one document take 472 MB, in thousands 104 MB.
ROWS_PER_DOCUMENT = 1_000

# A text exhibit longer than this is not printed but named, with its digest; it is in the ZIP whole.
PRINTED_TEXT_LIMIT = 200_000

FRONT = ("front-cover", "front-index", "front-chronology", "front-records")
FRONT_NAMES = {
    "front-cover": "Cover",
    "front-index": "Index",
    "front-chronology": "Chronology",
    "front-records": "Statement on the records",
}

_HAN = re.compile(
    "[\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u3130-\u318f\u31a0-\u31ef\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+"
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SIGN = {"USD": "$", "GBP": "£", "EUR": "€", "TWD": "NT$", "HKD": "HK$", "CNY": "¥", "JPY": "JP¥", "SGD": "S$"}


@dataclass(frozen=True)
class Span:
    """First and last page of something, counted in the finished pack from 1."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Places:
    """Where everything stands in the finished pack. `rows` answers for `contact-7` and `line-3`."""

    pages: int
    front: dict[str, Span]
    exhibits: dict[str, Span]
    rows: dict[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


# --- the documents ------------------------------------------------------------------------------------------


def front(manifest: Manifest, court: Court, places: Places) -> Laid:
    """Cover, index, chronology and statement on the records. Its anchors are those of `FRONT`."""
    claim = manifest.claim
    rows = [_index_row(manifest, exhibit, court, places) for exhibit in manifest.exhibits]
    context = {
        "title": _text(claim.title, manifest),
        "claim_number": _text(claim.number or "______________", manifest),
        "court": _text(claim.court, manifest),
        "subject": _text(claim.subject, manifest),
        "claimants": [_party(each, manifest) for each in manifest.claimants],
        "defendants": [_party(each, manifest) for each in manifest.defendants],
        "facts": _cover_facts(manifest, court, places),
        "file_name": court.name_of(manifest),
        "parts": [
            {"title": _link(name, places.front[key].first, court), "date": when, "pages": str(places.front[key])}
            for key, name, when in (
                ("front-chronology", "Chronology", _told_until(manifest)),
                (
                    "front-records",
                    "Statement on the records: who made them, how they were kept, by whom this pack was made",
                    day(manifest.sealed_at.date()),
                ),
            )
        ],
        "sections": [
            {"heading": _text(heading, manifest), "rows": found}
            for key, heading in manifest.sections
            if (found := [row for row, each in zip(rows, manifest.exhibits, strict=True) if each.section == key])
        ],
        "notes": _index_notes(manifest, court, places),
        "missing": [
            {
                "name": _text(each.name if each.mandatory else f"{each.name} (if there is one)", manifest),
                "where": _text(each.where, manifest),
            }
            for each in manifest.missing
        ],
        "chronology": [_chronology_row(manifest, entry, court, places) for entry in manifest.chronology],
        "records": [_text(each, manifest) for each in _records(manifest)],
        "rules": [
            {
                "kind": _text(each.kind, manifest),
                "name": _text(f"{each.name} (draft)" if each.draft else each.name, manifest),
                "version": _text(each.version, manifest),
                "sha": each.sha256[:12],
            }
            for each in manifest.rules
        ],
        "earlier": [
            {
                "version": str(each.version),
                "sealed": instant(each.sealed_at),
                "sha": each.manifest_sha256[:12],
            }
            for each in manifest.earlier
        ],
    }
    return _page("front", context, manifest, court, claim.title)


def statement(manifest: Manifest, court: Court, exhibit: Exhibit) -> Laid:
    """The statement of account, a line for each line of the manifest."""
    account = manifest.statement
    if account is None:
        raise ValueError("the manifest holds no statement")
    pointed_at = {each.line for each in manifest.chronology}
    count = len(account.lines)
    context = {
        "heading": _heading(manifest, exhibit),
        "intro": _text(
            f"Agreement {manifest.agreement.number}, as of the end of {day(account.as_of)}, all amounts in "
            f"{account.currency}. {_lines(count, 'line')}, none left out.",
            manifest,
        ),
        "rows": [
            {
                "id": f"line-{line.number}" if line.number in pointed_at else "",
                "number": str(line.number),
                "on": day(line.on),
                "what": _text(f"{line.what} ({line.reference})" if line.reference else line.what, manifest),
                "charged": grouped(line.charged),
                "paid": grouped(line.paid),
                "balance": grouped(line.balance),
            }
            for line in account.lines
        ],
        "as_of": day(account.as_of),
        "closing": grouped(account.closing),
        "note": _text(account.note, manifest),
    }
    return _page("statement", context, manifest, court, exhibit.title)


def contact_log(manifest: Manifest, court: Court, exhibit: Exhibit) -> Iterator[Laid]:
    """The log of all contacts, one document for each thousand rows."""
    pointed_at = {each.contact for each in manifest.chronology}
    zone = manifest.contacts[0].zone if manifest.contacts else ""
    total = len(manifest.contacts)
    for start in range(0, max(total, 1), ROWS_PER_DOCUMENT):
        chunk = manifest.contacts[start : start + ROWS_PER_DOCUMENT]
        context = {
            "heading": _heading(manifest, exhibit, continued=start > 0),
            "intro": _text(
                _log_intro(manifest.contacts)
                if start == 0
                else f"Contacts {start + 1} to {start + len(chunk)} of {total}.",
                manifest,
            ),
            "titles": _side_by_side([name for name, _ in _LOG_COLUMNS])[0],
            "rows": [_log_row(entry, zone, manifest, wanted=entry.number in pointed_at) for entry in chunk],
        }
        yield _page("contact_log", context, manifest, court, exhibit.title)


@dataclass(frozen=True)
class Sheet:
    """What a page shows for an exhibit that is not a PDF: a picture, a text, a sentence, or why it shows nothing."""

    exhibit: Exhibit
    picture: bytes = b""
    text: str = ""
    sentence: str = ""
    unreadable: str = ""


def sheets(manifest: Manifest, court: Court, shown: Sequence[Sheet]) -> Laid:
    """The pages of all such exhibits in one document, each from an anchor `tab-7` on."""
    context = {
        "sheets": [
            {
                "anchor": f"tab-{sheet.exhibit.tab}",
                "heading": _heading(manifest, sheet.exhibit),
                "picture": f"blob:{sheet.exhibit.tab}" if sheet.picture else "",
                "text": _text(sheet.text, manifest),
                "sentence": _text(sheet.sentence, manifest),
                "unreadable": _text(sheet.unreadable, manifest),
                "facts": [(name, _text(value, manifest)) for name, value in _file_facts(sheet.exhibit) if value],
            }
            for sheet in shown
        ]
    }
    blobs = {sheet.exhibit.tab: sheet.picture for sheet in shown if sheet.picture}
    return _page("sheets", context, manifest, court, "Exhibits", blobs=blobs)


def _file_facts(exhibit: Exhibit) -> tuple[tuple[str, str], ...]:
    return (
        ("Dated", span_of_days(exhibit.dated_on, exhibit.dated_until)),
        ("File", exhibit.file_name),
        ("Kind", exhibit.media_type),
        ("Size", f"{exhibit.size:,} bytes" if exhibit.size else ""),
        ("SHA-256", exhibit.sha256),
        ("Note", exhibit.note),
    )


def _page(
    template: str,
    context: dict[str, Any],
    manifest: Manifest,
    court: Court,
    title: str,
    *,
    blobs: dict[str, bytes] | None = None,
) -> Laid:
    html = (
        _engine()
        .get_template(f"legal/pack/{template}.html")
        .render(
            Context(
                {
                    "head": format_html(
                        '<p class="head"><b>Evidence pack {}</b>{}</p>',
                        manifest.file_number,
                        _marked(manifest.case_name, _parties_generated(manifest), manifest),
                    ),
                    **context,
                }
            )
        )
    )
    metadata = Metadata(title=title, made_at=manifest.sealed_at)
    css = f"{_css()}@page{{size:{court.page_size}}}"
    return lay_out(html, metadata=metadata, base=TEMPLATES, blobs=blobs, variant=None, css=css)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    """Our own engine, with the templates of this repository and no setting: a pack looks the same everywhere."""
    return Engine(dirs=[str(TEMPLATES)], autoescape=True)


@lru_cache(maxsize=1)
def _css() -> str:
    return (TEMPLATES / "legal" / "pack" / "pack.css").read_text(encoding="utf-8")


# --- front --------------------------------------------------------------------------------------------------


def _party(party: Party, manifest: Manifest) -> dict[str, SafeString]:
    detail = " · ".join(each for each in (party.address, party.reference) if each)
    return {
        "name": _marked(party.name, party.generated, manifest),
        "role": _text(party.role, manifest),
        "detail": _text(detail, manifest),
    }


def _cover_facts(manifest: Manifest, court: Court, places: Places) -> list[tuple[str, SafeString | str]]:
    claim, agreement = manifest.claim, manifest.agreement
    described = ", ".join(
        each
        for each in (
            agreement.number,
            agreement.kind,
            money(agreement.principal) if agreement.principal else "",
            f"signed {day(agreement.signed_on)}" if agreement.signed_on else "",
        )
        if each
    )
    sums = ", ".join(f"{each.label} {money(each.amount)}" for each in claim.sums)
    contents = (
        f"{_lines(len(manifest.exhibits), 'exhibit')}, {_lines(places.pages, 'page')}, index on page "
        f"{places.front['front-index'].first}"
    )
    facts: list[tuple[str, SafeString | str]] = [
        ("Agreement", _marked(described, agreement.generated, manifest)),
        ("Sum claimed", _text(f"{money(claim.total)} as of {day(claim.as_of)}: {sums}", manifest)),
        ("Contents", contents),
        ("Version", _text(_version(manifest), manifest)),
    ]
    if manifest.earlier:
        listed = ", ".join(f"{each.version} of {day(each.sealed_at.date())}" for each in manifest.earlier)
        facts.append(("Earlier versions", f"{listed}, {'both' if len(manifest.earlier) == 2 else 'all'} kept"))
    if manifest.reviewed_by:
        facts.append(("Reviewed by", _text(manifest.reviewed_by, manifest)))
    if drafts := _drafts(manifest):
        page = places.front["front-records"].first
        facts.append(
            ("Not approved yet", format_html("{}: {}", _text(drafts, manifest), _link(f"page {page}", page, court)))
        )
    if manifest.missing:
        facts.append(("Not complete", f"{_lines(len(manifest.missing), 'item')} missing, named after the index"))
    if places.unreadable:
        tabs = ", ".join(places.unreadable)
        facts.append(("Not readable", f"tab {tabs}: a page in its place says why"))
    if manifest.generated:
        facts.append(("Demonstration", _marked("Holds invented data, marked where they stand:", True, manifest)))
    facts.append(("Layout", _text(f"{court.title} ({court.id} {court.version})", manifest)))
    return facts


def _version(manifest: Manifest) -> str:
    made_at = instant(manifest.sealed_at)
    if manifest.draft:
        return f"draft of version {manifest.version}, made {made_at}, not sealed"
    return f"{manifest.version}, sealed {made_at}, by {manifest.sealed_by}"


def _drafts(manifest: Manifest) -> str:
    """What was applied though nobody has approved it: a lawyer hears that on the cover."""
    names = [f"{each.kind} {each.name}" for each in manifest.rules if each.draft]
    return f"{_listed(names)} applied as {'a draft' if len(names) == 1 else 'drafts'}" if names else ""


def _told_until(manifest: Manifest) -> str:
    """The last day that the chronology tells of."""
    return f"to {day(max(each.on for each in manifest.chronology))}" if manifest.chronology else ""


def _index_row(manifest: Manifest, exhibit: Exhibit, court: Court, places: Places) -> dict[str, Any]:
    span = places.exhibits[exhibit.tab]
    title = _link(_text(exhibit.title, manifest), span.first, court)
    if exhibit.tab in places.unreadable:
        title = format_html("{} — not readable, see page {}", title, str(span.first))
    return {
        "tab": exhibit.tab,
        "title": _with_mark(title, exhibit.generated),
        "date": span_of_days(exhibit.dated_on, exhibit.dated_until),
        "pages": str(span),
        "sha": manifest.source_sha256(exhibit)[:12],
    }


def _index_notes(manifest: Manifest, court: Court, places: Places) -> list[SafeString]:
    made_here = [each.tab for each in manifest.exhibits if not each.received_as_is]
    as_received = [each.tab for each in manifest.exhibits if each.received_as_is]
    first = "Page numbers are those of the PDF file."
    if court.links:
        first += " Every line of this index, and every reference to a page, is a link."
    if court.bookmarks:
        first += " Every tab has a bookmark."
    if as_received:
        first += (
            f" {_tabs(as_received)} reproduced unchanged; where a page had to be made smaller to make room for its "
            "number, nothing else was done to it, and the files themselves are in the ZIP."
        )
    if made_here:
        first += f" {_tabs(made_here)} made by the Claimant’s system from its records in the ordinary course."
    own = sum(span.last - span.first + 1 for span in places.front.values())
    asked, gone = manifest.layout.asked, len(manifest.missing)
    complete = "Asked for and complete." if not gone else "Not complete."
    last = (
        f"{complete} Layout {manifest.layout.id} {manifest.layout.version} asks for {_lines(asked, 'item')}; "
        f"{asked - gone} are here. {_lines(len(manifest.exhibits), 'exhibit')} in, "
        f"{_lines(len(places.exhibits), 'tab')} out; pages {own} + {places.pages - own} = {places.pages}."
    )
    return [_text(first, manifest), _text(last, manifest)]


def _tabs(tabs: Sequence[str]) -> str:
    if len(tabs) == 1:
        return f"Exhibit {tabs[0]} is"
    return f"Exhibits {_listed(tabs)} are"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _chronology_row(manifest: Manifest, entry: ChronologyEntry, court: Court, places: Places) -> dict[str, Any]:
    page = _page_of(manifest, entry, places)
    place = _link(f"{entry.tab}, p. {page}", page, court) if page else ""
    return {
        "date": span_of_days(entry.on, entry.until),
        "sentence": _marked(entry.sentence, entry.generated, manifest),
        "place": place,
    }


def _page_of(manifest: Manifest, entry: ChronologyEntry, places: Places) -> int:
    """The page of the pack that proves an entry; 0 if it points nowhere."""
    if not entry.tab:
        return 0
    span = places.exhibits[entry.tab]
    for key in (f"contact-{entry.contact}", f"line-{entry.line}"):
        if key in places.rows:
            return places.rows[key]
    return min(span.first + entry.page - 1, span.last)


def _records(manifest: Manifest) -> Iterable[str]:
    if manifest.records:
        yield from manifest.records
    made_at = instant(manifest.sealed_at)
    sealed = (
        f"This is a draft, made by {manifest.system} for file {manifest.file_number} on {made_at} and sealed by nobody: "
        "the next build replaces it."
        if manifest.draft
        else f"This pack was made by {manifest.system} for file {manifest.file_number} and sealed by "
        f"{manifest.sealed_by} on {made_at}."
    )
    yield (
        f"{sealed} It was made from a manifest: a list of facts, each "
        "taken from the records together with the number of the record’s version, and of the digests of all files. "
        "No page was made from records that could have changed since."
    )
    yield (
        "The records are kept by the system in the ordinary course of business: each change is written with who "
        "made it, when and why, in the same act as the change itself; earlier versions of a record stay. Nothing "
        "is deleted by hand."
    )
    if manifest.contacts:
        outside = sum(_from_outside(each) for each in manifest.contacts)
        sentence = (
            f"The rules were asked about each outgoing contact {'of this system ' if outside else ''}before it left; the "
            "answer and the rules asked stand beside it in the log. Contacts that the rules withheld are listed as well."
        )
        if outside:
            sentence += (
                f" {_lines(outside, 'contact')} of the log {'was' if outside == 1 else 'were'} made outside this system, "
                "without asking its rules before; the log says so at each."
            )
        yield sentence
    yield (
        "A digest (SHA-256) is a number computed from all bytes of a file. Two different files do not have the same "
        "one. The digest on the cover answers for the manifest, the manifest for every exhibit and every page."
    )
    if manifest.generated:
        yield (
            "Parts of this pack are invented for a demonstration. They are marked “generated for demonstration” "
            "where they stand; no real person is meant."
        )


# --- contact log --------------------------------------------------------------------------------------------

_LOG_SIZE = 7.3  # points; as in pack.css
_EM, _BLANK = "\u2003", " "
_BLANK_WIDE = 0.224 * _LOG_SIZE
_TAB = 2.25  # points; 3px in pack.css
# Name and beginning (points, a whole number of tab stops) of each column; the last ends at the margin.
_LOG_COLUMNS = (
    ("No.", 0.0),
    ("Date, time", 24.75),
    ("Channel", 101.25),
    ("What", 155.25),
    ("Outcome", 308.25),
    ("Clearance", 420.75),
)
_LOG_INDENT = 24.75  # where the second and further lines of a row begin; as in pack.css
_LOG_END = 476.0
_GUTTER = 6.0  # points left free at the end of each column

_VERDICT = {
    "allow": "✓",
    "warn": "✓ with a reason",
    "approve": "◇ with approval",
    "deny": "denied",
    "not_asked": "none",
}


def _log_intro(contacts: Sequence[ContactEntry]) -> str:
    if not contacts:
        return "No contact is recorded."
    withheld = sum(each.withheld for each in contacts)
    incoming = sum(each.direction == "in" for each in contacts)
    outside = sum(_from_outside(each) for each in contacts)
    days = sorted(each.at.date() for each in contacts)
    counted = f"{len(contacts) - withheld - incoming} outgoing, {incoming} incoming, {withheld} withheld"
    sentence = (
        f"{_lines(len(contacts), 'contact')}, {span_of_days(days[0], days[-1])}, none left out: {counted}. Times are "
        f"local to the person contacted ({contacts[0].zone}). “Clearance” is the permission that the rules gave before "
        "the contact left; under it stand the rules asked: ✓ let it pass, “none” had nothing to look at, “denied” "
        "withheld it."
    )
    if outside:
        sentence += f" {_lines(outside, 'contact')} made outside this system, without a clearance of it."
    return sentence


def _from_outside(entry: ContactEntry) -> bool:
    return entry.direction == "out" and not entry.withheld and not entry.clearance


def _log_row(entry: ContactEntry, zone: str, manifest: Manifest, *, wanted: bool) -> dict[str, Any]:
    when = f"{entry.at.day} {_MONTHS[entry.at.month - 1]} {entry.at.year}, {entry.at:%H:%M}"
    outcome = f"Withheld: {entry.outcome}" if entry.withheld and entry.outcome else entry.outcome
    cells = (
        str(entry.number),
        when,
        f"{entry.channel} {entry.direction}",
        entry.what,
        outcome or ("Withheld" if entry.withheld else ""),
        _clearance(entry),
    )
    lines = _side_by_side(cells) + broken(" · ".join(_details(entry, zone)), _LOG_END - _LOG_INDENT, _LOG_SIZE)
    return {
        "id": f"contact-{entry.number}" if wanted else "",
        "withheld": entry.withheld,
        "text": _text("\n".join(lines), manifest),
    }


def _clearance(entry: ContactEntry) -> str:
    if entry.direction == "in":
        return "incoming"
    return entry.clearance or "none"


def _details(entry: ContactEntry, zone: str) -> Iterator[str]:
    """What stands under the first line of a row: who, which text, and each rule with its answer."""
    if entry.zone != zone:
        yield f"local time of {entry.zone}"
    if entry.person and entry.direction == "out":
        yield f"to {entry.person}"
    if entry.by:
        yield f"by {entry.by}"
    if entry.text_sha256:
        yield f"text sha256 {entry.text_sha256[:12]}"
    if _from_outside(entry):
        yield "made outside this system"
    yield from (_asked(each) for each in entry.rules if each.verdict != "not_asked")
    quiet = [each.rule for each in entry.rules if each.verdict == "not_asked"]
    if quiet:
        yield f"{', '.join(quiet)} none"
    if entry.next_allowed_at is not None:
        yield f"next {instant(entry.next_allowed_at)}"
    if entry.generated:
        yield "generated for demonstration"


def _asked(rule: RuleAsked) -> str:
    because = ": " + rule.detail if rule.detail else ""
    citation = f" ({rule.citation})" if rule.citation and rule.verdict != "allow" else ""
    return f"{rule.rule}{citation} {_VERDICT[rule.verdict]}{because}"


def _side_by_side(cells: Sequence[str]) -> list[str]:
    """Cells as lines of text: each broken to its column, the columns set apart by white space."""
    starts = [start for _, start in _LOG_COLUMNS]
    ends = [*starts[1:], _LOG_END + _GUTTER]
    columns = [
        broken(cell, end - start - _GUTTER, _LOG_SIZE) for cell, start, end in zip(cells, starts, ends, strict=True)
    ]
    lines = []
    for number in range(max(len(column) for column in columns)):
        line, at, fill = "", _LOG_INDENT if number else 0.0, _to_the_tab
        for column, start in zip(columns, starts, strict=True):
            if number < len(column):
                line += fill(start - at) + column[number]
                at = start + fonts.width(column[number], _LOG_SIZE)
                if _HAN.search(column[number]):
                    fill = _about  # after a change of language, tab stops are counted from there
        lines.append(line)
    return lines


def _to_the_tab(gap: float) -> str:
    """White space `gap` points wide: em spaces, spaces, and a tab for the rest.

    Tabs alone would do, but WeasyPrint 70 draws each 2.4 % wider than it laid it out (1024 for 1000), so that
    columns lean. One tab of less than 2.25 points at the end keeps that under a twentieth of a point. The rest is
    never so near to a tab stop that rounding could choose the next one.
    """
    if not gap:
        return ""
    wide, gap = divmod(gap - 0.4, _LOG_SIZE)
    return _EM * int(wide) + _BLANK * int(gap / _BLANK_WIDE) + "\t"


def _about(gap: float) -> str:
    """White space as near to `gap` points as em spaces and spaces come: within half a space, mostly far nearer."""
    blanks = min(range(min(int(gap / _BLANK_WIDE), 30) + 1), key=lambda n: abs(_left_over(gap - n * _BLANK_WIDE)))
    return _EM * round((gap - blanks * _BLANK_WIDE) / _LOG_SIZE) + _BLANK * blanks


def _left_over(gap: float) -> float:
    return gap - round(gap / _LOG_SIZE) * _LOG_SIZE


def broken(text: str, room: float, size: float) -> list[str]:
    """`text` in lines no wider than `room` (points): broken at spaces, between Han, and in a word only if it must."""
    lines: list[str] = []
    line, at = "", 0.0
    for piece in _PIECE.findall(" ".join(text.split())):
        wide = fonts.width(piece, size)
        if at + fonts.width(piece.rstrip(), size) <= room:
            line, at = line + piece, at + wide
            continue
        if line:
            lines.append(line.rstrip())
            line, at = "", 0.0
        while fonts.width(piece.rstrip(), size) > room:
            cut = next(n for n in range(len(piece), 0, -1) if fonts.width(piece[:n], size) <= room or n == 1)
            lines.append(piece[:cut])
            piece = piece[cut:]
        line, at = piece, fonts.width(piece, size)
    if line.strip():
        lines.append(line.rstrip())
    return lines


# A word with its space, or one Han character with what may not begin a line.
_PIECE = re.compile(f"{_HAN.pattern[:-1]}[，。、：；！？）」』》]*\\s*|(?:(?!{_HAN.pattern[:-1]})\\S)+\\s*")


# --- words --------------------------------------------------------------------------------------------------


def day(on: date) -> str:
    """14 Mar 2024."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def span_of_days(on: date | None, until: date | None) -> str:
    """14 Mar 2024, or 3 Aug – 22 Sep 2026, or nothing."""
    if on is None:
        return f"to {day(until)}" if until else ""
    if until is None or until == on:
        return day(on)
    return f"{on.day} {_MONTHS[on.month - 1]} – {day(until)}" if on.year == until.year else f"{day(on)} – {day(until)}"


def instant(at: datetime) -> str:
    """26 Nov 2026, 14:02 UTC, in the offset that the instant carries."""
    offset = f"{at:%z}"
    zone = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{day(at.date())}, {at:%H:%M} {zone}"


def grouped(value: str) -> str:
    """12000.00 as 12,000.00; the decimals stay as they are."""
    whole, dot, decimals = value.partition(".")
    sign = "−" if whole.startswith("-") else ""
    digits = whole.lstrip("-")
    return f"{sign}{int(digits):,}{dot}{decimals}" if digits.isdigit() else value


def money(amount: Amount) -> str:
    """£12,000.00, or RON 12,000.00 where the sign would not say which currency."""
    value = grouped(amount.value)
    sign = _SIGN.get(amount.currency)
    if sign is None:
        return f"{amount.currency} {value}"
    return f"−{sign}{value[1:]}" if value.startswith("−") else f"{sign}{value}"


def _lines(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _heading(manifest: Manifest, exhibit: Exhibit, *, continued: bool = False) -> SafeString:
    title = f"Exhibit {exhibit.tab}. {exhibit.title}" + (", continued" if continued else "")
    return _marked(title, exhibit.generated, manifest)


def _parties_generated(manifest: Manifest) -> bool:
    return any(each.generated for each in (*manifest.claimants, *manifest.defendants))


def _link(text: SafeString | str, page: int, court: Court) -> SafeString:
    """A reference to a page; the assembly turns `pack:page/N` into a link inside the PDF."""
    return format_html('<a href="pack:page/{}">{}</a>', str(page), text) if court.links else conditional_escape(text)


def _marked(text: str, generated: bool, manifest: Manifest) -> SafeString:
    return _with_mark(_text(text, manifest), generated)


def _with_mark(text: SafeString, generated: bool) -> SafeString:
    if not generated:
        return text
    return format_html('{} <span class="generated">generated for demonstration</span>', text)


def _text(text: str, manifest: Manifest) -> SafeString:
    """Escaped, with each run of Han told its script: without it the glyphs are those of the machine's locale."""
    if not _HAN.search(text):
        return conditional_escape(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span lang="{}">{}</span>', manifest.han, part) if _HAN.fullmatch(part) else part,)
            for part in re.split(f"({_HAN.pattern})", text)
        ),
    )

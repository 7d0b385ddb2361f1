"""What an evidence pack says, as pure data: the pack is made from this and the exhibits' bytes, never from live rows.

Frozen dataclasses in, canonical JSON out: keys sorted, no spaces, UTF-8, no floats; money is a string with the
decimals of its currency, an instant is RFC 3339 with its offset, a date is `YYYY-MM-DD`. The same facts give the
same bytes and the same digest, on any machine.

Two digests, two questions:

- `inputs_sha256(manifest)`: *has anything changed since the last version?* It leaves out what differs between
  versions by nature (version number, draft or sealed, by whom and when, review, earlier versions). Equal: the last version still stands.
- the digest printed on the pack, SHA-256 of `sealed_json(manifest, …)`: *is this the pack?* The sealed manifest is
  the facts and, beside them, a digest of each finished page (see `legal.bundle.seal`), so that it answers for the
  pages too, not only for the data behind them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from operator import itemgetter
from typing import Any, Literal

from collections_app.documents.digest import is_sha256, sha256
from collections_app.kernel.errors import DomainError
from collections_app.kernel.money import exponent

FORMAT = "dunwell-pack/1"

# A file number stands in the stamp of every page, whose font holds these characters only.
_FILE_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,39}")
_TAB = re.compile(r"[0-9]{1,4}[A-Z]?")

Direction = Literal["in", "out"]
Verdict = Literal["allow", "warn", "approve", "deny", "not_asked"]

# How an exhibit comes to its pages: from the bytes of a file, or made from this manifest's own lines.
ExhibitKind = Literal["file", "statement", "contact_log"]


@dataclass(frozen=True)
class Amount:
    """Money as it is printed: the amount with exactly the decimals of its currency."""

    value: str
    currency: str

    @classmethod
    def of(cls, value: Decimal, currency: str) -> Amount:
        """Refuses an amount with more decimals than its currency has; it is rounded before, by name."""
        exact = value.quantize(Decimal(1).scaleb(-exponent(currency)))
        if exact != value:
            raise DomainError(
                "too_many_decimals",
                f"{value} has more decimals than {currency} has; round it before it goes into a manifest.",
            )
        return cls(f"{exact:f}", currency)


@dataclass(frozen=True)
class Party:
    """A party to the claim. `role` is what the court calls it ("Claimant"); `generated` marks an invented one."""

    name: str
    role: str
    address: str = ""
    reference: str = ""
    generated: bool = False


@dataclass(frozen=True)
class Agreement:
    """The contract the debt comes from."""

    number: str
    kind: str
    signed_on: date | None
    principal: Amount | None
    generated: bool = False


@dataclass(frozen=True)
class Sum:
    """One part of what is claimed: "outstanding", "interest", "costs"."""

    label: str
    amount: Amount


@dataclass(frozen=True)
class Claim:
    """The heading of the pack: before which court, under which number, what it is about, what is asked."""

    court: str
    subject: str
    as_of: date
    sums: tuple[Sum, ...]
    total: Amount
    number: str = ""
    title: str = "Evidence pack"


@dataclass(frozen=True)
class Exhibit:
    """One document of the pack.

    `sha256` is that of the source's plain bytes; an exhibit made from this manifest (`kind` other than "file") has
    none of its own here: its source is the manifest's lines, and `section_bytes` gives them. `source` and
    `history_ids` say from which rows it was taken; `item` is the key of what the court layout asks for, if it
    answers that.
    """

    tab: str
    section: str
    title: str
    kind: ExhibitKind = "file"
    item: str = ""
    dated_on: date | None = None
    dated_until: date | None = None
    sha256: str = ""
    media_type: str = ""
    file_name: str = ""
    size: int = 0
    source: str = ""
    history_ids: tuple[int, ...] = ()
    received_as_is: bool = True
    generated: bool = False
    note: str = ""


@dataclass(frozen=True)
class ChronologyEntry:
    """One sentence of the chronology, and where its proof stands.

    `page` counts within the exhibit from 1. `contact` (a number of the contact log) or `line` (a number of the
    statement) point at a row instead; the page is then found when the pack is laid out.
    """

    on: date
    sentence: str
    until: date | None = None
    tab: str = ""
    page: int = 1
    contact: int | None = None
    line: int | None = None
    generated: bool = False


@dataclass(frozen=True)
class StatementLine:
    """One line of the account. `charged` raises the balance, `paid` lowers it; all in the statement's currency."""

    number: int
    on: date
    what: str
    balance: str
    charged: str = ""
    paid: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Statement:
    """The account of the agreement as of the end of a day."""

    as_of: date
    currency: str
    lines: tuple[StatementLine, ...]
    closing: str
    note: str = ""


@dataclass(frozen=True)
class RuleAsked:
    """A rule that the gate asked about a contact, and what it answered."""

    rule: str
    verdict: Verdict
    citation: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ContactEntry:
    """One contact, made, tried, received or withheld. `at` carries the offset of the zone in which it is shown.

    An outgoing one that has neither `clearance` nor `withheld` was made outside this system (a dialler, an agency);
    it is shown as such, for the log leaves nothing out.
    """

    number: int
    at: datetime
    zone: str
    channel: str
    direction: Direction
    what: str
    outcome: str
    by: str = ""
    person: str = ""
    withheld: bool = False
    clearance: str = ""
    rules: tuple[RuleAsked, ...] = ()
    next_allowed_at: datetime | None = None
    text_sha256: str = ""
    contact_id: int | None = None
    generated: bool = False


@dataclass(frozen=True)
class MissingItem:
    """What the court layout asks for and the pack does not hold, with where it is to be got."""

    item: str
    name: str
    where: str
    mandatory: bool = True


@dataclass(frozen=True)
class RuleVersion:
    """A ladder, preset or court layout that was in force for something in this pack."""

    kind: str
    name: str
    version: str
    sha256: str
    draft: bool = False


@dataclass(frozen=True)
class CourtLayout:
    """Under which layout the pack is made. `asked` is how many items it asks for."""

    id: str
    version: str
    sha256: str
    asked: int = 0


@dataclass(frozen=True)
class EarlierVersion:
    """A sealed version before this one; all are kept."""

    version: int
    sealed_at: datetime
    manifest_sha256: str


@dataclass(frozen=True)
class Manifest:
    """All that an evidence pack says. `han` is the script in which Han characters are drawn (zh-hant, zh-hans).

    Of a `draft` nothing was sealed: `sealed_at` is when it was made, and `sealed_by` stays empty.
    """

    file_number: str
    version: int
    sealed_at: datetime
    sealed_by: str
    layout: CourtLayout
    claim: Claim
    claimants: tuple[Party, ...]
    defendants: tuple[Party, ...]
    agreement: Agreement
    exhibits: tuple[Exhibit, ...]
    sections: tuple[tuple[str, str], ...]
    chronology: tuple[ChronologyEntry, ...] = ()
    statement: Statement | None = None
    contacts: tuple[ContactEntry, ...] = ()
    missing: tuple[MissingItem, ...] = ()
    rules: tuple[RuleVersion, ...] = ()
    earlier: tuple[EarlierVersion, ...] = ()
    records: tuple[str, ...] = ()
    reviewed_by: str = ""
    system: str = "Dunwell"
    han: Literal["zh-hant", "zh-hans"] = "zh-hant"
    draft: bool = False

    def __post_init__(self) -> None:
        _check(self)

    @property
    def case_name(self) -> str:
        """ "Harbourlight Credit v Ashdown-Pryce", as it stands in the head of each page."""
        return f"{_names(self.claimants)} v {_names(self.defendants)}"

    @property
    def generated(self) -> bool:
        """Whether anything in the pack was invented for a demonstration: then every page says so."""
        parts: tuple[Iterable[Any], ...] = (
            (self.agreement,),
            self.claimants,
            self.defendants,
            self.exhibits,
            self.chronology,
            self.contacts,
        )
        return any(each.generated for part in parts for each in part)

    def section_bytes(self, exhibit: Exhibit) -> bytes:
        """The source of an exhibit that is made from this manifest: its lines as canonical JSON."""
        if exhibit.kind == "statement":
            return canonical_json(self.statement)
        if exhibit.kind == "contact_log":
            return canonical_json(self.contacts)
        raise ValueError(f"exhibit {exhibit.tab} is a file")

    def source_sha256(self, exhibit: Exhibit) -> str:
        """The digest that the index prints beside an exhibit."""
        return exhibit.sha256 if exhibit.kind == "file" else self._section_digests[exhibit.tab]

    @cached_property
    def _section_digests(self) -> dict[str, str]:
        return {each.tab: sha256(self.section_bytes(each)) for each in self.exhibits if each.kind != "file"}


def canonical_json(value: Any) -> bytes:
    """The one spelling of `value`: sorted keys, no spaces, UTF-8. Refuses floats and instants without an offset.

    Written piece by piece: a log of 24,000 contacts as a tree of dictionaries would take 100 MB beside its text.
    """
    return _spelled(value).encode()


def facts_json(manifest: Manifest) -> bytes:
    """The facts alone, without the digests of pages."""
    return canonical_json({"format": FORMAT, "facts": manifest})


def inputs_sha256(manifest: Manifest) -> str:
    """Digest of what a pack is made from; equal digests mean that a new version would say the same."""
    bare = replace(
        manifest,
        version=1,
        sealed_at=datetime.fromisoformat("2000-01-01T00:00:00+00:00"),
        sealed_by="",
        reviewed_by="",
        earlier=(),
        draft=False,
    )
    return sha256(facts_json(bare))


def sealed_json(manifest: Manifest, made: Mapping[str, Any]) -> bytes:
    """The manifest as it goes into the pack: the facts, and in `made` what was found when the pack was made."""
    return canonical_json({"format": FORMAT, "facts": manifest, "made": made})


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no offset; an instant in a manifest says where it stands")
        return f'"{value.isoformat(timespec="seconds")}"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if is_dataclass(value) and not isinstance(value, type):
        return _members((name, getattr(value, name)) for name in _field_names(type(value)))
    if isinstance(value, Mapping):
        return _members(sorted(((str(key), each) for key, each in value.items()), key=itemgetter(0)))
    if isinstance(value, Iterable) and not isinstance(value, bytes | set | frozenset):
        return f"[{','.join(_spelled(each) for each in value)}]"
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def _members(members: Iterable[tuple[str, Any]]) -> str:
    return "{" + ",".join([f"{_quoted(name)}:{_spelled(each)}" for name, each in members]) + "}"


_quoted = json.JSONEncoder(ensure_ascii=False).encode


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in fields(kind)))


def _names(parties: tuple[Party, ...]) -> str:
    first = parties[0].name
    return first if len(parties) == 1 else f"{first} and {len(parties) - 1} more"


def _check(manifest: Manifest) -> None:
    """Refuse a manifest from which no whole pack can be made, with all that is wrong at once."""
    wrong: list[str] = []
    if not _FILE_NUMBER.fullmatch(manifest.file_number):
        wrong.append(f"The file number “{manifest.file_number}” may hold only letters, figures and . / _ -.")
    if manifest.version < 1:
        wrong.append(f"The version is {manifest.version}; versions count from 1.")
    if not manifest.claimants or not manifest.defendants:
        wrong.append("A pack names at least one claimant and one defendant.")
    sections = [key for key, _ in manifest.sections]
    tabs: set[str] = set()
    kinds: list[str] = []
    for exhibit in manifest.exhibits:
        name = f"Exhibit {exhibit.tab} (“{exhibit.title}”)"
        if not _TAB.fullmatch(exhibit.tab):
            wrong.append(f"{name}: a tab is a number, with a letter for one put in between (9, 9A).")
        if exhibit.tab in tabs:
            wrong.append(f"{name}: its tab is taken by another exhibit.")
        tabs.add(exhibit.tab)
        if exhibit.section not in sections:
            wrong.append(f"{name}: the pack has no section “{exhibit.section}”.")
        if exhibit.kind == "file" and not is_sha256(exhibit.sha256):
            wrong.append(f"{name}: the SHA-256 of its bytes is missing or is not one.")
        if exhibit.kind != "file" and exhibit.sha256:
            wrong.append(f"{name}: it is made from the manifest and has no digest of its own.")
        kinds.append(exhibit.kind)
    order = [sections.index(each.section) for each in manifest.exhibits if each.section in sections]
    if order != sorted(order):
        wrong.append("The exhibits of a section do not stand together in the order of the sections.")
    for kind in ("statement", "contact_log"):
        if kinds.count(kind) > 1:
            wrong.append(f"Only one exhibit can be the {kind.replace('_', ' ')}.")
    if "statement" in kinds and manifest.statement is None:
        wrong.append("A statement of account is among the exhibits, and the manifest holds no lines for it.")
    for entry in manifest.chronology:
        if entry.tab and entry.tab not in tabs:
            wrong.append(f"The chronology of {entry.on} points to tab {entry.tab}, which is not in the pack.")
    wrong += _gaps("contact log", [each.number for each in manifest.contacts])
    wrong += _gaps("statement", [each.number for each in manifest.statement.lines] if manifest.statement else [])
    if wrong:
        raise DomainError("bad_manifest", " ".join(wrong), file_number=manifest.file_number)


def _gaps(what: str, numbers: list[int]) -> list[str]:
    """Numbers run from 1 without a gap, so that the paper itself shows that no line was left out."""
    return [] if numbers == list(range(1, len(numbers) + 1)) else [f"The {what} is not numbered 1, 2, 3 … in order."]

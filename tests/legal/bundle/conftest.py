"""An invented case of twelve exhibits: every kind of file, a Chinese name, a broken PDF, withheld contacts."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from PIL import Image, ImageDraw

from collections_app.documents.digest import sha256
from collections_app.documents.render import Metadata, render_pdf
from legal.bundle.assemble import BuiltPack, build
from legal.bundle.courts import Court, load_court
from legal.bundle.manifest import (
    Agreement,
    Amount,
    ChronologyEntry,
    Claim,
    ContactEntry,
    EarlierVersion,
    Exhibit,
    Manifest,
    MissingItem,
    Party,
    RuleAsked,
    RuleVersion,
    Statement,
    StatementLine,
    Sum,
)

SEALED_AT = datetime(2026, 11, 26, 14, 2, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def paper(title: str, pages: int = 1, *, landscape: bool = False) -> bytes:
    """A PDF as somebody else might have made it, filled to its edges."""
    body = "".join(
        f'<section style="break-after:page"><h1>{title}</h1><p>Page {n} of the original.</p>'
        '<p style="position:absolute;bottom:0">Last line of the original</p></section>'
        for n in range(1, pages + 1)
    )
    size = "A4 landscape" if landscape else "A4"
    return render_pdf(
        f"<style>@page{{size:{size};margin:8mm}} section:last-child{{break-after:auto}}</style>{body}",
        metadata=Metadata(title=title, made_at=SEALED_AT),
        variant=None,
    )


def picture(kind: str = "PNG") -> bytes:
    image = Image.new("RGB", (640, 420), "white")
    ImageDraw.Draw(image).rectangle((40, 40, 600, 380), outline="black", width=6)
    made = io.BytesIO()
    image.save(made, kind)
    return made.getvalue()


def rotated(pdf: bytes, degrees: int) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            page.rotate(degrees, relative=False)
        made = io.BytesIO()
        opened.save(made, deterministic_id=True)
    return made.getvalue()


def contacts(count: int = 24) -> tuple[ContactEntry, ...]:
    """Reminders and calls on the days from 8 July 2026, every sixth one withheld, every ninth one incoming."""
    made = []
    for number in range(1, count + 1):
        at = datetime(2026, 7, 8, 10, 2, tzinfo=LONDON) + timedelta(days=number - 1, minutes=7 * number)
        withheld, incoming = number % 6 == 0, number % 9 == 0 and number % 6 != 0
        if withheld:
            rules = (
                RuleAsked("UK-01-house", "deny", "house rule 1.2", "no calls on Sundays"),
                RuleAsked("UK-03", "allow"),
            )
        else:
            rules = (
                RuleAsked("UK-01-house", "allow", detail="08–21"),
                RuleAsked("UK-03", "allow"),
                *(RuleAsked(name, "not_asked") for name in ("UK-05", "UK-06", "UK-07", "UK-19")),
            )
        made.append(
            ContactEntry(
                number=number,
                at=at,
                zone="Europe/London",
                channel=("SMS", "Call", "Letter", "E-mail")[number % 4],
                direction="in" if incoming else "out",
                what="溫予棠 asks to be called after 17:00 only" if incoming else "Reminder, template v6",
                outcome="" if withheld else "Delivered 10:02",
                by="" if incoming else "the daily run" if number % 3 else "D. Okereke-Stahl, 7 min 02 s, recorded",
                person="溫予棠" if number == 7 else "",
                withheld=withheld,
                clearance="" if withheld or incoming else str(60900 + number),
                rules=() if incoming else rules,
                next_allowed_at=at + timedelta(days=1) if withheld else None,
                text_sha256=sha256(str(number).encode()) if not withheld else "",
                contact_id=4000 + number,
            )
        )
    return tuple(made)


def statement(count: int = 18) -> Statement:
    lines, balance = [], 12000
    for number in range(1, count + 1):
        balance -= 310
        lines.append(
            StatementLine(
                number=number,
                on=date(2024, 4, 10) + timedelta(days=30 * (number - 1)),
                what="Instalment received by bank transfer",
                paid="310.00",
                balance=f"{balance}.00",
                reference=f"P-{7000 + number}",
            )
        )
    return Statement(
        as_of=date(2026, 11, 25),
        currency="GBP",
        lines=tuple(lines),
        closing=f"{balance}.00",
        note="Interest of 8 % a year is not part of this balance; it stands in the sum claimed.",
    )


@dataclass
class Case:
    """A manifest with the bytes behind its exhibits."""

    manifest: Manifest
    stored: dict[str, bytes] = field(default_factory=dict)

    def blobs(self, digest: str) -> bytes:
        return self.stored[digest]

    def with_(self, **changed: object) -> "Case":
        return Case(replace(self.manifest, **changed), self.stored)  # type: ignore[arg-type]


def invented(court: Court) -> Case:
    stored: dict[str, bytes] = {}

    def file(tab: str, section: str, title: str, data: bytes, kind: str, on: date, **more: object) -> Exhibit:
        stored[sha256(data)] = data
        return Exhibit(
            tab=tab,
            section=section,
            title=title,
            dated_on=on,
            sha256=sha256(data),
            media_type=kind,
            size=len(data),
            **more,  # type: ignore[arg-type]
        )

    pdf = "application/pdf"
    exhibits = (
        file(
            "1",
            "agreement",
            "Credit agreement and terms then in force, with certificate of electronic signature",
            paper("Credit agreement", 4),
            pdf,
            date(2024, 3, 14),
            item="contract",
            source="document:71",
            history_ids=(401,),
            generated=True,
        ),
        file("2", "agreement", "Proof of payment of £12,000.00", paper("Payment order"), pdf, date(2024, 3, 15)),
        file(
            "3",
            "agreement",
            "Repayment schedule, a wide table",
            paper("Schedule", landscape=True),
            pdf,
            date(2024, 3, 14),
            item="schedule",
            received_as_is=False,
        ),
        Exhibit(
            tab="4",
            section="debt",
            title="Statement of account",
            kind="statement",
            item="statement",
            dated_on=date(2026, 11, 25),
            received_as_is=False,
        ),
        file(
            "5",
            "notices",
            "Written notice of arrears, with proof of posting",
            paper("Written notice", 2),
            pdf,
            date(2026, 7, 15),
            item="arrears_notice",
        ),
        file("6", "notices", "Photograph of the delivered letter", picture(), "image/png", date(2026, 7, 17)),
        file(
            "7",
            "notices",
            "Scan of the receipt, turned by the scanner",
            rotated(paper("Receipt"), 90),
            pdf,
            date(2026, 7, 17),
        ),
        file("8", "forbearance", "Plan offered, as sent", picture("JPEG"), "image/jpeg", date(2026, 8, 3)),
        file(
            "9",
            "forbearance",
            "Answer of the Defendant 溫予棠, by e-mail",
            "我收到了您的信。\nI have received your letter. I can pay £51.67 from 10 August.\n".encode(),
            "text/plain",
            date(2026, 8, 5),
        ),
        file(
            "9A",
            "forbearance",
            "Recording of the call of 24 July",
            b"ID3\x03\x00" + bytes(range(256)) * 8,
            "audio/mpeg",
            date(2026, 7, 24),
            note="4 min 11 s; speakers: D. Okereke-Stahl and the Defendant.",
        ),
        Exhibit(
            tab="10",
            section="conduct",
            title="Log of all contacts, with the clearance of each",
            kind="contact_log",
            item="contact_log",
            dated_on=date(2026, 7, 8),
            dated_until=date(2026, 7, 31),
            received_as_is=False,
        ),
        file(
            "11",
            "conduct",
            "Register checks: insolvency, breathing space",
            b"%PDF-1.7\nthis was cut off by a full mailbox",
            pdf,
            date(2026, 11, 23),
            item="status_checks",
        ),
    )
    manifest = Manifest(
        file_number="LF-0112",
        version=3,
        sealed_at=SEALED_AT,
        sealed_by="Temperance Oduya",
        layout=court.reference(),
        claim=Claim(
            court="In the County Court",
            subject="on a debt under a regulated credit agreement of 14 March 2024",
            as_of=date(2026, 11, 26),
            sums=(Sum("outstanding", Amount("6510.00", "GBP")), Sum("interest", Amount("87.04", "GBP"))),
            total=Amount("6597.04", "GBP"),
        ),
        claimants=(Party("Harbourlight Credit (UK) Ltd", "Claimant", reference="company 00000000"),),
        defendants=(Party("溫予棠 (Wen Yu-tang)", "Defendant", address="18 Marlow Rise, Kelbridge", generated=True),),
        agreement=Agreement("L-10377", "fixed-sum loan", date(2024, 3, 14), Amount("12000.00", "GBP")),
        exhibits=exhibits,
        sections=court.headings(),
        chronology=(
            ChronologyEntry(
                date(2024, 3, 14), "Agreement signed electronically: £12,000.00 in 48 instalments", tab="1"
            ),
            ChronologyEntry(date(2024, 3, 15), "£12,000.00 paid to the Defendant’s account", tab="2"),
            ChronologyEntry(date(2024, 4, 10), "Instalments paid on time", until=date(2025, 9, 2), tab="4", line=18),
            ChronologyEntry(date(2026, 7, 8), "SMS: loan amount, due date, balance. Delivered", tab="10", contact=1),
            ChronologyEntry(date(2026, 7, 15), "Written notice of arrears posted; delivered 17 July", tab="5", page=2),
            ChronologyEntry(date(2026, 8, 5), "溫予棠 answers by e-mail", tab="9"),
            ChronologyEntry(date(2026, 7, 31), "Last contact", tab="10", contact=24),
        ),
        statement=statement(),
        contacts=contacts(),
        missing=(
            MissingItem(
                "disbursement",
                "Proof that the loan was paid out",
                "Ask accounts for the payment order or the bank’s confirmation, and upload it on the legal file.",
            ),
        ),
        rules=(
            RuleVersion("ladder", "six-day", "6", sha256(b"ladder")),
            RuleVersion("preset", "uk-cca", "2026.11", sha256(b"preset"), draft=True),
        ),
        earlier=(
            EarlierVersion(1, datetime(2026, 10, 19, 9, 0, tzinfo=UTC), sha256(b"v1")),
            EarlierVersion(2, datetime(2026, 11, 2, 9, 0, tzinfo=UTC), sha256(b"v2")),
        ),
        reviewed_by="C. Thackeray-Nwosu, Quillfeather LLP",
    )
    return Case(manifest, stored)


@pytest.fixture(scope="session")
def court() -> Court:
    return load_court("plain")


@pytest.fixture(scope="session")
def case(court: Court) -> Case:
    return invented(court)


@pytest.fixture(scope="session")
def make_case() -> Callable[[Court], Case]:
    """Make the case anew, with no object shared."""
    return invented


@pytest.fixture(scope="session")
def pack(case: Case, court: Court, tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    return build(case.manifest, case.blobs, court=court, out=tmp_path_factory.mktemp("pack"))


@pytest.fixture
def built(case: Case, court: Court, tmp_path: Path) -> Callable[..., BuiltPack]:
    """Build a changed case: `built(contacts=())`."""

    def build_changed(**changed: object) -> BuiltPack:
        return build(case.with_(**changed).manifest, case.blobs, court=court, out=tmp_path)

    return build_changed

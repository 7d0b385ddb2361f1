"""Fills facts into a text, adds what the law of this contact demands, and fixes the result by its digest."""

from __future__ import annotations

import hashlib
import html as html_escape
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.template import Context

from collections_app.documents import fonts
from collections_app.kernel.errors import DomainError
from collections_app.policy.schema.vocabulary import BLOCKS

from .catalogue import KIND_OF_CHANNEL, Catalogue, Text, catalogue, served_language
from .facts import Agreed, Facts, NextStep
from .formats import date_text, money_text

# Added in this order: the second sentence of the first disclosure speaks of "that purpose".
_BLOCK_ORDER = (
    "caller_name",
    "attempt_to_collect",
    "information_will_be_used",
    "from_debt_collector",
    "opt_out_line",
)

_MONEY = frozenset(
    "loan_amount current_balance arrears remaining_balance instalment_amount instalment_open paid_towards "
    "other_overdue fees proposal_total".split()
)
_DATES = frozenset({"due_date", "contract_on", "as_of"})

# Parts of a script that are said aloud; notes and taboos are for the collector's eyes.
SPOKEN = frozenset({"open", "say", "ask", "offer", "close"})
_PART = re.compile(r"^\[(open|say|ask|offer|close|note|never)\][ \t]*$", re.MULTILINE)

# Borders around a filled-in value in a script, so that the screen can mark it; private characters that no
# name may bring along (see _clean).
_FROM, _TO = "\ue000", "\ue001"

# The window of the envelope is 80 mm wide and has 28.5 mm for the address. Sizes of letter.css: name, points,
# height of a line in mm, and what the larger name of a Chinese letter needs besides.
_WINDOW_WIDTH, _WINDOW_HEIGHT = 80 / 25.4 * 72, 28.5
_ADDRESS_SIZES = (("normal", 10.5, 5.0, 2.2), ("small", 9.0, 3.97, 0.9), ("tiny", 8.0, 3.39, 0.0))


@dataclass(frozen=True)
class ScriptPart:
    """One card of a script. `kind`: open, say, ask, offer, close (spoken), note, never (not spoken)."""

    kind: str
    heading: str
    text: str

    @property
    def is_spoken(self) -> bool:
        return self.kind in SPOKEN


@dataclass(frozen=True)
class Rendered:
    """A text as it leaves. `text` is empty for a letter, `html` for all but letters and scripts.

    `blocks` are those that the gate may rely on; `sha256` is the digest of what is sent (`sent_digest`);
    `language` is the one it is written in, `asked_language` the person's.
    """

    kind: str
    name: str
    subject: str
    text: str
    html: str
    blocks: frozenset[str]
    sha256: str
    version: str
    language: str
    asked_language: str
    parts: tuple[ScriptPart, ...] = ()

    @property
    def fell_back(self) -> bool:
        """Written in English because there is no text in the person's language: told on the contact."""
        ours = served_language(self.asked_language)
        same_tongue = self.asked_language.lower().split("-")[0].split("_")[0] == self.language.split("-")[0]
        return self.language != ours or (self.language == "en" and not same_tongue)

    @property
    def spoken(self) -> str:
        """The words of a script that the borrower hears."""
        return "\n".join(part.text for part in self.parts if part.is_spoken)


def sent_digest(kind: str, *, subject: str = "", text: str = "", html: str = "") -> str:
    """SHA-256 of what is sent, in UTF-8.

    The document of a letter; subject, empty line and body of an e-mail or a push message; else the words.
    """
    if kind == "letter":
        exact = html
    elif kind in ("email", "push"):
        exact = f"{subject}\n\n{text}"
    else:
        exact = text
    return hashlib.sha256(exact.encode()).hexdigest()


def render(
    channel: str,
    name: str,
    language: str,
    facts: Facts,
    required_blocks: Iterable[str] = (),
    *,
    texts: Catalogue | None = None,
) -> Rendered:
    """The text `name` for a channel, in the person's language or else in English.

    1. find the text;
    2. refuse if a fact that it needs is missing, or if figures contradict each other;
    3. fill in the facts;
    4. add the required blocks that it does not contain, in its own language, and the mark of made-up persons;
    5. take the digest.

    Raises DomainError: no_such_text, fact_missing, facts_disagree, block_not_available, address_too_long.
    """
    texts = texts or catalogue()
    text = texts.find(channel, name, language)
    context, given_blocks = _context(texts, text, facts)
    _refuse_missing(text, facts)
    facts.refuse_contradictions(text.facts)

    blocks = text.blocks | given_blocks
    for fact, names in text.blocks_if.items():
        if getattr(facts, fact):
            blocks |= names
    lacking = [block for block in _in_order(required_blocks) if block not in blocks]
    sentences = [_block_sentence(texts, block, text.language, text.kind, facts) for block in lacking]
    blocks |= frozenset(lacking)
    mark = _block_sentence(texts, "generated_mark", text.language, text.kind, facts) if facts.generated else ""
    glue = _glue(text.language)
    context.update(
        disclosures=glue.join(sentences),
        generated=facts.generated,
        generated_mark=mark,
        version=text.version,
    )

    if text.kind == "letter":
        document = _filled(text, context)
        return _rendered(text, language, blocks, html=document)
    if text.kind == "script":
        if "disclosures" not in text.used and sentences:
            body = _filled(text, context) + "\n[say]\n" + glue.join(sentences)
        else:
            body = _filled(text, context)
        if mark:
            body = f"[note]\n{mark}\n{body}"
        return _rendered_script(texts, text, language, blocks, body)

    body = _joined(_filled(text, context), sentences, text.kind, text.language)
    if mark:
        body = f"{mark}{' ' if text.kind != 'email' else chr(10) * 2}{body}"
    subject = "" if text.subject is None else " ".join(text.subject.render(Context(context, autoescape=False)).split())
    return _rendered(text, language, blocks, subject=subject, text_=body)


def letter_html(
    name: str,
    language: str,
    facts: Facts,
    required_blocks: Iterable[str] = (),
    *,
    texts: Catalogue | None = None,
) -> str:
    """The whole HTML document of a letter, style sheet included; `documents.render` makes the PDF of it."""
    return render("letter", name, language, facts, required_blocks, texts=texts).html


def add_required(text: str, blocks: Iterable[str], language: str, channel: str, facts: Facts | None = None) -> str:
    """`text` with the sentences of `blocks` that it does not contain yet, in `language`, at its end.

    For texts that a person wrote; `render` does this for the catalogue's. Refuses a block for which there is
    no sentence: what a law demands is never left out in silence.
    """
    texts = catalogue()
    kind = KIND_OF_CHANNEL.get(channel, channel)
    served = served_language(language)
    sentences = [_block_sentence(texts, block, served, kind, facts) for block in _in_order(blocks)]
    return _joined(text, [s for s in sentences if s not in text], kind, served)


def _joined(text: str, sentences: Sequence[str], kind: str, language: str) -> str:
    if not sentences:
        return text
    glue = _glue(language)
    between = "\n\n" if kind in ("email", "script") else glue
    return f"{text.rstrip()}{between}{glue.join(sentences)}"


def blocks_within_reach(channel: str, name: str, language: str, facts: Facts | None = None) -> frozenset[str]:
    """Blocks that a rendered text can have: its own, and those that the library can add.

    What the gate may judge at plan, when no text is written yet.
    """
    texts = catalogue()
    text = texts.find(channel, name, language)
    blocks = text.blocks
    for fact, names in text.blocks_if.items():
        if facts is not None and getattr(facts, fact):
            blocks |= names
    library = {n for n in texts.names_of("blocks") if text.language in texts.languages_of("blocks", n)}
    return blocks | (library & set(BLOCKS))


# --- From facts to shown words ------------------------------------------------------------------------------


class _Shown(str):
    """A value as the text shows it. Zero is false in an `if`."""

    truth: bool
    full: str
    long: str
    number: int | None

    def __bool__(self) -> bool:
        return self.truth


def _shown(
    value: str,
    *,
    truth: bool = True,
    full: str | None = None,
    long: str | None = None,
    number: int | None = None,
) -> _Shown:
    shown = _Shown(value)
    shown.number = number
    shown.truth = truth
    shown.full = value if full is None else full
    shown.long = value if long is None else long
    return shown


def _clean(value: str) -> str:
    """One line without control, private and direction-changing characters.

    A name may not forge a second line, a header or another reading order.
    """
    kept = (c for c in value if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs") or c in "\t\n\r")
    return " ".join("".join(kept).split())


class _Shower:
    def __init__(self, language: str, currency: str, running_year: int | None, marked: bool) -> None:
        self.language, self.currency, self.year, self.marked = language, currency, running_year, marked

    def _mark(self, value: str) -> str:
        return f"{_FROM}{value}{_TO}" if self.marked and value else value

    def words(self, value: str) -> _Shown:
        clean = _clean(value)
        return _shown(self._mark(clean), truth=bool(clean))

    def number(self, value: int) -> _Shown:
        return _shown(self._mark(str(value)), truth=value != 0, number=value)

    def money(self, value: Decimal) -> _Shown:
        return _shown(self._mark(money_text(value, self.currency)), truth=value != 0)

    def date(self, value: date) -> _Shown:
        short, full, long = (
            self._mark(date_text(value, self.language, s, self.year)) for s in ("short", "full", "long")
        )
        return _shown(short, full=full, long=long)


def _context(texts: Catalogue, text: Text, facts: Facts) -> tuple[dict[str, Any], frozenset[str]]:
    """What the words ask for, in the text's language, and the blocks that come in with the sentences of
    `agreed` and `next_steps`.
    """
    shower = _Shower(text.language, facts.currency, facts.as_of.year, text.kind == "script")
    blocks: frozenset[str] = frozenset()
    context: dict[str, Any] = {}
    for name in text.used:
        value: Any = getattr(facts, name, None)
        if name in ("agreed", "next_steps"):
            lines = [_sentence(texts, item, text.language, facts) for item in value]
            context[name] = [line for line, _ in lines]
            blocks = blocks.union(*(more for _, more in lines))
        elif name == "proposal":
            context[name] = [
                {"due_on": shower.date(line.due_on), "amount": shower.money(line.amount)} for line in facts.proposal
            ]
        elif name == "other_loans":
            context[name] = [
                {
                    "loan_number": shower.words(loan.loan_number),
                    "due_date": shower.date(loan.due_date),
                    "loan_amount": shower.money(loan.loan_amount),
                    "current_balance": shower.money(loan.current_balance),
                    "arrears": shower.money(loan.arrears),
                    "instalment_open": shower.money(loan.instalment_open),
                }
                for loan in facts.other_loans
            ]
        elif name == "address_lines":
            context[name] = [line for line in map(_clean, facts.address_lines) if line]
        elif name == "address_size":
            context[name] = _address_size(facts, text.language)
        elif value is None:
            continue
        elif name in _MONEY:
            context[name] = shower.money(value)
        elif name in _DATES:
            context[name] = shower.date(value)
        elif isinstance(value, bool):
            context[name] = value
        elif name == "signed_by" and value == facts.sender_name:
            context[name] = shower.words("")  # a firm that signs for itself is named once
        elif name in ("how_to_pay", "debt_advice"):
            context[name] = shower.words(value.rstrip(" .。"))  # the texts set the full stop
        elif isinstance(value, int):
            context[name] = shower.number(value)
        else:
            context[name] = shower.words(value)
    return context, blocks


def _sentence(
    texts: Catalogue, item: Agreed | NextStep | str, language: str, facts: Facts
) -> tuple[str, frozenset[str]]:
    if isinstance(item, str):
        return _clean(item), frozenset()
    shower = _Shower(language, facts.currency, None, False)
    context: dict[str, Any] = {"as_of": shower.date(facts.as_of)}
    if isinstance(item, Agreed):
        name = f"agreed_{item.kind}"
        context |= {
            "agreed_on": shower.date(item.agreed_on),
            "by_date": shower.date(item.by_date),
            "told": texts.word(language, "told", item.told),
            "state": texts.word(language, "state", item.state) if item.kind == "promise" else "",
        }
        if item.method is not None:
            context["method"] = texts.word(language, "method", item.method)
    else:
        name = item.code
        if item.on is not None:
            context["on"] = shower.date(item.on)
        if item.rest is not None:
            context["rest"] = shower.money(item.rest)
    if item.amount is not None:
        context["amount"] = shower.money(item.amount)
    if isinstance(item, Agreed) and item.payments is not None:
        context["payments"] = shower.number(item.payments)
    sentence = texts.get("sentences", name, language)
    if facts.credit_bureau:
        context["credit_bureau"] = shower.words(facts.credit_bureau)
    for need in sorted(sentence.used - sentence.optional):
        if need not in context:
            raise DomainError(
                "fact_missing",
                f"The sentence “{name}” ({language}) needs “{need}”; give it with the {type(item).__name__}.",
                fact=need,
                text=name,
                language=language,
            )
    return _filled(sentence, context), sentence.blocks


def _refuse_missing(text: Text, facts: Facts) -> None:
    for name in sorted(text.used - text.optional):
        if not hasattr(facts, name):
            continue  # given by the renderer
        value = getattr(facts, name)
        if value is None or value == "" or value == ():
            needed = {
                "instalment_open": "instalment_amount and paid_towards",
                "sender_name": "lender_name",
            }.get(name, name)
            raise DomainError(
                "fact_missing",
                f"{facts.loan_named}: {text.path} shows {needed}, which is not known as of {facts.as_of}. "
                "Nothing was written; complete the facts or take another text.",
                fact=name,
                text=text.name,
                kind=text.kind,
                language=text.language,
                loan=facts.loan_number,
            )


def _in_order(blocks: Iterable[str]) -> list[str]:
    asked = set(blocks)
    known = [b for b in _BLOCK_ORDER if b in asked]
    return known + sorted(asked - set(known))


def _block_sentence(texts: Catalogue, block: str, language: str, kind: str, facts: Facts | None) -> str:
    name = block if (kind, block) != ("email", "opt_out_line") else "opt_out_line_email"
    if language not in texts.languages_of("blocks", name):
        raise DomainError(
            "block_not_available",
            f"The rules of this contact demand the block “{block}”, and there is no sentence for it in "
            f"{language}: take a text that contains it, or, after legal review, add "
            f"templates/contacts/blocks/{block}.{language}.txt.",
            block=block,
            language=language,
            kind=kind,
        )
    sentence = texts.get("blocks", name, language)
    context: dict[str, Any] = {}
    if sentence.used:
        if facts is None:
            raise DomainError(
                "fact_missing",
                f"The block “{block}” shows {sorted(sentence.used)}; give the facts.",
                block=block,
            )
        _refuse_missing(sentence, facts)
        context, _ = _context(texts, sentence, facts)
    return _filled(sentence, context)


def _glue(language: str) -> str:
    """Between two sentences: a space, in Chinese nothing."""
    return "" if language.startswith("zh") else " "


def _filled(text: Text, context: dict[str, Any]) -> str:
    letter = text.kind == "letter"
    filled = text.body.render(Context(context, autoescape=letter))
    if letter:
        return filled + "\n"
    lines = (line.rstrip() for line in filled.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _address_size(facts: Facts, language: str) -> str:
    """The largest size in which name and address fit the window. Refuses what fits in none: an address is
    neither cut nor runs into the letter.
    """
    name = "  ".join(filter(None, (_clean(facts.borrower_name), _clean(facts.borrower_title), "   ")))
    lines = [name, *filter(None, map(_clean, facts.address_lines))]
    for size, points, height, besides in _ADDRESS_SIZES:
        # Words are not broken where the line is full, so a long line may need more than its width says.
        rows = [math.ceil(fonts.width(line, points) / (_WINDOW_WIDTH * 0.92)) for line in lines]
        if sum(rows) * height + (besides if language != "en" else 0) <= _WINDOW_HEIGHT:
            return size
    raise DomainError(
        "address_too_long",
        f"{facts.loan_named}: name and address ({len(lines)} lines) do not fit the "
        "window of the envelope; shorten them on the contact point.",
        loan=facts.loan_number,
    )


def _rendered(
    text: Text, asked: str, blocks: frozenset[str], *, subject: str = "", text_: str = "", html: str = "",
    parts: tuple[ScriptPart, ...] = (),
) -> Rendered:  # fmt: skip
    return Rendered(
        kind=text.kind,
        name=text.name,
        subject=subject,
        text=text_,
        html=html,
        blocks=blocks,
        sha256=sent_digest(text.kind, subject=subject, text=text_, html=html),
        version=text.version,
        language=text.language,
        asked_language=asked,
        parts=parts,
    )


def _rendered_script(texts: Catalogue, text: Text, asked: str, blocks: frozenset[str], body: str) -> Rendered:
    cells = _PART.split(body)
    if cells[0].strip():
        raise DomainError("bad_text_file", f"{text.path} has words before its first [part].", path=text.path)
    parts: list[ScriptPart] = []
    cards: list[str] = []
    for kind, words in zip(cells[1::2], cells[2::2], strict=True):
        words = words.strip()
        if not words:
            continue
        heading = texts.word(text.language, "script", kind)
        parts.append(ScriptPart(kind, heading, words.replace(_FROM, "").replace(_TO, "")))
        inner = html_escape.escape(words).replace(_FROM, "<mark>").replace(_TO, "</mark>")
        paragraphs = "".join(f"<p>{'<br>'.join(p.splitlines())}</p>" for p in re.split(r"\n\s*\n", inner))
        cards.append(
            f'<section class="script-{kind}" lang="{_html_lang(text.language)}">'
            f"<h4>{html_escape.escape(heading)}</h4>{paragraphs}</section>"
        )
    plain = "\n\n".join(f"{part.heading}\n{part.text}" for part in parts)
    return _rendered(text, asked, blocks, text_=plain, html="\n".join(cards), parts=tuple(parts))


def _html_lang(language: str) -> str:
    return {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}.get(language, language)

"""The written notice on paper: one page, the address in the window, nothing cut."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pypdfium2
import pytest

from collections_app.documents.render import Laid, Metadata, lay_out
from collections_app.kernel.errors import DomainError
from collections_app.services.texts import Agreed, Facts, letter_html, usual_next_steps

LANGUAGES = ("en", "zh-hans", "zh-hant")
MINI_MIRANDA = ("attempt_to_collect", "information_will_be_used")
MM = 72 / 25.4


def the_facts(**changes: object) -> Facts:
    facts = Facts(
        currency="GBP",
        as_of=date(2026, 7, 15),
        loan_number="L-10377",
        contract_on=date(2024, 3, 14),
        loan_amount=Decimal("12000.00"),
        due_date=date(2026, 7, 10),
        remaining_balance=Decimal("6510.00"),
        instalment_amount=Decimal("310.00"),
        paid_towards=Decimal("0.00"),
        fees=Decimal("0.00"),
        arrears=Decimal("310.00"),
        agreed=(
            Agreed(
                kind="promise",
                agreed_on=date(2026, 7, 13),
                told="call",
                by_date=date(2026, 7, 20),
                amount=Decimal("150.00"),
                method="bank_transfer",
            ),
        ),
        lender_name="Harbourlight Credit (UK) Ltd",
        lender_note="Authorised and regulated by the Financial Conduct Authority, no. 000000",
        lender_address="4 Tidegate Wharf, Kelbridge KB1 2HC",
        lender_phone="020 7946 0148",
        lender_email="help@harbourlight.example",
        lender_hours="Mon–Fri 9–18, Sat 9–13",
        return_address="PO Box 118, Kelbridge KB1 9ZZ",
        how_to_pay="Harbourlight Credit (UK) Ltd, sort code 00-00-00, account 00000000; or by card",
        debt_advice="MoneyHelper, www.moneyhelper.org.uk",
        signed_by="Temperance Oduya, Customer Accounts",
        reference="C-15530",
        borrower_name="Rowan Ashdown-Pryce",
        address_lines=("Flat 3", "18 Marlow Rise", "KELBRIDGE", "KB4 7QT"),
        call_recorded=True,
    )
    facts = replace(facts, **changes)  # type: ignore[arg-type]
    steps = usual_next_steps(facts, contact_again_on=date(2026, 7, 16), visit_from=date(2026, 7, 16))
    return replace(facts, next_steps=steps)


LONG = {
    "borrower_name": "Maximiliana Theodora Featherstonehaugh-Cholmondeley",
    "address_lines": (
        "c/o The Honourable Bartholomew Wriothesley-Montgomery-Fitzgerald",
        "Apartment 1204, Llanfairpwllgwyngyll House",
        "18 Marlow Rise Upper Gardens Crescent North",
        "KELBRIDGE-UPON-THE-LOWER-WINDERMERE",
        "KB4 7QT",
    ),
    "lender_name": "Harbourlight Consumer Credit and Instalment Lending (United Kingdom) Public Limited Company",
    "agency_name": "Northgate Servicing and Receivables Management International Limited",
    "fee_clause": "clause 9 of the agreement",
    "paid_towards": Decimal("10.00"),
    "other_overdue": Decimal("1620.00"),
    "fees": Decimal("11.40"),
    "arrears": Decimal("1931.40"),
    "generated": True,
}


def on_paper(language: str, facts: Facts, blocks: tuple[str, ...] = ()) -> Laid:
    html = letter_html("written_notice", language, facts, blocks)
    made = Metadata(title="Written notice", made_at=datetime(2026, 7, 15, tzinfo=UTC), language=language)
    return lay_out(html, metadata=made)


def words_of(laid: Laid, page: int = 0) -> str:
    return pypdfium2.PdfDocument(laid.pdf)[page].get_textpage().get_text_range()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_with_all_its_parts_is_one_page(language):
    laid = on_paper(language, the_facts(), MINI_MIRANDA)
    assert laid.pages == 1
    words = words_of(laid)
    for shown in ("£12,000.00", "£310.00", "£6,510.00", "£150.00", "£160.00", "L-10377", "C-15530", "00-00-00"):
        assert shown in words
    assert ("page 1 of 1" if language == "en" else "1") in words


def test_very_long_names_still_fit_one_page():
    laid = on_paper("en", the_facts(**LONG), MINI_MIRANDA)
    assert laid.pages == 1
    words = " ".join(words_of(laid).split())
    assert LONG["borrower_name"] in words
    assert "International Limited" in words
    assert "£1,931.40" in words
    assert "This is an attempt to collect a debt." in words


def _letters(words: str) -> str:
    """Letters and figures alone: reading a PDF takes a hyphen at the end of a line for a broken word."""
    return "".join(filter(str.isalnum, words))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("changes", [{}, LONG], ids=["usual", "long"])
def test_name_and_address_stand_in_the_window_and_nothing_else_does(language, changes):
    facts = the_facts(**changes)
    document = pypdfium2.PdfDocument(on_paper(language, facts).pdf)
    page = document[0]
    window = page.get_textpage().get_text_bounded(
        left=25 * MM - 1,
        right=105 * MM,
        top=page.get_height() - 50.5 * MM,
        bottom=page.get_height() - 80 * MM,
    )
    lines = "".join(facts.address_lines)
    # In Chinese the address comes first, then the name and 收, the word for the addressee.
    expected = facts.borrower_name + lines if language == "en" else lines + facts.borrower_name + "收"
    assert _letters(window) == _letters(expected)


def test_an_address_that_fits_no_window_is_refused_and_not_cut():
    with pytest.raises(DomainError) as refused:
        letter_html("written_notice", "en", the_facts(address_lines=tuple(f"Line {n}" for n in range(9))))
    assert refused.value.code == "address_too_long"
    assert "L-10377" in refused.value.sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_reaches_into_the_margins(language):
    document = pypdfium2.PdfDocument(on_paper(language, the_facts(**LONG), MINI_MIRANDA).pdf)
    for page in document:
        height, text = page.get_height(), page.get_textpage()
        boxes = [text.get_charbox(n) for n in range(text.count_chars())]
        boxes = [box for box in boxes if box[2] - box[0] > 0.1]
        assert min(box[0] for box in boxes) >= 25 * MM - 2
        assert max(box[2] for box in boxes) <= 190 * MM + 2
        assert min(box[1] for box in boxes) >= 5 * MM
        assert max(box[3] for box in boxes) <= height - 5 * MM


def test_a_letter_that_is_too_long_gets_a_second_page_and_loses_nothing():
    many = tuple(f"Sentence number {n} of a very long list of things that will follow." for n in range(40))
    laid = on_paper("en", replace(the_facts(), next_steps=many))
    assert laid.pages == 2
    both = words_of(laid, 0) + words_of(laid, 1)
    assert all(f"Sentence number {n} of" in both for n in range(40))
    assert "page 2 of 2" in both


def test_a_letter_needs_no_file_but_itself():
    html = letter_html("written_notice", "zh-hant", the_facts())
    assert "url(" not in html
    assert "<link" not in html
    assert "@page" in html


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh-hans", "zh-Hans"), ("zh-hant", "zh-Hant")])
def test_every_block_of_a_letter_names_its_language(language, tag):
    html = letter_html("written_notice", language, the_facts())
    for opening in ("<html", "<body", '<div class="lfoot"', '<div class="from"', '<div class="ret"', "<main"):
        assert f'{opening} lang="{tag}"' in html

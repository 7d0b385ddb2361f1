"""The texts of the ladder: they exist, say what they declare, show the facts they were given and nothing else."""

import hashlib
import re
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from collections_app.kernel.errors import DomainError
from collections_app.policy.schema import check_texts, read_ladder
from collections_app.services.texts import (
    Agreed,
    Catalogue,
    Facts,
    NextStep,
    OtherLoan,
    PlannedPayment,
    Rendered,
    add_required,
    blocks_within_reach,
    catalogue,
    date_text,
    letter_html,
    money_text,
    render,
    sent_digest,
    served_language,
    sms_length,
    usual_next_steps,
)

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "templates" / "contacts"
SIX_DAY = ROOT / "collections_app" / "policy" / "data" / "ladders" / "six_day.toml"
LANGUAGES = ("en", "zh-hans", "zh-hant")

THREE = {"loan_amount", "due_date", "current_balance", "other_loans"}
REMINDER = {"due_date", "instalment_open", "other_loans"}
FIRST_CALL = {"due_date", "arrears", "as_of", "other_loans"}
# Every text of the six days, and the facts of the debt that it shows.
DECLARED = {
    ("sms", "reminder"): REMINDER,
    ("email", "reminder"): REMINDER,
    ("push", "reminder"): REMINDER,
    ("script", "reminder"): REMINDER,
    ("sms", "first_notice"): THREE,
    ("email", "first_notice"): THREE,
    ("push", "first_notice"): THREE,
    ("script", "first_call"): FIRST_CALL,
    ("email", "first_call"): FIRST_CALL,
    ("push", "first_call"): {"due_date"},
    ("script", "consequences"): FIRST_CALL | {"fees", "days_past_due", "agreed", "proposal", "proposal_total"},
    ("letter", "written_notice"): {
        "loan_number",
        "contract_on",
        "loan_amount",
        "due_date",
        "instalment_amount",
        "paid_towards",
        "other_overdue",
        "fees",
        "arrears",
        "remaining_balance",
        "as_of",
        "agreed",
        "next_steps",
        "other_loans",
    },
    ("script", "visit"): FIRST_CALL | {"remaining_balance", "agreed", "proposal", "proposal_total"},
    ("sms", "opt_out_confirmation"): set(),
    ("email", "opt_out_confirmation"): set(),
    ("script", "limited_voicemail"): set(),
}
GENTLE = ("reminder", "first_notice", "first_call")
EACH = [(kind, name, language) for kind, name in DECLARED for language in LANGUAGES]
MINI_MIRANDA = ("attempt_to_collect", "information_will_be_used")


def the_facts(**changes: object) -> Facts:
    """An auto loan in Illinois, five days past due; every amount is a different one."""
    facts = Facts(
        currency="USD",
        as_of=date(2026, 7, 15),
        loan_number="L-10377",
        contract_on=date(2024, 3, 14),
        loan_amount=Decimal("12000.00"),
        due_date=date(2026, 7, 10),
        current_balance=Decimal("6534.50"),
        remaining_balance=Decimal("6534.50"),
        instalment_amount=Decimal("310.00"),
        paid_towards=Decimal("20.25"),
        fees=Decimal("14.75"),
        arrears=Decimal("304.50"),
        days_past_due=5,
        next_steps=(NextStep(code="contact_again", on=date(2026, 7, 21)), NextStep(code="credit_record")),
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
        proposal=(
            PlannedPayment(due_on=date(2026, 8, 3), amount=Decimal("104.50")),
            PlannedPayment(due_on=date(2026, 8, 17), amount=Decimal("200.00")),
        ),
        lender_name="Harbourlight Credit",
        lender_address="4 Tidegate Wharf, Springfield",
        lender_phone="+12175550148",
        lender_email="help@harbourlight.example",
        neutral_name="Harbourlight",
        how_to_pay="by transfer to our account, or by card on the telephone",
        collector_name="Temperance Oduya",
        reference="C-15530",
        borrower_name="Rowan Ashdown-Pryce",
        address_lines=("18 Marlow Rise", "Springfield"),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def read_by_borrower(rendered: Rendered) -> str:
    """What reaches the borrower: subject and words, of a script only what is spoken, of a letter its body."""
    if rendered.kind == "letter":
        body = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", rendered.html, flags=re.DOTALL)
        return re.sub(r"<[^>]+>", " ", body)
    words = rendered.spoken if rendered.kind == "script" else rendered.text
    return f"{rendered.subject}\n{words}"


# --- The catalogue ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), DECLARED)
def test_each_text_exists_in_each_language_and_declares_its_facts(kind, name):
    assert catalogue().languages_of(kind, name) == set(LANGUAGES)
    for language in LANGUAGES:
        assert catalogue().get(kind, name, language).facts == DECLARED[kind, name]


def test_there_is_no_text_beside_these():
    assert {(t.kind, t.name) for t in catalogue().texts()} == set(DECLARED)


@pytest.mark.parametrize(("kind", "name"), DECLARED)
def test_the_three_languages_of_a_text_contain_the_same(kind, name):
    texts = [catalogue().get(kind, name, language) for language in LANGUAGES]
    # A greeting is a habit of the language: the short English SMS has none.
    assert len({t.blocks - {"greeting"} for t in texts}) == 1
    assert len({frozenset(t.blocks_if.items()) for t in texts}) == 1
    assert len({t.facts for t in texts}) == len({t.optional for t in texts}) == 1
    assert {t.version for t in texts} == {"2026.11.0"}


def test_the_shipped_ladder_finds_all_its_texts_and_required_facts():
    check_texts(read_ladder(SIX_DAY), catalogue())


def test_a_channel_does_for_a_kind_and_an_unknown_name_has_no_language():
    assert catalogue().languages_of("call", "first_call") == set(LANGUAGES)
    assert catalogue().languages_of("visit", "visit") == set(LANGUAGES)
    assert catalogue().languages_of("sms", "written_notice") == frozenset()
    assert catalogue().facts_of("nothing", "en") == frozenset()


def test_facts_of_a_name_are_those_that_every_channel_shows():
    assert catalogue().facts_of("first_call", "en") == {"due_date"}  # the push message shows no sum
    assert catalogue().facts_of("consequences", "en") == DECLARED["script", "consequences"]


@pytest.mark.parametrize("path", sorted(TEXTS.rglob("*.zh-hans.*")), ids=lambda p: p.name)
def test_simplified_texts_hold_no_traditional_character(path):
    words = path.read_text(encoding="utf-8")
    strange = [c for c in words if "\u4e00" <= c <= "\u9fff" and not _fits(c, "gb2312")]
    assert strange == []


@pytest.mark.parametrize("path", sorted(TEXTS.rglob("*.zh-hant.*")), ids=lambda p: p.name)
def test_traditional_texts_hold_no_simplified_character(path):
    words = path.read_text(encoding="utf-8")
    strange = [c for c in words if "\u4e00" <= c <= "\u9fff" and not _fits(c, "big5")]
    assert strange == []


def _fits(character, charset):
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


# --- Files that are refused -------------------------------------------------------------------------------

SOUND = '+++\nkind = "sms"\nversion = "2026.11.0"\nblocks = []\nfacts = ["due_date"]\n+++\n{{ due_date }}\n'


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (SOUND.replace('["due_date"]', "[]"), "declares the facts"),
        (SOUND.replace('["due_date"]', '["due_date", "arrears"]'), "declares the facts"),
        (SOUND.replace('["due_date"]', '["due_dates"]'), "unknown names ['due_dates']"),
        (SOUND.replace("blocks = []", 'blocks = ["nice_words"]'), "unknown names ['nice_words']"),
        (SOUND.replace("{{ due_date }}", "{{ due_date }}{{ password }}"), "uses ['password']"),
        (SOUND.replace("{{ due_date }}", "{{ due_date }}{% if secret %}!{% endif %}"), "uses ['secret']"),
        (SOUND.replace("{{ due_date }}", '{{ due_date }}{% include "x" %}'), "the tag “include”"),
        (SOUND.replace("{{ due_date }}", "{{ due_date }}{% load i18n %}"), "the tag “load”"),
        (SOUND.replace('kind = "sms"', 'kind = "email"'), "stands in sms/"),
        (SOUND.replace('version = "2026.11.0"\n', ""), "no version"),
        (SOUND.replace("facts =", "fakts ="), "unknown keys ['fakts']"),
        (SOUND.replace("kind = ", "kind "), "not TOML"),
        (SOUND.removeprefix("+++\n"), "does not begin with front-matter"),
        (SOUND.replace("blocks = []", 'subject = "Hello"\nblocks = []'), "only e-mail and push have"),
    ],
)
def test_a_text_file_that_does_not_say_what_it_contains_is_refused(tmp_path, wrong, told):
    (tmp_path / "sms").mkdir()
    (tmp_path / "sms" / "first_notice.en.txt").write_text(wrong, encoding="utf-8")
    with pytest.raises(DomainError) as refused:
        Catalogue(tmp_path)
    assert refused.value.code == "bad_text_file"
    assert told in refused.value.sentence
    assert "sms/first_notice.en.txt" in refused.value.sentence


def test_a_sound_file_is_taken(tmp_path):
    (tmp_path / "sms").mkdir()
    (tmp_path / "sms" / "first_notice.en.txt").write_text(SOUND, encoding="utf-8")
    assert render("sms", "first_notice", "en", the_facts(), texts=Catalogue(tmp_path)).text == "Fri 10 Jul"


def test_an_unknown_filter_is_refused_by_the_engine(tmp_path):
    (tmp_path / "sms").mkdir()
    path = tmp_path / "sms" / "first_notice.en.txt"
    path.write_text(SOUND.replace("{{ due_date }}", "{{ due_date|safe }}"), encoding="utf-8")
    with pytest.raises(DomainError, match="safe"):
        Catalogue(tmp_path)


# --- Facts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_sms_says_loan_amount_due_date_and_balance_and_no_other_fact_of_the_debt(language):
    facts = the_facts()
    text = render("sms", "first_notice", language, facts, (*MINI_MIRANDA, "opt_out_line")).text
    due = date_text(date(2026, 7, 10), language, running_year=2026)
    rest = text
    for shown in ("$12,000.00", due, "$6,534.50", facts.lender_phone):
        assert rest.count(shown) == 1
        rest = rest.replace(shown, "")
    assert re.findall(r"\d", rest) == []
    assert facts.loan_number not in text


@pytest.mark.parametrize(("kind", "name", "language"), EACH)
def test_every_figure_in_a_text_is_one_of_its_declared_facts(kind, name, language):
    facts = the_facts(lender_phone="our telephone")
    rendered = render(kind, name, language, facts, MINI_MIRANDA)
    rest = read_by_borrower(rendered)

    def money(amount):
        return money_text(Decimal(amount), "USD")

    shown = {
        "loan_number": ["L-10377"],
        "contract_on": [date(2024, 3, 14)],
        "loan_amount": [money("12000")],
        "due_date": [date(2026, 7, 10)],
        "current_balance": [money("6534.50")],
        "remaining_balance": [money("6534.50")],
        "instalment_amount": [money("310")],
        "instalment_open": [money("289.75")],
        "paid_towards": [money("20.25")],
        "fees": [money("14.75")],
        "arrears": [money("304.50")],
        "days_past_due": ["5"],
        "as_of": [date(2026, 7, 15)],
        "next_steps": [date(2026, 7, 21)],
        "agreed": [date(2026, 7, 13), date(2026, 7, 20), money("150")],
        "proposal": [date(2026, 8, 3), date(2026, 8, 17), money("104.50"), money("200"), "2"],
        "proposal_total": [money("304.50")],
    }
    declared = catalogue().get(kind, name, language).facts
    forms = []
    for fact in declared & set(shown):
        for value in shown[fact]:
            if isinstance(value, date):
                several = [date_text(value, language, style, 2026) for style in ("long", "full", "short")]
                assert any(form in rest for form in several), (fact, value)
                forms += several
            else:
                assert value in rest, (fact, value)
                forms.append(value)
    for form in sorted(forms, key=len, reverse=True):  # "5" last
        rest = rest.replace(form, "")
    for beside in ("18 Marlow Rise", "4 Tidegate Wharf", "C-15530", "2026.11.0"):
        rest = rest.replace(beside, "")
    assert re.findall(r"\d+", rest) == []


@pytest.mark.parametrize(("kind", "name", "language"), EACH)
def test_a_missing_fact_is_named_and_nothing_is_written(kind, name, language):
    text = catalogue().get(kind, name, language)
    for fact in sorted((text.used - text.optional) & set(Facts.__dataclass_fields__) - {"as_of"}):
        empty = "" if isinstance(getattr(the_facts(), fact), str) else None
        if fact in ("next_steps", "address_lines"):
            empty = ()
        if fact == "generated":
            continue
        without = {fact: empty} if fact != "sender_name" else {"lender_name": ""}
        with pytest.raises(DomainError) as refused:
            render(kind, name, language, the_facts(**without))
        assert (refused.value.code, refused.value.ids["fact"]) == ("fact_missing", fact)
        assert fact in refused.value.sentence
        assert f"{kind}/{name}.{language}" in refused.value.sentence


def test_a_text_without_the_senders_name_is_refused():
    with pytest.raises(DomainError) as refused:
        render("sms", "first_notice", "en", the_facts(lender_name=""))
    assert refused.value.ids["fact"] == "sender_name"
    assert "lender_name" in refused.value.sentence


def test_a_reminder_asks_only_for_what_is_still_open_and_names_what_it_lacks():
    text = render("sms", "reminder", "en", the_facts(as_of=date(2026, 7, 7))).text
    assert "$289.75" in text
    assert "$310.00" not in text
    with pytest.raises(DomainError, match="instalment_amount and paid_towards"):
        render("sms", "reminder", "en", the_facts(paid_towards=None))


def test_a_letter_whose_table_does_not_add_up_is_not_written():
    with pytest.raises(DomainError) as refused:
        letter_html("written_notice", "en", the_facts(arrears=Decimal("304.51")))
    assert refused.value.code == "facts_disagree"
    assert "304.50, not the arrears 304.51" in refused.value.sentence
    html = letter_html("written_notice", "en", the_facts(arrears=Decimal("614.50"), other_overdue=Decimal("310.00")))
    assert "Further instalments overdue" in html


def test_arrears_larger_than_the_whole_balance_are_a_contradiction():
    with pytest.raises(DomainError, match="more than the whole balance"):
        letter_html("written_notice", "zh-hans", the_facts(remaining_balance=Decimal("304.49")))


def test_an_amount_with_more_decimals_than_its_currency_is_refused():
    with pytest.raises(DomainError, match="more decimals"):
        render("sms", "first_notice", "en", the_facts(current_balance=Decimal("6534.505")))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1286.40", "USD", "$1,286.40"),
        ("1286", "GBP", "£1,286.00"),
        ("18638", "TWD", "NT$18,638"),
        ("18638.50", "TWD", "NT$18,638.50"),
        ("214225", "CNY", "¥214,225.00"),
        ("214225", "JPY", "JP¥214,225"),
        ("1234.567", "KWD", "KWD 1,234.567"),
        ("-5", "HKD", "-HK$5.00"),
    ],
)
def test_amounts_show_sign_thousands_and_the_decimals_of_their_currency(amount, currency, shown):
    assert money_text(Decimal(amount), currency) == shown


def test_dates_leave_out_the_running_year_and_paper_never_does():
    day = date(2026, 11, 24)
    assert date_text(day, "en", running_year=2026) == "Tue 24 Nov"
    assert date_text(day, "en", running_year=2027) == "Tue 24 Nov 2026"
    assert date_text(day, "en", "full", 2026) == "24 November 2026"
    assert date_text(day, "en", "long", 2026) == "Tuesday 24 November 2026"
    assert date_text(day, "zh-hant", running_year=2026) == "11 月 24 日（二）"
    assert date_text(day, "zh-hans", running_year=2025) == "2026 年 11 月 24 日（二）"
    assert date_text(day, "zh-hans", "full", 2026) == "2026 年 11 月 24 日"


def test_further_loans_of_the_person_stand_in_the_same_message():
    other = OtherLoan(
        loan_number="L-20001",
        loan_amount=Decimal("5000.00"),
        due_date=date(2026, 7, 12),
        current_balance=Decimal("4100.00"),
        arrears=Decimal("99.00"),
        instalment_open=Decimal("99.00"),
    )
    facts = the_facts(other_loans=(other,))
    text = render("sms", "first_notice", "en", facts).text
    assert "Also due Sun 12 Jul: loan amount $5,000.00, current balance $4,100.00." in text
    assert "$99.00" not in text
    assert "Overdue on your loan L-20001, since 12 July 2026" in letter_html("written_notice", "en", facts)


# --- Blocks -----------------------------------------------------------------------------------------------

STOP = re.compile(r"\bSTOP\b")
GREETING = re.compile(r"Hello|Good day|Dear|您好")
ASKS_REPLY = re.compile(
    r"call me back|please call|please tell us|tell us, by|回电|回電|致电|致電|告诉我们|告訴我們", re.IGNORECASE
)
HOW_TO_PAY = re.compile(r"how to pay|还款方式|繳款方式", re.IGNORECASE)


def _amount(words, facts):
    return re.search(r"\$[\d,]+\.\d\d", words)


# For each block that a shipped text may declare: is it really there?
IS_THERE = {
    "amount": _amount,
    "greeting": lambda words, facts: GREETING.search(words),
    "phone": lambda words, facts: facts.lender_phone in words,
    "person_name": lambda words, facts: facts.collector_name in words,
    "caller_name": lambda words, facts: facts.collector_name in words and facts.sender_name in words,
    "caller_identity": lambda words, facts: (
        facts.collector_name in words and re.search(r"identification|证件|證件", words)
    ),
    "business_name_neutral": lambda words, facts: facts.neutral_name in words and facts.lender_name not in words,
    "any_representative": lambda words, facts: re.search("any of our representatives|任何一位", words),
    "request_reply": lambda words, facts: ASKS_REPLY.search(words),
    "reply_times": lambda words, facts: facts.lender_hours and facts.lender_hours in words,
    "opt_out_line": lambda words, facts: STOP.search(words),
    "attempt_to_collect": lambda words, facts: re.search("attempt to collect a debt|催收债务|催收債務", words),
    "information_will_be_used": lambda words, facts: re.search(
        "information obtained will be used|任何信息都将用于|任何資訊都將用於", words
    ),
    "from_debt_collector": lambda words, facts: re.search("from a debt collector|债务催收机构|債務催收機構", words),
    "how_to_pay": lambda words, facts: HOW_TO_PAY.search(words) and facts.how_to_pay in words,
    "reply_address": lambda words, facts: facts.lender_email in words,
    "issuer_contact": lambda words, facts: (
        facts.lender_address in words and facts.lender_email in words and facts.lender_phone in words
    ),
    "collector_name_address": lambda words, facts: facts.sender_name in words and facts.lender_address in words,
    "consumer_name_address": lambda words, facts: (
        facts.borrower_name in words and all(line in words for line in facts.address_lines)
    ),
    "debtor_name_and_balance": lambda words, facts: facts.borrower_name in words and "$6,534.50" in words,
    "agreement": lambda words, facts: facts.loan_number in words and re.search("agreement|合同|契約", words),
    "interest_and_charges": lambda words, facts: "$14.75" in words,
    "ways_to_check_repay_object": lambda words, facts: (
        re.search("statement of your account|对账单|帳務明細", words)
        and HOW_TO_PAY.search(words)
        and re.search("what is wrong|何处有误|何處有誤", words)
    ),
    "debt_advice_contact": lambda words, facts: facts.debt_advice and facts.debt_advice in words,
    "consequences": lambda words, facts: re.search("credit reporting agencies|征信机构|信用資料機構", words),
    "threat_of_suit": lambda words, facts: re.search(r"\bcourt\b|诉讼|訴訟", words),
}
# Words by which a text would speak of consequences or of a suit.
CONSEQUENCES = re.compile(
    r"credit (record|report|bureau|reporting|score)|\bfees?\b|penalt|default interest|consequence"
    r"|征信|信用记录|信用報告|违约金|逾期费|罚息|后果|信用資料|信用紀錄|聯徵|違約金|遲延利息|費用|费用|後果",
    re.IGNORECASE,
)
SUIT = re.compile(
    r"\bcourt|lawyer|attorney|solicitor|legal|lawsuit|\bsue\b|\b(file|bring|a) suit\b|judg(e)?ment|police|seiz"
    r"|法院|律师|律師|起诉|起訴|诉讼|訴訟|法律|强制执行|強制執行|警察|公安",
    re.IGNORECASE,
)
PRESSURE = re.compile(
    r"immediately|at once|final|last (chance|warning|notice)|must pay|or else|urgent|warning|act now|shame"
    r"|立即|马上|馬上|最后通知|最後通知|否则后果|警告|务必|務必|最后期限|失信|黑名单|黑名單|老赖",
    re.IGNORECASE,
)
ADVERTISING = re.compile(
    r"new loan|special offer|discount|borrow more|top.?up|优惠|優惠|再贷|再借|提额|提額|新贷款", re.IGNORECASE
)
PAY_BY_DATE = re.compile(
    r"\bpay (it |the .{0,30})?(by|before|no later than) |deadline|请于.{0,20}前(还|缴|支付)"
    r"|請於.{0,20}前(還|繳|支付)",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("kind", "name", "language"), EACH)
def test_each_declared_block_is_really_there(kind, name, language):
    facts = the_facts(lender_hours="9-18", debt_advice="Town Advice Desk, 0000")
    rendered = render(kind, name, language, facts, MINI_MIRANDA)
    words = read_by_borrower(rendered)
    for block in sorted(rendered.blocks):
        assert IS_THERE[block](words, facts), f"{rendered.kind}/{rendered.name} declares {block}:\n{words}"


@pytest.mark.parametrize(
    ("kind", "name", "language"), [(k, n, lang) for k, n, lang in EACH if n in GENTLE or n.startswith("opt")]
)
def test_a_gentle_text_speaks_of_no_consequence_and_no_suit(kind, name, language):
    rendered = render(kind, name, language, the_facts())
    words = read_by_borrower(rendered)
    assert not CONSEQUENCES.search(words)
    assert not SUIT.search(words)
    assert not rendered.blocks & {"consequences", "threat_of_suit"}


@pytest.mark.parametrize(("kind", "name", "language"), EACH)
def test_no_text_presses_shames_sells_or_sets_a_date_to_pay(kind, name, language):
    words = read_by_borrower(render(kind, name, language, the_facts(agreed=())))
    for bad in (PRESSURE, ADVERTISING, PAY_BY_DATE):
        assert not bad.search(words), bad.search(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_on_day_four_tells_consequences_and_declares_it_but_no_suit(language):
    rendered = render("call", "consequences", language, the_facts())
    assert "consequences" in rendered.blocks
    assert CONSEQUENCES.search(rendered.spoken)
    assert not re.search(r"court|lawyer|police|法院|律师|律師|警察|起诉|起訴", rendered.spoken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_of_the_next_steps_bring_their_blocks_into_the_letter(language):
    def blocks(*codes):
        steps = tuple(NextStep(code=code, on=date(2026, 7, 21)) for code in codes)
        return render("letter", "written_notice", language, the_facts(next_steps=steps)).blocks

    assert not blocks("contact_again", "visit_possible") & {"consequences", "threat_of_suit"}
    assert blocks("contact_again", "credit_record") & {"consequences", "threat_of_suit"} == {"consequences"}
    assert "threat_of_suit" in blocks("legal_review")


def test_debt_advice_counts_as_a_block_only_when_it_is_given():
    without = render("letter", "written_notice", "en", the_facts())
    given = render("letter", "written_notice", "en", the_facts(debt_advice="Town Advice Desk"))
    assert "debt_advice_contact" not in without.blocks
    assert "debt_advice_contact" in given.blocks
    assert "Free, independent advice: Town Advice Desk." in given.html


@pytest.mark.parametrize(("channel", "name"), [("sms", "first_notice"), ("email", "first_notice")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_blocks_that_a_preset_demands_are_added_in_the_language_of_the_message(channel, name, language):
    plain = render(channel, name, language, the_facts())
    full = render(channel, name, language, the_facts(), ("opt_out_line", "from_debt_collector"))
    assert not plain.blocks & {"opt_out_line", "from_debt_collector"}
    assert not STOP.search(plain.text)
    assert full.text.startswith(plain.text)
    assert full.blocks == plain.blocks | {"opt_out_line", "from_debt_collector"}
    added = full.text.removeprefix(plain.text)
    assert STOP.search(added)
    assert IS_THERE["from_debt_collector"](added, the_facts())
    assert bool(re.search(r"[\u4e00-\u9fff]", added)) == (language != "en")


def test_the_two_sentences_of_the_first_disclosure_stand_in_their_order():
    text = render("sms", "first_notice", "en", the_facts(), reversed(MINI_MIRANDA)).text
    assert text.endswith(
        "This is an attempt to collect a debt. Any information obtained will be used for that purpose."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_a_call_the_disclosure_comes_only_after_the_person_is_known(language):
    rendered = render("call", "first_call", language, the_facts(), MINI_MIRANDA)
    opening = next(part for part in rendered.parts if part.kind == "open")
    assert not IS_THERE["attempt_to_collect"](opening.text, the_facts())
    assert the_facts().lender_name not in opening.text
    say = next(part for part in rendered.parts if part.kind == "say")
    assert say.text.index(the_facts().lender_name) < IS_THERE["attempt_to_collect"](say.text, None).start()


def test_a_block_that_the_text_already_contains_is_not_added():
    once = render("call", "first_call", "en", the_facts(), ("caller_name",))
    assert once.text == render("call", "first_call", "en", the_facts()).text
    confirmation = render("sms", "opt_out_confirmation", "en", the_facts(), ("opt_out_line",))
    assert len(STOP.findall(confirmation.text)) == 1


def test_a_demanded_block_without_a_sentence_stops_the_message():
    with pytest.raises(DomainError) as refused:
        render("letter", "written_notice", "en", the_facts(), ("business_seal",))
    assert (refused.value.code, refused.value.ids["block"]) == ("block_not_available", "business_seal")


def test_add_required_completes_a_text_that_a_person_wrote():
    assert (
        add_required("Thank you for your call.", ["opt_out_line"], "en", "sms")
        == "Thank you for your call. Reply STOP to opt out."
    )
    assert add_required("Reply STOP to opt out.", ["opt_out_line"], "en", "sms") == "Reply STOP to opt out."
    assert add_required("谢谢您。", ["opt_out_line"], "zh-CN", "sms").endswith("请回复 STOP。")
    assert "\n\n" in add_required("Hello,", ["opt_out_line"], "en", "email")
    with pytest.raises(DomainError, match="give the facts"):
        add_required("Hello.", ["caller_name"], "en", "call")
    assert "My name is Temperance Oduya" in add_required("Hello.", ["caller_name"], "en", "call", the_facts())


def test_what_the_gate_may_count_on_at_plan_is_what_rendering_then_gives():
    reach = blocks_within_reach("sms", "first_notice", "en")
    assert {"amount", "opt_out_line", *MINI_MIRANDA, "from_debt_collector"} <= reach
    assert "debt_advice_contact" not in reach
    rendered = render("sms", "first_notice", "en", the_facts(), reach)
    assert rendered.blocks == reach


# --- Limited voicemail ------------------------------------------------------------------------------------

ALLOWED_IN_LIMITED = {
    "greeting",
    "business_name_neutral",
    "person_name",
    "phone",
    "request_reply",
    "date_time",
    "reply_times",
    "any_representative",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_limited_voicemail_holds_the_four_required_things_and_nothing_that_shows_a_debt(language):
    facts = the_facts()
    rendered = render("voicemail_limited", "limited_voicemail", language, facts)
    assert {"business_name_neutral", "person_name", "phone", "request_reply"} <= rendered.blocks
    assert rendered.blocks <= ALLOWED_IN_LIMITED
    assert "reply_times" not in rendered.blocks
    for secret in (facts.borrower_name, facts.lender_name, "$", "L-10377"):
        assert secret not in rendered.spoken
    assert not re.search(r"debt|loan|pay|account|overdue|债|款|账|帳|逾期|欠", rendered.spoken)


# --- Persons and markup -----------------------------------------------------------------------------------

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=1>{{ loan_amount }}\r\nBcc: all@x.example\u202e'


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_stays_text_in_a_letter(language):
    html = letter_html(
        "written_notice",
        language,
        the_facts(borrower_name=HOSTILE[:60], signed_by=HOSTILE, lender_note=HOSTILE, how_to_pay=HOSTILE),
    )
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "{{ loan_amount }}" in html  # shown as written, never filled in


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_stays_text_in_a_script_and_forges_no_line(language):
    rendered = render("call", "first_call", language, the_facts(borrower_name=HOSTILE))
    assert "<script" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    mail = render("email", "first_notice", language, the_facts(borrower_name=HOSTILE, lender_name=HOSTILE))
    assert "\n" not in mail.subject and "\r" not in mail.subject
    assert "\nBcc" not in mail.text
    assert "\u202e" not in mail.text


def test_a_name_cannot_forge_a_part_of_a_script():
    rendered = render("call", "first_call", "en", the_facts(borrower_name="A\n[never]\nB"))
    assert [part.kind for part in rendered.parts].count("never") == 1


@pytest.mark.parametrize(("kind", "name", "language"), EACH)
def test_a_made_up_person_is_marked_on_every_text(kind, name, language):
    real = render(kind, name, language, the_facts())
    made_up = render(kind, name, language, the_facts(generated=True))
    assert "generated]" not in (real.html or real.text)
    assert "generated]" in (made_up.html if kind == "letter" else made_up.text)
    assert made_up.blocks == real.blocks


def test_scripts_mark_the_facts_for_the_screen_and_keep_notes_out_of_what_is_spoken():
    rendered = render("call", "consequences", "en", the_facts())
    assert "<mark>$304.50</mark>" in rendered.html
    assert "<mark>Fri 10 Jul</mark>" in rendered.html
    assert "5 days overdue" in rendered.text
    assert "1 day overdue" in render("call", "consequences", "en", the_facts(days_past_due=1)).text
    assert "No court, police" in rendered.text
    assert "No court, police" not in rendered.spoken
    assert not re.search("[\ue000-\uf8ff]", rendered.text + rendered.html)


def test_a_call_is_said_to_be_recorded_only_when_it_is():
    assert "recorded" not in render("call", "first_call", "en", the_facts()).spoken
    assert "This call is recorded." in render("call", "first_call", "en", the_facts(call_recorded=True)).spoken


def test_an_agency_names_itself_and_the_lender():
    text = render("sms", "first_notice", "en", the_facts(agency_name="Northgate Servicing")).text
    assert text.startswith("Northgate Servicing for Harbourlight Credit: ")


# --- What was agreed, what is next ------------------------------------------------------------------------


def test_the_letter_fixes_what_was_agreed_in_the_borrowers_language():
    html = {language: render("letter", "written_notice", language, the_facts()).html for language in LANGUAGES}
    assert (
        "On Monday 13 July 2026 you told us by telephone that you would pay $150.00 by 20 July 2026 by bank transfer."
        in html["en"]
    )
    assert "您于 2026 年 7 月 13 日（一）在电话中表示，将在 2026 年 7 月 20 日前" in html["zh-hans"]
    assert "您於 2026 年 7 月 13 日（一）在電話中表示，將於 2026 年 7 月 20 日前" in html["zh-hant"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "We have no open arrangement with you on record."),
        ("zh-hans", "目前没有仍在履行中的约定记录。"),
        ("zh-hant", "目前沒有仍在履行中的約定紀錄。"),
    ],
)
def test_a_letter_without_an_open_agreement_says_so_and_denies_no_earlier_one(language, sentence):
    html = letter_html("written_notice", language, the_facts(agreed=()))
    assert sentence in html
    assert "as we understood you" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_firm_that_signs_for_itself_is_named_once(language):
    facts = the_facts()
    ending = letter_html("written_notice", language, replace(facts, signed_by=facts.lender_name)).split('"sign"')[1]
    assert ending.count(facts.lender_name) == 1
    by_hand = letter_html("written_notice", language, replace(facts, signed_by="Temperance Oduya")).split('"sign"')[1]
    assert "Temperance Oduya" in by_hand
    assert by_hand.count(facts.lender_name) == 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "none is open now"), ("zh-hans", "目前没有待付的费用"), ("zh-hant", "目前沒有待繳的費用")],
)
def test_no_open_fee_is_not_told_as_no_fee_ever_charged(language, sentence):
    """What the ledger knows is what is open: a fee that was charged and paid is none of it."""
    none_open = the_facts(fees=Decimal("0.00"), arrears=Decimal("289.75"))
    assert sentence in render("call", "consequences", language, none_open).spoken
    assert sentence not in render("call", "consequences", language, the_facts()).spoken


def test_a_broken_promise_is_told_as_a_fact():
    (promise,) = the_facts().agreed
    html = letter_html("written_notice", "en", the_facts(agreed=(replace(promise, state="broken"),)))
    assert "This payment has not reached us in full." in html


def test_extension_and_plan_are_told_too_and_a_way_of_payment_without_a_word_is_refused():
    extension = Agreed(kind="extension", agreed_on=date(2026, 7, 13), told="portal", by_date=date(2026, 7, 24))
    plan = replace(extension, kind="plan", amount=Decimal("304.50"), payments=3)
    html = letter_html("written_notice", "en", the_facts(agreed=(extension, plan)))
    assert "we agreed on our website to move the due date to 24 July 2026." in html
    assert "you would pay $304.50 in 3 payments, the first by 24 July 2026." in html
    with pytest.raises(DomainError, match="no “shells” under"):
        (promise,) = the_facts().agreed
        letter_html("written_notice", "en", the_facts(agreed=(replace(promise, method="shells"),)))
    with pytest.raises(DomainError, match="needs “amount”"):
        letter_html("written_notice", "en", the_facts(agreed=(replace(plan, amount=None),)))


def test_an_open_promise_comes_first_in_the_next_steps_and_moves_the_rest_behind_its_day():
    steps = usual_next_steps(the_facts(), contact_again_on=date(2026, 7, 16), visit_from=date(2026, 7, 16))
    assert [(s.code, s.on) for s in steps] == [
        ("no_contact_until", date(2026, 7, 20)),
        ("rest_to_agree", None),
        ("contact_again", date(2026, 7, 21)),
        ("visit_possible", date(2026, 7, 21)),
        ("credit_record", None),
    ]
    assert (steps[1].amount, steps[1].rest) == (Decimal("150.00"), Decimal("154.50"))


def test_without_a_promise_the_next_steps_begin_with_the_next_contact():
    steps = usual_next_steps(the_facts(agreed=()), contact_again_on=date(2026, 7, 16))
    assert [(s.code, s.on) for s in steps] == [("contact_again", date(2026, 7, 16)), ("credit_record", None)]


def test_a_full_stop_after_the_ways_to_pay_is_not_doubled():
    html = letter_html("written_notice", "en", the_facts(how_to_pay="By card at the desk."))
    assert "By card at the desk. Please give the reference" in html


def test_ready_sentences_are_taken_as_they_stand():
    html = letter_html("written_notice", "en", the_facts(next_steps=("We will <wait>.",)))
    assert "<li>We will &lt;wait&gt;.</li>" in html


# --- Language, digest, length -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("en-GB", "en"),
        ("zh-TW", "zh-hant"),
        ("zh-HK", "zh-hant"),
        ("zh_Hant", "zh-hant"),
        ("yue", "zh-hant"),
        ("zh", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-Hans-HK", "zh-hans"),
        ("es", "en"),
    ],
)
def test_each_reader_gets_the_nearest_of_our_languages(asked, served):
    assert served_language(asked) == served


def test_english_for_somebody_who_speaks_something_else_is_reported():
    spanish = render("sms", "first_notice", "es", the_facts())
    assert (spanish.language, spanish.asked_language, spanish.fell_back) == ("en", "es", True)
    for own in ("en", "en-GB", "zh-TW", "zh-hans"):
        assert not render("sms", "first_notice", own, the_facts()).fell_back


def test_a_text_that_a_language_lacks_is_served_in_english_and_reported(tmp_path):
    shutil.copytree(TEXTS, tmp_path / "contacts")
    (tmp_path / "contacts" / "sms" / "first_notice.zh-hant.txt").unlink()
    rendered = render(
        "sms", "first_notice", "zh-TW", the_facts(), ("opt_out_line",), texts=Catalogue(tmp_path / "contacts")
    )
    assert (rendered.language, rendered.fell_back) == ("en", True)
    assert rendered.text.endswith("Reply STOP to opt out.")  # the block follows the message


def test_a_step_without_a_text_on_a_channel_says_which_file_is_missing():
    with pytest.raises(DomainError, match="templates/contacts/sms/visit.en.txt"):
        render("sms", "visit", "en", the_facts())
    with pytest.raises(DomainError, match="No text is written for the channel “fax”"):
        render("fax", "first_notice", "en", the_facts())


def test_the_digest_is_that_of_exactly_what_is_sent():
    sms = render("sms", "first_notice", "zh-hans", the_facts(), ("opt_out_line",))
    assert sms.sha256 == hashlib.sha256(sms.text.encode()).hexdigest()
    mail = render("email", "first_notice", "en", the_facts())
    assert mail.sha256 == hashlib.sha256(f"{mail.subject}\n\n{mail.text}".encode()).hexdigest()
    letter = render("letter", "written_notice", "en", the_facts())
    assert letter.sha256 == hashlib.sha256(letter.html.encode()).hexdigest()
    assert letter.sha256 == sent_digest("letter", html=letter.html)
    later = render("sms", "first_notice", "zh-hans", the_facts(current_balance=Decimal("6534.51")))
    assert later.sha256 != sms.sha256


def test_the_same_facts_give_the_same_text():
    assert render("email", "first_call", "en", the_facts()) == render("email", "first_call", "en", the_facts())


@pytest.mark.parametrize("name", ["reminder", "first_notice", "opt_out_confirmation"])
@pytest.mark.parametrize(
    ("language", "encoding", "most"), [("en", "GSM-7", 2), ("zh-hans", "UCS-2", 3), ("zh-hant", "UCS-2", 3)]
)
def test_an_sms_with_all_that_the_law_adds_stays_short(name, language, encoding, most):
    facts = the_facts(lender_name="Dunwell Example Lending", loan_amount=Decimal("112000.00"))
    length = sms_length(render("sms", name, language, facts, (*MINI_MIRANDA, "opt_out_line")).text)
    assert length.encoding == encoding
    assert length.segments <= most


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_a_chinese_lenders_sms_without_foreign_blocks_stays_within_two_segments(language):
    facts = the_facts(lender_name="晴港银行" if language == "zh-hans" else "晴港銀行", currency="CNY")
    assert sms_length(render("sms", "first_notice", language, facts).text).segments <= 2


def test_segments_are_counted_as_the_network_counts_them():
    assert (sms_length("").segments, sms_length("a" * 160).segments, sms_length("a" * 161).segments) == (0, 1, 2)
    assert sms_length("€" * 80).units == 160
    assert sms_length("a" * 152 + "€" + "a" * 152).segments == 3  # the euro does not fit and is not cut in two
    assert (sms_length("款" * 70).segments, sms_length("款" * 71).segments) == (1, 2)
    assert sms_length("a" * 69 + "–").encoding == "UCS-2"
    assert sms_length("😀").units == 2

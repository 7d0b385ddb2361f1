"""The legal department's pages: what is missing, who may what, the lawyer's lane, downloads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from collections_app.models import AccessRecord
from legal.models import Cost, Deadline, Defect, Exhibit, LegalFile, Pack, PackDownload, PackLink
from legal.services.exhibits import collect_exhibits
from legal.services.files import assign_lawyer, open_file
from legal.services.packs import seal_pack
from tests.admin.house import a_member, logged_in
from tests.factories import legal

REGISTERED = sorted((m for m in admin.site._registry if m._meta.app_label == "legal"), key=lambda m: m._meta.label)


@pytest.fixture(autouse=True)
def _on_that_day() -> Any:
    with time_machine.travel(legal.AT, tick=False):
        yield


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    return {
        role: a_member(role)
        for role in ("legal clerk", "outside lawyer", "supervisor", "auditor", "collector", "administrator")
    }


@pytest.fixture
def opened(people: dict[str, Any]) -> LegalFile:
    """A file given to the lawyer, collected, with everything that the court asks for."""
    file = open_file(
        legal.a_referred_case(), on=legal.DAY, by=people["legal clerk"], because="referred by the supervisor"
    )
    file = assign_lawyer(
        file, lawyer=people["outside lawyer"], by=people["legal clerk"], because="our counsel for Illinois"
    )
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=people["legal clerk"])
    return LegalFile.objects.get(pk=file.pk)


def page_of(file: LegalFile) -> str:
    return reverse("admin:legal_legalfile_change", args=[file.pk])


def act(client: Any, file: LegalFile, act_: str, **data: Any) -> Any:
    return client.post(reverse(f"admin:legal_legalfile_{act_}", args=[file.pk]), data, follow=True)


def press(client: Any, file: LegalFile, name: str, **data: Any) -> Any:
    address = reverse("admin:legal_legalfile_transition", args=[file.pk, name])
    return client.post(address, {"because": "read from cover to cover", **data}, follow=True)


def told(response: Any) -> str:
    return " ".join(
        [*(str(m) for m in get_messages(response.wsgi_request)), *(str(m) for m in response.context["messages"])]
    )


def sealed(opened: LegalFile, people: dict[str, Any]) -> Pack:
    return seal_pack(opened, on=legal.DAY, at=legal.AT, by=people["legal clerk"]).pack


def test_every_model_of_the_department_is_registered() -> None:
    from django.apps import apps

    missing = [
        m.__name__
        for m in apps.get_app_config("legal").get_models()
        if m not in admin.site._registry and not m.__name__.startswith("Historical")
    ]
    assert missing == []


def test_every_page_opens_for_its_groups_and_for_no_other(opened: LegalFile, people: dict[str, Any]) -> None:
    wrong = []
    for role, user in people.items():
        client = logged_in(user)
        for model in REGISTERED:
            name = f"legal_{model._meta.model_name}"
            looks = user.has_perm(f"legal.view_{model._meta.model_name}") or user.has_perm(
                f"legal.change_{model._meta.model_name}"
            )
            row = model._default_manager.order_by("pk").first()
            pages = {reverse(f"admin:{name}_changelist"): looks, reverse(f"admin:{name}_add"): False}
            if row is not None:
                pages[reverse(f"admin:{name}_change", args=[row.pk])] = looks
                pages[reverse(f"admin:{name}_history", args=[row.pk])] = looks
            for address, opens in pages.items():
                status = client.get(address).status_code
                if status != (200 if opens else 403):
                    wrong.append((role, address, status))
    assert wrong == []


def test_the_page_says_what_is_missing_and_where_to_get_it(people: dict[str, Any]) -> None:
    file = open_file(legal.a_referred_case(contract=False), on=legal.DAY, by=people["legal clerk"], because="referred")
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=people["legal clerk"])
    page = logged_in(people["legal clerk"]).get(page_of(file)).content.decode()
    assert "What is missing" in page and "1 thing" in page
    assert "Sealing waits for 1 thing." in page and "disabled" in page


def test_an_uploaded_paper_answers_what_was_missing(people: dict[str, Any]) -> None:
    file = open_file(legal.a_referred_case(contract=False), on=legal.DAY, by=people["legal clerk"], because="referred")
    collect_exhibits(file, on=legal.DAY, at=legal.AT, by=people["legal clerk"])
    client = logged_in(people["legal clerk"])
    paper = SimpleUploadedFile("contract.pdf", legal.a_pdf("The contract"), content_type="application/pdf")
    act(
        client,
        file,
        "paper",
        paper=paper,
        title="Credit agreement",
        item="contract",
        dated_on="2025-11-10",
        because="found in the archive",
    )
    exhibit = Exhibit.objects.get(file=file, origin="uploaded")
    assert (exhibit.item, exhibit.title) == ("contract", "Credit agreement")
    assert LegalFile.objects.get(pk=file.pk).missing_count == 0


def test_a_lawyer_sees_only_the_files_that_were_given_to_them(opened: LegalFile, people: dict[str, Any]) -> None:
    other = logged_in(a_member("outside lawyer", name="other-counsel"))
    assert opened.number not in other.get(reverse("admin:legal_legalfile_changelist")).content.decode()
    assert other.get(page_of(opened)).status_code in (302, 403)
    exhibit = Exhibit.objects.filter(file=opened).first()
    assert other.get(reverse("admin:legal_exhibit_change", args=[exhibit.pk])).status_code == 302  # type: ignore[union-attr]
    mine = logged_in(people["outside lawyer"]).get(reverse("admin:legal_legalfile_changelist")).content.decode()
    assert opened.number in mine


def test_a_file_goes_to_its_lawyer_and_is_accepted_by_them_alone(opened: LegalFile, people: dict[str, Any]) -> None:
    clerk, lawyer = logged_in(people["legal clerk"]), logged_in(people["outside lawyer"])
    assert "Seal a pack first" in clerk.get(page_of(opened)).content.decode()
    sealed(opened, people)
    press(clerk, opened, "send_to_lawyer")
    assert LegalFile.objects.get(pk=opened.pk).state == "in_review"
    assert press(clerk, opened, "accept").status_code == 403
    press(lawyer, opened, "accept")
    assert LegalFile.objects.get(pk=opened.pk).state == "accepted"


def test_another_lawyer_cannot_decide(opened: LegalFile, people: dict[str, Any]) -> None:
    sealed(opened, people)
    press(logged_in(people["legal clerk"]), opened, "send_to_lawyer")
    other = logged_in(a_member("outside lawyer", name="other-counsel"))
    assert press(other, opened, "accept").status_code in (302, 403, 404)
    assert LegalFile.objects.get(pk=opened.pk).state == "in_review"


def test_a_returned_file_names_its_defects_and_waits_for_answers(opened: LegalFile, people: dict[str, Any]) -> None:
    clerk, lawyer = logged_in(people["legal clerk"]), logged_in(people["outside lawyer"])
    sealed(opened, people)
    press(clerk, opened, "send_to_lawyer")
    press(lawyer, opened, "send_back", defects="Who signed for the lender?\nInterest is not shown apart.")
    page = clerk.get(page_of(opened)).content.decode()
    assert "Returned by the lawyer" in page and "Who signed for the lender?" in page
    first = Defect.objects.order_by("pk").first()
    act(clerk, opened, "mend", defect=first.pk, answer="The authority is filed now.")  # type: ignore[union-attr]
    first.refresh_from_db()  # type: ignore[union-attr]
    assert first.mended_by == people["legal clerk"]  # type: ignore[union-attr]
    assert Defect.objects.filter(mended_on=None).count() == 1


def test_returning_without_a_defect_is_refused_beside_the_button(opened: LegalFile, people: dict[str, Any]) -> None:
    sealed(opened, people)
    press(logged_in(people["legal clerk"]), opened, "send_to_lawyer")
    response = press(logged_in(people["outside lawyer"]), opened, "send_back", defects="")
    assert "What must be mended" in told(response)
    assert LegalFile.objects.get(pk=opened.pk).state == "in_review"


def test_a_pack_is_taken_by_a_logged_link_and_never_by_an_auditor(opened: LegalFile, people: dict[str, Any]) -> None:
    pack = sealed(opened, people)
    address = reverse("admin:legal_pack_link", args=[pack.pk])
    response = logged_in(people["legal clerk"]).post(address, {"what": "pdf", "because": "to read it"}, follow=True)
    assert response.content.startswith(b"%PDF") and pack.file_name in response["Content-Disposition"]
    taken = PackDownload.objects.get()
    assert (taken.user, taken.because) == (people["legal clerk"], "to read it")
    assert AccessRecord.objects.filter(what=f"pack:{pack.pk}").count() == 1
    assert logged_in(people["auditor"]).post(address, {"what": "pdf", "because": "x"}).status_code == 403
    # The stored document behind it is no way round the link.
    stored = reverse("admin:collections_app_storeddocument_download", args=[pack.pdf_id])
    assert logged_in(people["legal clerk"]).get(stored).status_code == 403


def test_a_link_serves_whom_it_was_made_for(opened: LegalFile, people: dict[str, Any]) -> None:
    pack = sealed(opened, people)
    made = logged_in(people["legal clerk"]).post(
        reverse("admin:legal_pack_link", args=[pack.pk]), {"what": "pdf", "because": "x"}
    )
    stranger = logged_in(people["outside lawyer"]).get(made["Location"], follow=True)
    assert "somebody else" in told(stranger)
    assert not PackDownload.objects.exists() and PackLink.objects.count() == 1


def test_an_exhibit_is_taken_out_and_put_back(opened: LegalFile, people: dict[str, Any]) -> None:
    clerk = logged_in(people["legal clerk"])
    exhibit = Exhibit.objects.filter(file=opened).in_pack().last()
    act(clerk, opened, "exhibit", exhibit=exhibit.pk, what="out", because="privileged")
    assert not Exhibit.objects.get(pk=exhibit.pk).included
    act(clerk, opened, "exhibit", exhibit=exhibit.pk, what="in")
    assert Exhibit.objects.get(pk=exhibit.pk).included


def test_costs_and_deadlines_are_noted_with_what_allows_them(opened: LegalFile, people: dict[str, Any]) -> None:
    clerk = logged_in(people["legal clerk"])
    act(
        clerk,
        opened,
        "cost",
        kind="court_fee",
        amount="310.00",
        on="2026-03-25",
        authority="fee schedule 1.2",
        claimed="on",
        because="paid",
    )
    assert (str(Cost.objects.get().amount), Cost.objects.get().claimed) == ("310.00", True)
    act(
        clerk,
        opened,
        "deadline",
        what="Answer",
        kind="do_by",
        on="2026-04-02",
        counted_from="2026-03-25",
        counted_because="returned",
        rule="house",
        because="agreed",
    )
    deadline = Deadline.objects.get(what="Answer")
    page = clerk.get(page_of(opened)).content.decode()
    assert "8 days" in page and "+ $310.00 costs" in page
    act(clerk, opened, "met", deadline=deadline.pk, because="answered")
    deadline.refresh_from_db()
    assert deadline.done_on == dt.date(2026, 3, 25)


def test_service_counts_only_with_its_proof(opened: LegalFile, people: dict[str, Any]) -> None:
    clerk = logged_in(people["legal clerk"])
    response = act(
        clerk,
        opened,
        "service",
        what="claim form",
        method="personal",
        recipient="the debtor",
        outcome="served",
        because="served",
    )
    assert "proof" in told(response)
    assert not opened.service_attempts.exists()


def test_who_only_looks_changes_nothing(opened: LegalFile, people: dict[str, Any]) -> None:
    exhibit = Exhibit.objects.filter(file=opened).first()
    let_through = []
    for role in ("auditor", "supervisor", "collector"):
        client = logged_in(people[role])
        for what in (
            "collect",
            "build",
            "seal",
            "paper",
            "exhibit",
            "mend",
            "lawyer",
            "cost",
            "deadline",
            "met",
            "service",
        ):
            response = client.post(
                reverse(f"admin:legal_legalfile_{what}", args=[opened.pk]), {"because": "x", "exhibit": exhibit.pk}
            )  # type: ignore[union-attr]
            if response.status_code != 403:
                let_through.append((role, what, response.status_code))
        for button in admin.site._registry[LegalFile].buttons:
            if (
                client.post(
                    reverse("admin:legal_legalfile_transition", args=[opened.pk, button.transition]), {"because": "x"}
                ).status_code
                != 403
            ):
                let_through.append((role, button.transition, 0))
    assert let_through == []


def test_the_list_of_files_asks_as_often_for_many_as_for_one(opened: LegalFile, people: dict[str, Any]) -> None:
    from tests.asserts import queries_of

    client = logged_in(people["legal clerk"])
    address = reverse("admin:legal_legalfile_changelist")
    client.get(address)
    one = queries_of(lambda: client.get(address))
    for n in range(5):
        case = legal.a_referred_case(name=f"Person Number{n}", number=f"L-2000{n}")
        open_file(case, on=legal.DAY, by=people["legal clerk"], because="referred")
    six = queries_of(lambda: client.get(address))
    assert len(one) == len(six)


@pytest.mark.parametrize("term", ["LF-{file}", "{file}", "{loan}", "{name}"])
def test_the_rows_of_a_file_are_found_by_what_the_file_is_found_by(
    opened: LegalFile, people: dict[str, Any], term: str
) -> None:
    other = open_file(
        legal.a_referred_case(name="Somebody Else", number="L-20009"),
        on=legal.DAY,
        by=people["legal clerk"],
        because="referred",
    )
    collect_exhibits(other, on=legal.DAY, at=legal.AT, by=people["legal clerk"])
    word = term.format(file=opened.pk, loan=opened.case.loan.number, name=opened.person.name)
    clerk = logged_in(people["legal clerk"])
    for model, path in ((Exhibit, "file_id"), (LegalFile, "pk")):
        address = reverse(f"admin:legal_{model._meta.model_name}_changelist")
        rows = clerk.get(address, {"q": word}).context["cl"].result_list
        assert {getattr(r, path) for r in rows} == {opened.pk}, model
        assert not clerk.get(address, {"q": "Zebedee"}).context["cl"].result_list


def test_a_pack_is_found_by_its_digest(opened: LegalFile, people: dict[str, Any]) -> None:
    pack = sealed(opened, people)
    clerk, address = logged_in(people["legal clerk"]), reverse("admin:legal_pack_changelist")
    for word in (pack.sha256, pack.manifest_sha256, opened.number):
        assert [p.pk for p in clerk.get(address, {"q": word}).context["cl"].result_list] == [pack.pk]
    assert not clerk.get(address, {"q": "f" * 64}).context["cl"].result_list


def test_the_digest_of_a_link_is_not_found_out_by_filters(opened: LegalFile, people: dict[str, Any]) -> None:
    address = reverse("admin:legal_packlink_changelist")
    assert logged_in(people["supervisor"]).get(address, {"token_sha256__startswith": "a"}).status_code == 400


def test_odd_numbers_break_no_page_of_the_department(opened: LegalFile, people: dict[str, Any]) -> None:
    clerk = logged_in(people["legal clerk"])
    clerk.raise_request_exception = False
    for model in REGISTERED:
        for q in ("²", "LF-²", "9" * 25, "LF-" + "9" * 19):
            address = reverse(f"admin:legal_{model._meta.model_name}_changelist")
            assert clerk.get(address, {"q": q}).status_code == 200, (model, q)
    for what, name in (("exhibit", "exhibit"), ("mend", "defect"), ("met", "deadline")):
        address = reverse(f"admin:legal_legalfile_{what}", args=[opened.pk])
        assert clerk.post(address, {name: "²", "because": "x", "answer": "x"}).status_code == 404, what

"""What a screen reader is told: one heading of the first rank, a name for every field and button, an id once."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from collections_app.admin.groups import group_names
from collections_app.kernel.admin import BaseAdmin
from collections_app.models import Contact, DailyRun
from tests.admin.house import House

VOID = {"input", "img", "br", "hr", "meta", "link", "source", "wbr", "col"}
NAMELESS = {"hidden", "submit", "button", "image", "reset"}


class Heard(HTMLParser):
    """A page as its elements: what is labelled, what is named, what stands twice."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: Counter[str] = Counter()
        self.headings = 0
        self.labelled: set[str] = set()
        self.fields: list[tuple[str, dict[str, Any], bool]] = []
        self.named: list[tuple[str, dict[str, Any], list[str]]] = []
        self.unnamed_pictures: list[str] = []
        self.nameless: list[str] = []
        self._open: list[tuple[str, dict[str, Any]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        told = dict(attrs)
        if told.get("id"):
            self.ids[told["id"]] += 1
        self.headings += tag == "h1"
        if tag == "label" and told.get("for"):
            self.labelled.add(told["for"])
        if tag in ("input", "select", "textarea") and told.get("type") not in NAMELESS:
            self.fields.append((tag, told, any(t == "label" for t, _told in self._open)))
        if tag == "img" and "alt" not in told:
            self.unnamed_pictures.append(told.get("src", ""))
        if tag == "button":
            self.named.append((tag, told, []))
        if tag not in VOID:
            self._open.append((tag, told))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "button" and self.named:
            _tag, told, words = self.named.pop()
            if not ("".join(words).strip() or told.get("aria-label") or told.get("title")):
                self.nameless.append(str(told))

    def handle_data(self, data: str) -> None:
        is_silent = any(told.get("aria-hidden") == "true" for _tag, told in self._open)
        if self.named and not is_silent:
            self.named[-1][2].append(data)

    def faults(self) -> list[str]:
        unlabelled = [
            f"{tag} {told.get('name')} has no label"
            for tag, told, is_inside in self.fields
            if not (is_inside or told.get("aria-label") or told.get("aria-labelledby") or told.get("title"))
            and told.get("id") not in self.labelled
        ]
        return [
            *unlabelled,
            *([] if self.headings == 1 else [f"{self.headings} headings of the first rank"]),
            *(f"the id {i} stands {n} times" for i, n in self.ids.items() if n > 1),
            *(f"no alt: {src}" for src in self.unnamed_pictures),
            *(f"a button without a name: {told}" for told in self.nameless),
        ]


def of(model_admin: BaseAdmin, what: str, *args: Any) -> str:
    return reverse(f"admin:{model_admin.url_name(what)}", args=args)


@pytest.mark.parametrize("role", [r for r in group_names() if r not in ("outside lawyer", "administrator")])
def test_every_page_of_the_house_can_be_heard(house: House, role: str) -> None:
    client, faults = house.client_of[role], {}
    pages = [
        reverse("admin:index"),
        reverse("admin:collections_app_sendingstop_stop"),
        reverse("admin:collections_app_printbatch_print"),
        *(reverse("admin:collections_app_contact_why", args=[c.pk]) for c in Contact.objects.all()),
        reverse("admin:collections_app_dailyrun_change", args=[DailyRun.objects.get().pk]),
    ]
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, BaseAdmin):
            continue
        pages += [of(model_admin, "changelist"), of(model_admin, "add"), of(model_admin, "changelist") + "?q=zebedee"]
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            pages += [of(model_admin, "change", row.pk), of(model_admin, "history", row.pk)]
    seen = 0
    for address in pages:
        response = client.get(address)
        if response.status_code == 200:
            seen += 1
            found = Heard(response.content.decode()).faults()
            if found:
                faults[address] = found
    assert seen > 60
    assert [f"{address}: {found}" for address, found in faults.items()] == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<h1>A</h1><h1>B</h1>", "2 headings of the first rank"),
        ("<h1>A</h1><input name=q>", "input q has no label"),
        ("<h1>A</h1><button><i aria-hidden=true>x</i></button>", "a button without a name: {}"),
        ("<h1>A</h1><p id=a></p><p id=a></p>", "the id a stands 2 times"),
        ("<h1>A</h1><img src=x>", "no alt: x"),
    ],
)
def test_a_page_with_a_fault_is_heard_to_have_it(page: str, fault: str) -> None:
    assert Heard(page).faults() == [fault]
    assert Heard("<h1>A</h1><label>Name <input name=q></label><button aria-label=Go></button>").faults() == []


@pytest.mark.parametrize(
    ("role", "page", "field"),
    [("collector", "contactpoint", "value"), ("administrator", "staffprofile", "id_number")],
)
def test_a_personal_value_is_asked_in_a_field_that_can_be_seen(house: House, role: str, page: str, field: str) -> None:
    told = house.client_of[role].get(reverse(f"admin:collections_app_{page}_add")).content.decode()
    [asked] = [told_ for _tag, told_, _inside in Heard(told).fields if told_.get("name") == field]
    assert "border" in asked["class"].split()

"""Every page that is registered opens for whom it should, and for nobody else; auditors change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from collections_app.admin.groups import group_names, unknown_rights
from tests.admin.house import House

OURS = ("collections_app", "auth", "django_celery_beat", "django_celery_results")
REGISTERED = sorted((m for m in admin.site._registry if m._meta.app_label in OURS), key=lambda m: m._meta.label)


def url(model: Any, what: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def may(user: Any, verb: str, model: Any) -> bool:
    return user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")


def may_look(user: Any, model: Any) -> bool:
    return may(user, "view", model) or may(user, "change", model)


def test_every_model_of_the_app_is_registered() -> None:
    missing = [
        m.__name__
        for m in apps.get_app_config("collections_app").get_models()
        if m not in admin.site._registry and not m.__name__.startswith("Historical")
    ]
    assert missing == []


def test_the_rights_of_groups_name_what_exists() -> None:
    assert unknown_rights() == []


@pytest.mark.parametrize("role", group_names())
def test_every_page_opens_for_its_groups_and_for_no_other(house: House, role: str) -> None:
    user, client = house.user_of[role], house.client_of[role]
    wrong = []
    for model in REGISTERED:
        looks = may_look(user, model)
        row = model._default_manager.order_by("pk").first()
        model_admin = admin.site._registry[model]
        adds = may(user, "add", model) and bool(getattr(model_admin, "addable", True))
        pages = {url(model, "changelist"): looks, url(model, "add"): adds}
        if row is not None:
            pages[url(model, "change", row.pk)] = looks
            pages[url(model, "history", row.pk)] = looks
        for address, opens in pages.items():
            response = client.get(address)
            if response.status_code != (200 if opens else 403):
                wrong.append((address, response.status_code, "opens" if opens else "is shut"))
    assert wrong == []


def test_every_model_has_a_row_to_open(house: House) -> None:
    """What has no row is not opened by the test above, so it must be named here."""
    empty = {
        m.__name__ for m in REGISTERED if m._meta.app_label == "collections_app" and not m._default_manager.exists()
    }
    assert empty == set()


def test_auditors_may_not_post_anything(house: House) -> None:
    client = house.client_of["auditor"]
    let_through = []
    for model in REGISTERED:
        row = model._default_manager.order_by("pk").first()
        addresses = [url(model, "changelist"), url(model, "add")]
        if row is not None:
            addresses += [url(model, "change", row.pk), url(model, "history", row.pk), url(model, "delete", row.pk)]
            addresses += [
                url(model, "transition", row.pk, b.transition)
                for b in getattr(admin.site._registry[model], "buttons", ())
            ]
        for address in addresses:
            response = client.post(
                address,
                {"because": "I want to", "action": "delete_selected", "_selected_action": getattr(row, "pk", 1)},
            )
            if response.status_code != 403:
                let_through.append((address, response.status_code))
    case = house.case.pk
    for what in ("reveal", "call", "hold", "give", "withdraw", "refuse_medium"):
        response = client.post(reverse(f"admin:collections_app_case_{what}", args=[case]), {"because": "I want to"})
        if response.status_code != 403:
            let_through.append((what, response.status_code))
    for address in (
        reverse("admin:collections_app_sendingstop_stop"),
        reverse("admin:collections_app_sendingstop_lift", args=[1]),
        reverse("admin:collections_app_printbatch_print"),
    ):
        if client.post(address, {"because": "x"}).status_code != 403:
            let_through.append((address, 0))
    assert let_through == []


def test_nothing_is_deleted_by_hand(house: House) -> None:
    for role, client in house.client_of.items():
        for model in REGISTERED:
            row = model._default_manager.order_by("pk").first()
            if row is not None:
                assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403, (role, model)
                assert model._default_manager.filter(pk=row.pk).exists()


def test_the_home_page_shows_each_group_its_own_lists(house: House) -> None:
    collector = house.client_of["collector"].get(reverse("admin:index")).content.decode()
    auditor = house.client_of["auditor"].get(reverse("admin:index")).content.decode()
    administrator = house.client_of["administrator"].get(reverse("admin:index")).content.decode()
    assert "My cases" in collector and "Accounts" not in collector
    assert "Looked at" in auditor and "My cases" not in auditor
    assert "Accounts" in administrator and "Cases" not in administrator

"""A manifest is pure data with one spelling; the same facts give the same digest."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from collections_app.kernel.errors import DomainError
from legal.bundle.manifest import (
    Amount,
    canonical_json,
    facts_json,
    inputs_sha256,
    sealed_json,
)


def test_the_spelling_is_canonical(case):
    text = facts_json(case.manifest)

    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert "溫予棠".encode() in text
    assert b'"sealed_at":"2026-11-26T14:02:00+00:00"' in text
    assert b'"at":"2026-07-08T10:09:00+01:00"' in text
    assert b'"currency":"GBP","value":"12000.00"' in text
    assert b'"history_ids":[401]' in text


def test_the_same_facts_give_the_same_bytes(make_case, court):
    assert facts_json(make_case(court).manifest) == facts_json(make_case(court).manifest)


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, b"bytes", {1, 2}, object()])
def test_what_has_no_one_spelling_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json(value)


def test_an_instant_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        canonical_json({"at": datetime(2026, 11, 26, tzinfo=UTC).replace(tzinfo=None)})


def test_what_differs_between_versions_by_nature_does_not_change_the_digest_of_the_inputs(case):
    later = replace(
        case.manifest,
        version=4,
        sealed_at=datetime(2027, 1, 1, tzinfo=UTC),
        sealed_by="Somebody Else",
        reviewed_by="",
        earlier=(),
    )

    assert inputs_sha256(later) == inputs_sha256(case.manifest)
    assert facts_json(later) != facts_json(case.manifest)


def test_a_change_of_any_fact_changes_the_digest_of_the_inputs(case):
    manifest = case.manifest
    changes = (
        {"file_number": "LF-0113"},
        {"claim": replace(manifest.claim, number="K01")},
        {"defendants": (replace(manifest.defendants[0], generated=False),)},
        {"contacts": (*manifest.contacts[:-1], replace(manifest.contacts[-1], outcome="Delivered"))},
        {"chronology": manifest.chronology[:-1]},
        {"exhibits": (replace(manifest.exhibits[0], history_ids=(402,)), *manifest.exhibits[1:])},
        {"missing": ()},
        {"rules": (replace(manifest.rules[0], version="7"), *manifest.rules[1:])},
    )

    digests = {inputs_sha256(replace(manifest, **change)) for change in changes}

    assert len(digests) == len(changes)
    assert inputs_sha256(manifest) not in digests


def test_money_keeps_the_decimals_of_its_currency_and_is_never_rounded_silently():
    assert Amount.of(Decimal("6510"), "GBP") == Amount("6510.00", "GBP")
    assert Amount.of(Decimal("1250"), "JPY") == Amount("1250", "JPY")
    assert Amount.of(Decimal("7.125"), "KWD").value == "7.125"
    with pytest.raises(DomainError) as refused:
        Amount.of(Decimal("6510.005"), "GBP")
    assert refused.value.code == "too_many_decimals"


def test_the_sealed_manifest_holds_the_facts_whole(case):
    sealed = json.loads(sealed_json(case.manifest, {"pages": 21}))

    assert sealed["made"] == {"pages": 21}
    assert sealed["facts"] == json.loads(facts_json(case.manifest))["facts"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: {"file_number": "LF 0112/Ashdown"}, "The file number"),
        (lambda m: {"version": 0}, "versions count from 1"),
        (lambda m: {"defendants": ()}, "at least one claimant and one defendant"),
        (lambda m: {"exhibits": (*m.exhibits, m.exhibits[-1])}, "its tab is taken"),
        (lambda m: {"exhibits": m.exhibits[::-1]}, "order of the sections"),
        (lambda m: {"exhibits": (replace(m.exhibits[0], section="x"), *m.exhibits[1:])}, "no section “x”"),
        (lambda m: {"exhibits": (replace(m.exhibits[0], sha256=""), *m.exhibits[1:])}, "SHA-256"),
        (lambda m: {"exhibits": (replace(m.exhibits[0], tab="one"), *m.exhibits[1:])}, "a tab is a number"),
        (lambda m: {"statement": None}, "holds no lines"),
        (lambda m: {"contacts": m.contacts[1:]}, "contact log is not numbered"),
        (lambda m: {"chronology": (replace(m.chronology[0], tab="77"),)}, "points to tab 77"),
    ],
)
def test_a_manifest_from_which_no_whole_pack_can_be_made_is_refused(case, change, sentence):
    with pytest.raises(DomainError) as refused:
        replace(case.manifest, **change(case.manifest))

    assert refused.value.code == "bad_manifest"
    assert sentence in refused.value.sentence

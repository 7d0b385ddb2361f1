"""One by one and set-based give the same rows and the same history, for every bulk transition there is.

Found by introspection: a new bulk transition without a builder in `one_equals_many.BUILDERS` fails here by its name.
Those of contacts stand in a file of their own, so that two processes share the work.
"""

import pytest

from tests.kernel.one_equals_many import BUILDERS, bulk_transitions, compare

pytestmark = pytest.mark.django_db


def names(of_contacts: bool) -> list[str]:
    return [name for name in bulk_transitions() if name.startswith("contact.") == of_contacts]


def check(name: str) -> None:
    assert name in BUILDERS, f"{name} is a bulk transition: give it a builder in tests/kernel/one_equals_many.py"
    tally = compare(bulk_transitions()[name], BUILDERS[name])
    print(f"{name}: {tally}")
    assert tally.cases >= 500
    # Both answers were seen: rows that went and rows that stayed.
    assert tally.advanced >= 100
    assert tally.refused >= 100
    assert tally.by_rows >= 100


@pytest.mark.parametrize("name", names(of_contacts=False))
def test_one_by_one_and_set_based_give_the_same_rows_and_history(name):
    check(name)


def test_no_builder_is_left_over():
    assert set(BUILDERS) <= set(bulk_transitions())

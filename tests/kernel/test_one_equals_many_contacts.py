"""One by one and set-based give the same rows and the same history: the bulk transitions of contacts."""

import pytest

from tests.kernel.test_one_equals_many import check, names

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", names(of_contacts=True))
def test_one_by_one_and_set_based_give_the_same_rows_and_history(name):
    check(name)

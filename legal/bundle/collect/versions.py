"""Which version of a row a paper was made from: the id of its newest history row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Max

from collections_app.kernel import bulk  # noqa: F401 - registers the lookup any_of


def newest_versions(model: Any, ids: Iterable[int]) -> tuple[int, ...]:
    """The newest history id of each of these rows, in order."""
    wanted = sorted(set(ids))
    if not wanted:
        return ()
    pk = model._meta.pk.attname
    rows = model.history.filter(**{f"{pk}__any_of": wanted}).order_by().values(pk).annotate(newest=Max("history_id"))
    return tuple(sorted(row["newest"] for row in rows))

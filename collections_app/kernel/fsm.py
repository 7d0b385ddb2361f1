"""The two writers of a stage: `apply` for one object, `advance_set` for a queryset.

The model owns the graph (django-fsm declares it); both writers read source, target, guards and stamps from that one
declaration, lock the rows, ask all guards in one query on the locked rows, write the row and its history. There is
no third way: extend these two instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import django_fsm
from django.db import connection, models, transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMFieldMixin

from . import bulk, history, locks
from .actors import is_machine
from .errors import DomainError, Refused
from .personal import PersonalField

Stamps = Mapping[str, Any]


@dataclass(frozen=True)
class Guard:
    """A condition on the locked row and the sentence that is told when it fails.

    `q` may use the row's own columns and Exists; where it needs an argument of the call (`on`), it is a function of
    the arguments. It never raises and remembers nothing.
    """

    code: str
    sentence: str
    q: Q | Callable[[Stamps], Q] | None = None

    def on(self, arguments: Stamps) -> Q:
        if self.q is None:
            raise DomainError("guard_without_q", f"Guard {self.code} has no Q and cannot be asked of a row.")
        return self.q(arguments) if callable(self.q) else self.q


@dataclass(frozen=True)
class Arg:
    """A stamp that takes the named argument of the call (`on`, `run`, `step`); anything else is a constant."""

    name: str


@dataclass(frozen=True)
class Effects:
    """What a declared transition promises besides source and target."""

    guards: tuple[Guard, ...] = ()
    stamps: Mapping[str, Any] = field(default_factory=dict)
    permission: str | None = None
    machines: bool = True
    four_eyes: bool = False
    bulk: bool = False
    sentence: str = ""

    def stamped(self, arguments: Stamps) -> dict[str, Any]:
        out = {}
        for name, value in self.stamps.items():
            if isinstance(value, Arg):
                if value.name not in arguments:
                    raise DomainError("missing_stamp", f"This transition needs {value.name}=….", stamp=value.name)
                value = arguments[value.name]
            if hasattr(value, "resolve_expression"):
                raise DomainError(
                    "stamp_is_expression", f"{name}: a stamp is a value, never an expression over columns."
                )
            out[name] = value
        return out


def transition(
    field: FSMField,
    source: str | Sequence[str],
    target: str,
    *,
    guards: Sequence[Guard] = (),
    stamps: Mapping[str, Any] | None = None,
    permission: str | None = None,
    machines: bool = True,
    four_eyes: bool = False,
    bulk: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a transition. Its docstring is the sentence on the button.

    guards: all are asked, all failed sentences are told. stamps: columns that the transition sets, by constant or
    `Arg`; a bulk transition changes nothing else and has only a docstring. permission: what the person needs, like
    `collections_app.refer_to_legal`; `machines` says whether a machine account may do it. four_eyes: the approver
    (`by`) is not the row's `requested_by` (a CHECK says the same).
    """

    def declare(method: Callable[..., None]) -> Callable[..., None]:
        effects = Effects(
            tuple(guards), dict(stamps or {}), permission, machines, four_eyes, bulk, (method.__doc__ or "").strip()
        )
        return django_fsm.transition(
            field=field,
            source=source,
            target=target,
            custom={"effects": effects},
            permission=lambda instance, user: _may(effects, user) is None,
        )(method)

    return declare


class RefreshableFSM(ConcurrentTransitionMixin):
    """Base of every model with a protected state.

    The library's refresh switches protection off for the whole process when the row is gone; this one touches only the
    instance, and puts the state back if the row is gone. It pops the state even for `fields=[…]`, because
    ConcurrentTransitionMixin reads it when an object is built and Django copies it back. What was read becomes the state
    that the next save expects in the table: without that, a save after `apply` would fail as concurrent.
    """

    def _protected(self) -> set[str]:
        return {
            f.attname
            for f in self._meta.concrete_fields  # type: ignore[attr-defined]
            if isinstance(f, FSMFieldMixin) and f.protected
        }

    def refresh_from_db(  # type: ignore[override]
        self, using: str | None = None, fields: Any = None, **kwargs: Any
    ) -> None:
        # Django copies values by reading them, which would open all personal data with a query for the key, and fail
        # where one does not open. They are left to be read when somebody looks.
        personal = {f.attname for f in self._meta.concrete_fields if isinstance(f, PersonalField)}  # type: ignore[attr-defined]
        leave = self._protected() | (personal if fields is None else set())
        popped = {name: self.__dict__.pop(name) for name in leave if name in self.__dict__}
        self.__dict__.pop("_data_keys", None)
        if fields is not None:
            fields = {*fields, *self._protected()}  # else a second query would fetch the state
        try:
            models.Model.refresh_from_db(self, using=using, fields=fields, **kwargs)  # type: ignore[arg-type]
        except Exception:
            self.__dict__.update(popped)
            raise
        self._update_initial_state()

    def get_deferred_fields(self) -> set[str]:
        # The state is always loaded; popped by a refresh it must not look deferred, which would cost a second query.
        return super().get_deferred_fields() - self._protected()  # type: ignore[misc]


@dataclass(frozen=True)
class Declared:
    """One declared transition, read back from the model."""

    model: type[models.Model]
    name: str
    field: str
    sources: tuple[str, ...]
    target: Any
    effects: Effects


def declared(model: type[models.Model], name: str) -> Declared:
    """The transition `name` of `model`; refuses a name that is not one."""
    found = _declared_by_name(model).get(name)
    if found is None:
        raise DomainError("no_such_transition", f"{model._meta.verbose_name} has no transition {name}.", name=name)
    return found


def all_declared(model: type[models.Model]) -> list[Declared]:
    """Every transition of a model, in a stable order; sources of one name are gathered.

    One name has one target and one set of effects, whatever the source: a second declaration on it is refused.
    """
    return list(_declared_by_name(model).values())


@cache
def _declared_by_name(model: type[models.Model]) -> dict[str, Declared]:
    gathered: dict[str, Declared] = {}
    for f in model._meta.get_fields():
        if not isinstance(f, FSMFieldMixin):
            continue
        for t in f.get_all_transitions(model):
            effects = (t.custom or {}).get("effects") or Effects()
            old = gathered.get(t.name)
            if old is not None and (old.target, old.effects) != (t.target, effects):
                raise DomainError("two_transitions_of_one_name", f"{model._meta.label}.{t.name} is declared twice.")
            sources = (*(old.sources if old else ()), t.source)
            gathered[t.name] = Declared(model, t.name, f.name, tuple(sorted(sources)), t.target, effects)
    return {name: gathered[name] for name in sorted(gathered)}


def _may(effects: Effects, user: Any) -> str | None:
    """None when this actor may; else the sentence."""
    if is_machine(user):
        return None if effects.machines else "Only a person may do this."
    if effects.permission and not user.has_perm(effects.permission):
        return f"You need the right “{effects.permission}” to do this."
    return None


def _failed(model: type[models.Model], pk: Any, guards: Sequence[Guard], arguments: Stamps) -> list[Guard]:
    """The guards that do not hold for this row, all asked in one query."""
    if not guards:
        return []
    marks = {
        f"guard_{n}": Case(When(g.on(arguments), then=Value(1)), default=Value(0), output_field=IntegerField())
        for n, g in enumerate(guards)
    }
    row = model._base_manager.filter(pk=pk).annotate(**marks).values(*marks).get()
    return [g for n, g in enumerate(guards) if not row[f"guard_{n}"]]


def refusals(obj: Any, name: str, *, by: Any, **arguments: Any) -> list[str]:
    """Every reason why `apply` would refuse now, in sentences; empty means it may be done."""
    d = declared(type(obj), name)
    state = getattr(obj, d.field)
    if state not in d.sources:
        return [f"It is “{state}”; this is possible from {' or '.join(d.sources)}."]
    sentences = [s for s in [_may(d.effects, by)] if s]
    if d.effects.four_eyes and getattr(obj, "requested_by_id", None) == by.pk:
        sentences.append("A second person must approve: you asked for it yourself.")
    return sentences + [g.sentence for g in _failed(type(obj), obj.pk, d.effects.guards, {"by": by, **arguments})]


def apply(obj: Any, name: str, *, by: Any, because: str, run: Any = None, **arguments: Any) -> Any:
    """Take one object through a declared transition; gives the row as saved.

    1. Lock the row and fetch it again. 2. Ask source, permission, four eyes and all guards. 3. Transition, stamp,
    save whole, with actor and reason in its history. Raises `Refused` with every failed sentence; nothing is changed.
    The object passed in is refreshed, so that it does not lie.
    """
    model = type(obj)
    d = declared(model, name)
    with transaction.atomic():
        row = locks.lock_one(model, obj.pk)
        known = {"run": run, "by": by, **arguments}
        sentences = refusals(row, name, **known)
        if sentences:
            raise Refused("refused", sentences, model=model._meta.model_name, pk=row.pk, transition=name)
        if d.effects.bulk:
            getattr(row, name)()
        else:
            getattr(row, name)(**{k: v for k, v in arguments.items() if Arg(k) not in d.effects.stamps.values()})
        for attribute, value in d.effects.stamped(known).items():
            setattr(row, attribute, value)
        history.save_by(row, by=by, because=because, run=run)
    obj.refresh_from_db()
    return row


def advance_set(
    queryset: models.QuerySet[Any],
    name: str,
    *,
    by: Any,
    because: str,
    run: Any = None,
    window: int = 20_000,
    **arguments: Any,
) -> int:
    """Take every row of a queryset that is in a source state and passes all guards through a bulk transition.

    Rows that do not qualify stay untouched; their number is the difference. Per window of pks: lock, UPDATE, history
    INSERT … SELECT, in one transaction. Same rows and same history as `apply` one by one (property test).
    """
    model = queryset.model
    d = declared(model, name)
    _refuse_unfit(d)
    reason = _may(d.effects, by)
    if reason:
        raise Refused("refused", [reason], model=model._meta.model_name, transition=name)
    known = {"run": run, "by": by, **arguments}
    values = {d.field: d.target, **d.effects.stamped(known)}
    ready = queryset.filter(**{f"{d.field}__in": d.sources})
    for guard in d.effects.guards:
        ready = ready.filter(guard.on(known))
    total = 0
    for pks in _windows(ready, window):
        with transaction.atomic():
            # The lock is taken with the guards in the same query, so a row that changed meanwhile falls out here.
            held = _asked_again(ready, locks.lock_pks(ready.filter(pk__any_of=pks)))
            if held:
                model._base_manager.filter(pk__any_of=held).update(**values)
                history.record(model, held, kind="~", by=by, because=because, run=run)
                total += len(held)
    return total


def advance_rows(
    model: type[models.Model],
    name: str,
    rows: Mapping[Any, Stamps],
    *,
    by: Any,
    because: str,
    run: Any = None,
) -> list[Any]:
    """Take these rows, each with its own stamps, through a bulk transition, in one transaction; gives the pks that went.

    What differs from `advance_set` is only that the arguments are told per row (a hash, a text). A guard that needs an
    argument gets those of the first row, so such guards may only ask for arguments that all rows share.
    """
    d = declared(model, name)
    _refuse_unfit(d)
    reason = _may(d.effects, by)
    if reason:
        raise Refused("refused", [reason], model=model._meta.model_name, transition=name)
    if not rows:
        return []
    shared = {"run": run, "by": by, **next(iter(rows.values()))}
    ready = model._base_manager.filter(**{f"{d.field}__in": d.sources, "pk__any_of": list(rows)})
    for guard in d.effects.guards:
        ready = ready.filter(guard.on(shared))
    with transaction.atomic():
        held = _asked_again(ready, locks.lock_pks(ready))
        if not held:
            return []
        values = [(pk, {d.field: d.target, **d.effects.stamped({"run": run, "by": by, **rows[pk]})}) for pk in held]
        bulk.update_rows(model, values)
        history.record(model, held, kind="~", by=by, because=because, run=run)
    return held


def _asked_again(ready: models.QuerySet[Any], held: list[Any]) -> list[Any]:
    """Of the locked rows those that are ready. Where the locking query waited, it saw the new row but other tables
    (Exists) as of before the wait; asked again under the lock, as `apply` does, they are fresh."""
    if not held or not connection.features.has_select_for_update:
        return held
    return list(ready.filter(pk__any_of=held).order_by("pk").values_list("pk", flat=True))


def _windows(queryset: models.QuerySet[Any], size: int) -> Iterator[list[Any]]:
    """Keyset slices of the pks, so that nothing is counted and no offset is walked."""
    last = None
    while True:
        page = queryset if last is None else queryset.filter(pk__gt=last)
        pks = list(page.order_by("pk").values_list("pk", flat=True)[:size])
        if not pks:
            return
        yield pks
        if len(pks) < size:
            return
        last = pks[-1]


def _refuse_unfit(d: Declared) -> None:
    problem = None
    if not d.effects.bulk:
        problem = "is not marked bulk"
    elif {"*", "+"} & set(d.sources):
        problem = "has an open source (* or +)"
    elif not isinstance(d.target, str):
        problem = "has a computed target"
    elif any(g.q is None for g in d.effects.guards):
        problem = "has a guard without Q"
    elif d.effects.four_eyes:
        problem = "needs four eyes, which is one person looking at one row"
    elif any(hasattr(v, "resolve_expression") for v in d.effects.stamps.values()):
        problem = "stamps an expression, which history cannot record"
    if problem:
        raise DomainError(
            "not_bulk", f"{d.model._meta.verbose_name}.{d.name} {problem}: take it one by one with apply()."
        )

"""Doors that nobody may build beside the front door, found in the syntax tree of all product code.

A stage is written by `kernel.fsm` alone; now is read by `kernel.clock` alone; only dispatch and receipts know a channel.
Each rule is first shown to find what it forbids and to leave alone what it allows.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("collections_app", "legal", "config")
STAGES = {"state", "stage"}

Finding = tuple[int, str]


def written_stage(tree: ast.AST) -> Iterator[Finding]:
    """`.update(state=…)`, `bulk_update(…, ["state"])`, `x.state = …`, `setattr(x, "state", …)`, `x.__dict__["state"]`, and
    an UPDATE of one of these columns in SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = called(node)
            if name in ("update", "update_or_create", "aupdate"):
                for word in node.keywords:
                    if word.arg in STAGES or (word.arg is None and names_stage(word.value)):
                        yield node.lineno, f"{name}({word.arg or '**'}…)"
                    if word.arg in ("defaults", "create_defaults") and names_stage(word.value):
                        yield node.lineno, f"{name}({word.arg}=…)"
            if name in ("bulk_update", "abulk_update", "bulk_update_with_history") and any(
                names_stage(a) for a in [*node.args, *(k.value for k in node.keywords)]
            ):
                yield node.lineno, f"{name} of a stage"
            if name in ("setattr", "__setattr__") and any(is_text_of(a, STAGES) for a in node.args):
                yield node.lineno, "setattr of a stage"
        targets = node.targets if isinstance(node, ast.Assign) else (
            [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []
        )  # fmt: skip
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute) and part.attr in STAGES and isinstance(part.ctx, ast.Store):
                    yield node.lineno, f".{part.attr} = …"
                if isinstance(part, ast.Subscript) and is_text_of(part.slice, STAGES) and is_dict_of(part.value):
                    yield node.lineno, "__dict__ of a stage"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.lower().replace('"', " ").replace("=", " = ").split()
            if (
                "update" in words
                and "set" in words
                and STAGES & {w for w, n in zip(words, words[1:], strict=False) if n == "="}
            ):
                yield node.lineno, "UPDATE of a stage in SQL"


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_text_of(node: ast.AST, words: set[str]) -> bool:
    return isinstance(node, ast.Constant) and node.value in words


def names_stage(node: ast.AST) -> bool:
    """A dict with such a key, or a list or tuple with such a word."""
    if isinstance(node, ast.Dict):
        return any(k is not None and is_text_of(k, STAGES) for k in node.keys)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return any(is_text_of(e, STAGES) for e in node.elts)
    return False


def is_dict_of(node: ast.AST) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "__dict__") or (
        isinstance(node, ast.Call) and called(node) == "vars"
    )


CLOCKS = {
    ("timezone", "now"), ("timezone", "localdate"), ("timezone", "localtime"), ("datetime", "now"), ("datetime", "utcnow"),
    ("datetime", "today"), ("date", "today"), ("time", "time"), ("time", "time_ns"), ("time", "localtime"),
    ("time", "gmtime"),
}  # fmt: skip
CLOCK_NAMES = {"localdate", "utcnow"}


def read_clock(tree: ast.AST) -> Iterator[Finding]:
    """Any call that reads now, by whatever name its module was imported, `auto_now`, and the database's own clock."""
    modules, plain = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update({a.asname or a.name.split(".")[0]: a.name for a in node.names})
        if isinstance(node, ast.ImportFrom):
            plain.update({a.asname or a.name: (node.module or "", a.name) for a in node.names})
            if (node.module or "").startswith("django.db.models.functions") and any(
                a.name == "Now" for a in node.names
            ):
                yield node.lineno, "the database's Now()"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            real = plain[last][1] if last in plain else modules.get(last, last).split(".")[-1]
            told = real == "localtime" or (node.func.attr == "localtime" and node.args)
            if ((real, node.func.attr) in CLOCKS and not told) or node.func.attr in CLOCK_NAMES:
                yield node.lineno, f"{real}.{node.func.attr}()"
        elif isinstance(node.func, ast.Name) and node.func.id in plain:
            module, name = plain[node.func.id]
            if (module.split(".")[-1], name) in CLOCKS and not (name == "localtime" and node.args):
                yield node.lineno, f"{name}()"
        for word in node.keywords:
            if word.arg in ("auto_now", "auto_now_add") and getattr(word.value, "value", None):
                yield node.lineno, word.arg
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            text = node.value.upper()
            if "CURRENT_TIMESTAMP" in text or "CURRENT_DATE" in text or "STATEMENT_TIMESTAMP(" in text:
                yield node.lineno, "the database's clock in SQL"


def imported_channel(tree: ast.AST) -> Iterator[Finding]:
    """An import of collections_app.channels, relative and by its name as text too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(is_channels(a.name) for a in node.names):
            yield node.lineno, "import of channels"
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            whole = f"collections_app.{module}" if node.level else module
            if is_channels(whole) or (
                whole.strip(".") == "collections_app" and any(a.name == "channels" for a in node.names)
            ):
                yield node.lineno, "import of channels"
        if (
            isinstance(node, ast.Call)
            and called(node) in ("import_module", "import_string", "__import__")
            and any(isinstance(a, ast.Constant) and is_channels(str(a.value)) for a in node.args)
        ):
            yield node.lineno, "import of channels by name"


def is_channels(module: str) -> bool:
    return module == "collections_app.channels" or module.startswith("collections_app.channels.")


# rule → where it does not hold
RULES: dict[Callable[[ast.AST], Iterator[Finding]], tuple[str, ...]] = {
    written_stage: ("collections_app/kernel/fsm.py",),
    read_clock: ("collections_app/kernel/clock.py",),
    imported_channel: (
        "collections_app/channels/", "collections_app/services/dispatch", "collections_app/services/receipts",
    ),
}  # fmt: skip


def product_files() -> list[Path]:
    return sorted(p for package in PRODUCT for p in (ROOT / package).rglob("*.py") if "migrations" not in p.parts)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_no_back_door_stands_in_the_product(rule):
    found, read = [], 0
    for path in product_files():
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(RULES[rule]):
            continue
        read += 1
        found += [f"{place}:{line}: {what}" for line, what in rule(ast.parse(path.read_text()))]
    assert read > 50
    assert not found, "\n".join([(rule.__doc__ or "").split("\n")[0], *found])


DOORS = {
    written_stage: [
        "Case.objects.update(state='x')", "qs.filter(a=1).update(stage=s, owner=o)", "qs.update(**{'state': 1})",
        "case.stage = 'closed'", "a.b.state, c = 1, 2", "case.state += 'x'", "setattr(case, 'stage', s)",
        "object.__setattr__(case, 'stage', s)", "Case.objects.bulk_update(rows, ['stage'])",
        "Case.objects.bulk_update(rows, fields=('owner', 'state'))", "case.__dict__['stage'] = 'x'", "vars(case)['stage'] = 1",
        "Case.objects.update_or_create(pk=1, defaults={'state': 'x'})",
        "cursor.execute('UPDATE collections_app_case SET stage = %s WHERE id = 1')",
        "cursor.execute('update t set a=1, \"state\"=2')",
    ],
    read_clock: [
        "from django.utils import timezone\ntimezone.now()", "from django.utils.timezone import now\nnow()",
        "from django.utils.timezone import now as jetzt\njetzt()", "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "import datetime\ndatetime.date.today()", "from datetime import date\ndate.today()",
        "from datetime import datetime as when\nwhen.now()", "from django.utils import timezone as tz\ntz.localdate()",
        "from django.utils.timezone import localdate\nlocaldate()", "import time\ntime.time()", "import datetime as dt\ndt.datetime.utcnow()",
        "from time import time\ntime()", "models.DateTimeField(auto_now_add=True)", "models.DateField(auto_now=True)",
        "from django.db.models.functions import Now", "cursor.execute('SELECT CURRENT_TIMESTAMP AS now')",
        "from django.utils import timezone\ntimezone.localtime()",
    ],
    imported_channel: [
        "import collections_app.channels", "from collections_app.channels import sms", "from collections_app import channels",
        "from collections_app.channels.sms import Gateway", "from ..channels import registry",
        "from importlib import import_module\nimport_module('collections_app.channels.sms')",
    ],
}  # fmt: skip
FRONT = {
    written_stage: [
        "apply(case, 'cure', state='x')", "Case.objects.filter(state='x').update(owner=o)", "Case(state='new')",
        "state = case.state", "{'a': 1}.update(stages=2)", "case.states = 1", "create_by(Case, stage='early')",
        "result.counts.update(other)", "setattr(case, name, 1)", "words['stage'] = 1", "'update the set of states'",
        "Case.objects.bulk_update(rows, ['owner'])",
    ],
    read_clock: [
        "from collections_app.kernel import clock\nclock.now()", "from collections_app.kernel.clock import now\nnow()",
        "import time\ntime.sleep(1)", "import time\ntime.perf_counter()", "x.now", "dt.datetime.combine(day, clock)",
        "from django.utils import timezone\ntimezone.localtime(at)", "datetime.fromisoformat(text)",
    ],
    imported_channel: [
        "from collections_app.services import dispatch", "from collections_app.models import channels_of",
        "import_module('collections_app.channelsx')", "channels = ['sms']",
    ],
}  # fmt: skip


@pytest.mark.parametrize("rule, source", [(r, s) for r in DOORS for s in DOORS[r]])
def test_a_back_door_is_found(rule, source):
    assert list(rule(ast.parse(source))), source


@pytest.mark.parametrize("rule, source", [(r, s) for r in FRONT for s in FRONT[r]])
def test_the_front_door_is_left_alone(rule, source):
    assert not list(rule(ast.parse(source))), source

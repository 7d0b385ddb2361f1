"""Every state and every transition of every model, as a table. What the table does not list is refused.

A cell is the state that the transition leads to, `·` where it is refused. `who`: `all` may (machines too), `person`
only people, `second person` only somebody else than who asked; then the right that a person needs.
The tables are the drawing: a change of the graph is a change here, on purpose.
"""

import pytest
from django.apps import apps
from django_fsm import TransitionNotAllowed

from collections_app.kernel import fsm

# fmt: off
TABLES = {
    "ContactPoint": """
                      unverified  verified  invalid   refused   | who
        mark_invalid  invalid     invalid   ·         ·         | all
        refuse        refused     refused   refused   ·         | all
        verify        verified    ·         verified  ·         | all
        accept_again  ·           ·         ·         verified  | all
        """,
    "Loan": """
                       active        past_due      paid_off  restructured  settled  written_off  sold  | who
        fall_past_due  past_due      ·             ·         ·             ·        ·            ·     | all
        pay_off        paid_off      paid_off      ·         ·             ·        ·            ·     | all
        restructure    restructured  restructured  ·         ·             ·        ·            ·     | all
        sell           sold          sold          ·         ·             ·        ·            ·     | all
        settle         settled       settled       ·         ·             ·        ·            ·     | all
        write_off      written_off   written_off   ·         ·             ·        ·            ·     | all
        come_current   ·             active        ·         ·             ·        ·            ·     | all
        reopen         ·             ·             active    ·             ·        ·            ·     | all
        """,
    "Payment": """
                 received  suspect   rejected  reversed  | who
        reverse  reversed  ·         ·         ·         | all
        accept   ·         received  ·         ·         | person collections_app.settle_suspects
        reject   ·         rejected  ·         ·         | person collections_app.settle_suspects
        """,
    "Case": """
                            early   mid     late    legal   closed  | who
        close_with_loan     closed  closed  closed  closed  ·       | all
        cure                closed  closed  closed  closed  ·       | all
        refer_to_legal      legal   legal   legal   ·       ·       | person collections_app.refer_to_legal
        to_late             late    late    ·       ·       ·       | all
        to_mid              mid     ·       ·       ·       ·       | all
        step_back_to_early  ·       early   early   ·       ·       | all
        step_back_to_mid    ·       ·       mid     ·       ·       | all
        return_from_legal   ·       ·       ·       late    ·       | person collections_app.return_from_legal
        """,
    "Contact": """
                        planned            awaiting_approval  withheld           cancelled  lapsed  sending      sent       delivered  failed  unconfirmed  revealed   completed  | who
        ask_approval    awaiting_approval  ·                  awaiting_approval  ·          ·       ·            ·          ·          ·       ·            ·          ·          | all
        cancel          cancelled          cancelled          cancelled          ·          ·       ·            ·          ·          ·       ·            ·          ·          | all
        claim           sending            ·                  sending            ·          ·       ·            ·          ·          ·       ·            ·          ·          | all
        lapse           lapsed             lapsed             lapsed             ·          ·       ·            ·          ·          ·       ·            ·          ·          | all
        reveal          revealed           ·                  revealed           ·          ·       ·            ·          ·          ·       ·            ·          ·          | all collections_app.reveal_contact
        withhold        withheld           ·                  withheld           ·          ·       ·            ·          ·          ·       ·            ·          ·          | all
        approve         ·                  planned            ·                  ·          ·       ·            ·          ·          ·       ·            ·          ·          | second person collections_app.approve_contact
        decline         ·                  cancelled          ·                  ·          ·       ·            ·          ·          ·       ·            ·          ·          | second person collections_app.approve_contact
        fail            ·                  ·                  ·                  ·          ·       failed       failed     ·          ·       failed       ·          ·          | all
        lose_answer     ·                  ·                  ·                  ·          ·       unconfirmed  ·          ·          ·       ·            ·          ·          | all
        mark_sent       ·                  ·                  ·                  ·          ·       sent         ·          ·          ·       sent         ·          ·          | all
        release         ·                  ·                  ·                  ·          ·       planned      ·          ·          ·       ·            ·          ·          | all
        mark_delivered  ·                  ·                  ·                  ·          ·       ·            delivered  ·          ·       ·            ·          ·          | all
        complete        ·                  ·                  ·                  ·          ·       ·            ·          ·          ·       ·            completed  ·          | all collections_app.work_case
        """,
    "Breach": """
                open      assessed  closed  | who
        assess  assessed  ·         ·       | person collections_app.assess_breach
        close   ·         closed    ·       | person collections_app.assess_breach
        """,
    "Hold": """
                   requested  active  ended  refused  | who
        approve    active     ·       ·      ·        | second person collections_app.approve_hold
        refuse     refused    ·       ·      ·        | second person collections_app.approve_hold
        end        ·          ended   ·      ·        | all
        end_early  ·          ended   ·      ·        | person collections_app.approve_hold
        """,
    "PolicyVersion": """
                   draft       approved    superseded  | who
        release    approved    ·           ·           | second person collections_app.release_policy
        supersede  superseded  superseded  ·           | all
        """,
    "Promise": """
                  open       kept  broken  withdrawn  | who
        break_    broken     ·     ·       ·          | all
        keep      kept       ·     ·       ·          | all
        withdraw  withdrawn  ·     ·       ·          | all collections_app.work_case
        """,
    "DailyRun": """
               open    closed  | who
        close  closed  ·       | all
        """,
    "LegalFile": """
                          open        collecting  complete    in_review  returned    accepted    claim_sent  filed   served    judgment     enforcement  closed  | who
        close             closed      closed      closed      closed     closed      closed      closed      closed  closed    closed       closed       ·       | all legal.close_file
        start_collecting  collecting  ·           ·           ·          collecting  ·           ·           ·       ·         ·            ·            ·       | all legal.work_file
        complete          ·           complete    ·           ·          ·           ·           ·           ·       ·         ·            ·            ·       | all legal.work_file
        fall_incomplete   ·           ·           collecting  ·          ·           ·           ·           ·       ·         ·            ·            ·       | all legal.work_file
        send_to_lawyer    ·           ·           in_review   ·          ·           ·           ·           ·       ·         ·            ·            ·       | person legal.send_to_lawyer
        accept            ·           ·           ·           accepted   ·           ·           ·           ·       ·         ·            ·            ·       | person legal.review_file
        send_back         ·           ·           ·           returned   ·           ·           ·           ·       ·         ·            ·            ·       | person legal.review_file
        send_claim        ·           ·           ·           ·          ·           claim_sent  ·           ·       ·         ·            ·            ·       | person legal.pursue_claim
        file_claim        ·           ·           ·           ·          ·           ·           filed       ·       ·         ·            ·            ·       | person legal.pursue_claim
        mark_served       ·           ·           ·           ·          ·           ·           ·           served  ·         ·            ·            ·       | person legal.pursue_claim
        record_judgment   ·           ·           ·           ·          ·           ·           ·           ·       judgment  ·            ·            ·       | person legal.pursue_claim
        enforce           ·           ·           ·           ·          ·           ·           ·           ·       ·         enforcement  ·            ·       | person legal.pursue_claim
        """,
    "Pack": """
              draft   sealed  | who
        seal  sealed  ·       | all legal.seal_pack
        """,
}
# fmt: on

MODELS = {
    m.__name__: m
    for label in ("collections_app", "legal") for m in apps.get_app_config(label).get_models() if fsm.all_declared(m)
}  # fmt: skip


def parsed(name):
    """`(states, {transition: ({state: target}, who)})` of a table."""
    head, *lines = [line.split("|") for line in TABLES[name].strip().splitlines()]
    states = head[0].split()
    out = {}
    for cells, who in lines:
        transition, *targets = cells.split()
        assert len(targets) == len(states), f"{name}.{transition}: {len(targets)} cells for {len(states)} states"
        out[transition] = ({s: t for s, t in zip(states, targets, strict=True) if t != "·"}, who.strip())
    return states, out


def who_of(d):
    """Who may, in the words of the tables."""
    words = ["second"] if d.effects.four_eyes else []
    words += ["all" if d.effects.machines else "person"]
    return " ".join(words + [d.effects.permission or ""]).strip()


def test_every_model_with_states_has_a_table():
    assert set(TABLES) == set(MODELS)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_declared_graph_is_the_table(name):
    states, table = parsed(name)
    model = MODELS[name]
    declared = {d.name: ({str(s): str(d.target) for s in d.sources}, who_of(d)) for d in fsm.all_declared(model)}
    assert declared == table
    [field] = {d.field for d in fsm.all_declared(model)}
    assert states == [value for value, _ in model._meta.get_field(field).choices]
    assert model._meta.get_field(field).protected


CELLS = [
    (name, transition, state)
    for name in sorted(TABLES) for transition in parsed(name)[1] for state in parsed(name)[0]
]  # fmt: skip


class Anybody:
    """An actor with every right, who is no machine."""

    pk = 0

    def get_username(self):
        return "anybody"

    def has_perm(self, right):
        return True


@pytest.mark.parametrize("name, transition, state", CELLS, ids=lambda v: v)
def test_a_transition_leads_where_the_table_says_and_else_is_refused(name, transition, state):
    targets, _ = parsed(name)[1][transition]
    model, [field] = MODELS[name], {d.field for d in fsm.all_declared(MODELS[name])}
    row = model(**{field: state})
    if state in targets:
        getattr(row, transition)()
        assert getattr(row, field) == targets[state]
        return
    sentences = fsm.refusals(row, transition, by=Anybody())
    assert len(sentences) == 1
    assert sentences[0].startswith(f"It is “{state}”; this is possible from ")
    with pytest.raises(TransitionNotAllowed):
        getattr(row, transition)()
    assert getattr(row, field) == state


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_state_can_be_reached_and_the_graph_says_which_are_final(name):
    states, table = parsed(name)
    reached = {t for targets, _ in table.values() for t in targets.values()}
    [field] = {d.field for d in fsm.all_declared(MODELS[name])}
    first = MODELS[name]._meta.get_field(field).get_default()
    born_in = {"Payment": {"suspect"}}.get(name, set())  # a possible double begins its life as a suspect
    assert set(states) == reached | {first} | born_in


FINAL = {
    "Breach": {"closed"},
    "Case": {"closed"},
    "Contact": {"cancelled", "lapsed", "delivered", "failed", "completed"},
    "ContactPoint": set(),
    "DailyRun": {"closed"},
    "Hold": {"ended", "refused"},
    "LegalFile": {"closed"},
    "Loan": {"restructured", "settled", "written_off", "sold"},
    "Pack": {"sealed"},
    "Payment": {"rejected", "reversed"},
    "PolicyVersion": {"superseded"},
    "Promise": {"kept", "broken", "withdrawn"},
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_final_states_are_left_by_nothing(name):
    states, table = parsed(name)
    assert {s for s in states if not any(s in targets for targets, _ in table.values())} == FINAL[name]


def test_a_case_leaves_the_law_only_by_a_person_or_by_its_end():
    _, table = parsed("Case")
    out = {name: (targets["legal"], who) for name, (targets, who) in table.items() if "legal" in targets}
    assert out.pop("return_from_legal") == ("late", "person collections_app.return_from_legal")
    assert {target for target, _ in out.values()} == {"closed"}

"""A document's life as a state machine, against a table of what is legal written here a second time."""

from datetime import date, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.errors import AlreadyDecided, Conflict
from webdoc_app.domain.lifecycle import (
    BECOMES,
    CONVERSIONS,
    TRANSITIONS,
    Action,
    By,
    Facts,
    State,
    after_sending,
    insist,
    insist_convertible,
    is_expired,
    may,
    shown_status,
    sources_of,
)

TODAY = date(2026, 11, 24)

# From which states each action leads where, for a quote: `=` stays as it is.
QUOTE = {
    "change": {"draft": "="},
    "delete": {"draft": "="},
    "issue": {"draft": "issued"},
    "send": {"issued": "=", "sent": "=", "on_hold": "=", "accepted": "=", "refused": "="},
    "revise": {"issued": "=", "sent": "=", "on_hold": "="},
    "accept": {"issued": "accepted", "sent": "accepted", "on_hold": "accepted"},
    "refuse": {"issued": "refused", "sent": "refused", "on_hold": "refused"},
    "hold": {"issued": "on_hold", "sent": "on_hold", "on_hold": "on_hold"},
    "reopen": {"on_hold": "sent", "accepted": "sent", "refused": "sent"},
    "close": {"issued": "closed", "sent": "closed", "on_hold": "closed", "refused": "closed"},
}
NOT_OF = {
    "order": {"revise", "hold"},
    "delivery": {"revise", "hold"},
    "invoice": {"revise", "accept", "refuse", "hold", "reopen", "close"},
    "deposit": {"revise", "accept", "refuse", "hold", "reopen", "close"},
    "credit": {"revise", "accept", "refuse", "hold", "reopen", "close"},
}
BY_CLIENT = {"accept", "refuse", "hold"}
BECOMING = {
    "quote": {"order", "delivery", "invoice", "deposit"},
    "order": {"delivery", "invoice", "deposit"},
    "delivery": {"invoice"},
    "invoice": {"credit"},
    "deposit": {"credit"},
    "credit": set(),
}


def legal(action: str, kind: str, state: str) -> str | None:
    """The state after the action, or None where it is not legal."""
    to = None if action in NOT_OF.get(kind, ()) else QUOTE[action].get(state)
    return state if to == "=" else to


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_the_table_allows_what_is_legal_and_nothing_else(action: Action, state: State, kind: Kind) -> None:
    expected = legal(action, kind, state)
    assert may(action, kind, state) == (expected is not None)
    if expected is not None:
        assert insist(action, kind, state) == expected
        assert state in sources_of(action)
        return
    with pytest.raises(Conflict) as refusal:
        insist(action, kind, state)
    decided = state in ("accepted", "refused") and action not in NOT_OF.get(kind, ())
    assert isinstance(refusal.value, AlreadyDecided) == decided


def test_a_client_answers_and_does_nothing_else() -> None:
    assert {action for action, rule_ in TRANSITIONS.items() if rule_.by is not By.MERCHANT} == BY_CLIENT
    assert {kind: set(to) for kind, to in CONVERSIONS.items()} == BECOMING
    assert BECOMES == {"order": "ordered", "delivery": "delivered", "invoice": "invoiced"}


class Life(RuleBasedStateMachine):
    """One document through any order of actions; the model keeps what must be true."""

    @initialize(kind=st.sampled_from(Kind), days=st.none() | st.integers(-2, 2))
    def begin(self, kind: Kind, days: int | None) -> None:
        self.kind, self.state, self.today = kind, State.DRAFT, TODAY
        self.valid_until = None if days is None else TODAY + timedelta(days)
        self.opened, self.became = False, ""
        self.model, self.answers, self.issued_once = "draft", 0, False

    @rule(action=st.sampled_from([action for action in Action if action is not Action.DELETE]))
    def act(self, action: Action) -> None:
        expected = legal(action, self.kind, self.model)
        try:
            after = insist(action, self.kind, self.state)
        except Conflict:
            assert expected is None
            return
        assert after == expected
        if action is Action.SEND:
            after = after_sending(after)
            expected = "sent" if expected == "issued" else expected
        if action in (Action.ACCEPT, Action.REFUSE):
            assert self.answers == 0
        self.answers = {"accept": 1, "refuse": 1, "reopen": 0}.get(action, self.answers)
        self.state, self.model = after, str(expected)
        self.issued_once |= action is Action.ISSUE

    @rule(to=st.sampled_from(Kind))
    def convert(self, to: Kind) -> None:
        expired = is_expired(self.kind, self.state, self.valid_until, self.today)
        allowed = (
            to in BECOMING[self.kind] and self.model not in ("draft", "refused", "closed") and not expired
        )
        try:
            insist_convertible(self.kind, self.state, to, expired=expired)
        except Conflict:
            assert not allowed
            return
        assert allowed
        self.became = BECOMES.get(to, self.became)

    @precondition(lambda self: self.model != "draft")
    @rule()
    def open(self) -> None:
        self.opened = True

    @rule()
    def a_day_passes(self) -> None:
        self.today += timedelta(1)

    @invariant()
    def the_state_is_the_models(self) -> None:
        if not hasattr(self, "state"):
            return
        assert self.state == self.model
        assert (self.state is State.DRAFT) == (not self.issued_once)
        assert self.answers <= 1
        assert (self.state in (State.ACCEPTED, State.REFUSED)) <= (self.answers == 1)

    @invariant()
    def the_word_says_what_happened(self) -> None:
        if not hasattr(self, "state"):
            return
        facts = Facts(self.kind, self.state, self.today, self.became, self.opened, self.valid_until)
        word = shown_status(facts)
        late = self.kind is Kind.QUOTE and self.valid_until is not None and self.valid_until < self.today
        if self.model in ("draft", "closed"):
            assert word == self.model
        elif self.became and self.kind not in BILLS:
            assert word == self.became
        elif self.model in ("accepted", "refused", "on_hold"):
            assert (word, self.kind in ANSWERABLE) == (self.model, True)
        else:
            assert word == ("expired" if late else "viewed" if self.opened else self.model)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)

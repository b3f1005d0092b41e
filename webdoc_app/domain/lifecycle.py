"""What may happen to a document, from which state and by whom: one table. And the word that is shown for it.

A document keeps one *state* (how far it went and how it was answered). What happened around it - opened,
paid, credited, past its date - are facts beside the state; `shown_status` says the word for all of it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.errors import AlreadyDecided, Conflict


class State(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    SENT = "sent"
    ON_HOLD = "on_hold"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class Action(StrEnum):
    CHANGE = "change"
    DELETE = "delete"
    ISSUE = "issue"
    SEND = "send"
    REVISE = "revise"
    ACCEPT = "accept"
    REFUSE = "refuse"
    HOLD = "hold"
    REOPEN = "reopen"
    CLOSE = "close"


class By(StrEnum):
    MERCHANT = "merchant"
    CLIENT = "client"
    BOTH = "both"


@dataclass(frozen=True)
class Transition:
    """`to` None keeps the state (a revised quote stays as it was)."""

    kinds: frozenset[Kind]
    sources: frozenset[State]
    to: State | None
    by: By


_ALL = frozenset(Kind)
_OPEN = frozenset({State.ISSUED, State.SENT})
_UNDECIDED = _OPEN | {State.ON_HOLD}
_LIVING = _UNDECIDED | {State.ACCEPTED, State.REFUSED}
_QUOTE = frozenset({Kind.QUOTE})

TRANSITIONS: dict[Action, Transition] = {
    Action.CHANGE: Transition(_ALL, frozenset({State.DRAFT}), None, By.MERCHANT),
    Action.DELETE: Transition(_ALL, frozenset({State.DRAFT}), None, By.MERCHANT),
    Action.ISSUE: Transition(_ALL, frozenset({State.DRAFT}), State.ISSUED, By.MERCHANT),
    Action.SEND: Transition(_ALL, _LIVING, None, By.MERCHANT),  # and issued becomes sent: see `after_sending`
    Action.REVISE: Transition(_QUOTE, _UNDECIDED, None, By.MERCHANT),
    Action.ACCEPT: Transition(ANSWERABLE, _UNDECIDED, State.ACCEPTED, By.BOTH),
    Action.REFUSE: Transition(ANSWERABLE, _UNDECIDED, State.REFUSED, By.BOTH),
    Action.HOLD: Transition(_QUOTE, _UNDECIDED, State.ON_HOLD, By.BOTH),
    Action.REOPEN: Transition(
        ANSWERABLE, frozenset({State.ON_HOLD, State.ACCEPTED, State.REFUSED}), State.SENT, By.MERCHANT
    ),
    Action.CLOSE: Transition(ANSWERABLE, _UNDECIDED | {State.REFUSED}, State.CLOSED, By.MERCHANT),
}

CONVERSIONS: dict[Kind, frozenset[Kind]] = {
    Kind.QUOTE: frozenset({Kind.ORDER, Kind.DELIVERY, Kind.INVOICE, Kind.DEPOSIT}),
    Kind.ORDER: frozenset({Kind.DELIVERY, Kind.INVOICE, Kind.DEPOSIT}),
    Kind.DELIVERY: frozenset({Kind.INVOICE}),
    Kind.INVOICE: frozenset({Kind.CREDIT}),
    Kind.DEPOSIT: frozenset({Kind.CREDIT}),
    Kind.CREDIT: frozenset(),
}

BECOMES: dict[Kind, str] = {Kind.ORDER: "ordered", Kind.DELIVERY: "delivered", Kind.INVOICE: "invoiced"}
"""What a source is called once its successor of that kind is issued."""


def may(action: Action, kind: Kind, state: State) -> bool:
    rule = TRANSITIONS[action]
    return kind in rule.kinds and state in rule.sources


def sources_of(action: Action) -> list[str]:
    """The states a compare-and-set of this action starts from."""
    return sorted(TRANSITIONS[action].sources)


def insist(action: Action, kind: Kind, state: State) -> State:
    """The state after the action. Raises AlreadyDecided or Conflict, in words, where it is not allowed."""
    rule = TRANSITIONS[action]
    if kind in rule.kinds and state in rule.sources:
        return rule.to or state
    if kind not in rule.kinds:
        raise Conflict("Cette action n’existe pas pour ce type de document.")
    if action is Action.REOPEN:
        raise Conflict("Aucune réponse n’a encore été donnée à ce document.")
    if state is State.ACCEPTED:
        raise AlreadyDecided("Ce document a déjà été accepté.")
    if state is State.REFUSED:
        raise AlreadyDecided("Ce document a déjà été refusé.")
    if state is State.DRAFT:
        raise Conflict("Ce document est encore un brouillon.")
    if state in (State.CANCELLED, State.CLOSED):
        raise Conflict("Ce document est clôturé.")
    raise Conflict("Ce document est déjà émis : il ne peut plus être modifié.")


def after_sending(state: State) -> State:
    """Sending again what was already answered changes nothing of the answer."""
    return State.SENT if state is State.ISSUED else state


def insist_convertible(kind: Kind, state: State, to: Kind, *, expired: bool) -> None:
    """Raises Conflict where `kind` never becomes `to`, or not from here (draft, refused, expired, closed)."""
    if to not in CONVERSIONS[kind]:
        raise Conflict("Ce document ne peut pas devenir un document de ce type.")
    if state is State.DRAFT:
        raise Conflict("Ce document est encore un brouillon.")
    if state in (State.REFUSED, State.CANCELLED, State.CLOSED):
        raise Conflict("Ce document a été refusé ou clôturé : il ne peut plus être transformé.")
    if expired:
        raise Conflict("Ce devis a expiré : il ne peut plus être transformé.")


@dataclass(frozen=True)
class Facts:
    """All that the shown status depends on. Amounts in minor units; `today` is the date in Europe/Paris."""

    kind: Kind
    state: State
    today: date
    became: str = ""
    opened: bool = False
    valid_until: date | None = None
    due_date: date | None = None
    due: int = 0
    paid: int = 0
    prepaid: int = 0
    credited: bool = False
    processing: bool = False
    refunded: bool = False
    disputed: bool = False


def is_expired(kind: Kind, state: State, valid_until: date | None, today: date) -> bool:
    """A quote, undecided, whose last valid day is over."""
    return kind is Kind.QUOTE and state in _UNDECIDED and valid_until is not None and valid_until < today


def shown_status(facts: Facts) -> str:
    """The first word of the published order that is true."""
    if facts.state in (State.DRAFT, State.CANCELLED, State.CLOSED):
        return facts.state.value
    if facts.kind in BILLS and (word := _money_word(facts)):
        return word
    if facts.became:
        return facts.became
    if facts.state in (State.ACCEPTED, State.REFUSED, State.ON_HOLD):
        return facts.state.value
    if is_expired(facts.kind, facts.state, facts.valid_until, facts.today):
        return "expired"
    return "viewed" if facts.opened else facts.state.value


def _money_word(facts: Facts) -> str:
    candidates = (
        ("credited", facts.credited),
        ("disputed", facts.disputed),
        ("refunded", facts.refunded),
        ("overpaid", facts.paid > 0 and facts.due < 0),
        ("paid", facts.paid + facts.prepaid > 0 and facts.due == 0),
        ("processing", facts.processing),
        ("overdue", facts.due > 0 and facts.due_date is not None and facts.due_date < facts.today),
        ("partially_paid", facts.paid > 0),
    )
    return next((word for word, holds in candidates if holds), "")

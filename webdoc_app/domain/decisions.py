"""Answers to a quote, an order or a delivery note."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from webdoc_app.domain import text
from webdoc_app.domain.errors import FieldError, Invalid
from webdoc_app.domain.lifecycle import Action

T = TypeVar("T")

MAX_REASON = 2_000
"""Longest reason, in characters."""


class Answer(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    HOLD = "hold"


ACTIONS = {Answer.ACCEPT: Action.ACCEPT, Answer.REFUSE: Action.REFUSE, Answer.HOLD: Action.HOLD}
EVENTS = {Answer.ACCEPT: "decision.accepted", Answer.REFUSE: "decision.refused", Answer.HOLD: "decision.held"}


@dataclass(frozen=True)
class Decision:
    """What was answered, cleaned: `until` only for a hold."""

    answer: Answer
    name: str
    reason: str = ""
    until: date | None = None


def read_decision(answer: str, name: str, reason: str, until: str, *, today: date) -> Decision:
    """The answer a form brings. Fields an answer does not use are ignored.

    Raises Invalid naming every field at fault at once.
    """
    errors: list[FieldError] = []
    chosen = Answer(answer) if answer in Answer.__members__.values() else None
    if chosen is None:
        errors.append(FieldError("decision", "Choisissez : accepter, refuser ou mettre en attente."))
    clean_name = _collect(errors, lambda: text.clean_line(name, field="name", limit=text.NAME, required=True))
    clean_reason = _collect(errors, lambda: text.clean(reason, field="reason", limit=MAX_REASON))
    day = _collect(errors, lambda: _read_until(until, today)) if chosen is Answer.HOLD else None
    if errors or chosen is None:
        raise Invalid(errors)
    return Decision(chosen, clean_name or "", clean_reason or "", day)


def _read_until(until: str, today: date) -> date | None:
    """A hold may last beyond the quote's validity; it may not end in the past."""
    if not until.strip():
        return None
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        raise Invalid.one("until", "Cette date n’est pas lisible, par exemple « 2026-12-24 ».") from None
    if day < today:
        raise Invalid.one("until", "Cette date est déjà passée.")
    return day


def _collect(errors: list[FieldError], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Invalid as invalid:
        errors.extend(invalid.errors)
        return None

"""Answers to a quote, an order or a delivery note."""

from collections.abc import Callable, Collection, Sequence
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
class AnswerFields:
    """The fields of an answer as they were sent, unread."""

    decision: str = ""
    name: str = ""
    quality: str = ""
    reason: str = ""
    until: str = ""
    options: Sequence[str] = ()


@dataclass(frozen=True)
class Decision:
    """What was answered, cleaned: `until` only for a hold, `quality` and `options` (line ids) only to accept."""

    answer: Answer
    name: str
    reason: str = ""
    until: date | None = None
    quality: str = ""
    options: tuple[str, ...] = ()


def read_decision(fields: AnswerFields, *, today: date, options: Collection[str] = ()) -> Decision:
    """The answer a form brings; `options` are the ids of the lines that may be chosen, in their order.

    Fields an answer does not use are ignored. Raises Invalid naming every field at fault at once.
    """
    errors: list[FieldError] = []
    chosen = Answer(fields.decision) if fields.decision in Answer.__members__.values() else None
    if chosen is None:
        errors.append(FieldError("decision", "Choisissez : accepter, refuser ou mettre en attente."))
    name = _collect(
        errors, lambda: text.clean_line(fields.name, field="name", limit=text.NAME, required=True)
    )
    reason = _collect(errors, lambda: text.clean(fields.reason, field="reason", limit=MAX_REASON))
    day = quality = picked = None
    if chosen is Answer.HOLD:
        day = _collect(errors, lambda: _read_until(fields.until, today))
    if chosen is Answer.ACCEPT:
        quality = _collect(errors, lambda: text.clean_line(fields.quality, field="quality", limit=text.NAME))
        picked = _collect(errors, lambda: _read_options(fields.options, options))
    if errors or chosen is None:
        raise Invalid(errors)
    return Decision(chosen, name or "", reason or "", day, quality or "", picked or ())


def _read_until(until: str, today: date) -> date | None:
    """A hold may last beyond the quote's validity; it may not end in the past."""
    if not until.strip():
        return None
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        raise Invalid.one("until", "Cette date n’est pas lisible, par exemple « 2026-12-24 ».") from None
    if day < today:
        raise Invalid.one("until", "Cette date est déjà passée.")
    return day


def _read_options(wanted: Sequence[str], options: Collection[str]) -> tuple[str, ...]:
    if set(wanted) - set(options):
        raise Invalid.one("option", "Cette option n’est pas proposée dans ce document.")
    return tuple(option for option in options if option in wanted)


def _collect(errors: list[FieldError], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except Invalid as invalid:
        errors.extend(invalid.errors)
        return None

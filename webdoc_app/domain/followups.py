"""Following up: which reminder of a document comes next, when, or why none does.

What asks for an answer is followed up until it is answered, a bill until it is paid. Days are civil days in Europe/Paris, moments
UTC. What a reminder says stands in `followup_words`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.lifecycle import State, is_expired

PARIS = ZoneInfo("Europe/Paris")
OPENS, CLOSES = time(8), time(18)
"""Hours reminders leave at, Paris time."""
QUIET_DAYS = 3
"""No reminder sooner than this after the last exchange: a message, a payment, another reminder."""

IsHoliday = Callable[[date], bool]


class Scenario(StrEnum):
    SENT_UNOPENED = "sent_unopened"
    OPENED_UNANSWERED = "opened_unanswered"
    ON_HOLD = "on_hold"
    EXPIRING = "expiring"
    ORDER_UNANSWERED = "order_unanswered"
    DELIVERY_UNANSWERED = "delivery_unanswered"
    BEFORE_DUE = "before_due"
    DUE = "due"
    LATE_1 = "late_1"
    LATE_2 = "late_2"
    LATE_3 = "late_3"
    UNDATED = "undated"  # a bill without a due date


OF_QUOTES = (Scenario.SENT_UNOPENED, Scenario.OPENED_UNANSWERED, Scenario.ON_HOLD, Scenario.EXPIRING)
OF_CONFIRMATIONS = (Scenario.ORDER_UNANSWERED, Scenario.DELIVERY_UNANSWERED)
OF_BILLS = (
    Scenario.BEFORE_DUE,
    Scenario.DUE,
    Scenario.LATE_1,
    Scenario.LATE_2,
    Scenario.LATE_3,
    Scenario.UNDATED,
)
LATE = (Scenario.LATE_1, Scenario.LATE_2, Scenario.LATE_3)
AHEAD = frozenset({Scenario.EXPIRING, Scenario.BEFORE_DUE})
"""These come before their day: the delay counts backwards, and off a holiday too."""

USUAL_DELAYS: dict[Scenario, int] = {
    Scenario.SENT_UNOPENED: 3,
    Scenario.OPENED_UNANSWERED: 3,
    Scenario.ON_HOLD: 3,
    Scenario.EXPIRING: 3,
    Scenario.ORDER_UNANSWERED: 3,
    Scenario.DELIVERY_UNANSWERED: 3,
    Scenario.BEFORE_DUE: 5,
    Scenario.DUE: 0,
    Scenario.LATE_1: 7,
    Scenario.LATE_2: 15,
    Scenario.LATE_3: 30,
    Scenario.UNDATED: 30,  # what the law gives where nothing was agreed: Code de commerce, L441-10
}
LEAST_DELAYS: dict[Scenario, int] = dict.fromkeys(Scenario, 1) | {Scenario.DUE: 0}
"""On the very day a hold ends, both sides are told anyway."""
MOST_DAYS = 365


class Why(StrEnum):
    """Why no reminder is planned."""

    NO_SCENARIO = "no_scenario"  # of this kind of document
    NOT_SENT = "not_sent"
    ANSWERED = "answered"
    PAID = "paid"
    PAYING = "paying"  # a bank is confirming what remains
    EXPIRED = "expired"
    ON_HOLD = "on_hold"
    CONVERSATION = "conversation"  # the client's last message waits for a reply
    PAUSED = "paused"
    DISABLED = "disabled"
    NO_ADDRESS = "no_address"  # or its link is closed
    UNSUBSCRIBED = "unsubscribed"  # whoever would read it wants no more of them
    BAD_ADDRESS = "bad_address"  # the last mail never got through
    ALL_DONE = "all_done"


@dataclass(frozen=True)
class Rule:
    """A scenario as a company set it. What fell before the day of `since` (UTC) is not made up for."""

    enabled: bool = False
    delay_days: int = 0
    working_days: bool = True
    since: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """All of a document that reminders depend on; moments UTC, `due_minor` what remains to be paid,
    `paying_minor` what of it a bank is confirming.

    `version_at` is when the version in force was issued, `touched_at` when the document or its answer last
    changed. `done` holds (scenario, occurrence) of what was sent or skipped, `sent` what was sent.
    """

    kind: Kind
    state: State
    version: int = 1
    version_at: datetime | None = None
    sent_at: datetime | None = None
    opened_at: datetime | None = None
    last_visit_at: datetime | None = None
    touched_at: datetime | None = None
    valid_until: date | None = None
    due_date: date | None = None
    due_minor: int = 0
    paying_minor: int = 0
    became: str = ""
    held_until: date | None = None
    last_message_at: datetime | None = None
    last_message_by_client: bool = False
    last_reminder_at: datetime | None = None
    paused: bool = False
    has_address: bool = True
    unsubscribed: bool = False
    bad_address: bool = False
    tracked: bool = True
    done: frozenset[tuple[str, str]] = frozenset()
    sent: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Planned:
    """The next reminder. `late` are those it stands for: older, never sent, to be marked as skipped."""

    scenario: Scenario
    occurrence: str
    moment: datetime
    late: tuple[tuple[Scenario, str], ...] = ()


@dataclass(frozen=True)
class Quiet:
    why: Why


@dataclass(frozen=True)
class _Candidate:
    scenario: Scenario
    occurrence: str
    day: date
    moment: datetime


def paris_day(moment: datetime) -> date:
    return moment.astimezone(PARIS).date()


def scenarios_of(kind: Kind) -> tuple[Scenario, ...]:
    return _SCENARIOS.get(kind, ())


_SCENARIOS: dict[Kind, tuple[Scenario, ...]] = {
    Kind.QUOTE: OF_QUOTES,
    Kind.ORDER: (Scenario.ORDER_UNANSWERED,),
    Kind.DELIVERY: (Scenario.DELIVERY_UNANSWERED,),
    **dict.fromkeys(BILLS, OF_BILLS),
}


def next_followup(
    facts: Facts, rules: Mapping[Scenario, Rule], now: datetime, is_holiday: IsHoliday
) -> Planned | Quiet:
    """The reminder that comes next and when, or why none does.

    Of several whose day has come - nothing ran for a while - only the newest counts, the others are `late`.
    """
    if why := _stopped(facts, paris_day(now)):
        return Quiet(why)
    if facts.paused:
        return Quiet(Why.PAUSED)
    on = {s: rules[s] for s in scenarios_of(facts.kind) if rules[s].enabled}
    if not on:
        return Quiet(Why.DISABLED)
    candidates = [c for s, rule in on.items() if (c := _candidate(facts, s, rule, now, is_holiday))]
    if not candidates:
        return Quiet(Why.ON_HOLD if _held(facts, paris_day(now)) else Why.ALL_DONE)
    first = min(c.moment for c in candidates)
    come = [c for c in candidates if c.moment <= max(first, now)]
    newest = max(come, key=lambda c: (c.day, list(Scenario).index(c.scenario)))
    late = tuple((c.scenario, c.occurrence) for c in come if c is not newest)
    return Planned(newest.scenario, newest.occurrence, newest.moment, late)


def may_remind_by_hand(facts: Facts, today: date) -> Why | None:
    """Why a person may not send one now. A hold, a pause, a conversation, a bad address are theirs to judge."""
    why = _stopped(facts, today)
    return None if why in (Why.CONVERSATION, Why.BAD_ADDRESS) else why


def fitting(facts: Facts, today: date, rules: Mapping[Scenario, Rule]) -> Scenario:
    """What a reminder sent now by hand should say."""
    if facts.kind in BILLS:
        return _fitting_bill(facts, today)
    if facts.kind is not Kind.QUOTE:
        return scenarios_of(facts.kind)[0]
    if facts.state is State.ON_HOLD and facts.held_until and facts.held_until <= today:
        return Scenario.ON_HOLD
    left = (facts.valid_until - today).days if facts.valid_until else MOST_DAYS
    if left <= rules[Scenario.EXPIRING].delay_days:
        return Scenario.EXPIRING
    return Scenario.OPENED_UNANSWERED if opened_at(facts) else Scenario.SENT_UNOPENED


def _fitting_bill(facts: Facts, today: date) -> Scenario:
    if facts.due_date is None:
        return Scenario.UNDATED
    if facts.due_date > today:
        return Scenario.BEFORE_DUE
    if facts.due_date == today:
        return Scenario.DUE
    sent = {scenario for scenario, _ in facts.sent}
    return next((scenario for scenario in LATE if scenario.value not in sent), Scenario.LATE_3)


def occurrence_of(facts: Facts, scenario: Scenario) -> str:
    """What a reminder is sent once for: a version, the day of a hold, the due date of a bill (or its having none)."""
    if scenario in OF_BILLS:
        return facts.due_date.isoformat() if facts.due_date else ""
    version = f"v{facts.version}"
    if scenario is Scenario.ON_HOLD and facts.held_until:
        return f"{version} {facts.held_until.isoformat()}"
    return version


def opened_at(facts: Facts) -> datetime | None:
    """The client's last opening of the version in force. Where nobody keeps openings, sending it counts as one."""
    if not facts.tracked:
        return facts.sent_at
    last = _latest(facts.opened_at, facts.last_visit_at)
    return last if last and (facts.version_at is None or last >= facts.version_at) else None


def _stopped(facts: Facts, today: date) -> Why | None:
    """What ends reminders of a document by itself."""
    reasons = (
        (Why.NO_SCENARIO, not scenarios_of(facts.kind)),
        (Why.NOT_SENT, facts.state is State.DRAFT),
        (Why.ANSWERED, facts.state not in (State.ISSUED, State.SENT, State.ON_HOLD)),
        (Why.ANSWERED, facts.kind not in BILLS and bool(facts.became)),
        (Why.PAID, facts.kind in BILLS and facts.due_minor <= 0),
        (Why.PAYING, facts.kind in BILLS and facts.due_minor <= facts.paying_minor),
        (Why.EXPIRED, is_expired(facts.kind, facts.state, facts.valid_until, today)),
        (Why.NOT_SENT, facts.sent_at is None and facts.opened_at is None),
        (Why.NO_ADDRESS, not facts.has_address),
        (Why.UNSUBSCRIBED, facts.unsubscribed),
        (Why.CONVERSATION, facts.last_message_by_client),
        (Why.BAD_ADDRESS, facts.bad_address),
    )
    return next((why for why, holds in reasons if holds), None)


def _held(facts: Facts, today: date) -> bool:
    """On hold, and its day (or any day) has not passed."""
    return facts.state is State.ON_HOLD and (facts.held_until is None or facts.held_until >= today)


def _candidate(
    facts: Facts, scenario: Scenario, rule: Rule, now: datetime, is_holiday: IsHoliday
) -> _Candidate | None:
    occurrence = occurrence_of(facts, scenario)
    anchor = _anchor(facts, scenario)
    if anchor is None or (scenario.value, occurrence) in facts.done or _overtaken(facts, scenario):
        return None
    ahead = scenario in AHEAD
    step = -rule.delay_days if ahead else rule.delay_days
    day = _allowed(anchor + timedelta(days=step), rule, is_holiday, backwards=ahead)
    if rule.since and day < paris_day(rule.since):
        return None
    moment = _moment(max(day, _quiet_until(facts) or day), rule, now, is_holiday)
    last_day = _last_day(facts, scenario)
    going = paris_day(moment)
    if last_day and going > last_day:
        return None
    if facts.state is State.ON_HOLD and (facts.held_until is None or going <= facts.held_until):
        return None
    return _Candidate(scenario, occurrence, day, moment)


def _anchor(facts: Facts, scenario: Scenario) -> date | None:
    """The day a scenario counts from; None where it does not concern the document as it stands."""
    if scenario in OF_BILLS:
        return _bill_anchor(facts, scenario)
    if scenario is Scenario.EXPIRING:
        return facts.valid_until
    if scenario in OF_CONFIRMATIONS:
        return _day_of(facts.sent_at, opened_at(facts), facts.last_message_at)
    if (facts.state is State.ON_HOLD) != (scenario is Scenario.ON_HOLD):
        return None
    if scenario is Scenario.ON_HOLD:
        return facts.held_until
    opened = opened_at(facts)
    if (opened is not None) != (scenario is Scenario.OPENED_UNANSWERED):
        return None
    since = opened or _latest(facts.sent_at, facts.version_at)
    return _day_of(since, facts.last_message_at)


def _bill_anchor(facts: Facts, scenario: Scenario) -> date | None:
    if (facts.due_date is None) != (scenario is Scenario.UNDATED):
        return None
    if facts.due_date is None:
        return _day_of(facts.sent_at or facts.opened_at)
    if scenario not in LATE:
        return facts.due_date
    # Who gets a bill after its due date is late from then on only.
    return max(facts.due_date, paris_day(facts.sent_at) if facts.sent_at else facts.due_date)


def _overtaken(facts: Facts, scenario: Scenario) -> bool:
    """A bill's later reminder has been sent: an earlier one would sound odd now."""
    sent = {name for name, _ in facts.sent}
    if scenario not in OF_BILLS:
        return False
    return any(later.value in sent for later in OF_BILLS[OF_BILLS.index(scenario) + 1 :])


def _last_day(facts: Facts, scenario: Scenario) -> date | None:
    if scenario is Scenario.BEFORE_DUE:
        return facts.due_date - timedelta(days=1) if facts.due_date else None
    return facts.valid_until if scenario in OF_QUOTES else None


def _quiet_until(facts: Facts) -> date | None:
    """The first day after the last exchange; sending the document itself is none."""
    touched = facts.touched_at
    if touched and facts.sent_at and touched <= facts.sent_at:
        touched = None
    last = _day_of(facts.last_message_at, facts.last_reminder_at, touched)
    return last + timedelta(days=QUIET_DAYS) if last else None


def _moment(day: date, rule: Rule, now: datetime, is_holiday: IsHoliday) -> datetime:
    """When it leaves, UTC: the first moment from that day and from now on that reminders may leave at."""
    local = now.astimezone(PARIS)
    earliest = local.date() + timedelta(days=local.time() >= CLOSES)
    going = _allowed(max(day, earliest), rule, is_holiday)
    return max(datetime.combine(going, OPENS, PARIS).astimezone(UTC), now)


def _allowed(day: date, rule: Rule, is_holiday: IsHoliday, *, backwards: bool = False) -> date:
    """The day itself, or the nearest working day after it (before it, `backwards`)."""
    while rule.working_days and (day.weekday() >= 5 or is_holiday(day)):
        day += timedelta(days=-1 if backwards else 1)
    return day


def _day_of(*moments: datetime | None) -> date | None:
    """The day in Paris of the latest of them."""
    latest = _latest(*moments)
    return paris_day(latest) if latest else None


def _latest(*moments: datetime | None) -> datetime | None:
    return max(_known(moments), default=None)


def _known(moments: Iterable[datetime | None]) -> Iterable[datetime]:
    return (moment for moment in moments if moment is not None)

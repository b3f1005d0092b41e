"""Which reminder comes next and when, with time travelled: month ends, daylight saving, holidays, a leap day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.followup_words import LABELS, USUAL_WORDING, insist_variables, variables_of
from webdoc_app.domain.followups import (
    OF_BILLS,
    OF_CONFIRMATIONS,
    OF_QUOTES,
    USUAL_DELAYS,
    Facts,
    Planned,
    Quiet,
    Rule,
    Scenario,
    Why,
    fitting,
    may_remind_by_hand,
    next_followup,
)
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.placeholders import fill
from webdoc_app.integrations.calendar import is_holiday

PARIS = ZoneInfo("Europe/Paris")
ALL = {s: Rule(True, USUAL_DELAYS[s]) for s in Scenario}
ANY_DAY = {s: replace(rule, working_days=False) for s, rule in ALL.items()}
OFF = dict.fromkeys(Scenario, Rule())


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)  # type: ignore[arg-type]


def quote(at: datetime, **changes: object) -> Facts:
    facts = Facts(Kind.QUOTE, State.SENT, version_at=at, sent_at=at, touched_at=at)
    return replace(facts, **changes)  # type: ignore[arg-type]


def bill(due: date, **changes: object) -> Facts:
    sent = datetime.combine(due, datetime.min.time(), UTC) - timedelta(days=30)
    facts = Facts(Kind.INVOICE, State.SENT, sent_at=sent, touched_at=sent, due_date=due, due_minor=12_000)
    return replace(facts, **changes)  # type: ignore[arg-type]


def plan(facts: Facts, now: datetime, rules: dict[Scenario, Rule] = ALL) -> Planned | Quiet:
    return next_followup(facts, rules, now, is_holiday)


def only(*scenarios: Scenario, working_days: bool = True) -> dict[Scenario, Rule]:
    return OFF | {s: Rule(True, USUAL_DELAYS[s], working_days) for s in scenarios}


def day_and_time(planned: Planned | Quiet) -> tuple[str, str]:
    assert isinstance(planned, Planned), planned
    return planned.scenario.value, planned.moment.astimezone(PARIS).isoformat(timespec="minutes")


TUESDAY = paris(2026, 11, 24, 10)


def test_a_quote_sent_and_not_opened_is_recalled_after_its_delay() -> None:
    assert day_and_time(plan(quote(TUESDAY), TUESDAY)) == ("sent_unopened", "2026-11-27T08:00+01:00")


def test_opened_it_is_recalled_so_many_days_after_the_last_visit() -> None:
    facts = quote(TUESDAY, opened_at=TUESDAY, last_visit_at=paris(2026, 11, 25, 23, 59))
    assert day_and_time(plan(facts, TUESDAY)) == ("opened_unanswered", "2026-11-30T08:00+01:00")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        # 23:59 and 00:01 in Paris are two days; in UTC both are the 10th.
        ((2026, 6, 10, 23, 59), "2026-06-13T08:00+02:00"),
        ((2026, 6, 11, 0, 1), "2026-06-14T08:00+02:00"),
        # Over the nights the clock changes, 8 o'clock stays 8 o'clock.
        ((2026, 3, 26, 10), "2026-03-29T08:00+02:00"),
        ((2026, 10, 22, 10), "2026-10-25T08:00+01:00"),
        # Month ends, and a February with 29 days.
        ((2027, 1, 30, 10), "2027-02-02T08:00+01:00"),
        ((2028, 2, 26, 10), "2028-02-29T08:00+01:00"),
        ((2027, 2, 26, 10), "2027-03-01T08:00+01:00"),
        ((2026, 12, 29, 10), "2027-01-01T08:00+01:00"),
    ],
)
def test_days_are_counted_in_paris(sent: tuple[int, ...], expected: str) -> None:
    moment = paris(*sent)
    assert day_and_time(plan(quote(moment), moment, ANY_DAY)) == ("sent_unopened", expected)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((2026, 11, 26), "2026-11-30"),  # Sunday -> Monday
        ((2026, 12, 22), "2026-12-28"),  # Christmas on a Friday -> Monday
        ((2026, 4, 3), "2026-04-07"),  # Easter Monday
        ((2026, 4, 28), "2026-05-04"),  # 1 May, a Friday
        ((2026, 5, 5), "2026-05-11"),  # 8 May, a Friday
        ((2026, 5, 11), "2026-05-15"),  # Ascension day
        ((2026, 5, 22), "2026-05-26"),  # Whit Monday
        ((2026, 11, 8), "2026-11-12"),  # 11 November, a Wednesday
        ((2026, 12, 29), "2027-01-04"),  # New Year on a Friday
    ],
)
def test_weekends_and_holidays_are_let_pass(sent: tuple[int, ...], expected: str) -> None:
    moment = paris(*sent, 10)
    planned = plan(quote(moment), moment, only(Scenario.SENT_UNOPENED))
    assert day_and_time(planned)[1].startswith(expected)


def test_what_comes_before_a_day_moves_to_the_working_day_before() -> None:
    rules = only(Scenario.EXPIRING, Scenario.BEFORE_DUE)
    facts = quote(paris(2026, 10, 1, 10), valid_until=date(2026, 11, 14))  # 3 days before: 11 November
    assert day_and_time(plan(facts, paris(2026, 10, 2, 9), rules)) == ("expiring", "2026-11-10T08:00+01:00")
    facts = bill(date(2026, 5, 6))  # 5 days before: 1 May, a Friday
    assert day_and_time(plan(facts, paris(2026, 4, 20, 9), rules)) == ("before_due", "2026-04-30T08:00+02:00")


def test_before_a_day_that_has_come_there_is_no_before() -> None:
    rules = only(Scenario.BEFORE_DUE, Scenario.EXPIRING)
    assert plan(bill(date(2026, 5, 6)), paris(2026, 5, 5, 17, 59), rules) == Planned(
        Scenario.BEFORE_DUE, "2026-05-06", paris(2026, 5, 5, 17, 59)
    )
    assert plan(bill(date(2026, 5, 6)), paris(2026, 5, 5, 18), rules) == Quiet(Why.ALL_DONE)
    facts = quote(TUESDAY, valid_until=date(2026, 11, 30))
    assert isinstance(plan(facts, paris(2026, 11, 30, 17, 59), rules), Planned)
    assert plan(facts, paris(2026, 11, 30, 18), rules) == Quiet(Why.ALL_DONE)
    assert plan(facts, paris(2026, 12, 1, 0, 0), rules) == Quiet(Why.EXPIRED)


def test_reminders_leave_between_8_and_18_o_clock() -> None:
    facts, friday = quote(TUESDAY), "2026-11-27"
    for now, expected in (
        (paris(2026, 11, 27, 0, 0), f"{friday}T08:00+01:00"),
        (paris(2026, 11, 27, 7, 59), f"{friday}T08:00+01:00"),
        (paris(2026, 11, 27, 17, 59), f"{friday}T17:59+01:00"),
        (paris(2026, 11, 27, 18, 0), "2026-11-30T08:00+01:00"),
        (paris(2026, 11, 28, 12, 0), "2026-11-30T08:00+01:00"),
    ):
        assert day_and_time(plan(facts, now)) == ("sent_unopened", expected)


def test_a_bill_goes_through_its_reminders_each_once() -> None:
    facts, sent = bill(date(2026, 3, 31)), []
    now = paris(2026, 3, 1, 9)
    while isinstance(found := plan(facts, now, ANY_DAY), Planned):
        now = max(found.moment, now)
        assert found.late == ()
        sent.append(f"{found.scenario} {now.astimezone(PARIS):%d/%m %H:%M}")
        key = (found.scenario.value, found.occurrence)
        facts = replace(facts, done=facts.done | {key}, sent=facts.sent | {key}, last_reminder_at=now)
    assert found == Quiet(Why.ALL_DONE)
    assert sent == [
        "before_due 26/03 08:00",
        "due 31/03 08:00",
        "late_1 07/04 08:00",
        "late_2 15/04 08:00",
        "late_3 30/04 08:00",
    ]


def test_after_three_weeks_of_silence_the_newest_stands_for_all() -> None:
    facts = bill(date(2026, 3, 31))
    found = plan(facts, paris(2026, 4, 16, 9), ANY_DAY)
    assert isinstance(found, Planned)
    assert found.scenario is Scenario.LATE_2
    assert {scenario for scenario, _ in found.late} == {Scenario.DUE, Scenario.LATE_1}
    # At night the same is planned for the morning, and the same ones are passed over.
    found = plan(facts, paris(2026, 4, 16, 22), ANY_DAY)
    assert isinstance(found, Planned)
    assert (found.scenario, len(found.late)) == (Scenario.LATE_2, 2)


def test_a_bill_sent_after_its_due_date_is_late_from_then_on() -> None:
    facts = bill(date(2026, 3, 31), sent_at=paris(2026, 11, 2, 10), touched_at=paris(2026, 11, 2, 10))
    found = plan(facts, paris(2026, 11, 2, 11), only(*OF_BILLS[2:], working_days=False))
    assert day_and_time(found) == ("late_1", "2026-11-09T08:00+01:00")


def test_what_fell_before_a_rule_was_switched_on_is_let_be() -> None:
    rules = {s: replace(rule, since=paris(2026, 4, 20, 10), working_days=False) for s, rule in ALL.items()}
    assert day_and_time(plan(bill(date(2026, 3, 31)), paris(2026, 4, 20, 10), rules)) == (
        "late_3",
        "2026-04-30T08:00+02:00",
    )


STOPS = {
    "accepted": (quote(TUESDAY, state=State.ACCEPTED), Why.ANSWERED),
    "refused": (quote(TUESDAY, state=State.REFUSED), Why.ANSWERED),
    "closed": (quote(TUESDAY, state=State.CLOSED), Why.ANSWERED),
    "invoiced": (quote(TUESDAY, became="invoiced"), Why.ANSWERED),
    "expired": (quote(TUESDAY, valid_until=date(2026, 11, 30)), Why.EXPIRED),
    "paid": (bill(date(2026, 11, 20), due_minor=0), Why.PAID),
    "being paid": (bill(date(2026, 11, 20), paying_minor=12_000), Why.PAYING),
    "overpaid": (bill(date(2026, 11, 20), due_minor=-1), Why.PAID),
    "an order that was delivered": (quote(TUESDAY, kind=Kind.ORDER, became="delivered"), Why.ANSWERED),
    "a delivery confirmed": (quote(TUESDAY, kind=Kind.DELIVERY, state=State.ACCEPTED), Why.ANSWERED),
    "a credit note": (quote(TUESDAY, kind=Kind.CREDIT), Why.NO_SCENARIO),
    "a draft": (quote(TUESDAY, state=State.DRAFT), Why.NOT_SENT),
    "never sent": (quote(TUESDAY, sent_at=None, state=State.ISSUED), Why.NOT_SENT),
    "no address": (quote(TUESDAY, has_address=False), Why.NO_ADDRESS),
    "open conversation": (quote(TUESDAY, last_message_by_client=True), Why.CONVERSATION),
    "bad address": (quote(TUESDAY, bad_address=True), Why.BAD_ADDRESS),
    "paused": (quote(TUESDAY, paused=True), Why.PAUSED),
    "on hold without a day": (quote(TUESDAY, state=State.ON_HOLD), Why.ON_HOLD),
}


@pytest.mark.parametrize("name", STOPS)
def test_it_stops_by_itself_and_says_why(name: str) -> None:
    facts, why = STOPS[name]
    assert plan(facts, paris(2026, 12, 1, 10)) == Quiet(why)


def test_switched_off_it_says_so() -> None:
    assert plan(quote(TUESDAY), TUESDAY, OFF) == Quiet(Why.DISABLED)
    assert plan(quote(TUESDAY), TUESDAY, only(Scenario.LATE_1)) == Quiet(Why.DISABLED)


def test_a_hold_silences_until_its_day_then_asks_once() -> None:
    facts = quote(
        TUESDAY,
        state=State.ON_HOLD,
        opened_at=TUESDAY,
        touched_at=TUESDAY,
        held_until=date(2027, 1, 29),
        valid_until=date(2027, 1, 15),
    )
    # The quote expires before the hold ends: nothing is said inside the hold.
    assert plan(facts, paris(2026, 12, 1, 10), only(Scenario.EXPIRING)) == Quiet(Why.ON_HOLD)
    facts = replace(facts, valid_until=date(2027, 3, 31))
    found = plan(facts, paris(2026, 12, 1, 10))
    assert day_and_time(found) == ("on_hold", "2027-02-01T08:00+01:00")
    assert isinstance(found, Planned)
    assert found.occurrence == "v1 2027-01-29"
    done = replace(facts, done=frozenset({("on_hold", found.occurrence)}))
    assert day_and_time(plan(done, paris(2027, 2, 1, 8))) == ("expiring", "2027-03-26T08:00+01:00")


def test_after_an_exchange_nothing_leaves_for_three_days() -> None:
    late = bill(date(2026, 11, 2))
    monday = paris(2026, 11, 9, 10)
    assert day_and_time(plan(late, monday, ANY_DAY)) == ("late_1", "2026-11-09T10:00+01:00")
    for change in ("last_message_at", "last_reminder_at", "touched_at"):
        found = plan(replace(late, **{change: paris(2026, 11, 8, 18)}), monday, ANY_DAY)  # type: ignore[arg-type]
        assert day_and_time(found) == ("late_1", "2026-11-11T08:00+01:00"), change


def test_a_new_version_is_followed_up_anew() -> None:
    done = frozenset({("opened_unanswered", "v1")})
    opened = paris(2026, 11, 25, 9)
    facts = quote(TUESDAY, opened_at=opened, last_visit_at=opened, done=done, sent=done)
    assert plan(facts, paris(2026, 12, 1, 10)) == Quiet(Why.ALL_DONE)
    revised = paris(2026, 12, 1, 11)
    facts = replace(facts, version=2, version_at=revised, touched_at=revised)
    found = plan(facts, revised)
    assert day_and_time(found) == ("sent_unopened", "2026-12-04T08:00+01:00")
    assert isinstance(found, Planned)
    assert found.occurrence == "v2"


def test_without_kept_openings_a_sent_quote_is_asked_about_plainly() -> None:
    found = plan(quote(TUESDAY, tracked=False), TUESDAY)
    assert day_and_time(found) == ("opened_unanswered", "2026-11-27T08:00+01:00")


@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.DELIVERY])
def test_orders_and_deliveries_wait_for_one_answer_opened_or_not(kind: Kind) -> None:
    scenario = f"{kind.value}_unanswered"
    facts = quote(TUESDAY, kind=kind)
    assert day_and_time(plan(facts, TUESDAY)) == (scenario, "2026-11-27T08:00+01:00")
    opened = paris(2026, 11, 26, 9)
    facts = replace(facts, opened_at=opened, last_visit_at=opened)
    assert day_and_time(plan(facts, opened)) == (scenario, "2026-11-30T08:00+01:00")
    done = replace(facts, done=frozenset({(scenario, "v1")}))
    assert plan(done, paris(2026, 12, 1, 10)) == Quiet(Why.ALL_DONE)
    assert plan(facts, opened, only(*OF_QUOTES)) == Quiet(Why.DISABLED)


def test_a_bill_without_a_due_date_is_asked_about_once_after_it_was_sent() -> None:
    facts = bill(date(2026, 11, 20), due_date=None, sent_at=TUESDAY, touched_at=TUESDAY)
    found = plan(facts, TUESDAY)
    assert day_and_time(found) == ("undated", "2026-12-24T08:00+01:00")
    done = frozenset({("undated", "")})
    assert plan(replace(facts, done=done, sent=done), paris(2027, 3, 1, 9)) == Quiet(Why.ALL_DONE)
    assert plan(facts, TUESDAY, OFF | {s: ALL[s] for s in OF_BILLS[:-1]}) == Quiet(Why.ALL_DONE)
    assert plan(bill(date(2026, 11, 20)), TUESDAY, only(Scenario.UNDATED)) == Quiet(Why.ALL_DONE)


def test_by_hand_the_words_fit_the_moment() -> None:
    today = date(2026, 11, 24)
    due = bill(today)
    cases = {
        Scenario.SENT_UNOPENED: quote(TUESDAY),
        Scenario.OPENED_UNANSWERED: quote(TUESDAY, opened_at=TUESDAY),
        Scenario.EXPIRING: quote(TUESDAY, valid_until=date(2026, 11, 27)),
        Scenario.ON_HOLD: quote(TUESDAY, state=State.ON_HOLD, held_until=today),
        Scenario.BEFORE_DUE: bill(date(2026, 11, 25)),
        Scenario.DUE: due,
        Scenario.UNDATED: bill(today, due_date=None),
        Scenario.ORDER_UNANSWERED: quote(TUESDAY, kind=Kind.ORDER, opened_at=TUESDAY),
        Scenario.DELIVERY_UNANSWERED: quote(TUESDAY, kind=Kind.DELIVERY),
        Scenario.LATE_1: bill(date(2026, 9, 1)),
        Scenario.LATE_2: bill(date(2026, 9, 1), sent=frozenset({("late_1", "2026-09-01")})),
    }
    assert {expected: fitting(facts, today, ALL) for expected, facts in cases.items()} == {
        s: s for s in cases
    }
    assert may_remind_by_hand(quote(TUESDAY, last_message_by_client=True, paused=True), today) is None
    assert may_remind_by_hand(replace(due, due_minor=0), today) is Why.PAID


def test_wordings_use_known_variables_only() -> None:
    assert set(LABELS) == set(USUAL_WORDING) == set(USUAL_DELAYS) == set(Scenario)
    assert {*OF_QUOTES, *OF_CONFIRMATIONS, *OF_BILLS} == set(Scenario)
    for scenario, words in USUAL_WORDING.items():
        for part in (words.subject, words.body):
            insist_variables(part, scenario, field="body_fr")
            values = dict.fromkeys(variables_of(scenario), "x")
            assert "%" not in fill(part, values)
    assert insist_variables("30 % d’acompte", Scenario.DUE, field="x") == "30 % d’acompte"
    assert fill("30 % de %(amount)s", {"amount": "100 €"}) == "30 % de 100 €"
    for wrong in ("%(nom)s", "%(number)", "%(number", "%(due)s", "%()s"):
        with pytest.raises(Invalid) as refused:
            insist_variables(f"Bonjour {wrong}", Scenario.SENT_UNOPENED, field="body_fr")
        assert refused.value.errors[0].field == "body_fr"

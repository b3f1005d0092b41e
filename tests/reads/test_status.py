"""The word a list filters by is the word a page shows, for every combination of facts, on either database."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select
from sqlmodel import SQLModel, col

from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.lifecycle import BECOMES, Facts, State, shown_status
from webdoc_app.models import Company, Customer, Document
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.status import LABELS, shown_status_of, status_clause

TODAY = date(2026, 11, 24)
MOMENT = parse_time("2026-11-24T08:00:00.000000Z")
DAYS = [None, TODAY - timedelta(1), TODAY, TODAY + timedelta(1)]
WORDS = ["", *BECOMES.values()]
OPENED = [None, MOMENT]


def every_combination() -> Iterator[dict[str, Any]]:
    """Around answers, and around money; of what the other kind of document never has, one value each."""
    others = [kind for kind in Kind if kind not in BILLS]
    for kind, state, became, opened, valid_until in product(others, State, WORDS, OPENED, DAYS):
        for paid, credited in product((0, 50), (0, 100)):
            yield _row(kind, state, became, opened, valid_until=valid_until, paid=paid, credited=credited)
    money = product((100, 0, -100), (0, 100), (0, 50, 100), (0, 50, 100), (0, 50, 100, 150))
    for (gross, rounding, prepaid, paid, credited), kind, due_date in product(money, BILLS, DAYS):
        for state, opened in ((State.ISSUED, None), (State.SENT, MOMENT), (State.DRAFT, None)):
            yield _row(
                kind, state, "", opened, due_date=due_date,
                gross=gross, rounding=rounding, prepaid=prepaid, paid=paid, credited=credited,
            )  # fmt: skip
    for kind, due_date, *money in product(
        BILLS, DAYS, (0, 60, 100, 140), (0, 100), (0, 40), (0, 60), (0, 60)
    ):
        paid, credited, refunded, processing, disputed = money
        yield _row(
            kind, State.SENT, "", None, due_date=due_date, paid=paid, credited=credited,
            refunded=refunded, processing=processing, disputed=disputed,
        )  # fmt: skip
    for kind, state, became, opened, paid in product(BILLS, State, WORDS, OPENED, (0, 40, 100)):
        yield _row(kind, state, became, opened, valid_until=DAYS[1], due_date=DAYS[1], paid=paid)


def _row(kind: Kind, state: State, became: str, opened: Any, **facts: Any) -> dict[str, Any]:
    names = ("rounding", "prepaid", "paid", "credited", "refunded", "processing", "disputed")
    amounts = {f"{name}_minor": facts.get(name, 0) for name in names}
    return {
        "kind": kind.value,
        "state": state.value,
        "became": became,
        "opened_at": opened,
        "valid_until": facts.get("valid_until"),
        "due_date": facts.get("due_date"),
        "gross_minor": facts.get("gross", 100),
        **amounts,
    }


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    SQLModel.metadata.create_all(engine)
    with engine.connect() as connected:
        yield connected
    engine.dispose()


def test_lists_filter_by_the_word_that_pages_show(connection: Connection) -> None:
    rows = list(every_combination())
    owner = {
        "company_id": "c",
        "chain_id": "x",
        "customer_id": "k",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
    rows = [row | owner | {"id": str(place)} for place, row in enumerate(rows)]
    connection.execute(insert(Company), [{"id": "c", "name": "A", "created_at": MOMENT}])
    connection.execute(insert(Customer), [{"id": "k", "company_id": "c", "name": "B", "created_at": MOMENT}])
    connection.execute(insert(Document), rows)

    listed: dict[str, str] = {}
    for word in LABELS:
        for (id_,) in connection.execute(select(col(Document.id)).where(status_clause(word, TODAY))):
            assert listed.setdefault(id_, word) == word
    shown = {row["id"]: shown_status_of(Document(**row), TODAY) for row in rows}

    assert [(rows[int(i)], shown[i], listed.get(i)) for i in shown if shown[i] != listed.get(i)] == []
    # Every word has its example.
    assert set(LABELS) == set(shown.values())
    for unknown in ("", "SENT", "sent' OR 1=1 --"):
        assert connection.execute(select(col(Document.id)).where(status_clause(unknown, TODAY))).all() == []


ORDER = [
    "cancelled",
    "closed",
    "credited",
    "disputed",
    "refunded",
    "overpaid",
    "paid",
    "processing",
    "overdue",
    "partially_paid",
    "invoiced",
    "delivered",
    "ordered",
    "accepted",
    "refused",
    "on_hold",
    "expired",
    "viewed",
    "sent",
    "issued",
]


def test_the_first_true_word_of_the_published_order_is_shown() -> None:
    """Each word's own condition, written apart from the code's; the shown one is the first that holds."""
    days = (None, DAYS[1], TODAY)
    facts = [
        Facts(kind, state, TODAY, became, opened, valid_until)
        for kind, state, became, opened, valid_until in product(Kind, State, WORDS, (False, True), days)
    ]
    flags = list(product((False, True), repeat=4))
    bills = product(BILLS, State, (False, True), days, (0, 40, 100, 140), flags)
    facts += [
        Facts(kind, state, TODAY, "", opened, None, due_date, 100 - paid, paid, 0, *flag)
        for kind, state, opened, due_date, paid, flag in bills
    ]
    for each in facts:
        if each.state is State.DRAFT:
            assert shown_status(each) == "draft"
        elif not (each.kind in BILLS and (each.became or each.state not in _BILL_STATES)):
            assert shown_status(each) == next(word for word in ORDER if holds(word, each)), each


_BILL_STATES = {State.ISSUED, State.SENT, State.CANCELLED, State.CLOSED}


def holds(word: str, facts: Facts) -> bool:
    bill = facts.kind in BILLS
    answer = facts.kind in ANSWERABLE or facts.kind is Kind.CREDIT
    undecided = facts.state in (State.ISSUED, State.SENT)
    late = facts.due_date is not None and facts.due_date < TODAY
    return {
        "credited": bill and facts.credited,
        "disputed": bill and facts.disputed,
        "refunded": bill and facts.refunded,
        "overpaid": bill and facts.due < 0,
        "paid": bill and facts.paid > 0 and facts.due == 0,
        "processing": bill and facts.processing,
        "overdue": bill and facts.due > 0 and late,
        "partially_paid": bill and facts.paid > 0,
        "expired": facts.kind is Kind.QUOTE
        and facts.state in (State.ISSUED, State.SENT, State.ON_HOLD)
        and facts.valid_until == DAYS[1],
        "viewed": undecided and facts.opened,
    }.get(word, word == facts.became or (word == facts.state and (answer or word in _BILL_STATES)))

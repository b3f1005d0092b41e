"""Two people and time do anything in any order: what is promised holds after every step."""

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Coroutine, Iterable
from contextlib import closing, suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import col, select

from tests.services.prepared import prepared_database
from webdoc_app.domain.decisions import AnswerFields
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, LinkGone, Refusal
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Document, DocumentLine
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.status import shown_status_of, status_clause
from webdoc_app.services import (
    answers_by_merchant,
    audit,
    chain,
    conversation,
    database,
    decisions,
    documents,
    issuing,
    links,
    payments,
    sending,
    sharing,
    tracking,
)
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import Actor, Runtime, configure, reading

T = TypeVar("T")
ACTOR = Actor("user", "lucas", "Lucas")
PHONE = tracking.Visitor("192.0.2.1", "phone")
ANSWERABLE = {"accept": {"quote", "order", "delivery"}, "hold": {"quote"}}
ANSWERABLE["refuse"] = ANSWERABLE["accept"]
BECOMES = {"accept": "accepted", "refuse": "refused", "hold": "on_hold"}
ANSWERS = {
    "decision.accepted": "accept",
    "decision.refused": "refuse",
    "decision.held": "hold",
    "decision.reopened": "reopen",
}
places = st.integers(0, 1_000)


class Company(RuleBasedStateMachine):
    """One company, its client, and its documents on a real database."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="webdoc-any-order-"))
        self.loop = asyncio.new_event_loop()
        prepared, self.company, self.customer = prepared_database()
        self.path = shutil.copy(prepared, self.folder / "webdoc.sqlite3")
        self.engine = database.async_engine(f"sqlite:///{self.path}")
        self.moment = parse_time("2026-11-24T08:00:00.000000Z")
        configure(Runtime(self.engine, ["k" * 32], "http://localhost:3000", clock=lambda: self.moment))
        self.ids: list[str] = []
        self.frozen: dict[tuple[str, int], str] = {}
        self.seen_by_client: set[str] = set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.engine.dispose())
        self.loop.close()
        configure(None)
        shutil.rmtree(self.folder)

    @initialize(days=st.none() | st.integers(1, 30))
    def begin(self, days: int | None) -> None:
        self.valid_days = days
        self.create(Kind.QUOTE, [Decimal("12.345")], Decimal(30))
        self.issue(0)

    # What the merchant does.

    @rule(
        kind=st.sampled_from(Kind),
        prices=st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=3),
        deposit=st.none() | st.just(Decimal(30)),
    )
    def create(self, kind: Kind, prices: list[Decimal], deposit: Decimal | None) -> None:
        lines = [
            documents.LineInput(f"Ligne {i}", price, Decimal(i + 1), vat_rate=Decimal(20 if i else 10))
            for i, price in enumerate(prices)
        ]
        until = None if self.valid_days is None else paris_day(self.moment) + timedelta(self.valid_days)
        draft = documents.DraftInput(
            kind, self.customer, lines, valid_until=until, due_date=until, deposit_percent=deposit
        )
        self.ids.append(self.run(documents.create_draft(self.company, draft, ACTOR)))

    @rule(place=places)
    def issue(self, place: int) -> None:
        self.allowed(place, ("draft",), issuing.issue_document)

    @rule(place=places)
    def send(self, place: int) -> None:
        id_ = self.pick(place)
        with suppress(Conflict):  # a draft, or a closed link
            self.run(sending.send_document(self.company, id_, sending.Letter(), ACTOR))

    @rule(place=places, price=st.decimals(0, 1000, places=2))
    def revise(self, place: int, price: Decimal) -> None:
        before = self.document(place)
        legal = before.kind == "quote" and before.state in ("issued", "sent", "on_hold")
        lines = [documents.LineInput("Autre", price)]
        try:
            self.run(issuing.revise_quote(self.company, before.id, {"title": "Revu"}, lines, ACTOR))
        except Conflict:
            assert not legal
            return
        after = self.document(place)
        assert legal
        assert (after.version, after.number) == (before.version + 1, before.number)

    @rule(place=places, to=st.sampled_from(Kind), then_issue=st.booleans())
    def convert(self, place: int, to: Kind, then_issue: bool) -> None:
        with suppress(Conflict):
            self.ids.append(self.run(chain.convert_document(self.company, self.pick(place), to, ACTOR)))
            if then_issue:
                self.run(issuing.issue_document(self.company, self.ids[-1], ACTOR))

    @rule(place=places, internal=st.booleans())
    def write(self, place: int, internal: bool) -> None:
        with suppress(Conflict):
            self.run(
                conversation.post_message(self.company, self.pick(place), "Bonjour", ACTOR, internal=internal)
            )

    @rule(place=places, revoke=st.booleans())
    def close_or_replace_the_link(self, place: int, revoke: bool) -> None:
        before = self.document(place)
        token = self.token(before)
        act = links.revoke_link if revoke else links.rotate_link
        if token is None:
            return
        self.run(act(self.company, before.id, None, ACTOR))
        try:
            self.run(self.opened(token))
        except LinkGone as gone:
            assert gone.why in ("revoked", "replaced")
        else:
            raise AssertionError("the old address still opens")

    @rule(place=places, amount=st.integers(1, 200_000))
    def pay(self, place: int, amount: int) -> None:
        document = self.document(place)
        legal = document.kind in ("invoice", "deposit") and document.state != "draft"
        payment = payments.PaymentInput(amount, "transfer", paris_day(self.moment))
        try:
            self.run(payments.record_payment(self.company, document.id, payment, ACTOR))
        except Conflict:
            assert not legal
        else:
            assert legal

    @rule(place=places, answer=st.sampled_from(sorted(BECOMES)))
    def note_an_answer_given_by_phone(self, place: int, answer: str) -> None:
        before = self.document(place)
        fields = AnswerFields(answer, "Claire")
        try:
            self.run(answers_by_merchant.record_answer(self.company, before.id, fields, ACTOR))
        except Conflict:
            assert not self.answerable(before, answer)
            return
        assert self.answerable(before, answer)
        assert self.document(place).state == BECOMES[answer]

    @rule(place=places)
    def reopen(self, place: int) -> None:
        before = self.document(place)
        try:
            self.run(answers_by_merchant.reopen_decision(self.company, before.id, "Erreur", ACTOR))
        except Conflict:
            return
        assert before.state in ("accepted", "refused", "on_hold")
        assert not before.became
        assert self.document(place).state == "sent"

    @rule(place=places)
    def look_at_ones_own(self, place: int) -> None:
        self.open_as(place, tracking.Visitor("192.0.2.9", "desk", self.company))

    # What the client does, and time.

    @rule(place=places)
    def open(self, place: int) -> None:
        if self.open_as(place, PHONE):
            self.seen_by_client.add(self.pick(place))

    @rule(place=places, answer=st.sampled_from(sorted(BECOMES)), version=st.sampled_from([0, 0, 0, -1, 1]))
    def answer(self, place: int, answer: str, version: int) -> None:
        before = self.document(place)
        token = self.token(before)
        if token is None:
            return
        form = decisions.DecisionForm(
            answer, str(before.version + version), new_nonce(before.id, decisions.PURPOSE), "Claire"
        )
        today = paris_day(self.moment)
        legal = (
            self.link_is_open(token)
            and version == 0
            and self.answerable(before, answer)
            and not (before.kind == "quote" and (before.valid_until or today) < today)
        )
        try:
            self.run(decisions.decide_with_token(token, form, PHONE))
        except Refusal:
            assert not legal
            assert self.document(place).state == before.state
            return
        assert legal
        assert self.document(place).state == BECOMES[answer]
        self.seen_by_client.add(before.id)

    @rule(place=places)
    def write_back(self, place: int) -> None:
        document = self.document(place)
        token = self.token(document)
        if token and self.link_is_open(token):
            nonce = new_nonce(document.id, conversation.PURPOSE)
            self.run(conversation.post_message_with_token(token, "Merci", nonce, PHONE))
            self.seen_by_client.add(document.id)

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        self.moment += timedelta(days)

    # What holds after every step.

    @invariant()
    def everything_is_as_it_was_written(self) -> None:
        if self.ids:
            assert self.run(audit.verify()) == []

    @invariant()
    def each_decision_is_one_event_and_at_most_one_is_final(self) -> None:
        rows = self.rows("SELECT document_id, decision FROM decisions")
        events = [
            (id_, ANSWERS[type_])
            for id_, type_ in self.rows("SELECT document_id, type FROM events ORDER BY seq")
            if type_ in ANSWERS
        ]
        assert sorted(rows) == sorted(event for event in events if event[1] != "reopen")
        mails = self.rows("SELECT count(*) FROM outbox_mails WHERE purpose = 'decision'")
        assert mails == [(len(rows),)]
        final: dict[str, int] = {}
        for id_, answer in events:
            final[id_] = {"reopen": 0, "hold": final.get(id_, 0)}.get(answer, final.get(id_, 0) + 1)
            assert final[id_] <= 1

    @invariant()
    def numbers_have_no_gap(self) -> None:
        given = self.rows("SELECT series, sequence FROM documents WHERE number IS NOT NULL")
        for series in {series for series, _ in given}:
            own = sorted(sequence for its, sequence in given if its == series)
            assert own == list(range(1, len(own) + 1))

    @invariant()
    def what_was_frozen_stays(self) -> None:
        query = "SELECT document_id, version, content, content_sha256 FROM document_versions"
        for id_, version, content, sha256 in self.rows(query):
            assert self.frozen.setdefault((id_, version), content + sha256) == content + sha256

    @invariant()
    def totals_are_those_of_the_lines(self) -> None:
        if self.ids:
            self.run(self._check_totals())

    @invariant()
    def lists_and_pages_say_the_same_and_only_a_client_makes_it_viewed(self) -> None:
        if self.ids:
            self.run(self._check_words())

    async def _check_totals(self) -> None:
        async with reading() as session:
            for document in (await session.exec(select(Document))).all():
                query = select(DocumentLine).where(DocumentLine.document_id == document.id)
                lines = (await session.exec(query)).all()
                bases: dict[Decimal, int] = {}
                for line in lines:
                    net = _half_up(line.quantity * line.unit_price * 100)
                    assert line.net_minor == net
                    bases[line.vat_rate] = bases.get(line.vat_rate, 0) + net
                vat = sum(_half_up(basis * rate / 100) for rate, basis in bases.items())
                assert (document.net_minor, document.vat_minor) == (sum(bases.values()), vat)
                assert document.gross_minor == document.net_minor + document.vat_minor
                assert json.loads(document.vat_breakdown) == [
                    {"rate": str(rate), "basis": bases[rate], "vat": _half_up(bases[rate] * rate / 100)}
                    for rate in sorted(bases, reverse=True)
                ]

    async def _check_words(self) -> None:
        today: date = paris_day(self.moment)
        async with reading() as session:
            shown = {d.id: shown_status_of(d, today) for d in (await session.exec(select(Document))).all()}
            listed = {
                id_: word
                for word in set(shown.values())
                for id_ in (
                    await session.exec(select(col(Document.id)).where(status_clause(word, today)))
                ).all()
            }
        assert shown == listed
        assert {id_ for id_, word in shown.items() if word == "viewed"} <= self.seen_by_client

    # Ways to look and to act.

    def pick(self, place: int) -> str:
        return self.ids[place % len(self.ids)]

    def document(self, place: int) -> Document:
        return self.run(self._document(self.pick(place)))

    async def _document(self, id_: str) -> Document:
        async with reading() as session:
            return await documents.find_document(session, self.company, id_)

    def token(self, document: Document) -> str | None:
        async def find() -> str | None:
            async with reading() as session:
                link = await sharing.main_link(session, document.id)
            return sharing.token_of(link) if link else None

        return self.run(find())

    async def opened(self, token: str) -> sharing.Access:
        async with reading() as session:
            return await sharing.open_with_token(session, token)

    def link_is_open(self, token: str) -> bool:
        try:
            self.run(self.opened(token))
        except LinkGone:
            return False
        return True

    def answerable(self, document: Document, answer: str) -> bool:
        return (
            document.kind in ANSWERABLE[answer]
            and document.state in ("issued", "sent", "on_hold")
            and not (document.kind == "quote" and document.became)
        )

    def open_as(self, place: int, visitor: tracking.Visitor) -> bool:
        token = self.token(self.document(place))
        if token is None or not self.link_is_open(token):
            return False
        self.run(tracking.confirm_opening_with_token(token, visitor))
        return True

    def allowed(self, place: int, states: Iterable[str], act: Any) -> None:
        before = self.document(place)
        try:
            self.run(act(self.company, before.id, ACTOR))
        except Conflict:
            assert before.state not in states
        else:
            assert before.state in states

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()


def _half_up(value: Decimal) -> int:
    return int(value + Decimal("0.5"))  # nothing here is below zero


TestCompany = Company.TestCase
TestCompany.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # shrinking takes minutes, fifteen steps can be read
)

"""A company with its reminders on, that lives at a moment of the test's choosing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.followups import USUAL_DELAYS, Planned, Quiet, Scenario
from webdoc_app.models import Followup, OutboxMail, ShareLink, TimelineEvent
from webdoc_app.services import (
    conversation,
    customers,
    decisions,
    documents,
    followups,
    issuing,
    sending,
    sharing,
    tracking,
)
from webdoc_app.services.followup_rules import RuleInput, set_rule
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import Actor, reading, runtime, work

PARIS = ZoneInfo("Europe/Paris")
PHONE = Visitor("192.0.2.1", "phone")
ACTOR = Actor("user", "lucas", "Lucas")
CLAIRE = {"name": "Claire Fontaine", "email": "claire@fontaine.example"}


@dataclass
class Shop:
    """What happens there happens at `now`."""

    company_id: str
    customer_id: str
    url: str
    now: datetime = datetime(2026, 3, 2, 10, tzinfo=PARIS)

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)

    def go(self, *parts: int) -> None:
        self.now = datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type]

    async def run(self) -> list[str]:
        """Does what is due; the scenarios sent by now, oldest first."""
        await followups.run_due_followups()
        return [row.scenario for row in await self.kept() if row.state == "sent"]

    async def kept(self) -> list[Followup]:
        async with reading() as session:
            return list((await session.exec(select(Followup).order_by(col(Followup.at)))).all())

    async def mails(self) -> list[OutboxMail]:
        async with reading() as session:
            query = select(OutboxMail).where(OutboxMail.purpose == "followup")
            return list((await session.exec(query.order_by(col(OutboxMail.created_at)))).all())

    async def issue(self, kind: Kind = Kind.QUOTE, due: date | None = None) -> str:
        """A document of 120,00 €, issued and sent now."""
        lines = [documents.LineInput("Table", Decimal(100))]
        draft = documents.DraftInput(kind, self.customer_id, lines, due_date=due)
        id_ = await documents.create_draft(self.company_id, draft, ACTOR)
        await issuing.issue_document(self.company_id, id_, ACTOR)
        await sending.send_document(self.company_id, id_, sending.Letter(), ACTOR)
        return id_

    async def token(self, document_id: str) -> str:
        async with reading() as session:
            link = await sharing.main_link(session, document_id)
        assert link is not None
        return sharing.token_of(link)

    async def open(self, document_id: str) -> None:
        await tracking.confirm_opening_with_token(await self.token(document_id), PHONE)

    async def write(self, document_id: str) -> None:
        nonce = new_nonce(document_id, conversation.PURPOSE)
        await conversation.post_message_with_token(await self.token(document_id), "Oui ?", nonce, PHONE)

    async def links(self, document_id: str) -> list[ShareLink]:
        async with reading() as session:
            return await sharing.links_of(session, document_id)

    async def told(self, document_id: str) -> list[tuple[str, str]]:
        """What the document's history says of reminders, and by whom."""
        async with reading() as session:
            query = select(TimelineEvent.type, TimelineEvent.actor_name).where(
                TimelineEvent.document_id == document_id, col(TimelineEvent.type).startswith("reminder.")
            )
            return list((await session.exec(query.order_by(col(TimelineEvent.seq)))).all())

    async def give_up(self, address: str) -> None:
        """No mail to this address ever gets through."""
        async with work() as w:
            query = select(OutboxMail).where(col(OutboxMail.to_email) == address)
            for mail in (await w.session.exec(query)).all():
                mail.state = "dead"
                w.session.add(mail)

    async def answer(self, document_id: str, answer: str, *, link_id: str = "", **fields: str) -> None:
        form = decisions.DecisionForm(
            answer, "1", new_nonce(document_id, decisions.PURPOSE), "Claire", **fields
        )  # type: ignore[arg-type]
        token = await self.token(document_id)
        for link in await self.links(document_id):
            token = sharing.token_of(link) if link.id == link_id else token
        await decisions.decide_with_token(token, form, PHONE)

    async def plan(self, document_id: str) -> Planned | Quiet:
        async with reading() as session:
            document = await documents.find_document(session, self.company_id, document_id)
            return (await followups.plan_of(session, document, self())).coming


async def open_shop(company_id: str, url: str) -> Shop:
    shop = Shop(company_id, await customers.create_customer(company_id, CLAIRE), url)
    runtime().clock = shop
    return shop


async def switch_on(company_id: str) -> None:
    """Every scenario, with its usual delay."""
    for scenario in Scenario:
        await set_rule(company_id, scenario.value, RuleInput(True, str(USUAL_DELAYS[scenario])))

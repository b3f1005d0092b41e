"""The home page's numbers are those of the documents, counted one by one."""

from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import select

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.documents import ANSWERABLE, Kind
from webdoc_app.models import Document
from webdoc_app.reads.dashboard import counters
from webdoc_app.reads.status import shown_status_of
from webdoc_app.services import documents, issuing
from webdoc_app.services.tracking import Visitor, confirm_opening_with_token
from webdoc_app.services.work import reading, today, work

WAITING = ("issued", "sent", "viewed", "on_hold")


async def issued(world: World, kind: Kind) -> str:
    async with reading() as session:
        quote = await session.get_one(Document, world.quote_id)
    line = documents.LineInput("Banc", Decimal(120), Decimal(1), vat_rate=Decimal(20))
    draft = documents.DraftInput(kind, quote.customer_id, [line])
    document_id = await documents.create_draft(world.company_id, draft, ACTOR)
    await issuing.issue_document(world.company_id, document_id, ACTOR)
    return document_id


async def change(document_id: str, **values: date) -> None:
    async with work() as w:
        document = await w.session.get_one(Document, document_id)
        for name, value in values.items():
            setattr(document, name, value)
        w.session.add(document)


async def test_home_counts_what_each_document_shows(world: World) -> None:
    yesterday = today() - timedelta(days=1)
    await issued(world, Kind.ORDER)
    await change(await issued(world, Kind.QUOTE), valid_until=yesterday)
    await change(await issued(world, Kind.INVOICE), due_date=yesterday)
    await issued(world, Kind.INVOICE)
    await confirm_opening_with_token(world.token, Visitor("192.0.2.1", "phone"))

    async with reading() as session:
        told = await counters(session, world.company_id)
        rows = (await session.exec(select(Document))).all()
    shown = [(Kind(row.kind), shown_status_of(row, today())) for row in rows]
    asked = [status for kind, status in shown if kind in ANSWERABLE]
    assert told.to_answer == sum(status in WAITING for status in asked) == 2
    assert told.viewed == asked.count("viewed") == 1
    assert told.overdue == sum(status == "overdue" for _, status in shown) == 1

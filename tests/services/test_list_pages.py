"""The list of documents, page by page: forward and back over the same documents, none twice, none left out."""

from decimal import Decimal

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.documents import Kind
from webdoc_app.reads.dashboard import DocumentPage, document_page
from webdoc_app.reads.documents import DocumentFilter
from webdoc_app.services import customers, documents
from webdoc_app.services.work import reading


async def page(world: World, cursor: str = "", *, newer: bool = False) -> DocumentPage:
    async with reading() as session:
        wanted = DocumentFilter(limit=3, cursor=cursor, newer=newer)
        return await document_page(session, world.company_id, wanted, "fr")


def ids(page: DocumentPage) -> list[str]:
    return [row.id for row in page.rows]


async def test_pages_lead_forward_and_back(world: World) -> None:
    customer = await customers.create_customer(world.company_id, {"name": "Paul Perrin"})
    draft = documents.DraftInput(Kind.QUOTE, customer, [documents.LineInput("Porte", Decimal(1))])
    made = [await documents.create_draft(world.company_id, draft, ACTOR) for _ in range(6)]
    first = await page(world)
    second = await page(world, first.older)
    third = await page(world, second.older)
    assert ids(first) + ids(second) + ids(third) == [*reversed(made), world.quote_id]
    assert (first.newer, third.older) == ("", "")
    back = await page(world, third.newer, newer=True)
    assert (ids(back), back.older) == (ids(second), second.older)
    start = await page(world, back.newer, newer=True)
    assert (ids(start), start.newer, start.older) == (ids(first), "", first.older)

    newest = await documents.create_draft(world.company_id, draft, ACTOR)
    start = await page(world, second.newer, newer=True)
    assert ids(start) == ids(first)
    start = await page(world, start.newer, newer=True)
    assert ids(start) == [newest, *ids(first)[:2]], "the first page is full, whatever the way to it"

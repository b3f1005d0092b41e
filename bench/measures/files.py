"""Issuing and importing, beside the drawing of the same page by WeasyPrint alone: what our own work adds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

from sqlmodel import select

from bench.figures import Figure, usual
from bench.ground import Ground
from bench.loops import run
from bench.registry import measure
from bench.stock import ACTOR, draft, services
from tests.factories.cii import Invoice, Line, facturx_pdf
from webdoc_app.integrations.pdf import page_to_pdf
from webdoc_app.models import DocumentVersion
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.services import customers
from webdoc_app.services.imports import import_invoice
from webdoc_app.services.issuing import issue_document
from webdoc_app.services.pdfs import ensure_pdf
from webdoc_app.services.work import reading

TIMES = 12
DRAWING = "drawing alone"


@measure("files", "issuing with its PDF, and importing")
def files(ground: Ground) -> Iterator[Figure]:
    yield from run(_figures())


async def _figures() -> list[Figure]:
    async with services(with_pdfs=True) as company_id:
        took = await _by_turns(await _works(company_id))
    drawing = took.pop(DRAWING)
    beside = f"WeasyPrint alone: {drawing:.0f} ms"
    figures = []
    for name, value in took.items():
        figures.append(Figure("files", name, value, beside=beside))
        figures.append(Figure("files", "… as a ratio", value / drawing, "×", beside=beside))
    return figures


async def _works(company_id: str) -> dict[str, Callable[[int], Awaitable[object]]]:
    """What is timed, by name; each takes the number of the turn."""
    drafts = await _drafts(company_id)
    await _issue(company_id, drafts[TIMES + 1])
    page = pdf_page(await _a_content(company_id), None)
    xmls = [_invoice(number).xml() for number in range(2 * (TIMES + 1))]
    pdfs = [facturx_pdf(xml) for xml in xmls[: TIMES + 1]]
    return {
        DRAWING: lambda _turn: asyncio.to_thread(page_to_pdf, page),
        "issuing a document with its PDF": lambda turn: _issue(company_id, drafts[turn]),
        "importing a Factur-X PDF": lambda turn: _import(company_id, "a.pdf", pdfs[turn]),
        "importing a CII XML, PDF drawn": lambda turn: _import(company_id, "a.xml", xmls[TIMES + 1 + turn]),
    }


async def _by_turns(works: dict[str, Callable[[int], Awaitable[object]]]) -> dict[str, float]:
    """Milliseconds of each; the first turn warms up and does not count."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(TIMES + 1):
        for name, work in works.items():
            start = time.perf_counter()
            await work(turn)
            took[name].append((time.perf_counter() - start) * 1000)
    return {name: usual(times[1:]) for name, times in took.items()}


async def _drafts(company_id: str) -> list[str]:
    customer_id = await customers.create_customer(company_id, {"name": "Claire Fontaine"})
    return [await draft(company_id, customer_id) for _ in range(TIMES + 2)]


async def _issue(company_id: str, document_id: str) -> None:
    await issue_document(company_id, document_id, ACTOR)
    await ensure_pdf(company_id, document_id)


async def _import(company_id: str, name: str, data: bytes) -> None:
    document_id = await import_invoice(company_id, data, name, ACTOR)
    await ensure_pdf(company_id, document_id)


async def _a_content(company_id: str) -> str:
    async with reading() as session:
        query = select(DocumentVersion.content).where(DocumentVersion.company_id == company_id)
        return (await session.exec(query.limit(1))).one()


def _invoice(number: int) -> Invoice:
    return Invoice(number=f"2026-{number:05}", lines=[Line(name=f"Étagère n° {n}") for n in range(4)])

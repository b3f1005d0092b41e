"""A full database must not be slow to read: 5 000 documents beside 50."""

import time
from collections.abc import Awaitable, Callable, Iterator

import httpx
from fastapi import FastAPI

from bench.figures import Figure, usual
from bench.ground import Ground
from bench.loops import run
from bench.registry import measure
from bench.stock import Stock, stock
from webdoc_app.http.api.app import create_rest
from webdoc_app.reads import dashboard, document_page, document_talk
from webdoc_app.reads.documents import DocumentFilter
from webdoc_app.services.accounts import create_api_key
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import reading

FEW, MANY = 50, 5_000
READS = 60
WARM_UP = 3
RATIO = 1.5
PAGE = 25

Read = Callable[[], Awaitable[object]]


@measure("lists", "reading from a full database")
def lists(ground: Ground) -> Iterator[Figure]:
    for name, (few, many) in run(_times()).items():
        beside = f"with {FEW}: {few:.1f} ms"
        yield Figure("lists", f"{name}, {MANY} documents", many, beside=beside)
        yield Figure("lists", "… as a ratio", many / few, "×", RATIO, beside)


async def _times() -> dict[str, tuple[float, float]]:
    """Milliseconds of each read with few documents and with many."""
    app = create_rest()
    async with stock(FEW) as few, stock(MANY) as many:
        reads = [await _reads(here, app) for here in (few, many)]
        return {name: await _by_turns((few, many), [each[name] for each in reads]) for name in reads[0]}


async def _reads(here: Stock, app: FastAPI) -> dict[str, Read]:
    here.enter()
    headers = {"Authorization": f"Bearer {await create_api_key(here.company_id, 'bench')}"}
    transport = httpx.ASGITransport(app=app)
    program = httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers)
    return {
        "list of documents": lambda: _list(here),
        "list by status": lambda: _list(here, status="viewed"),
        "home's counters and activity": lambda: _home(here),
        "document's page": lambda: _document(here),
        "REST list": lambda: _rest(program),
    }


async def _by_turns(stocks: tuple[Stock, Stock], reads: list[Read]) -> tuple[float, float]:
    """One read here, one there, so that whatever else the machine does weighs on both."""
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM_UP + READS):
        for here, read, times in zip(stocks, reads, took, strict=True):
            here.enter()
            start = time.perf_counter()
            await read()
            if turn >= WARM_UP:
                times.append((time.perf_counter() - start) * 1000)
    return usual(took[0]), usual(took[1])


async def _list(here: Stock, status: str = "") -> None:
    async with reading() as session:
        wanted = DocumentFilter(status=status, limit=PAGE)
        await dashboard.document_page(session, here.company_id, wanted, "fr")


async def _home(here: Stock) -> None:
    async with reading() as session:
        await dashboard.counters(session, here.company_id)
        await dashboard.latest_activity(session, here.company_id, "fr")


async def _document(here: Stock) -> None:
    async with reading() as session:
        document = await find_document(session, here.company_id, here.document_id)
        await document_page.head_of(session, document, "fr")
        await document_page.sheet_markup(session, document)
        await document_page.link_of(session, document, "fr")
        await document_page.timeline_of(session, document, "fr")
        await document_page.chain_of(session, document, "fr")
        await document_talk.talk_of(session, document, "fr")


async def _rest(program: httpx.AsyncClient) -> None:
    answer = await program.get("/documents")
    answer.raise_for_status()

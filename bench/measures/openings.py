"""A table full of openings must weigh on no page: a million beside a thousand, most of them on the document read."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from bench.figures import Figure
from bench.ground import Ground
from bench.loops import run
from bench.measures.lists import RATIO, Read, _by_turns, _document, _list
from bench.registry import measure
from bench.stock import Stock, stock
from webdoc_app.models.columns import time_text
from webdoc_app.reads.openings import openings_of
from webdoc_app.services import hits, sharing
from webdoc_app.services.documents import find_document
from webdoc_app.services.tracking import Sight, Visitor, confirm_opening_with_token
from webdoc_app.services.work import reading, runtime

FEW, MANY = 1_000, 1_000_000
DOCUMENTS = 50
CLASSES = ("automatic", "fetched", "rendered", "engaged", "owner")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 Version/18.3 Mobile Safari/604.1"


@measure("openings", "reading and writing beside a million openings")
def openings(ground: Ground) -> Iterator[Figure]:
    times, plans = run(_times())
    for name, (few, many) in times.items():
        beside = f"with {FEW}: {few:.1f} ms; {plans.get(name, '')}".rstrip("; ")
        yield Figure("openings", f"{name}, {MANY} openings", many, beside=beside)
        yield Figure("openings", "… as a ratio", many / few, "×", RATIO, beside)


async def _times() -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    async with stock(DOCUMENTS) as few, stock(DOCUMENTS) as many:
        for here, number in ((few, FEW), (many, MANY)):
            here.enter()
            await _fill(here, number)
        reads = [await _reads(here) for here in (few, many)]
        times = {name: await _by_turns((few, many), [each[name] for each in reads]) for name in reads[0]}
        return times, {"document's page": await _plan(many)}


async def _fill(here: Stock, number: int) -> None:
    """Half of them on the document that is read, of every class; the others on its neighbours."""
    async with reading() as session:
        ids = (await session.execute(text("SELECT id FROM documents ORDER BY id"))).scalars().all()
    start = here.runtime.clock()
    insert = (
        "INSERT INTO openings (id, company_id, document_id, opening_class, counts, views, visible_seconds, device,"
        " device_label, address, network, user_agent, signals, corrected_by, first_at, last_at)"
        " VALUES (?, ?, ?, ?, ?, 1, 20, ?, 'iPhone, Safari', '192.0.2.1', 'n', ?, '[]', '', ?, ?)"
    )
    async with runtime().engine.begin() as connection:
        for first in range(0, number, 50_000):
            rows = []
            for n in range(first, min(first + 50_000, number)):
                document_id = here.document_id if n % 2 else ids[n // 2 % len(ids)]
                at = time_text(start - timedelta(days=1, seconds=n * 20))
                class_ = CLASSES[n // 2 % len(CLASSES)]
                counts = class_ == "engaged" or (class_ == "rendered" and n % 3 > 0)
                rows.append(
                    (f"{n:032x}", here.company_id, document_id, class_, counts, f"{n:x}", PHONE, at, at)
                )
            await connection.exec_driver_sql(insert, rows)
    async with runtime().engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


async def _reads(here: Stock) -> dict[str, Read]:
    here.enter()
    async with reading() as session:
        link = await sharing.main_link(session, here.document_id)
    assert link is not None
    token = sharing.token_of(link)
    return {
        "document's page": lambda: _page(here),
        "list of documents": lambda: _list(here),
        "a page in view": lambda: confirm_opening_with_token(
            token, Visitor("192.0.2.9", PHONE), Sight(gesture=False)
        ),
        "a request, kept": lambda: _request(token),
    }


async def _page(here: Stock) -> None:
    await _document(here)
    async with reading() as session:
        document = await find_document(session, here.company_id, here.document_id)
        await openings_of(session, document, "fr")


async def _request(token: str) -> None:
    async with reading() as session:
        access = await sharing.open_with_token(session, token)
    await hits.note_request(access, Visitor("192.0.2.9", PHONE), "GET")
    await hits.all_written()


async def _plan(here: Stock) -> str:
    """The index SQLite takes for the newest openings of a document."""
    here.enter()
    query = (
        "EXPLAIN QUERY PLAN SELECT * FROM openings WHERE document_id = 'x' AND opening_class = 'automatic'"
        " ORDER BY last_at DESC LIMIT 30"
    )
    async with runtime().engine.connect() as connection:
        steps = (await connection.exec_driver_sql(query)).mappings().all()
    return ", ".join(str(step["detail"]) for step in steps)

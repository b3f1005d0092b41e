"""What to do now must not depend on how often documents were opened: 1 000 openings beside a million."""

import time
from collections.abc import Awaitable, Callable, Iterator

from bench.figures import Figure, usual
from bench.ground import Ground
from bench.loops import run
from bench.registry import measure
from bench.stock import Stock, stock
from webdoc_app.reads.followups import followup_of
from webdoc_app.reads.todo import todo_of
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import reading, runtime

DOCUMENTS = 50
FEW, MANY = 1_000, 1_000_000
READS, WARM_UP = 60, 3
RATIO = 1.5

Read = Callable[[Stock], Awaitable[object]]


@measure("todo", "what to do now, with many openings")
def todo(ground: Ground) -> Iterator[Figure]:
    for name, (few, many) in run(_times()).items():
        beside = f"with {FEW}: {few:.1f} ms"
        yield Figure("todo", f"{name}, {MANY} openings", many, beside=beside)
        yield Figure("todo", "… as a ratio", many / few, "×", RATIO, beside)


async def _times() -> dict[str, tuple[float, float]]:
    async with stock(DOCUMENTS) as few, stock(DOCUMENTS) as many:
        for here, number in ((few, FEW), (many, MANY)):
            here.enter()
            await _open(number)
        reads: dict[str, Read] = {"to do now": _todo, "a document's reminders": _reminders}
        return {name: await _by_turns(few, many, read) for name, read in reads.items()}


async def _by_turns(few: Stock, many: Stock, read: Read) -> tuple[float, float]:
    """One read here, one there, so that whatever else the machine does weighs on both."""
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM_UP + READS):
        for here, times in zip((few, many), took, strict=True):
            here.enter()
            start = time.perf_counter()
            await read(here)
            if turn >= WARM_UP:
                times.append((time.perf_counter() - start) * 1000)
    return usual(took[0]), usual(took[1])


async def _open(number: int) -> None:
    """So many openings more, spread over all documents: copies of those there are."""
    async with runtime().engine.begin() as connection:
        found = await connection.exec_driver_sql("SELECT name FROM pragma_table_info('openings')")
        others = ", ".join(name for (name,) in found.all() if name != "id")
        await connection.exec_driver_sql(
            f"""
            INSERT INTO openings (id, {others})
            WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?),
                originals AS (SELECT *, row_number() OVER () - 1 AS place, count(*) OVER () AS all_ FROM openings)
            SELECT substr(id, 1, 24) || printf('%08x', n), {others}
            FROM copies CROSS JOIN originals WHERE place = n % all_
            """,
            (number,),
        )
        await connection.exec_driver_sql("ANALYZE")


async def _todo(here: Stock) -> None:
    async with reading() as session:
        await todo_of(session, here.company_id, "fr")


async def _reminders(here: Stock) -> None:
    async with reading() as session:
        document = await find_document(session, here.company_id, here.document_id)
        await followup_of(session, document, "fr")

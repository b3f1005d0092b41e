"""Accept against refuse at the same instant, from two threads and from two processes: one wins, one reads why."""

import asyncio
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

from sqlalchemy import text

from tests.services.conftest import ACTOR, World
from tests.services.racing import (
    KEYS,
    ORIGIN,
    WAIT_SECONDS,
    Race,
    RuntimeOfThreads,
    in_a_process,
    in_a_thread,
)
from webdoc_app.domain.documents import Kind
from webdoc_app.services import audit, customers, decisions, documents, issuing, sharing
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import configure, reading, runtime

PAIRS = 50
LOST = {
    "accept": "already_decided: Ce document a déjà été accepté.",
    "refuse": "already_decided: Ce document a déjà été refusé.",
}


async def quotes(world: World) -> list[tuple[str, str]]:
    """Fifty issued quotes for someone with an address: their ids and tokens."""
    claire = {"name": "Claire", "email": "claire@example.org"}
    customer = await customers.create_customer(world.company_id, claire)
    made = []
    for number in range(PAIRS):
        line = documents.LineInput(f"Meuble {number}", Decimal(100))
        draft = documents.DraftInput(Kind.QUOTE, customer, [line])
        id_ = await documents.create_draft(world.company_id, draft, ACTOR)
        await issuing.issue_document(world.company_id, id_, ACTOR)
        async with reading() as session:
            link = await sharing.main_link(session, id_)
        assert link is not None
        made.append((id_, sharing.token_of(link)))
    return made


def forms(made: list[tuple[str, str]]) -> list[Race]:
    return [(token, new_nonce(id_, decisions.PURPOSE)) for id_, token in made]


async def test_two_threads(world: World) -> None:
    made = await quotes(world)
    accepting, refusing = forms(made), forms(made)
    before = runtime()
    both = RuntimeOfThreads(before.engine, KEYS, ORIGIN)
    barrier = Barrier(2)
    configure(both)
    try:
        with ThreadPoolExecutor(2) as threads:
            loop = asyncio.get_running_loop()
            accepted, refused = await asyncio.gather(
                loop.run_in_executor(threads, in_a_thread, both, world.url, "accept", accepting, barrier),
                loop.run_in_executor(threads, in_a_thread, both, world.url, "refuse", refusing, barrier),
            )
    finally:
        configure(before)
    await one_won_each_time([id_ for id_, _ in made], accepted, refused)


async def test_two_processes(world: World) -> None:
    made = await quotes(world)
    spawn = multiprocessing.get_context("spawn")
    barrier, told = spawn.Barrier(2), spawn.Queue()
    people = [
        spawn.Process(target=in_a_process, args=(world.url, answer, forms(made), barrier, told), daemon=True)
        for answer in ("accept", "refuse")
    ]
    for person in people:
        person.start()
    outcomes = dict([await asyncio.to_thread(told.get, True, 2 * WAIT_SECONDS) for _ in people])
    for person in people:
        await asyncio.to_thread(person.join, WAIT_SECONDS)
    assert [person.exitcode for person in people] == [0, 0]
    await one_won_each_time([id_ for id_, _ in made], outcomes["accept"], outcomes["refuse"])


async def one_won_each_time(ids: list[str], accepted: list[str], refused: list[str]) -> None:
    assert len(ids) == len(accepted) == len(refused) == PAIRS
    kept = await found("SELECT document_id, decision FROM decisions")
    for id_, accepting, refusing in zip(ids, accepted, refused, strict=True):
        winner = "refuse" if accepting else "accept"
        assert {accepting, refusing} == {"", LOST[winner]}
        assert (id_, winner) in kept
    counts = "SELECT document_id, count(*) FROM {} WHERE {} GROUP BY document_id"
    for table, which in (
        ("decisions", "1 = 1"),
        ("events", "type LIKE 'decision.%'"),
        ("notifications", "type LIKE 'decision.%'"),
        ("outbox_mails", "purpose = 'decision'"),
    ):
        assert sorted(await found(counts.format(table, which))) == sorted((id_, 1) for id_ in ids)
    assert await audit.verify() == []


async def found(statement: str) -> list[tuple[str, object]]:
    async with runtime().engine.connect() as connection:
        return [(row[0], row[1]) for row in (await connection.execute(text(statement))).all()]

"""The conversation: a message beside two hundred open pages, and a thread of ten thousand messages."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from bench.crowd import open_pages
from bench.figures import Figure, median, percentile
from bench.ground import Ground
from bench.loops import run
from bench.measures.lists import RATIO, Read, _by_turns, _document
from bench.measures.live import GOAL_MS, message_delays, signed_in
from bench.registry import measure
from bench.stock import Stock, stock
from webdoc_app.models.columns import new_id, time_text
from webdoc_app.reads.client_page import client_page
from webdoc_app.services import sharing
from webdoc_app.services.work import reading, runtime

DOCUMENTS, PAGES = 20, 200
CONVERSATIONS, MESSAGES = 4, 25
"""A page shows the newest thirty."""
SLOWEST_MS = 250
FEW, MANY = 20, 10_000


@measure("talk", "a message beside many open pages; a long conversation")
def talk(ground: Ground) -> Iterator[Figure]:
    server = ground.server
    links = [urlsplit(server.issued_quote()["webdocument_url"]).path for _ in range(DOCUMENTS)]
    merchant = signed_in(ground, server)
    client = ground.browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    with open_pages(server.origin, [links[n % DOCUMENTS] for n in range(PAGES)]):
        delays = [
            delay
            for _ in range(CONVERSATIONS)
            for delay in message_delays(server, merchant, client, MESSAGES)
        ]
    for context in (merchant, client):
        context.close()
    name = f"message → document page, {PAGES} pages open"
    yield Figure("talk", f"{name}, p50 of {len(delays)}", median(delays), goal=GOAL_MS)
    yield Figure("talk", f"{name}, p99", percentile(delays, 0.99), goal=SLOWEST_MS)
    for name, (few, many) in run(_openings()).items():
        beside = f"with {FEW}: {few:.1f} ms"
        yield Figure("talk", f"{name}, {MANY} messages", many, beside=beside)
        yield Figure("talk", "… as a ratio", many / few, "×", RATIO, beside)


async def _openings() -> dict[str, tuple[float, float]]:
    async with stock(50) as few, stock(50) as many:
        for here, number in ((few, FEW), (many, MANY)):
            here.enter()
            await _fill(here, number)
        reads = [await _reads(here) for here in (few, many)]
        return {name: await _by_turns((few, many), [each[name] for each in reads]) for name in reads[0]}


async def _fill(here: Stock, number: int) -> None:
    """Both sides in turn, a note now and then."""
    start = here.runtime.clock()
    insert = (
        "INSERT INTO messages (id, company_id, document_id, author, author_name, internal, body, line_quote, at)"
        " VALUES (?, ?, ?, ?, 'Claire Fontaine', ?, 'Une question sur la pose', '', ?)"
    )
    rows = [
        (
            new_id(),
            here.company_id,
            here.document_id,
            "merchant" if n % 2 else "client",
            n % 7 == 1,
            time_text(start - timedelta(minutes=n)),
        )
        for n in range(number)
    ]
    async with runtime().engine.begin() as connection:
        await connection.exec_driver_sql(insert, rows)


async def _reads(here: Stock) -> dict[str, Read]:
    here.enter()
    async with reading() as session:
        link = await sharing.main_link(session, here.document_id)
    assert link is not None
    token = sharing.token_of(link)

    async def clients_page() -> None:
        async with reading() as session:
            await client_page(session, token)

    return {"document's page": lambda: _document(here), "client's page": clients_page}

"""PDFs in fair turns: one company's long documents never keep another company waiting, and each is made once."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.documents import MAX_CHARACTERS, NEWLINE, Kind
from webdoc_app.domain.errors import Conflict, Invalid, TooMany
from webdoc_app.integrations.pdf import PdfError, PdfRenderer, PdfTookTooLong
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.services import companies, customers, documents, issuing, rendering
from webdoc_app.services.pdfs import ensure_pdf, render_soon
from webdoc_app.services.work import reading, runtime


@pytest_asyncio.fixture
async def renderer(world: World) -> AsyncIterator[PdfRenderer]:
    made = PdfRenderer(pdf_page)
    yield made
    await rendering.stop()
    made.close()


class Held:
    """Renders when it is told to, and remembers in which order it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go = asyncio.Event()
        self.begun = asyncio.Event()

    async def render(self, source: str, logo: bytes | None, *, seconds: float = 20) -> bytes:
        self.asked.append(source)
        self.begun.set()
        await self.go.wait()
        return b"%PDF-" + source.encode()[:50]


def made_of(name: str) -> rendering.Make:
    return lambda render: render(name, None)  # type: ignore[return-value]


async def draft(company_id: str, texts: list[str], kind: Kind = Kind.QUOTE, **more: str) -> str:
    customer = await customers.create_customer(company_id, {"name": "Claire"})
    lines = [documents.LineInput(text, Decimal(1)) for text in texts]
    return await documents.create_draft(
        company_id, documents.DraftInput(kind, customer, lines, **more), ACTOR
    )


async def test_issuing_does_not_wait_for_the_pdf(world: World) -> None:
    held = Held()
    runtime().render_pdf = held.render
    id_ = await draft(world.company_id, ["Pose"])
    await issuing.issue_document(world.company_id, id_, ACTOR)
    await held.begun.wait()
    assert await execute("SELECT count(*) FROM stored_pdfs") == 0
    asking = asyncio.create_task(ensure_pdf(world.company_id, id_))
    held.go.set()
    assert (await asking or b"").startswith(b"%PDF-")
    assert len(held.asked) == 1
    assert await execute("SELECT count(*) FROM stored_pdfs") == 1


async def test_whoever_asks_meanwhile_gets_the_same_rendering(world: World) -> None:
    held = Held()
    runtime().render_pdf = held.render
    asking = [asyncio.create_task(ensure_pdf(world.company_id, world.quote_id)) for _ in range(20)]
    await held.begun.wait()
    held.go.set()
    assert len(set(await asyncio.gather(*asking))) == 1
    assert len(held.asked) == 1


async def test_companies_take_turns_and_people_go_first(world: World) -> None:
    """A has thirty in the queue: B waits for one place, and a person of A's for no more than one either."""
    held = Held()
    runtime().render_pdf = held.render
    for number in range(30):
        rendering.render_later(f"a{number}", "A", made_of(f"a{number}"))
    rendering.render_later("c0", "C", made_of("c0"))
    await held.begun.wait()
    rendering.render_later("b0", "B", made_of("b0"))
    people = [
        asyncio.create_task(rendering.rendered(key, key[0].upper(), made_of(key))) for key in ("b1", "a29")
    ]
    await asyncio.sleep(0)
    assert sorted(held.asked) == ["a0", "c0"]
    held.go.set()
    await asyncio.gather(*people)
    await rendering.all_rendered()
    # a29 was in the queue already: asked for by a person, it left its place and went ahead.
    assert set(held.asked[2:4]) == {"b1", "a29"}
    assert held.asked.index("b0") < 8
    assert len(held.asked) == len(set(held.asked)) == 33


async def test_a_person_is_not_kept_waiting_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "PATIENCE_SECONDS", 0.05)
    held = Held()
    runtime().render_pdf = held.render
    with pytest.raises(Conflict) as told:
        await ensure_pdf(world.company_id, world.quote_id)
    assert "en préparation" in told.value.sentence
    held.go.set()
    await rendering.all_rendered()
    assert await ensure_pdf(world.company_id, world.quote_id)
    assert len(held.asked) == 1


async def test_what_takes_long_is_made_in_the_background_one_at_a_time(world: World) -> None:
    allowed: list[float] = []
    at_once = most = 0

    async def render(source: str, logo: bytes | None, *, seconds: float = 20) -> bytes:
        nonlocal at_once, most
        allowed.append(seconds)
        if seconds <= 20:
            raise PdfTookTooLong("more than 20 s")
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return b"%PDF-long"

    runtime().render_pdf = render
    keys = ["a", "b", "c", "d"]
    made = await asyncio.gather(*(rendering.rendered(key, key, made_of(key)) for key in keys))
    assert made == [b"%PDF-long"] * 4
    assert sorted(allowed) == [20] * 4 + [180] * 4
    assert most == 1


async def test_what_cannot_be_rendered_is_said_and_tried_again_later(world: World) -> None:
    async def fails(source: str, logo: bytes | None) -> bytes:
        raise PdfError("no")

    runtime().render_pdf = fails
    with pytest.raises(Conflict):
        await ensure_pdf(world.company_id, world.quote_id)
    await render_soon(world.company_id, world.quote_id)
    await rendering.all_rendered()
    held = Held()
    held.go.set()
    runtime().render_pdf = held.render
    assert await ensure_pdf(world.company_id, world.quote_id)


async def test_too_many_of_one_company_are_refused_and_nobody_elses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "MOST_WAITING", 5)
    held = Held()
    runtime().render_pdf = held.render
    for number in range(6):
        rendering.render_later(f"a{number}", "A", made_of(f"a{number}"))
    await held.begun.wait()
    with pytest.raises(TooMany):
        await rendering.rendered("a6", "A", made_of("a6"))
    held.go.set()
    assert await rendering.rendered("b0", "B", made_of("b0"))
    await rendering.all_rendered()


async def test_the_longest_document_of_one_company_and_a_line_of_another(
    world: World, renderer: PdfRenderer
) -> None:
    """At its worst: as many lines as may be, filled as much as may be."""
    runtime().render_pdf = renderer.render
    worst = [("mot " * 50)[: MAX_CHARACTERS // 1_000 - 1]] * 1_000
    order: list[str] = []

    async def read(company_id: str, document_id: str, name: str) -> None:
        try:
            await ensure_pdf(company_id, document_id)
        except Conflict:
            name += ", in preparation"
        order.append(name)

    long_ones = [await draft(world.company_id, worst) for _ in range(2)]
    for id_ in long_ones:
        await issuing.issue_document(world.company_id, id_, ACTOR)
    other, _ = await companies.create_company("B", "b@example.fr", "motdepasse")
    short = await draft(other, ["Pose"])
    await issuing.issue_document(other, short, ACTOR)
    waiting = [asyncio.create_task(read(world.company_id, id_, "long")) for id_ in long_ones]
    await read(other, short, "short")
    assert order == ["short"]
    for each in waiting:
        each.cancel()


@pytest.mark.parametrize(
    "texts",
    [["mot " * 475] * 900, ["a\n" * 500 + "a"] * 9, ["x" * (MAX_CHARACTERS // 50)] * 51],
)
async def test_a_document_longer_than_can_be_drawn_is_refused(world: World, texts: list[str]) -> None:
    before = await execute("SELECT count(*) FROM documents")
    with pytest.raises(Invalid) as refused:
        await draft(world.company_id, texts)
    assert [error.field for error in refused.value.errors] == ["lines"]
    assert await execute("SELECT count(*) FROM documents") == before


async def test_a_draft_that_was_longer_before_is_refused_when_it_is_issued(world: World) -> None:
    id_ = await draft(world.company_id, ["x"] * 100)
    await execute(f"UPDATE document_lines SET description = '{'y' * 4_000}' WHERE document_id = '{id_}'")
    with pytest.raises(Invalid) as refused:
        await issuing.issue_document(world.company_id, id_, ACTOR)
    assert refused.value.errors[0].field == "lines"
    assert NEWLINE > 1


async def test_what_fits_is_issued(world: World) -> None:
    id_ = await draft(world.company_id, ["Pose " * 30] * 1_000)
    await issuing.issue_document(world.company_id, id_, ACTOR)
    async with reading() as session:
        assert (await documents.find_document(session, world.company_id, id_)).number

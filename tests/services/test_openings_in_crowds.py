"""Openings do not grow without end: a crowd is counted, machines go after a while, and what is told stays true."""

import pytest

from tests.services.conftest import ACTOR, World, execute
from tests.services.test_openings import (
    GESTURE,
    IPHONE,
    PHONE,
    VIEW,
    Clock,
    ask,
    clock,  # noqa: F401 - a fixture
    kept,
    quote,
    see,
)
from webdoc_app.domain.errors import Conflict
from webdoc_app.domain.tracking import NEW_ROWS_AN_HOUR
from webdoc_app.reads.openings import OpeningsView, openings_of
from webdoc_app.services import audit, crowds, hits, openings, sharing
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading

FEW, FLOOD = 10, 30


@pytest.fixture(autouse=True)
def _few_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert NEW_ROWS_AN_HOUR <= 60
    monkeypatch.setattr(crowds, "NEW_ROWS_AN_HOUR", FEW)


async def counted(world: World) -> dict[str, int]:
    async with reading() as session:
        found = await openings.count_openings(session, [await quote(world)])
    return {name: found[world.quote_id][name] for name in ("client", "automatic", "owner")}


async def shown(world: World) -> OpeningsView:
    async with reading() as session:
        return await openings_of(session, await quote(world), "fr")


async def flood(world: World, start: int = 0, number: int = FLOOD) -> None:
    """Half machines, half browsers, each of another name, each written before the next comes."""
    async with reading() as session:
        access = await sharing.open_with_token(session, world.token)
    for each in range(start, start + number):
        if each % 2:
            await hits.note_request(access, Visitor("192.0.2.1", f"bot/{each}"), "HEAD")
        else:
            await hits.note_request(access, Visitor("192.0.2.1", f"{IPHONE} {each}"), "GET")
            await hits.all_written()


async def test_a_flood_is_so_many_rows_an_hour_and_one_that_counts_the_rest(
    world: World,
    clock: Clock,  # noqa: F811
) -> None:
    await flood(world)
    rows = await kept()
    [crowd] = [row for row in rows if row.gathered]
    assert len(rows) == FEW + 1
    assert (crowd.opening_class, crowd.counts, crowd.address, crowd.device) == ("automatic", False, "", "")
    told = await counted(world)
    fetched = sum(row.opening_class == "fetched" for row in rows)
    assert (told["client"], told["automatic"]) == (0, FLOOD - fetched)
    view = await shown(world)
    assert str(FLOOD - fetched) in view.ignored
    [row] = [row for row in view.apart if row.is_many]
    assert row.device == f"{FLOOD - FEW} autres ouvertures"
    assert row.why == "comptées sans être gardées une à une"
    # Another hour, another crowd; the same hour, the same row.
    clock.wait(minutes=61)
    await flood(world, FLOOD)
    rows = await kept()
    assert len(rows) == 2 * (FEW + 1)
    assert await audit.verify() == []


async def test_a_reader_is_seen_through_any_flood(world: World, clock: Clock) -> None:  # noqa: F811
    await flood(world)
    await ask(world, PHONE)
    await see(world, PHONE, VIEW)
    assert (await quote(world)).visits == 1
    await see(world, PHONE, GESTURE)
    await ask(world, PHONE)
    assert (await counted(world))["client"] == 1
    owner = Visitor("203.0.113.7", IPHONE, world.company_id)
    await ask(world, owner)
    assert (await counted(world))["owner"] == 1
    assert await audit.verify() == []


async def test_visits_that_claim_to_count_are_bounded_too(world: World, clock: Clock) -> None:  # noqa: F811
    number = FEW + 4
    for each in range(number):
        await see(world, Visitor(f"198.51.100.{each}", IPHONE), GESTURE)
    for each in range(number):
        visitor = Visitor(f"203.0.113.{each}", IPHONE)
        await ask(world, visitor)
        await see(world, visitor, GESTURE)
    document = await quote(world)
    assert document.visits == FEW
    rows = await kept()
    assert len(rows) == FEW + 1
    assert sum(row.gathered or row.views for row in rows) == 3 * number
    assert await execute("SELECT count(*) FROM events WHERE type = 'opening.confirmed'") == FEW
    assert await audit.verify() == []


async def test_a_row_of_many_is_nobodys_to_correct(world: World, clock: Clock) -> None:  # noqa: F811
    await flood(world, number=FEW + 2)
    [crowd] = [row for row in await kept() if row.gathered]
    with pytest.raises(Conflict):
        await openings.correct_opening(world.company_id, world.quote_id, crowd.id, "client", ACTOR)


async def test_fetches_that_find_no_room_while_one_writes_are_counted(
    world: World,
    clock: Clock,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hits, "MOST_WAITING", 5)
    async with reading() as session:
        access = await sharing.open_with_token(session, world.token)
    for each in range(20):
        await hits.note_request(access, Visitor("192.0.2.1", f"{IPHONE} {each}"), "GET")
    await hits.all_written()
    rows = await kept()
    assert sorted(row.gathered for row in rows) == [0] * 5 + [15]
    assert (await counted(world))["automatic"] == 15


async def test_machines_go_after_90_days_and_their_number_stays(world: World, clock: Clock) -> None:  # noqa: F811
    await see(world, PHONE, GESTURE)
    owner = Visitor("203.0.113.7", IPHONE, world.company_id)
    await ask(world, owner)
    await flood(world, number=24)
    corrected = next(row for row in await kept() if row.opening_class == "automatic" and not row.gathered)
    await openings.correct_opening(world.company_id, world.quote_id, corrected.id, "automatic", ACTOR)
    clock.wait(days=89)
    await ask(world, Visitor("192.0.2.1", "bot/new"), "HEAD")
    before, told = len(await kept()), await counted(world)
    assert await crowds.fold_machines() == 0
    clock.wait(days=2)
    gone = [await crowds.fold_machines(4) for _ in range(4)]
    assert (max(gone), gone[-1], await crowds.fold_machines()) == (4, 0, 0)
    rows = await kept()
    assert len(rows) == before - sum(gone) + 1
    assert {row.opening_class for row in rows} >= {"engaged", "owner", "fetched", "automatic"}
    assert await counted(world) == told
    # Those of the days after go into the same row.
    clock.wait(days=90)
    assert await crowds.fold_machines() == 1
    assert await counted(world) == told
    [many] = [row for row in await kept() if row.gathered]
    assert many.link_id is None
    assert await audit.verify() == []


async def test_what_proves_no_reading_goes_after_a_year(world: World, clock: Clock) -> None:  # noqa: F811
    await ask(world, PHONE)
    await see(world, Visitor("198.51.100.7", IPHONE), GESTURE)
    clock.wait(days=364)
    assert await crowds.drop_unproven() == 0
    clock.wait(days=2)
    assert [await crowds.drop_unproven(), await crowds.drop_unproven()] == [1, 0]
    assert [row.counts for row in await kept()] == [True]
    assert await audit.verify() == []

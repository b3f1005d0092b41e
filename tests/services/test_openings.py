"""Openings as they are kept: visits, what holds a page in view back, news, corrections, truncation, no tracking."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.errors import Invalid, NotFound
from webdoc_app.live.presence import presence
from webdoc_app.models import Company, Document, Notification, Opening
from webdoc_app.services import audit, conversation, hits, issuing, openings, sharing, tracking
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Sight, Visitor
from webdoc_app.services.work import reading, runtime, work
from webdoc_app.ui.webdoc import looking

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.3.1 Mobile/15E148 Safari/604.1"
)
PHONE = Visitor("203.0.113.7", IPHONE)
VIEW, GESTURE = Sight(gesture=False), Sight()
START = datetime(2026, 11, 24, 10, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(world: World) -> Iterator[Clock]:
    clock = Clock(START)
    runtime().clock = clock
    yield clock


async def ask(world: World, visitor: Visitor, method: str = "GET") -> None:
    async with reading() as session:
        access = await sharing.open_with_token(session, world.token)
    await hits.note_request(access, visitor, method)
    await hits.all_written()


async def see(world: World, visitor: Visitor = PHONE, sight: Sight = VIEW) -> None:
    await tracking.confirm_opening_with_token(world.token, visitor, sight)


async def kept() -> list[Opening]:
    async with reading() as session:
        return list((await session.exec(select(Opening).order_by(col(Opening.first_at)))).all())


async def quote(world: World) -> Document:
    async with reading() as session:
        return await session.get_one(Document, world.quote_id)


async def news() -> list[tuple[str, int]]:
    async with reading() as session:
        rows = (await session.exec(select(Notification).order_by(col(Notification.at)))).all()
    return [(row.type, json.loads(row.data)["count"]) for row in rows]


async def test_a_visit_climbs_from_fetched_to_engaged_in_one_row(world: World, clock: Clock) -> None:
    await ask(world, PHONE)
    [row] = await kept()
    assert (row.opening_class, row.counts, row.device_label) == ("fetched", False, "iPhone, Safari")
    assert (await quote(world)).opened_at is None
    clock.wait(seconds=2)
    await see(world)
    clock.wait(seconds=5)
    await see(world, sight=GESTURE)
    await ask(world, PHONE)
    [row] = await kept()
    assert (row.opening_class, row.counts, row.views) == ("engaged", True, 2)
    document = await quote(world)
    assert (document.visits, document.opened_at) == (1, START)
    assert document.last_visit_at == START + timedelta(seconds=7)
    assert await audit.verify() == []


async def test_views_half_an_hour_apart_are_two_visits_and_those_of_another_device_too(
    world: World, clock: Clock
) -> None:
    for wait in (0, 29, 29, 31):
        clock.wait(minutes=wait)
        await see(world)
    assert (await quote(world)).visits == 2
    await see(world, Visitor("203.0.113.8", IPHONE))
    assert (await quote(world)).visits == 3
    assert await audit.verify() == []


async def test_a_request_prolongs_no_visit(world: World, clock: Clock) -> None:
    await see(world)
    before = await quote(world)
    clock.wait(minutes=5)
    await ask(world, PHONE)
    assert (await quote(world)).last_visit_at == before.last_visit_at


async def test_a_head_just_before_from_the_same_network_holds_a_view_back_but_no_gesture(
    world: World, clock: Clock
) -> None:
    await ask(world, Visitor("203.0.113.99", "Mozilla/5.0 (Windows NT 10.0)"), "HEAD")
    clock.wait(seconds=20)
    await see(world)
    assert [(row.opening_class, row.counts) for row in await kept()] == [
        ("automatic", False),
        ("rendered", False),
    ]
    await see(world, Visitor("198.51.100.7", IPHONE))
    assert (await quote(world)).visits == 1
    clock.wait(minutes=2)
    await see(world, sight=GESTURE)
    assert (await quote(world)).visits == 2
    assert await audit.verify() == []


async def test_a_network_that_opens_several_links_right_after_sending_is_a_scanners(
    world: World, clock: Clock
) -> None:
    async with work() as w:
        document = await w.session.get_one(Document, world.quote_id)
        document.sent_at = w.at
        w.session.add(document)
        draft = {**document.model_dump(), "id": "f" * 32, "number": "D-2026-9999", "sequence": None}
        w.session.add(Document(**draft | {"series": None}))
        await w.session.flush()
        w.session.add(
            Opening(
                company_id=world.company_id, document_id="f" * 32, opening_class="fetched",
                network=PHONE.network, first_at=w.at, last_at=w.at,
            )
        )  # fmt: skip
    clock.wait(seconds=30)
    await see(world)
    assert (await quote(world)).visits == 0
    await see(world, Visitor("198.51.100.7", IPHONE))
    clock.wait(seconds=61)
    await see(world, Visitor("203.0.113.8", IPHONE))
    assert (await quote(world)).visits == 2


async def test_what_was_typed_counts_whatever_the_agent_says(world: World, clock: Clock) -> None:
    robot = Visitor("203.0.113.7", "python-httpx/0.28.1")
    await ask(world, robot)
    await see(world, robot)
    assert (await quote(world)).opened_at is None
    with pytest.raises(Invalid):
        nonce = new_nonce(world.quote_id, conversation.PURPOSE)
        await conversation.post_message_with_token(world.token, "", nonce, robot)
    assert (await quote(world)).opened_at is None
    await conversation.post_message_with_token(world.token, "Bonjour", nonce, robot)
    assert (await quote(world)).visits == 1
    assert await audit.verify() == []


async def test_a_second_tab_that_is_driven_is_a_machine(world: World, clock: Clock) -> None:
    await see(world, sight=Sight(gesture=False, webdriver=True))
    [row] = await kept()
    assert (row.opening_class, json.loads(row.signals)) == ("automatic", ["webdriver"])


async def test_the_owner_is_apart(world: World, clock: Clock) -> None:
    owner = Visitor("203.0.113.7", IPHONE, world.company_id)
    await ask(world, owner)
    await see(world, owner, GESTURE)
    await see(world, Visitor("203.0.113.7", IPHONE, "another company"), GESTURE)
    assert [row.opening_class for row in await kept()] == ["owner", "engaged"]
    async with reading() as session:
        counted = await openings.count_openings(session, [await quote(world)])
    assert counted[world.quote_id] == {"client": 1, "automatic": 0, "owner": 1, "last_at": START}


async def test_repeats_are_one_piece_of_news_until_an_edit_or_a_week(world: World, clock: Clock) -> None:
    await see(world)
    for _ in range(3):
        clock.wait(hours=2)
        await see(world)
    assert await news() == [("opening.repeated", 4)]
    await issuing.revise_quote(world.company_id, world.quote_id, {"title": "Cuisine"}, None, ACTOR)
    clock.wait(hours=2)
    await see(world)
    clock.wait(hours=2)
    await see(world)
    assert await news() == [("opening.repeated", 4), ("opening.repeated", 2)]
    clock.wait(days=7)
    await see(world)
    assert (await news())[2:] == [("opening.again", 1)]


async def test_news_someone_has_read_does_not_come_up_again(world: World, clock: Clock) -> None:
    await see(world)
    clock.wait(hours=1)
    await execute("UPDATE users SET news_seen_at = '2026-11-24T10:30:00.000000Z'")
    await see(world)
    async with reading() as session:
        [row] = (await session.exec(select(Notification))).all()
    assert (row.type, row.at) == ("opening.repeated", "2026-11-24T10:00:00.000000Z")


async def test_a_correction_by_hand_leaves_a_trace_and_the_document_follows(
    world: World, clock: Clock
) -> None:
    await see(world)
    clock.wait(hours=1)
    await see(world)
    first, second = await kept()
    await openings.correct_opening(world.company_id, world.quote_id, first.id, "owner", ACTOR)
    document = await quote(world)
    assert (document.visits, document.opened_at, document.last_visit_at) == (
        1,
        second.first_at,
        second.last_at,
    )
    await openings.correct_opening(world.company_id, world.quote_id, second.id, "automatic", ACTOR)
    assert (await quote(world)).opened_at is None
    # What a person said stands, whatever the visit goes on to do.
    clock.wait(minutes=5)
    await see(world, sight=GESTURE)
    assert (await quote(world)).visits == 0
    await openings.correct_opening(world.company_id, world.quote_id, first.id, "client", ACTOR)
    assert (await quote(world)).opened_at == first.first_at
    assert await execute("SELECT count(*) FROM events WHERE type = 'opening.corrected'") == 3
    assert [row.corrected_by for row in await kept()] == ["Lucas", "Lucas"]
    assert await audit.verify() == []


async def test_a_correction_is_of_an_opening_of_this_document_to_something_known(
    world: World, clock: Clock
) -> None:
    await see(world)
    [row] = await kept()
    with pytest.raises(Invalid):
        await openings.correct_opening(world.company_id, world.quote_id, row.id, "rendered", ACTOR)
    with pytest.raises(NotFound):
        await openings.correct_opening(world.company_id, world.quote_id, "f" * 32, "owner", ACTOR)
    with pytest.raises(NotFound):
        await openings.correct_opening("f" * 32, world.quote_id, row.id, "owner", ACTOR)


DAMAGE = [
    "UPDATE openings SET counts = FALSE",
    "UPDATE openings SET last_at = '2026-11-24T10:00:01.000000Z'",
    "DELETE FROM openings",
    "UPDATE documents SET visits = 2",
    "UPDATE documents SET opened_at = NULL",
    "UPDATE openings SET corrected_at = '2026-11-24T10:00:00.000000Z'",
    "UPDATE openings SET counts = FALSE; UPDATE documents SET visits = 0, opened_at = NULL, last_visit_at = NULL",
]


async def test_verify_names_visits_that_were_tampered_with(world: World, clock: Clock) -> None:
    await see(world)
    await execute("CREATE TABLE kept AS SELECT * FROM openings")
    for damage in DAMAGE:
        for statement in damage.split(";"):
            await execute(statement)
        assert await audit.verify() != [], damage
        await execute("DELETE FROM openings")
        await execute("INSERT INTO openings SELECT * FROM kept")
        at = "'2026-11-24T10:00:00.000000Z'"
        await execute(f"UPDATE documents SET visits = 1, opened_at = {at}, last_visit_at = {at}")
        assert await audit.verify() == []


async def test_after_a_year_neither_address_nor_agent_is_kept(world: World, clock: Clock) -> None:
    await see(world)
    clock.wait(days=300)
    await see(world, Visitor("2001:db8:1:2::3", IPHONE))
    clock.wait(days=64)
    assert await openings.truncate_openings() == 0
    clock.wait(days=2)
    assert await openings.truncate_openings() == 1
    assert await openings.truncate_openings() == 0
    old, young = await kept()
    assert (old.address, old.user_agent, old.device, old.network) == ("203.0.113.0", "", "", "")
    assert (old.device_label, old.counts) == ("iPhone, Safari", True)
    assert (young.address, young.user_agent) == ("2001:db8:1:2::3", IPHONE)
    assert await audit.verify() == []


async def test_a_company_that_does_not_track_keeps_nothing(world: World, clock: Clock) -> None:
    async with work() as w:
        company = await w.session.get_one(Company, world.company_id)
        company.tracking = False
        w.session.add(company)
    await ask(world, PHONE)
    await ask(world, PHONE, "HEAD")
    await see(world, sight=GESTURE)
    nonce = new_nonce(world.quote_id, conversation.PURPOSE)
    await conversation.post_message_with_token(world.token, "Bonjour", nonce, PHONE)
    assert await kept() == []
    assert (await quote(world)).opened_at is None
    assert await tracking.watching_with_token(world.token, PHONE) is None
    assert await audit.verify() == []


async def test_only_a_visit_that_counts_is_watched_and_its_time_adds_up(world: World, clock: Clock) -> None:
    await ask(world, PHONE)
    assert await tracking.watching_with_token(world.token, PHONE) is None
    await see(world)
    assert await tracking.watching_with_token(world.token, Visitor("198.51.100.1", IPHONE)) is None
    watching = await tracking.watching_with_token(world.token, PHONE)
    assert watching is not None
    clock.wait(seconds=20)
    await tracking.add_visible_time(watching, timedelta(seconds=20))
    await tracking.add_visible_time(watching, timedelta(seconds=4))
    [row] = await kept()
    assert row.visible_seconds == 24
    assert (await quote(world)).last_visit_at == START + timedelta(seconds=20)
    assert await audit.verify() == []


async def watched(world: World, token: str = "") -> tracking.Watching:
    watching = await tracking.watching_with_token(token or world.token, PHONE)
    assert watching
    return watching


async def seconds() -> list[int]:
    return [row.visible_seconds for row in await kept()]


async def test_time_in_view_is_kept_however_a_tab_leaves(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await see(world)
    seen = await watched(world)
    monkeypatch.setattr(presence, "_left", looking.save)
    # Hidden: it says goodbye. Closed: its socket is gone. Each time, what it was in view counts at once.
    await looking.sign("tab", seen)
    clock.wait(seconds=3)
    await looking.goodbye("tab")
    assert await seconds() == [3]
    await looking.goodbye("tab")
    await looking.sign("tab", seen)
    clock.wait(seconds=4)
    await looking.sign("tab", seen)
    clock.wait(seconds=2)
    await presence.sweep(lambda tab: False)
    assert await seconds() == [9]
    # A sign that never came stands for six seconds at most, and long visits are kept before they end.
    await looking.sign("tab", seen)
    for _ in range(4):
        clock.wait(seconds=60)
        await looking.sign("tab", seen)
    assert await seconds() == [9 + 24]
    await looking.goodbye("tab")
    assert await seconds() == [33]


async def test_a_tab_that_goes_on_to_another_document_has_left_the_first(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_left", looking.save)
    await see(world)
    seen = await watched(world)
    other = tracking.Watching(seen.company_id, "another", "nowhere")
    await looking.sign("tab", seen)
    clock.wait(seconds=5)
    await looking.sign("tab", other)
    assert await seconds() == [5]
    assert await presence.looked_at(seen.company_id) == {"another"}
    await looking.goodbye("tab")
    assert await presence.looked_at(seen.company_id) == set()

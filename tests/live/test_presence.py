"""Who looks right now, in one process and in several: who comes, who goes, and who is not heard of any more."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.redis_server import redis_server
from webdoc_app.live.presence import LASTS_SECONDS, MemoryStore, Presence, RedisStore, Store


class Heard:
    """A bus that remembers what was told."""

    def __init__(self) -> None:
        self.news: list[tuple[str, str, str]] = []

    async def publish(self, news) -> None:
        self.news += list(news)

    async def messages(self):
        raise NotImplementedError
        yield

    def taken(self) -> list[tuple[str, str, str]]:
        news, self.news = self.news, []
        return news


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as server:
        yield server.url


@pytest_asyncio.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    found = RedisStore(request.getfixturevalue("redis_url"))
    await found._redis.flushall()
    yield found
    await found._redis.aclose()


def everyone(tab: str) -> bool:
    return True


TOLD = [("presence:company", "presence", "quote")]


async def test_coming_and_going_is_told_once(store: Store) -> None:
    bus, clock = Heard(), Clock()
    presence = Presence(store, bus, clock)
    await presence.sign("company", "quote", "tab")
    assert bus.taken() == TOLD
    clock.now += 4
    await presence.sign("company", "quote", "tab")
    assert bus.taken() == []
    assert await presence.looked_at("company") == {"quote"}
    assert await presence.looked_at("another") == set()
    await presence.goodbye("company", "quote", "tab")
    await presence.goodbye("company", "quote", "tab")
    assert bus.taken() == TOLD
    assert await presence.looked_at("company") == set()


async def test_a_dead_network_ends_within_half_a_minute_and_a_bad_one_does_not(store: Store) -> None:
    bus, clock = Heard(), Clock()
    presence = Presence(store, bus, clock)
    await presence.sign("company", "quote", "tab")
    clock.now += 12
    await presence.sweep(everyone)
    assert await presence.looked_at("company") == {"quote"}
    assert LASTS_SECONDS < 30
    clock.now += LASTS_SECONDS - 12
    bus.taken()
    await presence.sweep(everyone)
    assert bus.taken() == TOLD
    assert await presence.looked_at("company") == set()


async def test_a_closed_socket_ends_it_at_once_while_another_tab_still_looks(store: Store) -> None:
    bus, clock = Heard(), Clock()
    presence = Presence(store, bus, clock)
    await presence.sign("company", "quote", "phone")
    await presence.sign("company", "quote", "desk")
    await presence.sweep(lambda tab: tab != "phone")
    assert await presence.looked_at("company") == {"quote"}
    await presence.sweep(lambda tab: False)
    assert await presence.looked_at("company") == set()


@pytest.mark.redis
async def test_several_processes_know_the_same_and_one_of_them_tells(redis_url: str) -> None:
    ours, theirs, clock = Heard(), Heard(), Clock()
    stores = [RedisStore(redis_url), RedisStore(redis_url)]
    await stores[0]._redis.flushall()
    one, other = (Presence(s, bus, clock) for s, bus in zip(stores, (ours, theirs), strict=True))
    await one.sign("company", "quote", "tab")
    assert await other.looked_at("company") == {"quote"}
    # A tab of another process is not ours to miss.
    await other.sweep(lambda tab: False)
    assert await other.looked_at("company") == {"quote"}
    clock.now += LASTS_SECONDS
    await one.sweep(everyone)
    await other.sweep(everyone)
    assert ours.news + theirs.news == TOLD * 2
    for found in stores:
        await found._redis.aclose()


@pytest.mark.redis
async def test_without_its_redis_nobody_is_shown_and_nothing_breaks() -> None:
    with redis_server() as server:
        store = RedisStore(server.url)
        presence = Presence(store, Heard())
        await presence.sign("company", "quote", "tab")
        server.stop()
        assert await presence.looked_at("company") == set()
        await presence.sign("company", "quote", "tab")
        await presence.goodbye("company", "quote", "tab")
        await presence.sweep(everyone)
        await store._redis.aclose()

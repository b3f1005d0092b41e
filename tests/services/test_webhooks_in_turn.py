"""One slow address delays nobody: addresses are called side by side, each in order, one worker at a time."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pytest_asyncio

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.documents import Kind
from webdoc_app.integrations import webhooks as calling
from webdoc_app.services import companies, customers, documents, issuing
from webdoc_app.services import webhooks_out as webhooks
from webdoc_app.services.conversation import post_message
from webdoc_app.services.work import runtime

GENEROUS = 60


async def call(url: str, body: str, headers: dict[str, str]) -> int:
    return await calling.post(url, body, headers, loopback=True)


@dataclass
class Listener:
    """Answers each path with what is wanted of it; remembers the most posts under way at once on one path."""

    url: str = ""
    answers: dict[str, list[int]] = field(default_factory=dict)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)

    def events(self, path: str) -> list[str]:
        return [event for where, event, _ in self.heard if where == path]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found, now, lock = Listener(), Counter[str](), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                now[self.path] += 1
                found.most[self.path] = max(found.most[self.path], now[self.path])
                found.heard.append((self.path, body["id"], self.headers["Webdoc-Delivery"]))
                wanted = found.answers.get(self.path)
                answer = wanted.pop(0) if wanted else 200
                now[self.path] -= 1
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Silence:
    """A server that takes everything and never answers."""

    url: str
    callers: list[asyncio.StreamWriter]


@pytest_asyncio.fixture
async def silence() -> AsyncIterator[Silence]:
    callers: list[asyncio.StreamWriter] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    yield Silence(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", callers)
    for writer in callers:
        writer.close()
    server.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(GENEROUS):
        while not is_so():  # noqa: ASYNC110 - what happens elsewhere tells nobody
            await asyncio.sleep(0.01)


async def say(world: World, number: int = 1) -> None:
    for _ in range(number):
        await post_message(world.company_id, world.quote_id, "Bonjour", ACTOR)


async def another_company(name: str) -> tuple[str, Callable[[], object]]:
    """A second company, and how something happens there."""
    company_id, _ = await companies.create_company(name, f"{name.lower()}@b.example", "motdepasse-long")
    customer_id = await customers.create_customer(company_id, {"name": "Paul"})
    line = documents.LineInput("Table", Decimal(100))

    async def happen() -> None:
        draft = documents.DraftInput(Kind.QUOTE, customer_id, [line])
        await issuing.issue_document(
            company_id, await documents.create_draft(company_id, draft, ACTOR), ACTOR
        )

    return company_id, happen


async def test_an_address_that_never_answers_delays_no_other_company(
    world: World, silence: Silence, listener: Listener
) -> None:
    for number in range(webhooks.MOST):
        await webhooks.add_webhook(world.company_id, f"{silence.url}/{number}")
    await say(world, 5)
    other, happen = await another_company("Rival")
    await webhooks.add_webhook(other, f"{listener.url}/b")
    await happen()
    calls = webhooks.Calls(call)
    assert await calls.start_due() == webhooks.MOST + 1
    await until(lambda: bool(listener.heard) and bool(silence.callers))
    # B has its own while those of A that have a place are still waited for, and the rest of them wait for a place.
    assert len(silence.callers) <= webhooks.PLACES_A_COMPANY
    assert await execute("SELECT count(*) FROM webhook_deliveries WHERE last_error != ''") == 0
    await calls.stop()


async def test_an_address_that_times_out_is_left_in_peace_for_longer_and_longer(
    world: World, silence: Silence, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "TIMEOUT_SECONDS", 0.2)
    await webhooks.add_webhook(world.company_id, f"{silence.url}/slow")
    await webhooks.add_webhook(world.company_id, f"{listener.url}/quick")
    await say(world, 3)
    assert await webhooks.deliver_due(call) == 4
    assert len(listener.events("/quick")) == 3
    moment = runtime().clock()
    runtime().clock = lambda: moment
    for pause in (2, 5, 15, 60, 120, 240):
        # The next ones wait with the first: none of them costs a try.
        assert await webhooks.deliver_due(call) == 0
        moment += timedelta(seconds=pause - 1)
        if pause > 2:
            assert await webhooks.deliver_due(call) == 0
        moment += timedelta(seconds=1)
        assert await webhooks.deliver_due(call) == 1
    tries = "SELECT count(*) FROM webhook_deliveries WHERE state = 'queued' AND attempts = {}"
    assert [await execute(tries.format(number)) for number in (0, 7)] == [2, 1]
    assert len(silence.callers) == 7


async def test_an_address_in_doubt_has_places_of_its_own(
    world: World, silence: Silence, listener: Listener
) -> None:
    for number in range(webhooks.PLACES + webhooks.DOUBTED_PLACES):
        company_id, happen = await another_company(f"Lente{number}")
        await webhooks.add_webhook(company_id, f"{silence.url}/{number}")
        await happen()
    await execute("UPDATE webhooks SET failures = 1")
    await webhooks.add_webhook(world.company_id, f"{listener.url}/good")
    await say(world)
    calls = webhooks.Calls(call)
    await calls.start_due()
    await until(lambda: bool(listener.heard))
    await until(lambda: len(silence.callers) == webhooks.DOUBTED_PLACES)
    await calls.stop()


async def test_events_keep_their_order_through_a_failure(world: World, listener: Listener) -> None:
    await webhooks.add_webhook(world.company_id, f"{listener.url}/h")
    await say(world, 4)
    listener.answers["/h"] = [200, 500, 503]
    moment = runtime().clock()
    runtime().clock = lambda: moment
    assert await webhooks.deliver_due(call) == 2
    for pause, tried in ((2, 1), (5, 3)):
        moment += timedelta(seconds=pause)
        assert await webhooks.deliver_due(call) == tried
    first, second, again, once_more, third, fourth = listener.events("/h")
    assert second == again == once_more
    sent = await execute("SELECT count(*) FROM webhook_deliveries WHERE state = 'sent'")
    assert sent == len({first, second, third, fourth}) == 4
    assert await execute("SELECT failures FROM webhooks") == 0


async def test_an_event_that_is_never_taken_holds_the_others_back_for_a_while_only(
    world: World, listener: Listener
) -> None:
    await webhooks.add_webhook(world.company_id, f"{listener.url}/h")
    await say(world)
    listener.answers["/h"] = [500] * (webhooks.HOLDS_BACK + 1)
    moment = runtime().clock()
    runtime().clock = lambda: moment
    for _ in range(webhooks.HOLDS_BACK + 1):
        assert await webhooks.deliver_due(call) == 1
        moment += timedelta(hours=1)
    bad = listener.events("/h")[0]
    await say(world, 2)
    listener.answers["/h"] = [200, 200, 500]
    assert await webhooks.deliver_due(call) == 3
    assert listener.events("/h")[-1] == bad


async def test_workers_at_once_post_each_event_once_and_never_two_to_one_address(
    world: World, listener: Listener
) -> None:
    for path in "abc":
        await webhooks.add_webhook(world.company_id, f"{listener.url}/{path}")
    await say(world, webhooks.SHARE + 5)
    while await execute("SELECT count(*) FROM webhook_deliveries WHERE state = 'queued'"):
        await asyncio.gather(*(webhooks.deliver_due(call) for _ in range(4)))
    assert listener.most == Counter(["/a", "/b", "/c"])
    assert (
        len(listener.heard) == len({delivery for *_, delivery in listener.heard}) == 3 * (webhooks.SHARE + 5)
    )
    order = [listener.events(path) for path in ("/a", "/b", "/c")]
    assert order[0] == order[1] == order[2]
    assert await execute("SELECT count(*) FROM webhooks WHERE leased_until IS NOT NULL") == 0


async def test_a_dead_workers_address_is_called_when_its_lease_has_run_out(
    world: World, silence: Silence, listener: Listener
) -> None:
    await webhooks.add_webhook(world.company_id, f"{silence.url}/h")
    await say(world)
    calls = webhooks.Calls(call)
    await calls.start_due()
    await until(lambda: bool(silence.callers))
    await calls.stop()
    await execute(f"UPDATE webhooks SET url = '{listener.url}/h'")
    assert await webhooks.deliver_due(call) == 0
    moment = runtime().clock() + webhooks.LEASE
    runtime().clock = lambda: moment
    assert await webhooks.deliver_due(call) == 1
    assert len(listener.heard) == 1


async def test_what_was_told_long_ago_goes(world: World, listener: Listener) -> None:
    await webhooks.add_webhook(world.company_id, f"{listener.url}/h")
    await say(world, 3)
    await webhooks.deliver_due(call)
    await say(world)
    moment = runtime().clock() + webhooks.KEPT + timedelta(minutes=1)
    runtime().clock = lambda: moment
    assert [await webhooks.drop_old_deliveries(2) for _ in range(3)] == [2, 1, 0]
    assert await execute("SELECT count(*) FROM webhook_deliveries WHERE state = 'queued'") == 1

"""Events on their way to other software: one for each, signed, tried again, with a secret that can be replaced."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.integrations.webhooks import post
from webdoc_app.reads.webhooks import WebhookRow, webhooks_of
from webdoc_app.services import webhooks_out as webhooks
from webdoc_app.services.conversation import post_message
from webdoc_app.services.work import reading, runtime


@dataclass
class Listener:
    url: str = ""
    answer: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append((dict(self.headers), body))
            self.send_response(found.answer)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://localhost:{server.server_port}/hook"
    yield found
    server.shutdown()
    server.server_close()


async def deliver() -> int:
    async def call(url: str, body: str, headers: dict[str, str]) -> int:
        return await post(url, body, headers, loopback=webhooks.loopback_allowed())

    return await webhooks.deliver_due(call)


async def rows(world: World) -> list[WebhookRow]:
    async with reading() as session:
        return await webhooks_of(session, world.company_id, "fr")


def later(**wait: float) -> None:
    moment = runtime().clock() + timedelta(**wait)
    runtime().clock = lambda: moment


async def say(world: World, words: str = "Bonjour", *, internal: bool = False) -> None:
    await post_message(world.company_id, world.quote_id, words, ACTOR, internal=internal)


def mark(secret: str, told: str) -> str:
    return hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()


async def test_each_event_is_told_once_signed_and_without_a_notes_words(
    world: World, listener: Listener
) -> None:
    await say(world)
    _, secret = await webhooks.add_webhook(world.company_id, listener.url)
    await say(world)
    await say(world, "kanari", internal=True)
    assert await deliver() == 2
    assert await deliver() == 0
    told = [json.loads(body) for _, body in listener.heard]
    assert [event["type"] for event in told] == ["message.posted", "note.posted"]
    assert told[0]["document_id"] == world.quote_id
    for headers, body in listener.heard:
        moment = headers["Webdoc-Signature"].split(",")[0].removeprefix("t=")
        assert headers["Webdoc-Signature"] == f"t={moment},v1={mark(secret, f'{moment}.{body.decode()}')}"
        assert b"kanari" not in body
        assert abs(int(moment) - runtime().clock().timestamp()) < 60
    [row] = await rows(world)
    assert [attempt.state for attempt in row.attempts] == ["sent", "sent"]


@pytest.mark.parametrize("answer", [500, 302, 404])
async def test_what_is_not_taken_is_tried_again_and_seen(
    world: World, listener: Listener, answer: int
) -> None:
    await webhooks.add_webhook(world.company_id, listener.url)
    listener.answer = answer
    await say(world)
    assert await deliver() == 1
    assert await deliver() == 0
    [row] = await rows(world)
    assert f"HTTP {answer}" in row.attempts[0].words
    later(seconds=3)
    listener.answer = 204
    assert await deliver() == 1
    first, second = listener.heard
    assert first[0]["Webdoc-Delivery"] == second[0]["Webdoc-Delivery"]
    assert (await rows(world))[0].attempts[0].state == "sent"


async def test_gone_is_gone_and_48_hours_are_enough(world: World, listener: Listener) -> None:
    await webhooks.add_webhook(world.company_id, listener.url)
    listener.answer = 410
    await say(world)
    await deliver()
    assert (await rows(world))[0].attempts[0].state == "dead"
    listener.answer = 500
    await say(world)
    later(hours=49)
    await deliver()
    assert await execute("SELECT count(*) FROM webhook_deliveries WHERE state = 'dead'") == 2


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(world: World, listener: Listener) -> None:
    id_, old = await webhooks.add_webhook(world.company_id, listener.url)
    new = await webhooks.rotate_secret(world.company_id, id_)
    await say(world)
    await deliver()
    later(hours=25)
    await say(world)
    await deliver()
    for (headers, body), secrets in zip(listener.heard, ([new, old], [new]), strict=True):
        moment, *marks = headers["Webdoc-Signature"].split(",")
        told = f"{moment.removeprefix('t=')}.{body.decode()}"
        assert marks == [f"v1={mark(secret, told)}" for secret in secrets]
    assert await execute(f"SELECT count(*) FROM webhooks WHERE secret LIKE '%{new}%'") == 0


async def test_a_removed_address_hears_nothing_more(world: World, listener: Listener) -> None:
    id_, _ = await webhooks.add_webhook(world.company_id, listener.url)
    await say(world)
    for stranger in (webhooks.remove_webhook("0" * 32, id_), webhooks.rotate_secret("0" * 32, id_)):
        with pytest.raises(NotFound):
            await stranger
    await webhooks.remove_webhook(world.company_id, id_)
    await say(world)
    await deliver()
    assert listener.heard == []
    assert await rows(world) == []


async def test_an_address_inside_is_refused_in_words_and_ten_are_enough(
    world: World, listener: Listener
) -> None:
    for url in ("http://10.0.0.1/", "https://169.254.169.254/", "javascript:alert(1)", ""):
        with pytest.raises(Invalid) as refused:
            await webhooks.add_webhook(world.company_id, url)
        assert refused.value.errors[0].field == "url"
    runtime().origin = "https://webdoc.example"
    with pytest.raises(Invalid):
        await webhooks.add_webhook(world.company_id, listener.url)
    runtime().origin = "http://localhost:3000"
    for _ in range(10):
        await webhooks.add_webhook(world.company_id, listener.url)
    with pytest.raises(Conflict):
        await webhooks.add_webhook(world.company_id, listener.url)

"""Bodies: who sends is known before the first byte is read, slow ones end, all together they stay small."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from webdoc_app.http import bodies
from webdoc_app.http.app import at_the_edge, create_api
from webdoc_app.services import accounts, companies, database
from webdoc_app.services.work import Runtime, configure

Headers = dict[str, str]


@pytest_asyncio.fixture
async def key(sqlite_url: str, built_pages: None) -> AsyncIterator[str]:
    engine = database.async_engine(sqlite_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    company_id, _ = await companies.create_company("Ours", "ours@example.org", "motdepasse")
    yield await accounts.create_api_key(company_id, "test")
    configure(None)
    await engine.dispose()


class Never:
    """A sender who says there is a body and never sends it."""

    asked = 0

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError


async def answer_to(
    path: str, receive: Any, headers: Headers, client: str = "127.0.0.1"
) -> tuple[int, Headers]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("localhost", 3000),
        "client": (client, 5), "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
    }  # fmt: skip
    async with asyncio.timeout(20):
        await APPS[0](scope, receive, send)
    start = sent[0]
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}


async def until(is_so: Callable[[], bool]) -> None:
    """Lets the others go on until it is so; the test's own patience ends it."""
    async with asyncio.timeout(20):
        while True:
            if is_so():
                return
            await asyncio.sleep(0)


APPS: list[Any] = []


@pytest.fixture(autouse=True)
def _app(key: str) -> None:
    APPS[:] = [at_the_edge(create_api())]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/imports", 401),
        ("/api/v1/documents", 401),
        ("/app/import", 401),
        ("/d/unknown/messages", 404),
        ("/d/unknown/decision", 404),
        ("/hooks/stripe/unknown", 404),
        ("/hooks/mail/inbound", 404),
    ],
)
async def test_who_may_not_send_is_told_so_before_a_byte_is_read(path: str, status: int) -> None:
    never = Never()
    found, headers = await answer_to(path, never, {"content-length": "9000000"})
    assert (found, never.asked) == (status, 0)
    # What is left unread would be taken for the next request.
    assert headers["connection"] == "close"


async def test_a_wrong_key_is_refused_and_a_right_one_heard(key: str) -> None:
    headers = {"authorization": "Bearer wrong", "content-length": "50", "content-type": "application/json"}
    assert (await answer_to("/api/v1/documents", Never(), headers))[0] == 401

    async def whole() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    headers = {"authorization": f"Bearer {key}", "content-length": "2", "content-type": "application/json"}
    assert (await answer_to("/api/v1/documents", whole, headers))[0] == 422


async def test_a_sender_who_falls_silent_is_let_go(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SILENCE_SECONDS", 0.05)
    for path, headers in (
        ("/login", {"content-length": "1"}),
        ("/api/v1/imports", {"content-length": "9000000", "authorization": f"Bearer {key}"}),
    ):
        status, answered = await answer_to(path, Never(), headers)
        assert (status, answered["connection"]) == (408, "close")


async def test_one_address_holds_few_large_bodies_and_others_still_get_theirs_in(key: str) -> None:
    headers = {"content-length": "9000000", "authorization": f"Bearer {key}"}
    senders = [Never() for _ in range(20)]
    held = [asyncio.create_task(answer_to("/api/v1/imports", each, headers)) for each in senders]
    await until(lambda: sum(each.asked for each in senders) == bodies.LARGE_EACH)
    other = Never()
    theirs = asyncio.create_task(answer_to("/api/v1/imports", other, headers, client="127.0.0.2"))
    await until(lambda: other.asked == 1)
    assert sum(each.asked for each in senders) == bodies.LARGE_EACH
    for task in (*held, theirs):
        task.cancel()
    await asyncio.gather(*held, theirs, return_exceptions=True)


async def test_what_finds_no_place_is_told_to_come_back(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PLACE_SECONDS", 0.05)
    headers = {"content-length": "9000000", "authorization": f"Bearer {key}"}
    senders = [Never() for _ in range(bodies.LARGE_EACH)]
    held = [asyncio.create_task(answer_to("/api/v1/imports", each, headers)) for each in senders]
    await until(lambda: all(each.asked for each in senders))
    status, answered = await answer_to("/api/v1/imports", Never(), headers)
    assert (status, answered.get("retry-after")) == (503, "5")
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)


async def test_half_a_form_is_no_form(key: str) -> None:
    parts = [{"type": "http.request", "body": b"email=a", "more_body": True}, {"type": "http.disconnect"}]

    async def leaves() -> dict[str, Any]:
        return parts.pop(0)

    with pytest.raises(IndexError):  # nothing was answered, to nobody
        await answer_to("/forgot", leaves, {"content-length": "70"})


async def test_above_its_limit_a_body_is_read_to_its_end_and_refused(key: str) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=APPS[0]), base_url="http://localhost:3000"
    ) as client:
        answer = await client.post(
            "/api/v1/documents", content=b" " * 3_000_000, headers={"authorization": f"Bearer {key}"}
        )
    assert answer.status_code == 413

"""The bare address, and what stays in a browser that leaves."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from webdoc_app.http.app import create_api
from webdoc_app.services import accounts, companies, database
from webdoc_app.services.work import Runtime, configure

EVIL = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}


@pytest_asyncio.fixture
async def browser(sqlite_url: str) -> AsyncIterator[httpx.AsyncClient]:
    engine = database.async_engine(sqlite_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield client
    configure(None)
    await engine.dispose()


async def sign_in(browser: httpx.AsyncClient) -> str:
    """The session's id. The company is made where there is none."""
    await companies.create_company("Nous", "nous@example.org", "motdepasse")
    await browser.post("/login", data={"email": "nous@example.org", "password": "motdepasse"})
    return str(browser.cookies["webdoc"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/app", "/app/documents", "/en/app"])
async def test_who_is_not_signed_in_is_led_to_the_door_there_is(
    browser: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await browser.request(method, path, headers=EVIL)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signup")
    await companies.create_company("Nous", "nous@example.org", "motdepasse")
    answer = await browser.request(method, path, headers=EVIL)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_bare_address_leads_a_member_to_the_dashboard(
    browser: httpx.AsyncClient, method: str
) -> None:
    await sign_in(browser)
    answer = await browser.request(method, "/", headers=EVIL)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app")


async def test_signing_out_leaves_nothing_in_the_browser(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    answer = await browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert answer.headers["clear-site-data"] == '"storage"'
    assert not browser.cookies
    assert "clear-site-data" not in (await browser.get("/login")).headers


async def test_a_session_ended_elsewhere_leaves_nothing_at_the_door(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    await accounts.set_password("nous@example.org", "un-autre-mot")
    answer = await browser.get("/login")
    assert answer.headers["clear-site-data"] == '"storage"'
    assert not browser.cookies


async def test_a_changed_password_begins_the_tab_anew_and_only_from_our_own_pages(
    browser: httpx.AsyncClient,
) -> None:
    ours = await browser.get("/renewed", headers={"Sec-Fetch-Site": "same-origin"})
    assert ours.headers["location"].startswith("/app/settings")
    assert ours.headers["clear-site-data"] == '"storage"'
    theirs = await browser.get("/renewed", headers={"Sec-Fetch-Site": "cross-site"})
    assert "clear-site-data" not in theirs.headers

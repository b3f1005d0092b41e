"""A return address leads to the very link that started it, for a day: never to a newer one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.emulators.running import FORM_KEYS
from tests.payments.books import books
from tests.payments.cases import each
from tests.payments.conftest import ACTOR, Bill, Shop, with_limits
from webdoc_app.services import links, sharing
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.work import reading, runtime

Close = Callable[[str, str, str | None, object], Awaitable[None]]
CLOSED = {"replaced": links.rotate_link, "revoked": links.revoke_link, "disabled": links.disable_link}
closed = pytest.mark.parametrize("how", CLOSED)


@pytest.fixture(params=["success", "cancel"])
async def address(
    request: pytest.FixtureRequest, shop: Shop, provider: str
) -> AsyncIterator[tuple[Bill, str]]:
    """A bill, and where the provider sends whoever paid, or went out."""
    bill = await shop.bill()
    page = await bill.go(provider)
    yield bill, await bill.click(page, "pay" if request.param == "success" else "cancel")


async def newest_token(bill: Bill) -> str:
    async with reading() as session:
        link = await sharing.main_link(session, bill.id)
    assert link
    return sharing.token_of(link)


@each
@closed
async def test_a_link_closed_meanwhile_does_not_come_back(
    shop: Shop, provider: str, how: str, address: tuple[Bill, str]
) -> None:
    bill, back = address
    await CLOSED[how](shop.company_id, bill.id, None, ACTOR)
    token = await newest_token(bill)
    answers = [await shop.http.request(method, back) for method in ("GET", "HEAD", "GET")]
    own = await shop.http.get(f"/d/{bill.token}")
    for answer in answers:
        assert answer.status_code == own.status_code == 410
        assert "location" not in answer.headers
        assert token not in answer.text or token == bill.token
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
    # What was paid is paid, whatever became of the link.
    assert await bill.ledger() in ([12_000], [])


@each
async def test_good_for_a_day_and_then_in_words(shop: Shop, provider: str, address: tuple[Bill, str]) -> None:
    bill, back = address
    shop.travel(timedelta(hours=23, minutes=59))
    assert (await shop.http.get(back)).headers["location"] == f"/d/{bill.token}"
    shop.travel(timedelta(hours=24, minutes=1))
    before, calls = await books(), list(shop.providers.all[provider].calls)
    answer = await shop.http.get(back)
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert bill.token not in answer.text and "/d/" not in answer.text and "F-" not in answer.text
    assert "ouvrez le lien que vous avez reçu" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await books(), shop.providers.all[provider].calls) == (before, calls)  # nobody was asked


@closed
async def test_a_forms_page_closes_with_its_link(shop: Shop, how: str) -> None:
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    bill = await shop.bill()
    page = await bill.go("payzen")
    assert (await shop.http.get(page)).status_code == 200
    await CLOSED[how](shop.company_id, bill.id, None, ACTOR)
    answer = await shop.http.get(page)
    assert (answer.status_code, "vads_" in answer.text) == (410, False)


async def test_whoever_has_the_new_link_starts_anew(shop: Shop) -> None:
    """The same form, sent before and after: the page begun with the old link is not handed on."""
    bill = await shop.bill()
    page = await bill.go("stripe")
    await links.rotate_link(shop.company_id, bill.id, None, ACTOR)
    assert (await shop.http.get(f"/d/{bill.token}")).status_code == 410
    fresh = Bill(shop, bill.id, await newest_token(bill))
    again = await fresh.go("stripe")
    assert again != page
    await fresh.come_back(await fresh.click(again))
    await fresh.is_settled_once()


async def test_an_attempt_of_before_versions_were_known_leads_to_words(shop: Shop) -> None:
    bill = await shop.bill()
    back = await bill.pay("stripe")
    async with runtime().engine.begin() as connection:
        await connection.execute(text("UPDATE payment_attempts SET link_version = NULL"))
    answer = await shop.http.get(back.replace("/return/", "/en/return/"))
    assert (answer.status_code, bill.token in answer.text) == (200, False)
    assert "open the link you received" in answer.text


async def test_coming_back_again_and_again_asks_the_provider_now_and_then(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await shop.bill()
    back = await bill.pay("payzen")
    await bill.come_back(back)
    with_limits(monkeypatch)
    shop.providers.payzen.calls.clear()
    await asyncio.gather(*(bill.come_back(back) for _ in range(40)))
    assert 0 < len(shop.providers.payzen.calls) <= 2 * 10

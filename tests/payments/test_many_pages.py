"""Many pages of one bill, many bills of one company, a provider that hangs: nobody else waits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.emulators.running import FORM_KEYS, KEYS
from tests.payments.cases import each, things
from tests.payments.conftest import Bill, Shop, with_limits
from webdoc_app.services import companies, settling, settling_due
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.settling_due import EACH, begin_due, settle_due
from webdoc_app.services.work import runtime


def left_open(shop: Shop, provider: str, since: int) -> list[dict[str, Any]]:
    name, word = {"stripe": ("status", "open"), "payzen": ("paymentOrderStatus", "RUNNING")}[provider]
    return [thing for thing in things(shop, provider)[since:] if thing[name] == word]


OURS_OPEN = (
    "SELECT count(*) FROM payment_attempts WHERE state IN ('created', 'open', 'canceled') AND document_id = "
)


@each
async def test_three_pages_of_a_bill_are_open_and_the_newest_is_good(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    since = len(things(shop, provider))
    pages = [await bill.go(provider) for _ in range(7)]
    assert await shop.count(f"{OURS_OPEN}'{bill.id}'") == 3
    if provider != "paypal":  # there a page cannot be closed; it is no longer asked about
        assert len(left_open(shop, provider, since)) == 3
    assert await shop.count("SELECT count(*) FROM payment_attempts WHERE next_check_at IS NOT NULL") == 3
    await bill.come_back(await bill.click(pages[-1]))
    await bill.is_settled_once()


async def test_of_forms_too(shop: Shop) -> None:
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    bill = await shop.bill()
    pages = [await bill.go("payzen") for _ in range(5)]
    assert await shop.count(f"{OURS_OPEN}'{bill.id}'") == 3
    assert [(await shop.http.get(page)).status_code for page in pages] == [303, 303, 200, 200, 200]


async def test_pages_given_up_count_too_and_so_do_those_asked_for_at_once(shop: Shop) -> None:
    bill = await shop.bill()
    since = len(things(shop, "stripe"))
    for _ in range(2):
        await bill.come_back(await bill.click(await bill.go("stripe"), "cancel"))
    answers = await asyncio.gather(*(bill.press("stripe") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(left_open(shop, "stripe", since)) == 3
    assert await shop.count(f"{OURS_OPEN}'{bill.id}'") == 3


async def test_the_oldest_that_was_paid_meanwhile_is_booked_and_no_page_opens(shop: Shop) -> None:
    bill = await shop.bill()
    pages = [await bill.go("stripe") for _ in range(3)]
    await bill.click(pages[0])
    answer = await bill.press("stripe")
    assert (answer.status_code, "réglée" in answer.text) == (409, True)
    await bill.is_settled_once()


async def test_where_the_oldest_cannot_be_closed_no_fourth_opens(shop: Shop) -> None:
    bill = await shop.bill()
    for _ in range(3):
        await bill.go("payzen")
    shop.providers.payzen.fails_next("/Get", "before")
    assert (await bill.press("payzen")).status_code == 409
    assert await shop.count(f"{OURS_OPEN}'{bill.id}'") == 3
    assert (await bill.press("payzen")).status_code == 303


async def test_an_hour_of_pressing_ends(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with_limits(monkeypatch)
    bill = await shop.bill()
    shop.providers.payzen.calls.clear()
    answers = [await bill.press("stripe", amount="x") for _ in range(301)]
    assert [answer.status_code for answer in answers] == [422] * 300 + [429]


# The poller.


async def neighbour(shop: Shop) -> Shop:
    """Another company, at the same emulators with keys of its own."""
    company, _ = await companies.create_company("Voisin", "v@voisin.example", "motdepasse")
    accounts = {"payzen": await connect(company, "payzen", "test", shop.providers.second("payzen"))}
    return Shop(company, accounts, shop.providers, shop.http, shop.browser)


async def test_one_company_whose_provider_hangs_holds_up_nobody(shop: Shop) -> None:
    others = await neighbour(shop)
    slow = [await shop.bill() for _ in range(4)]
    for bill in slow:
        await bill.go("stripe")
    theirs = [await others.bill() for _ in range(5)]
    for bill in theirs:
        await bill.pay("payzen")
    free = shop.providers.stripe.hangs()
    try:
        shop.travel(timedelta(minutes=1))
        polling = asyncio.create_task(settle_due(limit=100))
        async with asyncio.timeout(settling.ASKING_SECONDS):
            while True:
                if [await bill.word() for bill in theirs] == ["paid"] * 5:
                    break
                await asyncio.sleep(0.02)
        # All of theirs are in, while the slow one's first calls still hang, and its others wait for their own.
        under_way = settling_due._by_loop[asyncio.get_running_loop()].under_way
        assert [company for company, _ in under_way.values()] == [shop.company_id] * EACH
        assert not polling.done()
    finally:
        free()
    await polling
    assert [await bill.ledger() for bill in slow] == [[]] * 4


async def test_a_poll_that_hangs_ends_and_its_attempt_comes_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "ASKING_SECONDS", 0.3)
    bill = await shop.bill()
    await bill.pay("payzen")
    free = shop.providers.payzen.hangs()
    try:
        shop.travel(timedelta(minutes=1))
        async with asyncio.timeout(20):
            assert await settle_due() == 1
    finally:
        free()
    assert await bill.ledger() == []
    shop.travel(timedelta(minutes=4))
    await settle_due()
    await bill.is_settled_once()


async def test_of_one_company_a_few_are_asked_about_at_once_the_longest_due_first(shop: Shop) -> None:
    others = await neighbour(shop)
    mine = [await shop.bill() for _ in range(5)]
    for bill in mine:
        await bill.go("payzen")
    other = await others.bill()
    await other.go("payzen")
    shop.travel(timedelta(minutes=1))
    begun = await begin_due()
    companies_asked = [
        company for company, _ in settling_due._by_loop[asyncio.get_running_loop()].under_way.values()
    ]
    assert sorted(map(companies_asked.count, (shop.company_id, others.company_id))) == [1, EACH]
    await asyncio.gather(*begun)
    assert await settle_due() == 5 - EACH


async def test_a_provider_that_hangs_keeps_nobody_waiting_on_the_way_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "ASKING_SECONDS", 0.5)
    bill = await shop.bill()
    back = await bill.pay("stripe")
    free = shop.providers.stripe.hangs()
    try:
        async with asyncio.timeout(15):
            await bill.come_back(back)
    finally:
        free()
    assert await bill.ledger() == []
    await bill.come_back(back)
    await bill.is_settled_once()


async def test_one_paypal_account_that_hangs_leaves_threads_to_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PayPal's SDK works in threads, which cannot be taken back: of one account there are four at most."""
    monkeypatch.setattr(settling, "ASKING_SECONDS", 0.5)
    others, _ = await companies.create_company("Voisin", "v@voisin.example", "motdepasse")
    await connect(others, "paypal", "test", shop.providers.second("paypal"))
    theirs = await Shop(others, {}, shop.providers, shop.http, shop.browser).bill()
    mine = [await shop.bill() for _ in range(8)]
    backs = [await bill.pay("paypal") for bill in mine]
    back = await theirs.pay("paypal")
    free = shop.providers.paypal.hangs(key=KEYS["paypal"]["client_id"])
    try:
        async with asyncio.timeout(20):
            await asyncio.gather(*(bill.come_back(one) for bill, one in zip(mine, backs, strict=True)))
            await theirs.come_back(back)
        assert await theirs.ledger() == [12_000]
        assert [await bill.ledger() for bill in mine] == [[]] * 8
    finally:
        free()


async def test_what_a_poll_does_wrong_is_logged_and_the_next_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bill: Bill = await shop.bill()
    await bill.go("stripe")

    async def breaks(_: str) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(settling_due, "settle", breaks)
    shop.travel(timedelta(minutes=1))
    assert await settle_due() == 1
    assert "could not be asked about" in caplog.text
    async with runtime().engine.connect() as connection:
        due = await connection.execute(
            text("SELECT count(*) FROM payment_attempts WHERE next_check_at > '2026'")
        )
    assert due.scalar_one() == 1

"""A bill is paid at each provider, through HTTP and the providers' own SDKs, whichever way the news comes."""

import pytest

from tests.factories.agents import SENDERS_OF_FORMS
from tests.payments.conftest import PROVIDERS, Shop

each = pytest.mark.parametrize("provider", PROVIDERS)


@each
async def test_paid_and_come_back(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    address = await bill.pay(provider)
    await bill.come_back(address)
    await bill.is_settled_once()
    assert {change.what for change in shop.news} >= {"payment"}


@each
async def test_the_tab_is_closed_and_the_webhook_alone_settles(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.pay(provider)
    assert set(await shop.deliver_all(provider)) == {200}
    await bill.is_settled_once()


async def test_a_scanner_that_sends_every_form_starts_no_payment(shop: Shop) -> None:
    bill = await shop.bill()
    for agent in SENDERS_OF_FORMS:
        shop.http.headers["user-agent"] = agent
        answer = await bill.press("stripe")
        assert (answer.status_code, "Ouvrez cette page" in answer.text) == (403, True), agent
    assert await shop.count("SELECT count(*) FROM payment_attempts") == 0

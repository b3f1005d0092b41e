"""A bill is paid at each provider, through HTTP and the providers' own SDKs, whichever way the news comes."""

import pytest

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

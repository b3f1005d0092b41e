"""A person's bank asks for the money back: shown while it is open; won, the money stays; lost, it is due again."""

from typing import Any

import pytest

from tests.payments.cases import payment_of, things
from tests.payments.conftest import Bill, Shop
from webdoc_app.domain.errors import Invalid
from webdoc_app.services import refunds
from webdoc_app.services.audit import verify
from webdoc_app.services.payment_attempts import balance

ENDS = [
    ("stripe", "won", True),
    ("stripe", "lost", False),
    ("paypal", "RESOLVED_SELLER_FAVOUR", True),
    ("paypal", "RESOLVED_WITH_PAYOUT", True),
    ("paypal", "CANCELED_BY_BUYER", True),
    ("paypal", "RESOLVED_BUYER_FAVOUR", False),
    ("paypal", "ACCEPTED", False),
]


async def disputed(shop: Shop, provider: str, status: str = "") -> None:
    """Opens a dispute, or changes it; its webhook arrives."""
    emulator: Any = shop.providers.all[provider]
    status = status or ("needs_response" if provider == "stripe" else "")
    emulator.run(emulator.dispute(things(shop, provider)[-1], status))
    assert set(await shop.deliver_all(provider)) == {200}


async def paid(shop: Shop, provider: str) -> Bill:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    await shop.deliver_all(provider)
    return bill


@pytest.mark.parametrize(("provider", "ends", "is_kept"), ENDS)
async def test_a_disputed_payment(shop: Shop, provider: str, ends: str, is_kept: bool) -> None:
    bill = await paid(shop, provider)
    shop.news.clear()
    await disputed(shop, provider)
    await disputed(shop, provider)  # an update
    assert (await bill.word(), await bill.told("payment.disputed")) == ("disputed", 1)
    assert balance(await bill.row()).due == 0
    assert "payment" in {change.what for change in shop.news}
    assert await verify() == []
    shop.news.clear()
    await disputed(shop, provider, ends)
    assert "payment" in {change.what for change in shop.news}
    assert await bill.word() == ("paid" if is_kept else "refunded")
    assert balance(await bill.row()).due == (0 if is_kept else 12_000)
    assert await bill.told("payment.dispute_won" if is_kept else "payment.dispute_lost") == 1
    assert await bill.ledger() == ([12_000] if is_kept else [12_000, -12_000])
    assert await verify() == []
    if not is_kept:
        with pytest.raises(Invalid):  # the same money does not go twice
            await refunds.refund(shop.company_id, await payment_of(bill), 12_000, 12_000)
        await bill.come_back(await bill.pay(provider))
        assert balance(await bill.row()).due == 0


@pytest.mark.parametrize(("provider", "lost"), [("stripe", "lost"), ("paypal", "RESOLVED_BUYER_FAVOUR")])
async def test_what_was_given_back_before_is_not_lost_again(shop: Shop, provider: str, lost: str) -> None:
    bill = await paid(shop, provider)
    await refunds.refund(shop.company_id, await payment_of(bill), 2_000, 0)
    await disputed(shop, provider)
    await disputed(shop, provider, lost)
    assert await bill.ledger() == [12_000, -2_000, -10_000]
    assert await verify() == []


async def test_a_lost_dispute_told_of_as_a_refund_too_is_one_loss(shop: Shop) -> None:
    bill = await paid(shop, "paypal")
    await disputed(shop, "paypal")
    await disputed(shop, "paypal", "RESOLVED_BUYER_FAVOUR")
    emulator = shop.providers.paypal
    emulator.run(emulator.give_back(things(shop, "paypal")[-1], 12_000))
    await shop.deliver_all("paypal")
    assert await bill.ledger() == [12_000, -12_000]
    assert await verify() == []

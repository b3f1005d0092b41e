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


async def disputed(shop: Shop, provider: str, status: str = "", amount: int = 0) -> None:
    """Opens a dispute about all of it or `amount`, or changes it; its webhook arrives."""
    emulator: Any = shop.providers.all[provider]
    status = status or ("needs_response" if provider == "stripe" else "")
    emulator.run(emulator.dispute(things(shop, provider)[-1], status, amount))
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


async def given_back(shop: Shop, amount: int) -> None:
    """PayPal lists a refund; its webhook arrives."""
    emulator = shop.providers.paypal
    emulator.run(emulator.give_back(things(shop, "paypal")[-1], amount))
    await shop.deliver_all("paypal")


@pytest.mark.parametrize("order", ["loss first", "refund first", "refund unseen"])
async def test_a_part_that_is_lost_and_listed_as_a_refund_is_one_loss(shop: Shop, order: str) -> None:
    bill = await paid(shop, "paypal")
    await given_back(shop, 3_000)  # before: of the same amount, and no part of it
    await disputed(shop, "paypal", amount=3_000)
    if order == "loss first":
        await disputed(shop, "paypal", "RESOLVED_BUYER_FAVOUR", 3_000)
        assert await bill.ledger() == [12_000, -3_000, -3_000]
        await given_back(shop, 3_000)
    else:
        emulator = shop.providers.paypal
        emulator.run(emulator.give_back(things(shop, "paypal")[-1], 3_000))
        if order == "refund unseen":
            emulator.sent.clear()
        await disputed(shop, "paypal", "RESOLVED_BUYER_FAVOUR", 3_000)
    assert await bill.ledger() == [12_000, -3_000, -3_000]
    # A third one is another: the dispute took its amount once.
    await given_back(shop, 3_000)
    assert await bill.ledger() == [12_000, -3_000, -3_000, -3_000]
    assert balance(await bill.row()).due == 9_000
    assert await verify() == []


async def test_a_second_dispute_of_the_same_payment_is_shown_and_booked(shop: Shop) -> None:
    bill = await paid(shop, "stripe")
    await disputed(shop, "stripe", amount=3_000)
    await disputed(shop, "stripe", "lost", 3_000)
    await disputed(shop, "stripe", amount=2_000)
    assert (await bill.word(), await bill.ledger()) == ("disputed", [12_000, -3_000])
    await disputed(shop, "stripe", "lost", 2_000)
    assert await bill.ledger() == [12_000, -3_000, -2_000]
    assert (await bill.word(), balance(await bill.row()).due) == ("partially_paid", 5_000)
    assert await verify() == []


@pytest.mark.parametrize(
    ("provider", "lost", "won"),
    [("stripe", "lost", "won"), ("paypal", "RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR")],
)
async def test_a_loss_that_is_overturned_is_money_that_is_here_again(
    shop: Shop, provider: str, lost: str, won: str
) -> None:
    bill = await paid(shop, provider)
    await disputed(shop, provider, amount=5_000)
    for _ in range(2):
        await disputed(shop, provider, lost, 5_000)
        assert balance(await bill.row()).due == 5_000
        await disputed(shop, provider, won, 5_000)
        assert (await bill.word(), balance(await bill.row()).due) == ("paid", 0)
    assert sorted(await bill.ledger()) == [-5_000, -5_000, 5_000, 5_000, 12_000]
    assert await verify() == []

"""Money given back: by the company here, at the provider's own site, and what the bank sends back."""

from typing import Any

import pytest

from tests.payments.cases import each, payment_of, things
from tests.payments.conftest import Shop
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.reads.client_page import client_page
from webdoc_app.reads.document_payments import payments_of
from webdoc_app.services import payment_accounts, refunds
from webdoc_app.services.audit import verify
from webdoc_app.services.work import reading


@each
async def test_refunded_in_parts_and_never_more_than_was_paid(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    payment = await payment_of(bill)
    await refunds.refund(shop.company_id, payment, 2_000, 0)
    await shop.deliver_all(provider)
    assert await bill.ledger() == [12_000, -2_000]
    assert await bill.word() == "partially_paid"
    with pytest.raises(Conflict):  # asked from a page that did not know
        await refunds.refund(shop.company_id, payment, 2_000, 0)
    with pytest.raises(Invalid):
        await refunds.refund(shop.company_id, payment, 10_001, 2_000)
    await refunds.refund(shop.company_id, payment, 10_000, 2_000)
    await shop.deliver_all(provider)
    assert await bill.ledger() == [12_000, -2_000, -10_000]
    assert (await bill.word(), await bill.told("payment.refunded")) == ("refunded", 2)
    assert await verify() == []


def plain(page: str) -> str:
    return page.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


async def test_the_page_tells_of_the_refund_not_of_thanks(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    payment = await payment_of(bill)
    await refunds.refund(shop.company_id, payment, 2_000, 0)
    page = plain((await shop.http.get(f"/d/{bill.token}")).text)
    assert "De votre paiement de 120,00 €, 20,00 € vous ont été remboursés." in page
    assert "Remboursement de 20,00 €" in page
    assert "Merci" not in page
    await refunds.refund(shop.company_id, payment, 10_000, 2_000)
    page = plain((await shop.http.get(f"/en/d/{bill.token}")).text)
    assert "Your payment of €120.00 has been refunded." in page
    assert "-€100" not in page.partition('data-testid="conversation"')[2].partition("</section>")[0]


@each
async def test_an_answer_that_is_lost_is_no_second_refund(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    payment = await payment_of(bill)
    emulator = shop.providers.all[provider]
    real = payment_accounts.provider_of

    class Lossy:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        async def refund(self, *arguments: Any) -> Any:
            emulator.faults.only = "/Update" if provider == "payzen" else ""
            emulator.faults.after = 9  # the provider acts, and none of its answers comes through
            try:
                return await self.inner.refund(*arguments)
            finally:
                emulator.faults.after = 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refunds, "provider_of", lambda account: Lossy(real(account)))
        with pytest.raises(Conflict):
            await refunds.refund(shop.company_id, payment, 2_000, 0)
    with pytest.raises(Conflict):
        await refunds.refund(shop.company_id, payment, 2_000, 0)
    assert await bill.ledger() == [12_000, -2_000]


@each
async def test_refunded_at_the_providers_own_site(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    await shop.deliver_all(provider)
    emulator: Any = shop.providers.all[provider]
    emulator.run(emulator.give_back(things(shop, provider)[-1], 3_000))
    await shop.deliver_all(provider)
    assert await bill.ledger() == [12_000, -3_000]
    assert (await bill.word(), await bill.told("payment.refunded")) == ("partially_paid", 1)
    assert await verify() == []


@each
async def test_a_refund_the_bank_sends_back_is_money_that_is_here_again(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    emulator: Any = shop.providers.all[provider]
    thing, payment = things(shop, provider)[-1], await payment_of(bill)
    if provider == "payzen":
        emulator.run(emulator.capture(thing))
    await refunds.refund(shop.company_id, payment, 3_000, 0)
    emulator.run(emulator.refund_fails(thing))
    await shop.deliver_all(provider)
    await shop.deliver_all(provider)
    assert sorted(await bill.ledger()) == [-3_000, 3_000, 12_000]
    assert (await bill.word(), await bill.told("payment.refund_failed")) == ("paid", 1)
    assert await verify() == []
    # The same again is a new refund, no replay of the one that failed.
    await refunds.refund(shop.company_id, payment, 3_000, 0)
    assert sorted(await bill.ledger()) == [-3_000, -3_000, 3_000, 12_000]
    assert await verify() == []


@each
async def test_money_that_came_home_is_no_payment_and_has_no_receipt(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    emulator: Any = shop.providers.all[provider]
    thing, payment = things(shop, provider)[-1], await payment_of(bill)
    if provider == "payzen":
        emulator.run(emulator.capture(thing))
    await refunds.refund(shop.company_id, payment, 3_000, 0)
    emulator.run(emulator.refund_fails(thing))
    await shop.deliver_all(provider)
    async with reading() as session:
        page = await client_page(session, bill.token)
        rows = await payments_of(session, await bill.row(), "fr")
    assert [receipt.path for receipt in page.pay.receipts] == [f"/d/{bill.token}/receipts/{payment}"]
    assert sorted(row.label.split(" · ")[0] for row in rows if not row.receipt) == [
        "Remboursement",
        "Remboursement non abouti",
    ]
    assert [row.id for row in rows if row.receipt] == [payment]
    (home,) = [row for row in rows if "non abouti" in row.label]
    assert (await shop.http.get(f"/d/{bill.token}/receipts/{home.id}")).status_code == 404


async def test_what_the_bank_has_taken_is_credited_not_called_off(shop: Shop) -> None:
    """PayZen: until the night's capture a payment is made smaller or cancelled, afterwards money goes back."""
    bill = await shop.bill()
    await bill.come_back(await bill.pay("payzen"))
    payment = await payment_of(bill)
    await refunds.refund(shop.company_id, payment, 1_000, 0)
    emulator = shop.providers.payzen
    order = things(shop, "payzen")[-1]
    emulator.run(emulator.capture(order))
    await refunds.refund(shop.company_id, payment, 2_000, 1_000)
    assert [(t["operationType"], t["amount"]) for t in order["transactions"]] == [
        ("DEBIT", 11_000),
        ("CREDIT", 2_000),
    ]
    assert await bill.ledger() == [12_000, -1_000, -2_000]
    assert await verify() == []


async def test_money_the_bank_never_took_is_not_kept_as_paid(shop: Shop) -> None:
    """PayZen: authorised, and the capture fails."""
    bill, unseen = await shop.bill(), await shop.bill()
    await bill.come_back(await bill.pay("payzen"))
    address = await unseen.pay("payzen")
    emulator = shop.providers.payzen
    for order in things(shop, "payzen")[-2:]:
        emulator.run(emulator.capture(order, "CAPTURE_FAILED"))
        emulator.run(emulator.notify(order))
    await shop.deliver_all("payzen")
    await unseen.come_back(address)
    assert await bill.ledger() == [12_000, -12_000]
    assert (await unseen.ledger(), await unseen.mails()) == ([], 0)
    assert await unseen.told("payment.failed") == 1
    assert await verify() == []

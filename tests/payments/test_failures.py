"""What goes wrong between two machines and a bank: each case at each provider it can happen at."""

import asyncio
import random
from datetime import date, timedelta
from typing import Any

import pytest

from tests.payments.cases import attempt_of, each, sent_by, things
from tests.payments.conftest import ACTOR, Shop, on_both
from webdoc_app.domain.documents import Kind
from webdoc_app.services import chain, issuing, payment_attempts, payments, settling
from webdoc_app.services.audit import verify
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.settling import settle
from webdoc_app.services.settling_due import settle_due
from webdoc_app.services.work import Work


@on_both
@each
async def test_the_same_notice_again_and_many_at_once(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    address = await bill.pay(provider)
    sent = await sent_by(shop, provider)
    many: list[Any] = [shop.deliver(provider, one) for one in sent * 30]
    many += [bill.come_back(address) for _ in range(5)] + [settle_due() for _ in range(5)]
    random.Random(7).shuffle(many)
    await asyncio.gather(*many)
    assert {await shop.deliver(provider, one) for one in sent} == {200}
    await bill.is_settled_once()


@each
async def test_a_handler_that_dies_is_done_again(
    shop: Shop, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await shop.bill()
    await bill.pay(provider)
    sent = await sent_by(shop, provider)
    record = Work.record

    def dies(*_: Any, **__: Any) -> str:
        raise RuntimeError("killed in the middle")

    monkeypatch.setattr(Work, "record", dies)
    with pytest.raises(RuntimeError):
        await shop.deliver(provider, sent[-1])
    assert await bill.ledger() == []
    monkeypatch.setattr(Work, "record", record)
    assert await shop.deliver(provider, sent[-1]) == 200
    await bill.is_settled_once()


@each
async def test_a_notice_before_our_own_commit_is_not_lost(
    shop: Shop, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paid so fast that the provider's page is not written down yet: the attempt itself is."""
    bill = await shop.bill()
    answered = settling.provider_of
    arriving: list[asyncio.Task[int]] = []

    class Paid:
        answers = True

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        async def start(self, checkout: Any) -> Any:
            started = await self.inner.start(checkout)
            await bill.click(started.url)
            sent = await sent_by(shop, provider)
            arriving.extend(asyncio.create_task(shop.deliver(provider, one)) for one in sent)
            await asyncio.sleep(0)
            return started

    monkeypatch.setattr(payment_attempts, "provider_of", lambda account: Paid(answered(account)))
    await bill.go(provider)
    monkeypatch.undo()
    assert set(await asyncio.gather(*arriving)) == {200}
    await bill.is_settled_once()


@each
async def test_neither_return_nor_webhook_the_poller_settles(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.pay(provider)
    await settle_due()
    assert await bill.ledger() == []
    shop.travel(timedelta(minutes=1))
    await settle_due()
    await bill.is_settled_once()
    assert await settle_due() == 0


@each
async def test_what_comes_late_takes_nothing_back(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    address = await bill.pay(provider)
    await bill.come_back(address)
    await bill.come_back(f"{address.split('?')[0]}?cancelled=1")
    await shop.deliver_all(provider)
    shop.travel(timedelta(hours=3))
    await settle(await attempt_of(bill))
    await bill.is_settled_once()


@each
async def test_two_tabs_and_the_second_page_is_closed(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    first, second = await bill.go(provider), await bill.go(provider)
    assert first != second
    await bill.come_back(await bill.click(first))
    address = await bill.click(second)
    if address:  # PayPal lets people agree; the money is not taken
        await bill.come_back(address)
    await shop.deliver_all(provider)
    await bill.is_settled_once()


async def test_paid_in_two_tabs_at_once_both_are_kept_and_it_is_said(shop: Shop) -> None:
    bill = await shop.bill()
    first, second = await bill.go("stripe"), await bill.go("payzen")
    back = [await bill.click(first), await bill.click(second)]
    for address in back:
        await bill.come_back(address)
    assert await bill.ledger() == [12_000, 12_000]
    assert await bill.word() == "overpaid"
    assert await bill.told("payment.overpaid") == 1
    assert await verify() == []


@each
async def test_another_amount_or_currency_is_flagged_and_settles_nothing(shop: Shop, provider: str) -> None:
    for change in ("amount", "currency"):
        bill = await shop.bill()
        address = await bill.go(provider)
        _falsify(things(shop, provider)[-1], provider, change)
        await bill.come_back(await bill.click(address))
        assert await bill.ledger() == []
        assert await bill.told("payment.flagged") == 1
        assert await bill.word() == "issued"
    assert await verify() == []


def _falsify(thing: dict[str, Any], provider: str, change: str) -> None:
    """A hundred dong for a hundred euros, or cents for euros."""
    if provider == "paypal":
        amount = thing["purchase_units"][0]["amount"]
        amount |= {"value": "1.20"} if change == "amount" else {"currency_code": "USD"}
    else:
        name = "amount_total" if provider == "stripe" and change == "amount" else change
        thing[name] = 120 if change == "amount" else ("usd" if provider == "stripe" else "USD")


@each
async def test_a_page_left_open_closes_by_itself_and_a_new_one_opens(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    nonce = new_nonce(bill.id, "pay")
    old = (await bill.press(provider, nonce=nonce)).headers["location"]
    assert (await bill.press(provider, nonce=nonce)).headers["location"] == old
    shop.travel(timedelta(hours=3))
    await settle_due()
    fresh = (await bill.press(provider, nonce=nonce)).headers["location"]
    assert fresh != old
    await bill.come_back(await bill.click(fresh))
    await bill.is_settled_once()


@each
@pytest.mark.parametrize("well", [True, False])
async def test_a_bank_that_takes_its_time(shop: Shop, provider: str, well: bool) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider, "delay"))
    await shop.deliver_all(provider)
    assert await bill.word() == "processing"
    assert await bill.ledger() == []
    # It is not asked for a second time: neither a button nor the bank's details.
    page = (await shop.http.get(f"/d/{bill.token}")).text
    assert ('data-testid="pay-' in page, "en cours : la banque" in page) == (False, True)
    refused = await bill.press(provider)
    assert (refused.status_code, "paiement de cette facture est en cours" in refused.text) == (409, True)
    emulator: Any = shop.providers.all[provider]
    emulator.run(emulator.finish(things(shop, provider)[-1], well=well))
    await shop.deliver_all(provider)
    if well:
        await bill.is_settled_once()
    else:
        assert await bill.word() == "issued"
        assert (await bill.ledger(), await bill.told("payment.failed")) == ([], 1)
        assert (await bill.press(provider)).status_code == 303
    assert await verify() == []


@each
@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_provider_that_stumbles_leaves_no_second_page(shop: Shop, provider: str, fault: str) -> None:
    bill = await shop.bill()
    nonce = new_nonce(bill.id, "pay")
    faults = shop.providers.all[provider].faults
    setattr(faults, fault, 9)
    assert (await bill.press(provider, nonce=nonce)).status_code == 409
    setattr(faults, fault, 0)
    address = (await bill.press(provider, nonce=nonce)).headers["location"]
    await bill.come_back(await bill.click(address))
    await bill.is_settled_once()


async def test_money_that_was_taken_while_the_answer_was_lost(shop: Shop) -> None:
    """PayPal: the capture's answer never came; the order knows."""
    bill = await shop.bill()
    address = await bill.pay("paypal")
    order = things(shop, "paypal")[-1]
    emulator: Any = shop.providers.paypal

    async def captured_unseen() -> None:
        unit = order["purchase_units"][0]
        capture = {"id": "CAPTURED0001", "status": "COMPLETED", "amount": unit["amount"]}
        unit["payments"] = {"captures": [capture], "refunds": []}
        order["status"] = "COMPLETED"

    emulator.run(captured_unseen())
    await bill.come_back(address)
    await bill.is_settled_once()


@each
async def test_a_card_that_is_refused(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    page = await bill.go(provider)
    back = await bill.click(page, card="4000 0000 0000 0002")
    if back:
        await bill.come_back(back)
    assert await bill.ledger() == []
    if provider != "paypal":  # there the order is over for us until it is agreed to anew
        await bill.come_back(await bill.click(page))
        await bill.is_settled_once()
    assert await verify() == []


async def test_the_amount_is_ours_whatever_the_browser_says(shop: Shop) -> None:
    bill = await shop.bill()
    assert (await bill.press("stripe", amount="1.00")).status_code == 422
    assert (await bill.press("stripe", amount="120.01")).status_code == 422
    assert (await bill.press("stripe", nonce="forged")).status_code == 403
    assert (await bill.press("nobody")).status_code == 404
    assert (await bill.press("stripe", amount="120.00")).status_code == 303
    assert things(shop, "stripe")[-1]["amount_total"] == 12_000


@each
async def test_the_ledger_says_what_the_provider_says(shop: Shop, provider: str) -> None:
    bill = await shop.bill("559.29")
    await bill.come_back(await bill.pay(provider))
    await bill.is_settled_once(67_115)


@each
async def test_an_answer_of_an_unknown_shape_concludes_nothing(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    address = await bill.pay(provider)
    name = {"stripe": "payment_status", "paypal": "status", "payzen": "paymentOrderStatus"}[provider]
    thing = things(shop, provider)[-1]
    kept = thing.pop(name)
    await bill.come_back(address)
    assert await bill.ledger() == []
    thing[name] = kept
    await bill.come_back(address)
    await bill.is_settled_once()


@each
async def test_old_news_after_new_ones_changes_nothing(shop: Shop, provider: str) -> None:
    """ "It takes its time" arrives after "it is paid"."""
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider, "delay"))
    waiting = await sent_by(shop, provider)
    emulator: Any = shop.providers.all[provider]
    emulator.run(emulator.finish(things(shop, provider)[-1]))
    await shop.deliver_all(provider)
    assert {await shop.deliver(provider, old) for old in waiting} == {200}
    await bill.is_settled_once()


@each
async def test_paid_elsewhere_meanwhile_the_open_page_is_closed(shop: Shop, provider: str) -> None:
    """A cheque is written down while the provider's page still asks for all of it."""
    bill = await shop.bill()
    page = await bill.go(provider)
    await payments.record_payment(
        shop.company_id, bill.id, payments.PaymentInput(2_000, "cheque", date(2026, 1, 2)), ACTOR
    )
    shop.travel(timedelta(minutes=1))
    await settle_due()
    address = await bill.click(page)
    if address:  # PayPal cannot close a page; the money is not taken
        await bill.come_back(address)
        await shop.deliver_all(provider)
    assert await bill.ledger() == [2_000]
    assert await bill.word() == "partially_paid"
    await bill.come_back(await bill.pay(provider))
    assert await bill.ledger() == [2_000, 10_000]
    assert await verify() == []


@pytest.mark.parametrize("provider", ["stripe", "payzen"])
async def test_money_for_a_bill_that_asks_for_none_is_kept_and_said(shop: Shop, provider: str) -> None:
    """Credited in full while the page was open, and paid in that very moment."""
    bill = await shop.bill()
    address = await bill.pay(provider)
    credit = await chain.convert_document(shop.company_id, bill.id, Kind.CREDIT, ACTOR)
    await issuing.issue_document(shop.company_id, credit, ACTOR)
    await bill.come_back(address)
    assert await bill.ledger() == [12_000]
    assert (await bill.word(), await bill.told("payment.overpaid")) == ("credited", 1)
    assert (await bill.press(provider)).status_code == 409
    assert await verify() == []


async def test_what_was_agreed_to_for_a_credited_bill_is_not_taken(shop: Shop) -> None:
    """PayPal waits for us to take the money, and we do not."""
    bill = await shop.bill()
    address = await bill.pay("paypal")
    credit = await chain.convert_document(shop.company_id, bill.id, Kind.CREDIT, ACTOR)
    await issuing.issue_document(shop.company_id, credit, ACTOR)
    await bill.come_back(address)
    await shop.deliver_all("paypal")
    assert await bill.ledger() == []
    assert things(shop, "paypal")[-1]["status"] == "APPROVED"
    assert await verify() == []


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_capture_that_stumbles_takes_the_money_once(shop: Shop, fault: str) -> None:
    """PayPal: the capture is asked for with the same name until an answer comes."""
    bill = await shop.bill()
    address = await bill.pay("paypal")
    emulator = shop.providers.paypal
    count = len(emulator.captures)
    emulator.fails_next("/capture", fault)
    await bill.come_back(address)
    await bill.come_back(address)
    await shop.deliver_all("paypal")
    assert len(emulator.captures) == count + 1
    await bill.is_settled_once()


@each
async def test_pages_left_on_the_way_are_closed_once_and_that_is_all(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    for _ in range(3):
        await bill.come_back(await bill.click(await bill.go(provider), "cancel"))
    address = await bill.pay(provider)
    emulator = shop.providers.all[provider]
    emulator.calls.clear()
    async with asyncio.timeout(20):
        await bill.come_back(address)
    await bill.is_settled_once()
    # The payment's own, and for each of three pages: asked about, closed, asked about again.
    assert len(emulator.calls) <= 3 + 3 * 6

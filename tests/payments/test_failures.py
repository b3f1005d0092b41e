"""What goes wrong between two machines and a bank: each case at each provider it can happen at."""

import asyncio
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.emulators.base import Sent
from tests.payments.conftest import PROVIDERS, Bill, Shop, on_both
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.services import payment_accounts, refunds, settling
from webdoc_app.services.audit import verify
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.settling import settle, settle_due
from webdoc_app.services.work import Work, runtime

each = pytest.mark.parametrize("provider", PROVIDERS)


def things(shop: Shop, provider: str) -> list[dict[str, Any]]:
    """The sessions or orders of an emulator, oldest first."""
    emulator: Any = shop.providers.all[provider]
    if provider == "stripe":
        return [t for t in emulator.things.values() if t["object"] == "checkout.session"]
    return list(emulator.orders.values())


async def attempt_of(bill: Bill) -> str:
    async with runtime().engine.connect() as connection:
        from sqlalchemy import text

        query = text("SELECT id FROM payment_attempts WHERE document_id = :id ORDER BY created_at DESC")
        return str((await connection.execute(query, {"id": bill.id})).scalars().first())


async def sent_by(shop: Shop, provider: str) -> list[Sent]:
    """The webhooks sent since; none has arrived yet."""
    from tests.payments.conftest import settled

    emulator = shop.providers.all[provider]
    emulator.run(settled(emulator))
    sent, emulator.sent = list(emulator.sent), []
    return sent


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

    from webdoc_app.services import payment_attempts

    class Paid:
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
    emulator: Any = shop.providers.all[provider]
    emulator.run(emulator.finish(things(shop, provider)[-1], well=well))
    await shop.deliver_all(provider)
    if well:
        await bill.is_settled_once()
    else:
        assert await bill.word() == "issued"
        assert (await bill.ledger(), await bill.told("payment.failed")) == ([], 1)
    assert await verify() == []


@each
async def test_refunded_in_parts_and_never_more_than_was_paid(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    payment = await _payment(bill)
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


async def _payment(bill: Bill) -> str:
    from sqlalchemy import text

    async with runtime().engine.connect() as connection:
        query = text("SELECT id FROM payments WHERE document_id = :id AND amount_minor > 0")
        return str((await connection.execute(query, {"id": bill.id})).scalar_one())


@each
async def test_an_answer_that_is_lost_is_no_second_refund(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    payment = await _payment(bill)
    emulator = shop.providers.all[provider]
    real = payment_accounts.provider_of

    class Lossy:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        async def refund(self, *arguments: Any) -> Any:
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


def _other_secret(sent: Sent, provider: str) -> Sent:
    headers = {name: value.replace("v1=", "v1=0") for name, value in sent.headers.items()}
    if provider == "paypal":
        headers["Paypal-Transmission-Sig"] = "AAAA" + headers["Paypal-Transmission-Sig"][4:]
    body = sent.body.replace(b"kr-hash=", b"kr-hash=0", 1)
    return Sent(sent.url, body, headers)


def _unsigned(sent: Sent, provider: str) -> Sent:
    return Sent(sent.url, sent.body.replace(b"kr-hash=", b"x=", 1), {"Content-Type": "application/json"})


def _rewritten(sent: Sent, provider: str) -> Sent:
    """The same meaning in other bytes."""
    if provider == "payzen":
        return Sent(sent.url, sent.body.replace(b"orderStatus", b"orderStatus+"), sent.headers)
    return Sent(sent.url, json.dumps(json.loads(sent.body)).encode(), sent.headers)


def _huge(sent: Sent, provider: str) -> Sent:
    return Sent(sent.url, sent.body + b" " * 5_000_000, sent.headers)


@each
@pytest.mark.parametrize("forge", [_other_secret, _unsigned, _rewritten, _huge])
async def test_a_forged_notice_is_refused(
    shop: Shop, provider: str, forge: Callable[[Sent, str], Sent]
) -> None:
    bill = await shop.bill()
    await bill.pay(provider)
    sent = (await sent_by(shop, provider))[-1]
    assert await shop.deliver(provider, forge(sent, provider)) == (413 if forge is _huge else 400)
    assert await bill.ledger() == []
    assert await shop.count("SELECT count(*) FROM webhook_events") == 0


@pytest.mark.parametrize("by", [timedelta(days=-5), timedelta(days=5)])
@pytest.mark.parametrize("provider", ["stripe", "paypal"])
async def test_a_notice_of_another_time_is_refused(shop: Shop, provider: str, by: timedelta) -> None:
    bill = await shop.bill()
    await bill.pay(provider)
    sent = (await sent_by(shop, provider))[-1]
    shop.travel(by)
    assert await shop.deliver(provider, sent) == 400


@each
async def test_a_true_notice_at_another_address_is_refused(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.pay(provider)
    sent = (await sent_by(shop, provider))[-1]
    others = [name for name in PROVIDERS if name != provider]
    for path in (
        f"/hooks/{provider}/{shop.accounts[others[0]]}",
        f"/hooks/{others[0]}/{shop.accounts[provider]}",
        f"/hooks/{provider}/{'0' * 32}",
        f"/hooks/{provider}/x",
    ):
        answer = await shop.http.post(path, content=sent.body, headers=sent.headers)
        assert answer.status_code == 404
    wrong = await shop.http.post(
        f"/hooks/{others[1]}/{shop.accounts[others[1]]}", content=sent.body, headers=sent.headers
    )
    assert wrong.status_code == 400
    assert await bill.ledger() == []


@pytest.mark.parametrize(("ends", "word"), [("won", "paid"), ("lost", "refunded")])
async def test_a_disputed_payment(shop: Shop, ends: str, word: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    session = things(shop, "stripe")[-1]
    emulator = shop.providers.stripe
    emulator.run(emulator.dispute(session, "needs_response"))
    await shop.deliver_all("stripe")
    assert (await bill.word(), await bill.told("payment.disputed")) == ("disputed", 1)
    assert await verify() == []
    emulator.run(emulator.dispute(session, ends))
    await shop.deliver_all("stripe")
    assert await bill.word() == word
    assert await verify() == []


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

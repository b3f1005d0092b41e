"""A PayZen shop without REST: a signed form leads there, signed fields come back, and nothing can be asked."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.emulators.base import Sent
from tests.emulators.running import FORM_KEYS, PAYZEN_FORM_KEY
from tests.payments.cases import payment_of, sent_by, things
from tests.payments.conftest import Bill, Shop, on_both
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.integrations.payments.contract import Declined
from webdoc_app.integrations.payments.payzen import vads_signature
from webdoc_app.integrations.payments.payzen_form import reference_of
from webdoc_app.reads.document_payments import payments_of
from webdoc_app.services import refunds
from webdoc_app.services.audit import verify
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.payment_serials import take_reference
from webdoc_app.services.settling_due import settle_due
from webdoc_app.services.work import now, reading


@pytest.fixture
async def bill(shop: Shop) -> Bill:
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    return await shop.bill()


async def fields_of(bill: Bill, page: str) -> dict[str, str]:
    answer = await bill.shop.http.get(page)
    assert answer.status_code == 200, answer.text
    origin = bill.shop.providers.payzen.origin
    assert f"form-action {origin}" in answer.headers["content-security-policy"]
    assert f'action="{origin}/vads-payment/"' in answer.text
    assert "<script" not in answer.text and PAYZEN_FORM_KEY not in answer.text
    found = re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)
    return {name: unescape(value) for name, value in found}


async def send(bill: Bill, fields: dict[str, str], act: str = "pay", card: str = "") -> str:
    """The form, and then the page. Returns where the browser goes; an error where the form was not taken."""
    emulator = bill.shop.providers.payzen
    taken = await bill.shop.browser.post(f"{emulator.origin}/vads-payment/", data=fields)
    if taken.status_code != 303:
        return taken.text
    return await bill.click(f"{emulator.origin}{taken.headers['location']}", act, card=card)


async def pay(bill: Bill, act: str = "pay", card: str = "") -> str:
    return await send(bill, await fields_of(bill, await bill.go("payzen")), act, card)


async def test_the_notice_alone_settles_and_so_does_the_way_back_alone(bill: Bill) -> None:
    await pay(bill)
    assert set(await bill.shop.deliver_all("payzen")) == {200}
    await bill.is_settled_once()
    other = await bill.shop.bill()
    await other.come_back(await pay(other))
    await other.is_settled_once()


async def test_a_bill_paid_beside_pages_that_stay_open_is_settled_and_that_is_all(bill: Bill) -> None:
    for _ in range(3):
        await fields_of(bill, await bill.go("payzen"))
    async with asyncio.timeout(20):
        await bill.come_back(await pay(bill))
    await bill.is_settled_once()


@on_both
async def test_many_notices_and_returns_at_once_are_one_payment(shop: Shop) -> None:
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    bill = await shop.bill()
    address = await pay(bill)
    sent = await sent_by(shop, "payzen")
    many = [shop.deliver("payzen", one) for one in sent * 30]
    await asyncio.gather(*many, *(bill.come_back(address) for _ in range(5)), settle_due())
    await bill.is_settled_once()


async def test_the_amount_in_the_browser_is_signed(bill: Bill) -> None:
    fields = await fields_of(bill, await bill.go("payzen"))
    assert (fields["vads_amount"], fields["vads_currency"]) == ("12000", "978")
    assert "signature" in await send(bill, fields | {"vads_amount": "100"})
    assert "signature" in await send(bill, fields | {"vads_order_id": "0" * 32})


async def test_what_comes_back_is_believed_only_signed(bill: Bill) -> None:
    address = await pay(bill)
    path, _, query = address.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    (sent,) = await sent_by(bill.shop, "payzen")
    for change in (
        {"vads_amount": "1"},
        {"vads_trans_status": "CAPTURED"},
        {"signature": ""},
        {"vads_x": ""},
    ):
        forged = urlencode(fields | change)
        await bill.come_back(f"{path}?{forged}")
        assert await bill.shop.deliver("payzen", Sent(sent.url, forged.encode(), sent.headers)) == 400
    without_blanks = {name: value for name, value in fields.items() if value}
    assert await bill.shop.deliver("payzen", Sent(sent.url, urlencode(without_blanks).encode(), {})) == 400
    # Another bill's way back, signed as it is, proves nothing here.
    other = await bill.shop.bill()
    await pay(other)
    await other.come_back((await other.go("payzen")).removesuffix("/form") + f"?{query}")
    assert (await bill.ledger(), await other.ledger()) == ([], [])
    await bill.come_back(address)
    await bill.is_settled_once()


@pytest.mark.parametrize("change", [{"vads_ctx_mode": "PRODUCTION"}, {"vads_site_id": "00000000"}])
async def test_a_notice_of_another_shop_or_mode_is_refused(bill: Bill, change: dict[str, str]) -> None:
    await pay(bill)
    (sent,) = await sent_by(bill.shop, "payzen")
    fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True)) | change
    fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
    assert await bill.shop.deliver("payzen", Sent(sent.url, urlencode(fields).encode(), {})) == 400


async def test_another_amount_is_flagged(bill: Bill) -> None:
    address = await bill.go("payzen")
    fields = await fields_of(bill, address)
    fields["vads_amount"] = "120"
    fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
    await bill.come_back(await send(bill, fields))
    assert (await bill.ledger(), await bill.told("payment.flagged")) == ([], 1)
    assert await verify() == []


async def test_after_a_way_out_there_is_a_new_number(bill: Bill) -> None:
    nonce = new_nonce(bill.id, "pay")
    first = (await bill.press("payzen", nonce=nonce)).headers["location"]
    assert (await bill.press("payzen", nonce=nonce)).headers["location"] == first
    fields = await fields_of(bill, first)
    await bill.come_back(await send(bill, fields, "cancel"))
    assert (await bill.shop.http.get(first)).status_code == 303  # back to the bill
    assert "03" in await send(bill, fields)
    second = (await bill.press("payzen", nonce=nonce)).headers["location"]
    again = await fields_of(bill, second)
    assert again["vads_trans_id"] != fields["vads_trans_id"]
    await bill.come_back(await send(bill, again))
    await bill.is_settled_once()


async def test_a_refused_card_and_a_bank_that_takes_its_time(bill: Bill) -> None:
    await bill.come_back(await pay(bill, card="4000 0000 0000 0002"))
    assert (await bill.ledger(), await bill.told("payment.failed")) == ([], 1)
    await bill.come_back(await pay(bill, "delay"))
    await bill.shop.deliver_all("payzen")
    assert await bill.word() == "processing"
    bill.shop.travel(timedelta(hours=1))
    await settle_due()
    assert await bill.word() == "processing"
    emulator = bill.shop.providers.payzen
    emulator.run(emulator.finish(things(bill.shop, "payzen")[-1]))
    await bill.shop.deliver_all("payzen")
    await bill.is_settled_once()


async def test_a_form_ends_with_its_date_and_late_money_counts(bill: Bill) -> None:
    page = await bill.go("payzen")
    fields = await fields_of(bill, page)
    bill.shop.travel(timedelta(minutes=26))
    await settle_due()
    assert (await bill.shop.http.get(page)).status_code == 303
    await bill.come_back(await send(bill, fields))  # PayZen takes it for a little longer
    await bill.is_settled_once()
    bill.shop.travel(timedelta(minutes=40))
    assert "04" in await send(bill, fields)


@pytest.mark.parametrize("seen", [True, False])
async def test_the_way_back_kept_and_opened_again_pays_nothing_that_was_called_off(
    bill: Bill, seen: bool
) -> None:
    """What a browser was given stays signed for ever; the bank never took the money."""
    address = await pay(bill)
    if seen:
        await bill.come_back(address)
    (sent,) = await sent_by(bill.shop, "payzen")
    fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True)) | {"vads_trans_status": "CANCELLED"}
    fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
    called_off = Sent(sent.url, urlencode(fields).encode(), sent.headers)
    assert await bill.shop.deliver("payzen", called_off) == 200
    ledger = [12_000, -12_000] if seen else []
    assert await bill.ledger() == ledger
    for _ in range(2):
        await bill.come_back(address)
        assert await bill.shop.deliver("payzen", sent) == 200
    assert await bill.ledger() == ledger
    assert await bill.word() != "paid"
    assert await bill.told("payment.settled") == int(seen)
    assert await verify() == []
    # Another try of the same bill is another number, and is money.
    await bill.come_back(await pay(bill))
    assert sum(await bill.ledger()) == 12_000
    assert await verify() == []


async def test_nothing_is_given_back_through_a_form(bill: Bill) -> None:
    await bill.come_back(await pay(bill))
    with pytest.raises(Conflict):
        await refunds.refund(bill.shop.company_id, await payment_of(bill), 2_000, 0)
    assert await bill.ledger() == [12_000]
    async with reading() as session:
        (row,) = await payments_of(session, await bill.row(), "fr")
    assert (row.refundable, bool(row.receipt)) == ("", True)


@on_both
async def test_numbers_are_one_after_the_other_and_begin_anew_at_midnight_utc(shop: Shop) -> None:
    account = shop.accounts["payzen"]
    found = await asyncio.gather(*(take_reference(account) for _ in range(20)))
    assert sorted(name[-6:] for name in found) == [f"{number:06}" for number in range(20)]
    shop.travel(timedelta(days=1))
    assert (await take_reference(account)) == f"{now():%Y%m%d%H%M%S}-000000"
    with pytest.raises(Declined):
        reference_of(now(), 900_000)


@pytest.mark.parametrize(("name", "value"), [("shop_id", "1234"), ("password", "short"), ("way", "both")])
async def test_keys_that_do_not_look_like_a_forms_are_not_kept(shop: Shop, name: str, value: str) -> None:
    with pytest.raises(Invalid):
        await connect(shop.company_id, "payzen", "test", FORM_KEYS | {name: value})

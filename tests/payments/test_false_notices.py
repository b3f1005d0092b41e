"""Notices nobody has checked yet make us call PayPal: a flood of false ones does so now and then, true ones get through."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from tests.emulators.authority import Authority
from tests.emulators.base import Sent
from tests.emulators.running import KEYS
from tests.payments.cases import sent_by
from tests.payments.conftest import Shop, with_limits
from webdoc_app.http.app import create_api
from webdoc_app.integrations.payments import paypal_certificates
from webdoc_app.integrations.payments.paypal_certificates import STRIKES, Trust
from webdoc_app.services import limits
from webdoc_app.services.payment_accounts import connect

AUTHORITY = Authority()


async def deliver_from(shop: Shop, address: str, sent: Sent) -> int:
    """The notice, from a network address of its own."""
    transport = httpx.ASGITransport(app=create_api(), client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as http:
        path = f"/hooks/paypal/{shop.accounts['paypal']}"
        return (await http.post(path, content=sent.body, headers=sent.headers)).status_code


def forged(sent: Sent, number: int, **changes: str) -> Sent:
    signature = base64.b64encode(number.to_bytes(256)).decode()
    return Sent(sent.url, sent.body, {**sent.headers, "Paypal-Transmission-Sig": signature, **changes})


def about_nothing(sent: Sent) -> Sent:
    event = json.loads(sent.body)
    event["resource"] = {"id": "NOBODYS00001", "custom_id": "0" * 32}
    return Sent(sent.url, json.dumps(event).encode(), sent.headers)


def calls(shop: Shop, end: str) -> list[str]:
    return [call for call in shop.providers.paypal.calls if end in call]


async def test_a_flood_of_forged_ones_is_checked_a_few_times_and_the_true_one_settles(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await shop.bill()
    await bill.pay("paypal")
    (sent,) = await sent_by(shop, "paypal")
    with_limits(monkeypatch)
    shop.providers.paypal.calls.clear()
    flood = [deliver_from(shop, "192.0.2.9", forged(sent, number)) for number in range(150)]
    answers = await asyncio.gather(*flood)
    assert set(answers) == {400, 429}
    most = limits.BAD_NOTICES.amount + 4  # four may be on their way as the last one comes back
    assert len(calls(shop, "verify")) <= most
    assert await deliver_from(shop, "192.0.2.77", sent) == 429  # of the same network
    # PayPal's own address is another.
    assert await deliver_from(shop, "198.51.100.1", sent) == 200
    await bill.is_settled_once()


async def test_many_addresses_at_once_leave_room_for_what_is_really_ours(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await shop.bill()
    await bill.pay("paypal")
    (sent,) = await sent_by(shop, "paypal")
    with_limits(monkeypatch)
    shop.providers.paypal.calls.clear()
    nothing = about_nothing(sent)
    flood = [deliver_from(shop, f"10.0.{number}.1", forged(nothing, number)) for number in range(120)]
    await asyncio.gather(*flood)
    assert len(calls(shop, "verify")) <= limits.BAD_NOTICES_OF_ALL.amount + 16
    assert await deliver_from(shop, "198.51.100.1", nothing) == 429
    assert await deliver_from(shop, "198.51.100.1", sent) == 200
    await bill.is_settled_once()


async def test_true_ones_are_not_counted_however_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bill = await shop.bill()
    await bill.pay("paypal")
    (sent,) = await sent_by(shop, "paypal")
    with_limits(monkeypatch)
    answers = await asyncio.gather(*(deliver_from(shop, "198.51.100.1", sent) for _ in range(80)))
    assert set(answers) == {200}
    await bill.is_settled_once()


@pytest.fixture
async def paid(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bill paid at an account that checks certificates, and the notice of it."""
    emulator = shop.providers.paypal
    port = int(emulator.origin.rsplit(":", 1)[1])
    trust = Trust("http", "127.0.0.1", port, roots=(AUTHORITY.root,))
    monkeypatch.setattr(paypal_certificates, "TRUST", trust)
    emulator.certificate = AUTHORITY.certify(emulator.key.public_key())
    await connect(shop.company_id, "paypal", "test", KEYS["paypal"] | {"webhook_check": "certificate"})
    bill = await shop.bill()
    await bill.pay("paypal")
    (sent,) = await sent_by(shop, "paypal")
    with_limits(monkeypatch)
    emulator.calls.clear()
    return bill, sent


async def test_made_up_certificate_addresses_are_fetched_a_few_times(shop: Shop, paid: Any) -> None:
    bill, sent = paid
    origin = shop.providers.paypal.origin
    flood = [forged(sent, number, **{"Paypal-Cert-Url": f"{origin}/none/{number}"}) for number in range(150)]
    answers = await asyncio.gather(*(deliver_from(shop, "192.0.2.9", one) for one in flood))
    assert set(answers) == {400, 429}
    assert len(calls(shop, "/none/")) <= limits.BAD_NOTICES.amount + 4
    assert await deliver_from(shop, "198.51.100.1", sent) == 200
    # A certificate that is known costs no call: nothing is counted, and nobody is kept out.
    assert await deliver_from(shop, "192.0.2.9", sent) == 200
    await bill.is_settled_once()


async def test_an_address_that_failed_again_and_again_rests(shop: Shop, paid: Any) -> None:
    _, sent = paid
    for number in range(10):
        lost = forged(sent, number, **{"Paypal-Cert-Url": f"{shop.providers.paypal.origin}/none"})
        assert await deliver_from(shop, "192.0.2.9", lost) == 400
    assert len(calls(shop, "/none")) == STRIKES

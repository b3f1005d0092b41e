"""Webhooks that are not what they seem: refused before anything is read of them."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.emulators.base import Sent
from tests.emulators.running import KEYS
from tests.payments.cases import each, sent_by
from tests.payments.conftest import PROVIDERS, Shop
from webdoc_app.integrations.payments import registry
from webdoc_app.integrations.payments.contract import BadSignature
from webdoc_app.integrations.payments.stripe import signature_holds
from webdoc_app.services import companies
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.work import now


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


@each
async def test_a_neighbours_true_notice_is_refused_and_theirs_settles(shop: Shop, provider: str) -> None:
    """Two companies at the same provider: each address has its own secret."""
    bill = await shop.bill()
    await bill.pay(provider)
    sent = (await sent_by(shop, provider))[-1]
    other, _ = await companies.create_company("Voisin", "v@example.org", "motdepasse")
    theirs = await connect(other, provider, "test", shop.providers.second(provider))
    answer = await shop.http.post(f"/hooks/{provider}/{theirs}", content=sent.body, headers=sent.headers)
    assert answer.status_code == 400
    assert await bill.ledger() == []
    assert await shop.deliver(provider, sent) == 200
    await bill.is_settled_once()


@pytest.mark.parametrize("provider", ["stripe", "payzen"])
async def test_a_test_notice_is_refused_by_a_live_account(shop: Shop, provider: str) -> None:
    """PayPal's notices say no mode: there the address, its keys and its webhook are of one."""
    bill = await shop.bill()
    await bill.pay(provider)
    sent = (await sent_by(shop, provider))[-1]
    live = registry.provider(provider, KEYS[provider], "live", shop.providers.apis[provider])
    with pytest.raises(BadSignature, match="mode"):
        await live.read_webhook(sent.body, {k.lower(): v for k, v in sent.headers.items()}, now())


async def test_an_empty_secret_lets_nothing_in() -> None:
    moment = datetime.now(UTC)
    stamp = int(moment.timestamp())
    mac = hmac.new(b"", f"{stamp}.{{}}".encode(), hashlib.sha256).hexdigest()
    assert not signature_holds(b"{}", f"t={stamp},v1={mac}", "", moment)


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_stripe_a_minute_too_old_or_too_new(seconds: int) -> None:
    moment = datetime.now(UTC)
    stamp = int(moment.timestamp()) + seconds
    mac = hmac.new(b"whsec_x", f"{stamp}.{{}}".encode(), hashlib.sha256).hexdigest()
    header = f"t={stamp},v1={mac}"
    assert not signature_holds(b"{}", header, "whsec_x", moment)
    assert signature_holds(b"{}", header, "whsec_x", moment + timedelta(seconds=seconds))

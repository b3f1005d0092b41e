"""PayPal's notifications checked with their certificate, here: fetched from its own hosts, whole, valid, its own."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.emulators.authority import Authority
from tests.emulators.base import Sent
from tests.emulators.running import KEYS
from tests.payments.cases import sent_by
from tests.payments.conftest import Bill, Shop
from webdoc_app.domain.errors import Invalid
from webdoc_app.integrations.payments import paypal_certificates
from webdoc_app.integrations.payments.contract import BadSignature
from webdoc_app.integrations.payments.paypal_certificates import MOST_BYTES, Trust
from webdoc_app.services.payment_accounts import connect

AUTHORITY = Authority()


@pytest.fixture
async def bill(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Bill:
    """Paid at PayPal; its account checks certificates, which come from the emulator and lead to our root."""
    emulator = shop.providers.paypal
    port = int(emulator.origin.rsplit(":", 1)[1])
    monkeypatch.setattr(
        paypal_certificates, "TRUST", Trust("http", "127.0.0.1", port, roots=(AUTHORITY.root,))
    )
    emulator.certificate = AUTHORITY.certify(emulator.key.public_key())
    await connect(shop.company_id, "paypal", "test", KEYS["paypal"] | {"webhook_check": "certificate"})
    found = await shop.bill()
    await found.pay("paypal")
    return found


async def test_a_good_one_settles_and_paypal_is_not_asked(shop: Shop, bill: Bill) -> None:
    (sent,) = await sent_by(shop, "paypal")
    assert await shop.deliver("paypal", sent) == 200
    assert await shop.deliver("paypal", sent) == 200
    await bill.is_settled_once()
    calls = shop.providers.paypal.calls
    assert [call for call in calls if "verify" in call] == []
    assert len([call for call in calls if "/certs/" in call]) == 1


@pytest.mark.parametrize("what", ["root", "sender", "name", "ended", "key", "long", "none", "nonsense"])
async def test_a_certificate_that_does_not_hold_lets_nothing_in(shop: Shop, bill: Bill, what: str) -> None:
    emulator = shop.providers.paypal
    key = emulator.key.public_key()
    good = emulator.certificate
    emulator.certificate = {
        "root": Authority().certify(key),
        "sender": AUTHORITY.certify(key, sender="paypal.com.example.org"),
        "name": AUTHORITY.certify(key, common_name="www.paypal.com"),
        "ended": AUTHORITY.certify(key, lives=timedelta(days=-1)),
        "key": AUTHORITY.certify(rsa.generate_private_key(65537, 2048).public_key()),
        "long": good + b"\n" * MOST_BYTES,
        "none": b"",
        "nonsense": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }[what]
    (sent,) = await sent_by(shop, "paypal")
    assert await shop.deliver("paypal", sent) == 400
    assert await bill.ledger() == []
    assert [call for call in emulator.calls if "verify" in call] == []  # no falling back
    if what != "key":  # a chain that does not hold is not kept either
        emulator.certificate = good
        assert await shop.deliver("paypal", sent) == 200


@pytest.mark.parametrize("header", ["Paypal-Auth-Algo", "Paypal-Cert-Url", "Paypal-Transmission-Sig"])
async def test_a_header_that_is_another_lets_nothing_in(shop: Shop, bill: Bill, header: str) -> None:
    (sent,) = await sent_by(shop, "paypal")
    for value in ("", "SHA1withRSA", "http://127.0.0.1/certs/x"):
        forged = Sent(sent.url, sent.body, {**sent.headers, header: value})
        assert await shop.deliver("paypal", forged) == 400
    assert await bill.ledger() == []


async def test_where_the_certificate_is_away_it_is_asked_for_later(shop: Shop, bill: Bill) -> None:
    (sent,) = await sent_by(shop, "paypal")
    shop.providers.paypal.fails_next("/certs/" + sent.headers["Paypal-Cert-Url"].rsplit("/", 1)[1], "before")
    assert await shop.deliver("paypal", sent) == 503
    assert await shop.deliver("paypal", sent) == 200
    await bill.is_settled_once()


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://api.paypal.com/v1/notifications/certs/CERT-1", True),
        ("https://paypal.com/x", True),
        ("https://API.SANDBOX.PayPal.com:443/x", True),
        ("http://api.paypal.com/x", False),
        ("https://api.paypal.com:8443/x", False),
        ("https://api.paypal.com@example.org/x", False),
        ("https://user@api.paypal.com/x", False),
        ("https://notpaypal.com/x", False),
        ("https://paypal.com.example.org/x", False),
        ("https://example.org\\@api.paypal.com/x", False),
        ("https://api.paypal.com:x/", False),
        ("//api.paypal.com/x", False),
        ("", False),
    ],
)
def test_certificates_come_from_paypals_own_hosts(url: str, is_allowed: bool) -> None:
    assert Trust().allows(url) is is_allowed


def test_without_roots_of_its_own_it_trusts_this_machines() -> None:
    emulated = Authority()
    pem = emulated.certify(rsa.generate_private_key(65537, 2048).public_key())
    with pytest.raises(BadSignature):
        paypal_certificates._key_of(pem, paypal_certificates.SENDERS["test"], datetime.now(UTC))


async def test_another_way_of_checking_is_none(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        await connect(shop.company_id, "paypal", "test", KEYS["paypal"] | {"webhook_check": "both"})
    assert [error.field for error in refused.value.errors] == ["webhook_check"]

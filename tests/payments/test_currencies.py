"""Each provider counts decimals its own way; the bill is paid to the unit, or not offered there at all."""

import re
from typing import Any

import pytest

from tests.emulators.running import FORM_KEYS
from tests.payments.cases import payment_of, things
from tests.payments.conftest import PROVIDERS, Shop
from webdoc_app.services import refunds
from webdoc_app.services.audit import verify
from webdoc_app.services.payment_accounts import connect

# Of a price: the gross in our minor units, and what each provider is asked for, in its own.
EXACT = [
    ("1000", "JPY", 1_200, {"stripe": 1_200, "paypal": "1200", "payzen": 1_200}),
    ("1000", "ISK", 1_200, {"stripe": 120_000, "payzen": 1_200}),
    ("100", "HUF", 12_000, {"stripe": 12_000, "paypal": "120", "payzen": 12_000}),
    ("100.05", "HUF", 12_006, {"stripe": 12_006, "payzen": 12_006}),
    ("100", "KWD", 120_000, {"stripe": 120_000, "payzen": 120_000}),
    ("100.004", "KWD", 120_005, {"payzen": 120_005}),
    ("1000", "MGA", 120_000, {"stripe": 1_200, "payzen": 120_000}),
    ("1000", "UGX", 1_200, {"payzen": 1_200}),
]


def asked_for(thing: dict[str, Any]) -> int | str:
    """The amount as it reached the provider."""
    if units := thing.get("purchase_units"):
        return str(units[0]["amount"]["value"])
    return int(thing.get("amount_total") or thing["amount"])


@pytest.mark.parametrize(("price", "currency", "gross", "asked"), EXACT)
async def test_what_is_asked_for_is_what_the_bill_says(
    shop: Shop, price: str, currency: str, gross: int, asked: dict[str, Any]
) -> None:
    for provider in PROVIDERS:
        bill = await shop.bill(price, currency)
        page = (await shop.http.get(f"/d/{bill.token}")).text
        offered = re.findall(r'data-testid="pay-(stripe|paypal|payzen)"', page)
        assert offered == [name for name in PROVIDERS if name in asked]
        if provider not in asked:
            refused = await bill.press(provider)
            assert (refused.status_code, "pas possible pour ce montant" in refused.text) == (409, True)
            continue
        await bill.come_back(await bill.pay(provider))
        assert asked_for(things(shop, provider)[-1]) == asked[provider]
        assert await bill.ledger() == [gross]
        assert await bill.word() == "paid"
        part = 1_000
        await refunds.refund(shop.company_id, await payment_of(bill), part, 0)
        assert await bill.ledger() == [gross, -part]
    assert await verify() == []


async def test_a_provider_that_says_no_is_not_said_to_be_away(shop: Shop) -> None:
    """PayZen's form knows six currencies."""
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    refused = await (await shop.bill("100", "HUF")).press("payzen")
    assert (refused.status_code, "pas possible pour ce montant" in refused.text) == (409, True)
    assert await shop.count("SELECT count(*) FROM payment_accounts WHERE error != ''") == 0

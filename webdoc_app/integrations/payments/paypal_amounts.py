"""Amounts as PayPal writes them, and the currencies it has (developer.paypal.com/docs/reports/reference/paypal-supported-currencies)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from webdoc_app.domain.money import from_minor, minor_digits, to_minor
from webdoc_app.integrations.payments.contract import Declined

_WHOLE = frozenset({"HUF", "JPY", "TWD"})
"""PayPal takes no decimals of these, whatever ISO 4217 says."""
_CURRENCIES = _WHOLE | frozenset(
    [
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "ILS",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PHP",
        "PLN",
        "SEK",
        "SGD",
        "THB",
        "USD",
    ]
)


def takes(currency: str, minor: int) -> bool:
    whole = currency not in _WHOLE or minor % 10 ** minor_digits(currency) == 0
    return currency in _CURRENCIES and whole


def to_paypal(minor: int, currency: str) -> dict[str, str]:
    """`12000, "EUR"` -> `{"currency_code": "EUR", "value": "120.00"}`. Raises Declined for what PayPal has not."""
    if not takes(currency, minor):
        raise Declined("paypal: no such amount in this currency")
    digits = 0 if currency in _WHOLE else minor_digits(currency)
    return {"currency_code": currency, "value": f"{from_minor(minor, currency):.{digits}f}"}


def from_paypal(amount: Mapping[str, Any]) -> int:
    """The reverse, in minor units."""
    return to_minor(Decimal(amount["value"]), amount["currency_code"])

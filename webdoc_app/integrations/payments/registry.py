"""The providers by their names, and where each one's hosted pages are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from webdoc_app.integrations.payments import (
    paypal,
    paypal_amounts,
    payzen,
    payzen_form,
    stripe,
    stripe_amounts,
)
from webdoc_app.integrations.payments.contract import Provider

MODES = ("live", "test")


@dataclass(frozen=True)
class Kind:
    """`keys` are the names of an account's secrets; `pages` the origins its hosted pages live at.

    `takes` says whether it has such an amount: a currency, and minor units of it. `options` may be given beside the keys,
    by name, each one of its values; without it, the first. `tells_payouts`: its providers are PayoutTellers.
    """

    name: str
    label: str
    keys: tuple[str, ...]
    pages: tuple[str, ...]
    takes: Callable[[str, int], bool]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tells_payouts: bool = False


KINDS = {
    "stripe": Kind("stripe", "Stripe", stripe.KEYS, stripe.PAGES, stripe_amounts.takes, tells_payouts=True),
    "paypal": Kind(
        "paypal",
        "PayPal",
        paypal.KEYS,
        paypal.PAGES,
        paypal_amounts.takes,
        paypal.OPTIONS,
        tells_payouts=True,
    ),
    "payzen": Kind("payzen", "PayZen", payzen.KEYS, payzen.PAGES, lambda *_: True, payzen.OPTIONS),
}
_MAKERS: dict[str, Callable[[Mapping[str, str], str, str], Provider]] = {
    "stripe": stripe.Stripe,
    "paypal": paypal.PayPal,
    "payzen": lambda keys, mode, base: (
        payzen_form.PayZenForm(keys, mode, base)
        if keys.get("way") == "form"
        else payzen.PayZen(keys, mode, base)
    ),
}


def provider(name: str, keys: Mapping[str, str], mode: str, base: str | None = None) -> Provider:
    """An account's provider; `base` is another address of its API. Raises KeyError for an unknown name."""
    return _MAKERS[name](keys, mode, (base or "").rstrip("/"))


def page_origins(name: str, base: str | None = None) -> tuple[str, ...]:
    """Where this provider may send a person; with an API of another address, there."""
    if not base:
        return KINDS[name].pages
    parts = urlsplit(base)
    return (f"{parts.scheme}://{parts.netloc}",)


def is_page_of(url: str, name: str, base: str | None = None) -> bool:
    """Whether a person may be sent to `url`: one of the provider's own pages, without a user's name in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in page_origins(name, base)

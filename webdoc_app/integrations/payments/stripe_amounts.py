"""Amounts as Stripe counts them: mostly ISO 4217's minor units, with exceptions (docs.stripe.com/currencies)."""

from webdoc_app.domain.money import minor_digits
from webdoc_app.integrations.payments.contract import Declined

_DIGITS = {"ISK": 2, "MGA": 0}
"""Stripe's decimals where they are not ISO's: 5 ISK are 500, 5 MGA are 5."""
_UNSURE = frozenset({"UGX"})
"""Documented as of no decimal and as of two: a hundredfold is no risk to take."""


def to_stripe(minor: int, currency: str) -> int:
    """What `minor` units are at Stripe. Raises Declined where it has no such amount."""
    if not takes(currency, minor):
        raise Declined("stripe: no such amount in this currency")
    more, less = _scale(currency)
    return minor * more // less


def from_stripe(amount: int, currency: str) -> int:
    """The reverse, in minor units of the (upper-case) currency."""
    more, less = _scale(currency)
    return amount * less // more


def takes(currency: str, minor: int) -> bool:
    """Of three decimals the last must be 0."""
    _, less = _scale(currency)
    return currency not in _UNSURE and minor % (10 if minor_digits(currency) == 3 else less) == 0


def _scale(currency: str) -> tuple[int, int]:
    """By what our minor units are multiplied, and divided, to be Stripe's."""
    ours = minor_digits(currency)
    theirs = _DIGITS.get(currency, ours)
    return 10 ** max(theirs - ours, 0), 10 ** max(ours - theirs, 0)

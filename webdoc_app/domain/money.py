"""Exact money: integer minor units (cents) for amounts, decimals for prices, quantities and rates.

Rounding is half-up, as French VAT is computed; Python's default (half-even) turns 0.125 into 0.12.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from webdoc_app.domain.errors import Invalid

MAX_MINOR = 10**15
"""No amount reaches this many minor units: sums of them stay far within 64 bits."""

_MINOR_DIGITS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
_MINOR_DIGITS |= dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")


def minor_digits(currency: str) -> int:
    """Decimals of an ISO 4217 currency: 2 but for the exceptions."""
    return _MINOR_DIGITS.get(currency, 2)


def round_half_up(value: Decimal, digits: int = 0) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def rounded(value: Fraction) -> int:
    """Half-up to a whole number; the half goes away from zero."""
    whole, rest = divmod(abs(value.numerator), value.denominator)
    whole += 2 * rest >= value.denominator
    return whole if value >= 0 else -whole


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in major units, rounded half-up to the currency's minor units."""
    digits = minor_digits(currency)
    return int(round_half_up(amount.scaleb(digits)))


def from_minor(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-minor_digits(currency))


def amount_text(minor: int, currency: str) -> str:
    """`120000` -> `"1200.00"`: what programs read."""
    return f"{from_minor(minor, currency):.{minor_digits(currency)}f}"


def decimal_text(value: Decimal) -> str:
    """The shortest exact writing: `Decimal("1.500")` -> `"1.5"`, `Decimal("100")` -> `"100"`."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def parse_decimal(value: str, *, field: str, digits: int = 6, most: Decimal = Decimal(10) ** 9) -> Decimal:
    """A non-negative decimal of up to `digits` decimals, at most `most`. Raises Invalid naming `field`."""
    text = value.strip().replace(",", ".") if isinstance(value, str) else str(value)
    if text.startswith("-") and _DECIMAL.fullmatch(text[1:]):
        raise Invalid.one(field, "Ce nombre ne peut pas être négatif.")
    if not _DECIMAL.fullmatch(text):
        raise Invalid.one(field, "Ce n’est pas un nombre, par exemple « 12.5 ».")
    number = Decimal(text)
    if -int(number.normalize().as_tuple().exponent) > digits:
        raise Invalid.one(field, "Ce nombre a trop de décimales : %(digits)s au plus.", digits=digits)
    if number > most:
        raise Invalid.one(field, "Ce nombre est trop grand : %(most)s au plus.", most=f"{most:f}")
    return number


def parse_amount(value: str, currency: str, *, field: str) -> int:
    """A non-negative amount in the currency's decimals, as minor units. Raises Invalid naming `field`."""
    number = parse_decimal(value, field=field, digits=minor_digits(currency), most=Decimal(10) ** 11)
    return to_minor(number, currency)

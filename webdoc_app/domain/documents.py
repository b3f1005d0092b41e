"""Documents of a sale: their kinds, lines and totals, by the order of EN 16931."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from fractions import Fraction

from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.money import MAX_MINOR, from_minor, minor_digits, round_half_up, rounded

MAX_LINES = 1_000
MAX_CHARACTERS = 200_000
"""Of all texts of a document together: some hundred pages, which take seconds to draw."""
NEWLINE = 50
"""Characters a newline counts for: it takes the place of so many on paper."""


class Kind(StrEnum):
    """Devis, bon de commande, bon de livraison, facture, facture d'acompte, avoir."""

    QUOTE = "quote"
    ORDER = "order"
    DELIVERY = "delivery"
    INVOICE = "invoice"
    DEPOSIT = "deposit"
    CREDIT = "credit"


BILLS = frozenset({Kind.INVOICE, Kind.DEPOSIT})
"""Kinds that ask for money."""

ANSWERABLE = frozenset({Kind.QUOTE, Kind.ORDER, Kind.DELIVERY})
"""Kinds a client accepts or refuses; a quote can be put on hold too."""


@dataclass(frozen=True)
class Line:
    """One line as it is priced. Decimals are exact; `allowances` and `charges` are minor units (BG-27, BG-28)."""

    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    base_quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal(20)
    allowances: int = 0
    charges: int = 0

    def net(self, currency: str) -> int:
        """Line net amount (BT-131) in minor units: one rounding, half-up.

        In fractions: a third has no decimal writing, and 0.65 x 5 / 3 less 10 % is a half cent exactly.
        """
        price = Fraction(self.quantity) * Fraction(self.unit_price) / Fraction(self.base_quantity)
        discounted = price * (100 - Fraction(self.discount_percent)) / 100
        return rounded(discounted * 10 ** minor_digits(currency)) - self.allowances + self.charges


@dataclass(frozen=True)
class Adjustment:
    """A document-level allowance (BG-20) or charge (BG-21), in minor units."""

    amount: int
    vat_rate: Decimal
    is_charge: bool = False
    reason: str = ""


@dataclass(frozen=True)
class VatRow:
    """One row of the VAT breakdown (BG-23), in minor units."""

    rate: Decimal
    basis: int
    vat: int


@dataclass(frozen=True)
class Totals:
    """BT-106 to BT-112 in minor units. What was paid and what is due depend on payments, so they stand apart."""

    lines: int
    allowances: int
    charges: int
    net: int
    vat: int
    gross: int
    vat_breakdown: tuple[VatRow, ...]


def insist_size(texts: Iterable[str]) -> None:
    """Raises Invalid on `lines` where a document's texts together are too long to be drawn while others wait."""
    if sum(len(text) + NEWLINE * text.count("\n") for text in texts) > MAX_CHARACTERS:
        raise Invalid.one(
            "lines",
            "Ce document est trop long : %(limit)s caractères au plus, toutes lignes comprises.",
            limit=MAX_CHARACTERS,
        )


def compute_totals(lines: Sequence[Line], currency: str, adjustments: Iterable[Adjustment] = ()) -> Totals:
    """Totals in the EN 16931 order: line nets, allowances and charges, VAT once per rate, gross.

    Raises Invalid on `lines` when a total leaves the range money is kept in.
    """
    bases: dict[Decimal, int] = {}
    allowances = charges = 0
    nets = [line.net(currency) for line in lines]
    for line, net in zip(lines, nets, strict=True):
        bases[line.vat_rate] = bases.get(line.vat_rate, 0) + net
    for item in adjustments:
        signed = item.amount if item.is_charge else -item.amount
        charges += item.amount if item.is_charge else 0
        allowances += 0 if item.is_charge else item.amount
        bases[item.vat_rate] = bases.get(item.vat_rate, 0) + signed
    rows = tuple(
        VatRow(rate, basis, vat_of(basis, rate)) for rate, basis in sorted(bases.items(), reverse=True)
    )
    net, vat = sum(nets) - allowances + charges, sum(row.vat for row in rows)
    kept = [*nets, sum(nets), allowances, charges, *(row.basis for row in rows), abs(net) + abs(vat)]
    if max(map(abs, kept)) > MAX_MINOR:
        raise Invalid.one("lines", "Le total du document est trop grand.")
    return Totals(sum(nets), allowances, charges, net, vat, net + vat, rows)


def vat_of(basis: int, rate: Decimal) -> int:
    """VAT of one rate on its basis (BR-CO-17), minor units, half-up."""
    return int(round_half_up(Decimal(basis) * rate / 100))


def spread_deposit(rows: Sequence[VatRow], percent: Decimal) -> list[VatRow]:
    """A deposit of `percent` of the gross, spread over the rates in proportion.

    Each rate's share is aimed at its gross. Some gross amounts cannot be reached exactly by a basis and its VAT:
    then the nearest one below is taken, and what is missing goes to the next rate. At most one cent stays missing.
    """
    spread = []
    missing = 0
    for share, row in zip(_shares([row.basis + row.vat for row in rows], percent), rows, strict=True):
        part = _row_of_gross(share + missing, row.rate)
        missing += share - part.basis - part.vat
        if part.basis or part.vat:
            spread.append(part)
    return spread


def _shares(amounts: Sequence[int], percent: Decimal) -> list[int]:
    """`percent` of each amount; together `percent` of the sum, half-up. Cents over go where most was cut off."""
    exact = [Decimal(amount) * percent / 100 for amount in amounts]
    shares = [int(share.to_integral_value(ROUND_FLOOR)) for share in exact]
    over = int(round_half_up(sum(exact, Decimal(0)))) - sum(shares)
    most_cut = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], -exact[i]))
    for i in most_cut[:over]:
        shares[i] += 1
    return shares


def _row_of_gross(gross: int, rate: Decimal) -> VatRow:
    basis = int(round_half_up(Decimal(gross) / (1 + rate / 100))) + 1
    while basis + vat_of(basis, rate) > gross:
        basis -= 1
    return VatRow(rate, basis, vat_of(basis, rate))


def price_of(minor: int, currency: str) -> Decimal:
    """A unit price that says an amount in minor units exactly."""
    return from_minor(minor, currency)

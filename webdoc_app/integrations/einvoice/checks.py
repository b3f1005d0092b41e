"""The arithmetic of EN 16931, exact to the minor unit.

The official validation artefacts let VAT be almost one unit off; these rules do not. Where the standard has
no rule (a line's own amount), see `check_line_amount`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from webdoc_app.integrations.einvoice.errors import N_, EInvoiceError, Param
from webdoc_app.integrations.einvoice.types import CiiInvoice, ImportedAdjustment, ImportedLine, ImportedVat

LINE_AMOUNT = N_(
    "Le montant net (BT-131) vaut %(given)s alors que la quantité et le prix donnent %(expected)s."
)
LINES = N_("Le total des lignes (BT-106) vaut %(given)s alors que leur somme est %(expected)s.")
ALLOWANCES = N_("Le total des remises (BT-107) vaut %(given)s alors que leur somme est %(expected)s.")
CHARGES = N_("Le total des frais (BT-108) vaut %(given)s alors que leur somme est %(expected)s.")
NET = N_(
    "Le total HT (BT-109) vaut %(given)s alors que %(lines)s − %(allowances)s + %(charges)s = %(expected)s."
)
NO_BREAKDOWN = N_("La ventilation de la TVA (BG-23) est obligatoire.")
MISSING_ROW = N_("La ventilation de la TVA (BG-23) n’a pas de ligne %(category)s à %(rate)s\u00a0%%.")
DOUBLE_ROW = N_("La ventilation de la TVA (BG-23) a deux lignes %(category)s à %(rate)s\u00a0%%.")
BASIS = N_(
    "La base de TVA à %(rate)s\u00a0%% (BT-116) vaut %(given)s alors que les lignes, remises et frais"
    " à ce taux donnent %(expected)s."
)
VAT = N_(
    "La TVA à %(rate)s\u00a0%% (BT-117) vaut %(given)s alors que %(basis)s × %(rate)s\u00a0%% = %(expected)s."
)
VAT_TOTAL = N_(
    "Le total de la TVA (BT-110) vaut %(given)s alors que la somme de la ventilation est %(expected)s."
)
GROSS = N_("Le total TTC (BT-112) vaut %(given)s alors que %(net)s + %(vat)s = %(expected)s.")
DUE = N_(
    "Le net à payer (BT-115) vaut %(given)s alors que %(gross)s − %(prepaid)s + %(rounding)s = %(expected)s."
)

# Categories told apart by their rate; the others (Z, E, AE, K, G, O) have no VAT and one row each.
RATED_CATEGORIES = ("S", "L", "M", "B")

VatKey = tuple[str, Decimal]


def check_invoice(invoice: CiiInvoice) -> CiiInvoice:
    """The same invoice, its lines' `net_gap` known. Raises EInvoiceError for the first wrong amount."""
    lines = tuple(check_line_amount(line, invoice.minor_digits) for line in invoice.lines)
    checked = replace(invoice, lines=lines)
    _check_sums(checked)
    _check_breakdown(checked)
    _check_totals(checked)
    return checked


def check_line_amount(line: ImportedLine, digits: int) -> ImportedLine:
    """Hold a line's net amount (BT-131) against its quantity and price.

    EN 16931 describes this product but has no rule for it, and published examples break it: prices printed
    rounded (4.10 for 4.55 less 10 %), a base quantity that repeats the price, a credit line whose quantity
    lacks its sign. These are taken as the file has them, with the difference noted; any other amount is
    refused.
    """
    adjusted = sum(charge.amount for charge in line.charges) - sum(less.amount for less in line.allowances)
    whole = Fraction(line.quantity) * Fraction(line.unit_price) * 10**digits
    product = whole / Fraction(line.base_quantity)
    given = line.net - adjusted
    if given in _roundings(product):
        return line
    expected = _round(product)
    close = abs(given - product) <= _printing_error(line, digits) + Fraction(1, 2)
    if not (close or given == _round(whole) or given == -expected):
        shown = {"given": _units(line.net, digits), "expected": _units(expected + adjusted, digits)}
        raise EInvoiceError("BT-131", LINE_AMOUNT, shown, line=line.id[:20])
    return replace(line, net_gap=given - expected)


def _printing_error(line: ImportedLine, digits: int) -> Fraction:
    """How far, in minor units, the product can be from the one of the price and quantity before rounding.

    A price is known to half of its last decimal (the currency's at least), a whole quantity exactly.
    """
    price_step = _step(max(digits, _decimals(line.unit_price)))
    quantity_step = _step(_decimals(line.quantity)) if _decimals(line.quantity) else Fraction(0)
    error = abs(Fraction(line.quantity)) * price_step + abs(Fraction(line.unit_price)) * quantity_step
    return error / 2 / Fraction(line.base_quantity) * Fraction(10**digits)


def _step(decimals: int) -> Fraction:
    return Fraction(1, int(10**decimals))


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _check_sums(invoice: CiiInvoice) -> None:
    """BR-CO-10, 11, 12 and 13."""
    totals = invoice.totals
    _expect(invoice, "BT-106", LINES, totals.lines, sum(line.net for line in invoice.lines))
    _expect(invoice, "BT-107", ALLOWANCES, totals.allowances, _sum(invoice.allowances))
    _expect(invoice, "BT-108", CHARGES, totals.charges, _sum(invoice.charges))
    net = totals.lines - totals.allowances + totals.charges
    parts = {"lines": totals.lines, "allowances": totals.allowances, "charges": totals.charges}
    _expect(invoice, "BT-109", NET, totals.net, net, parts)


def _check_breakdown(invoice: CiiInvoice) -> None:
    """BR-CO-18, the basis of each category and rate (BR-S-08 and its like), BR-CO-17."""
    if not invoice.vat_breakdown:
        raise EInvoiceError("BG-23", NO_BREAKDOWN)
    bases = _bases(invoice)
    seen: set[VatKey] = set()
    for row in invoice.vat_breakdown:
        key = _key(row.category, row.rate)
        shown: dict[str, Param] = {"category": row.category[:20], "rate": row.rate}
        if key in seen:
            raise EInvoiceError("BG-23", DOUBLE_ROW, shown)
        seen.add(key)
        _check_row(invoice, row, bases.get(key, 0))
    for category, rate in bases.keys() - seen:
        raise EInvoiceError("BG-23", MISSING_ROW, {"category": category[:20], "rate": rate})


def _check_row(invoice: CiiInvoice, row: ImportedVat, basis: int) -> None:
    exact = row.basis * Fraction(row.rate) / 100
    amounts = {"given": row.basis, "expected": basis}
    if row.basis != basis:
        raise EInvoiceError("BT-116", BASIS, {"rate": row.rate} | _shown(invoice, amounts))
    if row.vat not in _roundings(exact):
        amounts = {"given": row.vat, "basis": row.basis, "expected": _round(exact)}
        raise EInvoiceError("BT-117", VAT, {"rate": row.rate} | _shown(invoice, amounts))


def _bases(invoice: CiiInvoice) -> dict[VatKey, int]:
    """What each category and rate adds up to: lines − allowances + charges."""
    bases: dict[VatKey, int] = defaultdict(int)
    for line in invoice.lines:
        bases[_key(line.vat_category, line.vat_rate)] += line.net
    for less in invoice.allowances:
        bases[_key(less.vat_category, less.vat_rate)] -= less.amount
    for more in invoice.charges:
        bases[_key(more.vat_category, more.vat_rate)] += more.amount
    return bases


def _key(category: str, rate: Decimal) -> VatKey:
    return category, rate if category in RATED_CATEGORIES else Decimal(0)


def _check_totals(invoice: CiiInvoice) -> None:
    """BR-CO-14, 15 and 16."""
    totals = invoice.totals
    _expect(invoice, "BT-110", VAT_TOTAL, totals.vat, sum(row.vat for row in invoice.vat_breakdown))
    parts = {"net": totals.net, "vat": totals.vat}
    _expect(invoice, "BT-112", GROSS, totals.gross, totals.net + totals.vat, parts)
    due = totals.gross - totals.prepaid + totals.rounding
    parts = {"gross": totals.gross, "prepaid": totals.prepaid, "rounding": totals.rounding}
    _expect(invoice, "BT-115", DUE, totals.due, due, parts)


def _expect(
    invoice: CiiInvoice, term: str, msgid: str, given: int, expected: int, parts: dict[str, int] | None = None
) -> None:
    if given != expected:
        amounts = {"given": given, "expected": expected, **(parts or {})}
        raise EInvoiceError(term, msgid, _shown(invoice, amounts))


def _shown(invoice: CiiInvoice, amounts: dict[str, int]) -> dict[str, Param]:
    return {name: _units(amount, invoice.minor_digits) for name, amount in amounts.items()}


def _units(minor: int, digits: int) -> Decimal:
    return Decimal(minor).scaleb(-digits)


def _sum(adjustments: Iterable[ImportedAdjustment]) -> int:
    return sum(adjustment.amount for adjustment in adjustments)


def _round(exact: Fraction) -> int:
    """Half up, away from zero."""
    rounded = (2 * abs(exact) + 1) // 2
    return rounded if exact >= 0 else -rounded


def _roundings(exact: Fraction) -> tuple[int, ...]:
    """What may be written for an exact amount: of a negative half, the standard does not say where up is."""
    half_to_infinity = (2 * exact + 1) // 2
    return (_round(exact), half_to_infinity)

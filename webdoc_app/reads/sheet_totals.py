"""The totals of a sheet, and the amount that matters most on it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from webdoc_app.domain.documents import ANSWERABLE, Kind
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money, percent
from webdoc_app.reads.sheet_types import TotalRow


def due_minor(content: Mapping[str, Any], paid_minor: int = 0, credited_minor: int = 0) -> int:
    """What is due (BT-115), in minor units; for a quote, an order or a delivery its gross.

    A negative amount is right where more was paid, or credited, than asked for.
    """
    if content["kind"] in ANSWERABLE:
        return int(content["gross_minor"])
    asked = content["gross_minor"] + content["rounding_minor"] - content["prepaid_minor"]
    return int(asked - paid_minor - credited_minor)


def total_rows(
    content: Mapping[str, Any], language: str, paid_minor: int, credited_minor: int
) -> tuple[TotalRow, ...]:
    """Everything above the net amount, in the order of EN 16931."""
    currency = content["currency"]

    def row(label: str, minor: int, strong: bool = False) -> TotalRow:
        return TotalRow(translate(label, language), money(minor, currency, language), strong)

    rows: list[TotalRow] = []
    if content["adjustments"]:
        rows.append(row("Total des lignes HT", content["lines_minor"]))
        rows.extend(_adjustment_rows(content, language))
    rows.append(row("Total HT", content["net_minor"]))
    rows.extend(_vat_rows(content, language))
    if content["kind"] in ANSWERABLE:
        return tuple(rows)
    rows.append(row("Total TTC", content["gross_minor"], strong=True))
    if content["rounding_minor"]:
        rows.append(row("Arrondi", content["rounding_minor"]))
    if prepaid := content["prepaid_minor"]:
        rows.append(TotalRow(_prepaid_label(content, language), money(-prepaid, currency, language)))
    for label, minor in (("Paiements reçus", -paid_minor), ("Avoirs déduits", -credited_minor)):
        if minor:
            rows.append(row(label, minor))
    return tuple(rows)


def _prepaid_label(content: Mapping[str, Any], language: str) -> str:
    """What was paid before (BT-113), and on which deposit invoices where the chain knows them."""
    deposits = (content["extras"] or {}).get("deposits") or ()
    if not deposits:
        return translate("Déjà versé", language)
    numbers = ", ".join(str(each["number"]) for each in deposits)
    return translate("Déjà réglé (acompte %(numbers)s)", language, {"numbers": numbers})


def net_row(content: Mapping[str, Any], language: str, paid_minor: int, credited_minor: int) -> TotalRow:
    """The largest amount on the sheet."""
    kind = Kind(content["kind"])
    due = due_minor(content, paid_minor, credited_minor)
    label = "Total TTC" if kind in ANSWERABLE else "Net à payer"
    label = "Montant de l’avoir" if kind is Kind.CREDIT else label
    return TotalRow(translate(label, language), money(due, content["currency"], language), strong=True)


def _adjustment_rows(content: Mapping[str, Any], language: str) -> Iterator[TotalRow]:
    several_rates = len({item["vat_rate"] for item in content["adjustments"]}) > 1
    for item in content["adjustments"]:
        label = item["reason"] or translate("Frais" if item["is_charge"] else "Remise", language)
        if several_rates:
            rate = percent(Decimal(item["vat_rate"]), language)
            label = f"{label} ({translate('TVA %(rate)s', language, {'rate': rate})})"
        minor = item["amount"] if item["is_charge"] else -item["amount"]
        yield TotalRow(label, money(minor, content["currency"], language))


def _vat_rows(content: Mapping[str, Any], language: str) -> Iterator[TotalRow]:
    """VAT per rate; with several rates each one names its basis (CGI, ann. II, 242 nonies A, 11°)."""
    breakdown = content["vat_breakdown"] or ()
    for item in breakdown:
        words = {"rate": percent(Decimal(item["rate"]), language)}
        sentence = "TVA %(rate)s"
        if len(breakdown) > 1:
            sentence = "TVA %(rate)s sur %(basis)s"
            words["basis"] = money(item["basis"], content["currency"], language)
        vat = money(item["vat"], content["currency"], language)
        yield TotalRow(translate(sentence, language, words), vat)

"""The lines of a sheet: what was sold, how many, at what price."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from webdoc_app.locales import translate
from webdoc_app.locales.formats import money, percent, price, quantity
from webdoc_app.reads.sheet_types import SheetLine

# Units of imported invoices are codes (UN/ECE recommendation 20). What is not here is shown as it came.
_UNIT_CODES = {
    "C62": "",
    "H87": "u",
    "EA": "u",
    "NAR": "u",
    "HUR": "h",
    "DAY": "j",
    "MIN": "min",
    "MON": "mois",
    "ANN": "an",
    "KGM": "kg",
    "GRM": "g",
    "TNE": "t",
    "MTR": "m",
    "CMT": "cm",
    "MMT": "mm",
    "KMT": "km",
    "MTK": "m²",
    "MTQ": "m³",
    "LTR": "l",
    "KWH": "kWh",
    "LS": "forfait",
    "SET": "lot",
}


def sheet_line(
    line: Mapping[str, Any],
    currency: str,
    language: str,
    chosen: Collection[str] | None = None,
    choosable: bool = False,
) -> SheetLine:
    """A frozen line (decimals as text, amounts in minor units) as texts. See `sheet_of` for options."""
    name, _, details = line["description"].strip().partition("\n")
    is_optional = bool(line.get("is_optional"))
    is_chosen = line["id"] in (chosen or ())
    return SheetLine(
        name=name.strip(),
        details=details.strip(),
        remarks=tuple(_remarks(line, currency, language)),
        quantity=_counted(Decimal(line["quantity"]), line["unit"], language),
        price=_price(line, currency, language),
        vat_rate=percent(Decimal(line["vat_rate"]), language),
        net=money(line["net_minor"], currency, language),
        option=translate(_option_word(is_chosen, chosen), language) if is_optional else "",
        option_id=line["id"] if is_optional and choosable else "",
        counts=is_chosen or not is_optional,
    )


def _option_word(is_chosen: bool, chosen: Collection[str] | None) -> str:
    if chosen is None:
        return "Option"
    return "Option retenue" if is_chosen else "Option non retenue"


def _price(line: Mapping[str, Any], currency: str, language: str) -> str:
    text = price(Decimal(line["unit_price"]), currency, language)
    base = Decimal(line["base_quantity"])
    return text if base == 1 else f"{text} / {_counted(base, line['unit'], language)}"


def _counted(number: Decimal, unit: str, language: str) -> str:
    text = quantity(number, language)
    word = _UNIT_CODES.get(unit, unit)
    return f"{text}\N{NO-BREAK SPACE}{translate(word, language)}" if word else text


def _remarks(line: Mapping[str, Any], currency: str, language: str) -> list[str]:
    remarks = []
    discount = Decimal(line["discount_percent"])
    if discount:
        rate = percent(discount, language)
        remarks.append(translate("Remise de %(rate)s", language, {"rate": rate}))
    for sentence, amount in (
        ("Remise : %(amount)s", -line["allowances_minor"]),
        ("Frais : %(amount)s", line["charges_minor"]),
    ):
        if amount:
            remarks.append(translate(sentence, language, {"amount": money(amount, currency, language)}))
    return remarks

"""From a document's frozen content to the sheet that is shown, printed and made a PDF of.

`content` is the dictionary of `services/content.py`: dates and decimals as texts, amounts in minor units. Beyond it,
`extras` may hold what an imported file, or the chain, says more; every key is optional:

    type_code           "380", "381", "389" … (UNTDID 1001)
    delivery_date       ISO date
    delivery_name       text                       delivery_address    text, one line each
    buyer_reference     text                       order_reference     text
    payment_reference   text
    preceding_invoices  [{number, issue_date}]     issue_date may be empty
    deposits            [{number, issue_date}]     whose payment an invoice deducts (BT-113)

A row of `vat_breakdown` may carry its `exemption`, a text.
"""

import base64
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from webdoc_app.domain.colors import DEFAULT_COLOR, accent_of
from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.mentions import is_professional
from webdoc_app.locales import known_language, translate
from webdoc_app.locales.formats import long_date, money, percent
from webdoc_app.reads.sheet_lines import sheet_line
from webdoc_app.reads.sheet_options import content_with
from webdoc_app.reads.sheet_totals import due_minor, net_row, total_rows
from webdoc_app.reads.sheet_types import Labelled, Party, Sheet, SheetLine, Stamp, TotalRow

__all__ = [
    "KIND_LABELS",
    "Labelled",
    "Party",
    "Sheet",
    "SheetLine",
    "Stamp",
    "TotalRow",
    "due_minor",
    "sheet_of",
]

KIND_LABELS = {
    Kind.QUOTE: "Devis",
    Kind.ORDER: "Bon de commande",
    Kind.DELIVERY: "Bon de livraison",
    Kind.INVOICE: "Facture",
    Kind.DEPOSIT: "Facture d’acompte",
    Kind.CREDIT: "Avoir",
}

RECOVERY_INDEMNITY_MINOR = 4_000
"""40 € (C. com. D441-5)."""

SELF_BILLED = "389"


def sheet_of(
    content: Mapping[str, Any],
    *,
    language: str,
    logo: bytes | None,
    paid_minor: int = 0,
    credited_minor: int = 0,
    chosen: Collection[str] | None = None,
    choosable: bool = False,
) -> Sheet:
    """The sheet of a document in `language`, a draft's too (its number is None).

    `logo` is a PNG. `paid_minor` and `credited_minor` (minor units) are what came after issue: a page shows
    them, a PDF, frozen with its document, leaves them at 0. `chosen` are the ids of the options an acceptance
    took, None while they are offered; `choosable` lets them be ticked.
    """
    language = known_language(language)
    content = content_with(content, chosen or ())
    seller = content["seller"] or {}
    return Sheet(
        language=language,
        kind=content["kind"],
        kind_label=translate(KIND_LABELS[Kind(content["kind"])], language),
        number=content["number"],
        title=content["title"],
        logo=f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else "",
        accent=accent_of(seller.get("color") or DEFAULT_COLOR),
        seller=_seller(seller, language),
        parties=tuple(_parties(content, language)),
        facts=tuple(_facts(content, language)),
        lines=tuple(
            sheet_line(line, content["currency"], language, chosen, choosable) for line in content["lines"]
        ),
        totals=total_rows(content, language, paid_minor, credited_minor),
        net=net_row(content, language, paid_minor, credited_minor),
        payment=tuple(_payment(content, language)),
        notes=content["notes"],
        small_print=tuple(_small_print(content, language)),
    )


def _parties(content: Mapping[str, Any], language: str) -> Iterator[Party]:
    yield _seller(content["seller"] or {}, language)
    customer = content["customer"] or {}
    yield Party(
        role=translate("Destinataire", language),
        name=customer.get("name", ""),
        address=_lines(customer.get("address")),
        identity=tuple(_registrations(customer, language)),
    )
    extras = _extras(content)
    if where := _lines(extras.get("delivery_address")):
        name = extras.get("delivery_name") or ""
        yield Party(translate("Livraison", language), name, where)


def _seller(seller: Mapping[str, Any], language: str) -> Party:
    rcs = seller.get("rcs") or ""
    identity = [
        seller.get("legal_form"),
        *_registrations(seller, language),
        rcs if rcs.upper().startswith("RCS") or not rcs else f"RCS\N{NO-BREAK SPACE}{rcs}",
        seller.get("phone"),
        seller.get("email"),
    ]
    return Party(
        role=translate("Émetteur", language),
        name=seller.get("name", ""),
        address=_lines(seller.get("address")),
        identity=tuple(text for text in identity if text),
    )


def siren_words(siren: str) -> str:
    """`812345676` -> `SIREN 812 345 676`, unbroken."""
    digits = "".join(siren.split())
    grouped = "\N{NO-BREAK SPACE}".join((digits[:3], digits[3:6], digits[6:]))
    return f"SIREN\N{NO-BREAK SPACE}{grouped if len(digits) == 9 else siren}"


def _registrations(party: Mapping[str, Any], language: str) -> Iterator[str]:
    if siren := party.get("siren"):
        yield siren_words(siren)
    if vat_number := party.get("vat_number"):
        yield translate("TVA %(number)s", language, {"number": vat_number})


def _facts(content: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    extras, kind = _extras(content), Kind(content["kind"])
    for label, day in (
        ("Date d’émission", content["issue_date"]),
        ("Valable jusqu’au", content["valid_until"] if kind is Kind.QUOTE else None),
        ("Échéance", content["due_date"] if kind in BILLS else None),
        ("Livraison ou prestation", extras.get("delivery_date")),
    ):
        if day:
            yield Labelled(translate(label, language), _day(day, language))
    if content["deposit_percent"] and kind in (Kind.QUOTE, Kind.ORDER):
        rate = percent(Decimal(content["deposit_percent"]), language)
        yield Labelled(translate("Acompte à la commande", language), rate)
    for label, key in (("Votre référence", "buyer_reference"), ("Votre commande", "order_reference")):
        if extras.get(key):
            yield Labelled(translate(label, language), extras[key])
    for invoice in extras.get("preceding_invoices") or ():
        label = "Facture d’origine" if kind is Kind.CREDIT else "Facture précédente"
        yield Labelled(translate(label, language), _reference(invoice, language))


def _reference(invoice: Mapping[str, Any], language: str) -> str:
    if not invoice.get("issue_date"):
        return str(invoice["number"])
    words = {"number": invoice["number"], "date": _day(invoice["issue_date"], language)}
    return translate("%(number)s du %(date)s", language, words)


def _payment(content: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    """How to pay a bill by transfer."""
    if content["kind"] not in BILLS:
        return
    seller, extras = content["seller"] or {}, _extras(content)
    if iban := seller.get("iban"):
        compact = "".join(iban.split())
        yield Labelled("IBAN", " ".join(compact[i : i + 4] for i in range(0, len(compact), 4)))
        if bic := seller.get("bic"):
            yield Labelled("BIC", bic)
        if reference := extras.get("payment_reference") or content["number"]:
            yield Labelled(translate("Référence à rappeler", language), reference)


def _small_print(content: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    seller, extras = content["seller"] or {}, _extras(content)
    if terms := seller.get("terms"):
        yield Labelled(translate("Conditions", language), terms)
    for row in content["vat_breakdown"] or ():
        if exemption := row.get("exemption"):
            yield Labelled(translate("TVA", language), exemption)
    yield from _operations(content, language)
    if extras.get("type_code") == SELF_BILLED:
        yield Labelled("", translate("Autofacturation", language))
    # An imported invoice says what its sender wanted it to say, and nothing is added to it.
    if (
        content["kind"] in BILLS
        and is_professional(content["customer"] or {})
        and not content["import_sha256"]
    ):
        yield from _late_payment(seller, language)


_OPERATIONS = {
    "goods": "Livraison de biens",
    "services": "Prestation de services",
    "both": "Livraison de biens et prestation de services",
}


def _operations(content: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    """What is sold, and VAT paid on debits, on our own bills (CGI, ann. II, 242 nonies A, 8° bis and 11° bis)."""
    seller = content["seller"] or {}
    if content["kind"] not in BILLS or content["import_sha256"]:
        return
    if word := _OPERATIONS.get(seller.get("operations") or ""):
        yield Labelled(translate("Nature des opérations", language), translate(word, language))
    if seller.get("vat_on_debits"):
        yield Labelled("", translate("Option pour le paiement de la taxe d’après les débits", language))


def _late_payment(seller: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    """Owed between professionals by law, and to be printed on the invoice (C. com. L441-9, L441-10, D441-5)."""
    if rate := seller.get("late_penalty"):
        yield Labelled(translate("Pénalités de retard", language), rate)
    amount = money(RECOVERY_INDEMNITY_MINOR, "EUR", language)
    yield Labelled(translate("Indemnité forfaitaire pour frais de recouvrement", language), amount)


def _extras(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return content["extras"] or {}


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def _day(iso: str, language: str) -> str:
    return long_date(date.fromisoformat(iso), language)

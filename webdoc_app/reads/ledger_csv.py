"""The ledger as a file for a spreadsheet: UTF-8 with its mark, semicolons and commas, as French programs open it."""

import csv
import io
from collections.abc import AsyncIterator

from webdoc_app.domain.money import amount_text
from webdoc_app.locales import translate
from webdoc_app.models import Payment
from webdoc_app.reads.client_payments import method_label
from webdoc_app.reads.ledger import LedgerFilter, all_of_ledger
from webdoc_app.services.work import reading

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
HEADINGS = (
    "Date",
    "Document",
    "Client",
    "Moyen de paiement",
    "Référence",
    "Montant",
    "Commission",
    "Net",
    "Devise",
    "Mode",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


async def ledger_csv(wanted: LedgerFilter, language: str) -> AsyncIterator[str]:
    """The file in pieces, whatever page is wanted. A refund's amount is negative; an unknown fee is empty."""
    yield MARK + _line([translate(heading, language) for heading in HEADINGS])
    async with reading() as session:
        async for payment, number, customer, fee, mode in all_of_ledger(session, wanted):
            yield _line(_cells(payment, number or "", customer, fee, mode or "", language))


def _cells(
    payment: Payment, number: str, customer: str, fee: int | None, mode: str, language: str
) -> list[str]:
    fee = None if payment.amount_minor < 0 else fee
    modes = {"test": "Test", "live": "Réel"}
    return [
        payment.paid_on.isoformat(),
        harmless(number),
        harmless(customer),
        method_label(payment.method, language),
        harmless(payment.reference),
        _number(payment.amount_minor, payment.currency),
        "" if fee is None else _number(fee, payment.currency),
        _number(payment.amount_minor - (fee or 0), payment.currency),
        payment.currency,
        translate(modes[mode], language) if mode in modes else "",
    ]


def _number(minor: int, currency: str) -> str:
    return amount_text(minor, currency).replace(".", ",")


def harmless(text: str) -> str:
    """A text a spreadsheet takes for a text: what begins a formula gets an apostrophe before it (OWASP)."""
    flat = " ".join(text.split())
    return f"'{flat}" if text.startswith(_FORMULAS) or flat.startswith(_FORMULAS) else flat


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue()

"""The ledger as a file for a spreadsheet."""

from collections.abc import AsyncIterator

from webdoc_app.locales import translate
from webdoc_app.models import Payment
from webdoc_app.reads.client_payments import method_label
from webdoc_app.reads.ledger import LedgerFilter, all_of_ledger
from webdoc_app.reads.spreadsheet import MARK, amount_cell, harmless, spreadsheet_line
from webdoc_app.services.work import reading

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
    "Versement",
)


async def ledger_csv(wanted: LedgerFilter, language: str) -> AsyncIterator[str]:
    """The file in pieces, whatever page is wanted. A refund's amount is negative; an unknown fee is empty."""
    yield MARK + spreadsheet_line([translate(heading, language) for heading in HEADINGS])
    async with reading() as session:
        async for payment, number, customer, fee, mode, payout in all_of_ledger(session, wanted):
            cells = _cells(payment, number or "", customer, fee, mode or "", language)
            yield spreadsheet_line([*cells, harmless(payout or "")])


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
        amount_cell(payment.amount_minor, payment.currency),
        "" if fee is None else amount_cell(fee, payment.currency),
        amount_cell(payment.amount_minor - (fee or 0), payment.currency),
        payment.currency,
        translate(modes[mode], language) if mode in modes else "",
    ]

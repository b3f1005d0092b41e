"""The payouts as a file for a spreadsheet: one line for each movement in them, the payout's own facts on each."""

from collections.abc import AsyncIterator

from webdoc_app.integrations.payments.payouts import LineKind, PayoutState
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.models import Payout, PayoutLine
from webdoc_app.reads.payouts import KIND_NAMES, STATES, PayoutFilter, all_lines
from webdoc_app.reads.spreadsheet import MARK, amount_cell, harmless, spreadsheet_line
from webdoc_app.services.work import reading

HEADINGS = (
    "Versement",
    "Arrivée",
    "Prestataire",
    "État",
    "Montant du versement",
    "Devise",
    "Mode",
    "Opération",
    "Document",
    "Client",
    "Référence",
    "Brut",
    "Commission",
    "Net",
)


async def payouts_csv(wanted: PayoutFilter, language: str) -> AsyncIterator[str]:
    """The file in pieces. A payout nobody itemizes is one line, whose movement is empty."""
    yield MARK + spreadsheet_line([translate(heading, language) for heading in HEADINGS])
    async with reading() as session:
        async for payout, line, _, number, customer in all_lines(session, wanted):
            cells = [*_payout(payout, language), *_movement(payout, line, number, customer, language)]
            yield spreadsheet_line(cells)


def _payout(payout: Payout, language: str) -> list[str]:
    modes = {"test": "Test", "live": "Réel"}
    return [
        harmless(payout.reference),
        payout.arrives_on.isoformat(),
        KINDS[payout.provider].label,
        translate(STATES[PayoutState(payout.state)][1], language),
        amount_cell(payout.amount_minor, payout.currency),
        payout.currency,
        translate(modes[payout.mode], language),
    ]


def _movement(
    payout: Payout, line: PayoutLine | None, number: str | None, customer: str | None, language: str
) -> list[str]:
    if line is None:
        return [""] * 7
    return [
        translate(KIND_NAMES[LineKind(line.kind)], language),
        harmless(number or ""),
        harmless(customer or ""),
        harmless(line.reference),
        amount_cell(line.gross_minor, payout.currency),
        amount_cell(line.fee_minor, payout.currency),
        amount_cell(line.gross_minor - line.fee_minor, payout.currency),
    ]

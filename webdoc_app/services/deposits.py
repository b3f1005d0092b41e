"""The deposit a quote asks for: its acceptance issues the deposit invoice, reopening it takes an unpaid one back."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, NothingRemains
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.locales.formats import money
from webdoc_app.models import Company, Document, PaymentAttempt
from webdoc_app.services import chain
from webdoc_app.services.documents import find_document
from webdoc_app.services.issuing import issue
from webdoc_app.services.work import SYSTEM, Actor, Work


async def ask_deposit(w: Work, quote: Document, company: Company) -> Document | None:
    """Issues the deposit invoice of a quote that was just accepted, in the acceptance's own transaction.

    None where the quote asks for none, the company asks for it by hand, or one stands already. Its PDF is for the
    caller to see to.
    """
    if quote.kind != Kind.QUOTE or quote.deposit_percent is None or not company.deposit_on_acceptance:
        return None
    try:
        deposit = await chain.convert(w, quote, Kind.DEPOSIT, SYSTEM)
    except NothingRemains:
        return None
    await issue(w, deposit, SYSTEM)
    words = {
        "number": deposit.number,
        "amount": money(deposit.gross_minor, deposit.currency, company.language),
    }
    w.notify("payment.asked", deposit, words)
    return deposit


async def deposit_asked(session: AsyncSession, quote: Document) -> Document | None:
    """The issued deposit invoice made from the quote, unless it was taken back."""
    standing = await chain.standing_deposits(session, quote)
    return next((each for each in standing if each.state != State.DRAFT and each.origin_id == quote.id), None)


async def take_back_deposit(w: Work, quote: Document, actor: Actor) -> list[str]:
    """Before the quote's answer is reopened: a deposit invoice nobody paid gets its credit note.

    An issued invoice is never deleted, it is corrected (CGI, ann. II, 242 nonies A). One that was paid, in part or
    whole, stays with its money, and counts towards the final invoice: the company decides what to give back.
    Returns the ids of the credit notes, whose PDFs are for the caller to see to. Raises Conflict while a payment is
    on its way, or a draft of a credit note is there already.
    """
    notes = []
    for found in await chain.standing_deposits(w.session, quote):
        if found.state == State.DRAFT or found.origin_id != quote.id:
            continue
        deposit = await find_document(w.session, quote.company_id, found.id, lock=True)
        if deposit.paid_minor > 0:
            continue
        await _insist_nothing_comes(w.session, deposit)
        note = await chain.convert(w, deposit, Kind.CREDIT, actor)
        await issue(w, note, actor)
        notes.append(note.id)
    return notes


async def _insist_nothing_comes(session: AsyncSession, deposit: Document) -> None:
    """A page that is open may still be paid on; that is told when it happens. What a bank holds is certain to come."""
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.document_id == deposit.id,
        col(PaymentAttempt.state) == AttemptWord.PROCESSING.value,
    )
    if deposit.processing_minor > 0 or (await session.exec(query)).first():
        raise Conflict("Le paiement de l’acompte est en cours : attendez qu’il soit confirmé ou refusé.")

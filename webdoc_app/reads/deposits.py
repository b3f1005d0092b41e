"""What whoever writes the invoice should know of the deposit invoices before it."""

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.lifecycle import State
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Document
from webdoc_app.reads.status import balance_of
from webdoc_app.services.chain import deposits_paid, standing_deposits


async def deposit_notes(session: AsyncSession, draft: Document, language: str) -> list[str]:
    """For a draft invoice: what it will deduct, and which deposit would be asked for a second time by it."""
    if draft.kind != Kind.INVOICE or draft.state != State.DRAFT:
        return []
    notes = []
    if deducted := await deposits_paid(session, draft):
        words: dict[str, object] = {"amount": money(deducted, draft.currency, language)}
        notes.append(
            translate("Les acomptes payés, %(amount)s, seront déduits du net à payer.", language, words)
        )
    for deposit in await standing_deposits(session, draft):
        due = balance_of(deposit).due
        if deposit.state == State.DRAFT or due <= 0:
            continue
        words = {"number": deposit.number, "amount": money(due, deposit.currency, language)}
        on_its_way = (
            "Le paiement de l’acompte %(number)s (%(amount)s) est en cours : attendez qu’il soit confirmé, "
            "et cette facture le déduira."
        )
        unpaid = (
            "L’acompte %(number)s (%(amount)s) n’est pas payé : cette facture ne le déduira pas. Attendez son paiement, "
            "ou faites-en un avoir, pour que rien ne soit demandé deux fois."
        )
        notes.append(translate(on_its_way if deposit.processing_minor else unpaid, language, words))
    return notes

"""Bills whose money does not add up: disputed, paid too much or too late, asked for twice."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.lifecycle import State
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Document
from webdoc_app.reads.status import balance_of

MOST = 50


@dataclass(frozen=True)
class Trouble:
    """`what` is wrong, and what `todo`. `document_id` is empty where it is about an account."""

    kind: str
    document_id: str
    number: str
    what: str
    todo: str


async def bill_troubles(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    """Of each kind the newest fifty."""
    return [
        *await _paid_wrongly(session, company_id, language),
        *await _asked_twice(session, company_id, language),
    ]


async def _paid_wrongly(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    paid = col(Document.paid_minor)
    due = (
        col(Document.gross_minor)
        + col(Document.rounding_minor)
        - col(Document.prepaid_minor)
        - paid
        - col(Document.credited_minor)
    )
    gone = col(Document.state).in_([State.CANCELLED.value, State.CLOSED.value])
    query = (
        select(Document)
        .where(
            Document.company_id == company_id,
            col(Document.kind).in_([kind.value for kind in BILLS]),
            or_((paid > 0) & ((due < 0) | gone), col(Document.disputed_minor) > 0),
        )
        .order_by(col(Document.updated_at).desc())
        .limit(MOST)
    )
    return [each for bill in (await session.exec(query)).all() for each in _of_bill(bill, language)]


def _of_bill(bill: Document, language: str) -> Iterator[Trouble]:
    def told(kind: str, what: str, todo: str, minor: int) -> Trouble:
        words = {"amount": money(minor, bill.currency, language)}
        return Trouble(
            kind, bill.id, bill.number or "", translate(what, language, words), translate(todo, language)
        )

    if bill.disputed_minor > 0:
        what = "%(amount)s sont contestés auprès de la banque du client."
        todo = "Répondez chez le prestataire, avec la facture et les échanges, avant la date qu’il indique."
        yield told("disputed", what, todo, bill.disputed_minor)
    if bill.paid_minor <= 0:
        return
    if bill.state in (State.CANCELLED, State.CLOSED):
        what = "%(amount)s ont été payés sur une facture qui n’est plus à payer."
        todo = "Remboursez-les, ou convenez avec le client de ce qu’ils règlent."
        yield told("late", what, todo, bill.paid_minor)
    elif (over := -balance_of(bill).due) > 0:
        what = "%(amount)s ont été payés en trop."
        todo = "Remboursez la différence depuis la page de la facture : rien n’est rendu tout seul."
        yield told("overpaid", what, todo, over)


async def _asked_twice(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    """Deposit invoices that an invoice does not deduct, because they were not paid when it was issued."""
    deposits = await _unpaid_chains(session, company_id)
    bills = await _bills_of(session, company_id, [deposit.chain_id for deposit in deposits])
    what = "L’acompte et les factures de cette affaire demandent ensemble %(amount)s de trop."
    todo = "Si cet acompte n’est plus attendu, ou si la facture ne le déduit pas, faites un avoir."
    troubles = []
    for deposit in deposits:
        source = await session.get(Document, deposit.origin_id) if deposit.origin_id else None
        if source is None:
            continue
        asked = sum(
            bill.gross_minor - bill.prepaid_minor - min(bill.credited_minor, bill.gross_minor)
            for bill in bills
            if bill.chain_id == deposit.chain_id
        )
        if (over := asked - source.agreed_gross_minor) > 0:
            words = {"amount": money(over, deposit.currency, language)}
            told = translate(what, language, words)
            troubles.append(
                Trouble("twice", deposit.id, deposit.number or "", told, translate(todo, language))
            )
    return troubles


async def _unpaid_chains(session: AsyncSession, company_id: str) -> list[Document]:
    """Issued deposit invoices in whose chain an invoice still asks for money."""
    invoice = aliased(Document)
    due = (
        col(invoice.gross_minor)
        - col(invoice.prepaid_minor)
        - col(invoice.paid_minor)
        - col(invoice.credited_minor)
    )
    query = (
        select(Document)
        .where(
            Document.company_id == company_id,
            Document.kind == Kind.DEPOSIT.value,
            Document.state != State.DRAFT.value,
            select(invoice.id)
            .where(
                invoice.company_id == company_id,
                invoice.chain_id == Document.chain_id,
                invoice.kind == Kind.INVOICE.value,
                invoice.state != State.DRAFT.value,
                due > 0,
            )
            .exists(),
        )
        .order_by(col(Document.created_at).desc())
        .limit(MOST)
    )
    return list((await session.exec(query)).all())


async def _bills_of(session: AsyncSession, company_id: str, chains: list[str]) -> list[Document]:
    query = select(Document).where(
        Document.company_id == company_id,
        col(Document.chain_id).in_(chains),
        col(Document.kind).in_([kind.value for kind in BILLS]),
        Document.state != State.DRAFT.value,
    )
    return list((await session.exec(query)).all())

"""Issuing: a draft gets its number, its link and its frozen content in one transaction. And revising a quote."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json, sha256_of
from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.lifecycle import Action, State, insist
from webdoc_app.domain.numbering import SERIES, number
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Company, Customer, Document, DocumentVersion, NumberCounter
from webdoc_app.services import chain
from webdoc_app.services.content import buyer_of, raw_content, seller_of
from webdoc_app.services.documents import LineInput, apply_changes, find_document, insist_drawable
from webdoc_app.services.pdfs import PATIENCE_OF_ISSUING, render_soon
from webdoc_app.services.sharing import create_main_link
from webdoc_app.services.work import Actor, Work, insert_once, work


async def issue_document(company_id: str, document_id: str, actor: Actor) -> None:
    """Issues a draft: number, snapshots, frozen content, link. Its PDF is rendered
    soon after, nobody waits for it. Raises Conflict, Invalid on `lines`."""
    async with work() as w:
        await issue(w, await find_document(w.session, company_id, document_id, lock=True), actor)
    await render_soon(company_id, document_id, patience=PATIENCE_OF_ISSUING)


async def issue(w: Work, document: Document, actor: Actor) -> None:
    """The same within a transaction that does more: the PDF is for the caller to see to, once it is committed."""
    document.state = insist(Action.ISSUE, Kind(document.kind), State(document.state)).value
    # Before the counter's row, as whoever answers the source does: in the other order both would wait for ever.
    await chain.lock_source(w.session, document)
    company = await w.session.get_one(Company, document.company_id)
    customer = await w.session.get_one(Customer, document.customer_id)
    await insist_drawable(w.session, document)
    _set_dates(document, company, paris_day(w.at))
    document.issued_at = document.updated_at = w.at
    document.seller, document.customer = seller_of(company), buyer_of(customer)
    document.prepaid_minor = await chain.deposits_paid(w.session, document)
    document.extras = await chain.references(w.session, document)
    await _take_number(w, document)
    await freeze(w, document)
    await create_main_link(w, document, customer.name, customer.email, actor)
    w.record("document.issued", document, actor, _proof(document))
    await chain.tell_source(w, document)
    w.publish(document, "issued")


def _set_dates(document: Document, company: Company, today: date) -> None:
    document.issue_date = today
    if document.kind == Kind.QUOTE and document.valid_until is None and company.validity_days is not None:
        document.valid_until = today + timedelta(days=company.validity_days)
    if document.kind in BILLS and document.due_date is None and company.payment_days is not None:
        document.due_date = today + timedelta(days=company.payment_days)


async def _take_number(w: Work, document: Document) -> None:
    """The next number of the series. The counter's row is locked until commit: no gap, no double."""
    kind = Kind(document.kind)
    year = (document.issue_date or paris_day(w.at)).year
    key = {"company_id": document.company_id, "series": SERIES[kind], "year": year}
    await insert_once(w.session, NumberCounter, {**key, "last": 0})
    result = await w.session.execute(
        update(NumberCounter)
        .where(*(col(getattr(NumberCounter, name)) == value for name, value in key.items()))
        .values(last=NumberCounter.last + 1)
        .returning(col(NumberCounter.last))
    )
    document.series, document.year, document.sequence = SERIES[kind], year, int(result.scalar_one())
    document.number = number(kind, year, document.sequence)


async def freeze(w: Work, document: Document) -> None:
    """Keeps the content of the document's present version, and its hash."""
    w.session.add(document)
    await w.session.flush()
    content = await raw_content(w.session, document.id)
    document.content_sha256 = sha256_of(content)
    w.session.add(
        DocumentVersion(
            document_id=document.id,
            version=document.version,
            company_id=document.company_id,
            content=canonical_json(content),
            content_sha256=document.content_sha256,
            created_at=w.at,
        )
    )
    await w.session.flush()


def _proof(document: Document) -> dict[str, Any]:
    return {
        "number": document.number,
        "version": document.version,
        "content_sha256": document.content_sha256,
    }


async def revise_quote(
    company_id: str,
    document_id: str,
    changes: Mapping[str, Any],
    lines: Sequence[LineInput] | None,
    actor: Actor,
) -> None:
    """A new version of an undecided quote: same number and links, new content and PDF. Raises Conflict, Invalid."""
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        insist(Action.REVISE, Kind(document.kind), State(document.state))
        if lines is not None and not lines:
            raise Invalid.one("lines", "Un document émis garde au moins une ligne.")
        await apply_changes(w.session, document, changes, lines)
        await insist_drawable(w.session, document)
        customer = await w.session.get_one(Customer, document.customer_id)
        company = await w.session.get_one(Company, company_id)
        document.seller, document.customer = seller_of(company), buyer_of(customer)
        document.version += 1
        document.updated_at = w.at
        await freeze(w, document)
        w.record("document.revised", document, actor, _proof(document))
        w.publish(document, "revised")
    await render_soon(company_id, document_id, patience=PATIENCE_OF_ISSUING)


async def frozen_version(session: AsyncSession, document: Document) -> DocumentVersion:
    """The frozen content of the version in force."""
    query = select(DocumentVersion).where(
        DocumentVersion.document_id == document.id, DocumentVersion.version == document.version
    )
    return (await session.exec(query)).one()

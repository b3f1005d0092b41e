"""Drafts: made, changed, deleted. An issued document is never written by this module."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from iso4217 import Currency
from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.documents import Adjustment, Kind, Line, Totals, compute_totals, insist_size
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.domain.lifecycle import Action, State, insist
from webdoc_app.domain.money import decimal_text
from webdoc_app.models import Company, Customer, Document, DocumentLine
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services.customers import add_customer
from webdoc_app.services.work import Actor, Work, work


@dataclass(frozen=True)
class LineInput:
    """A line as it is wanted; `id` names the draft's line it replaces, `origin_id` the line it came from."""

    description: str
    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    base_quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal(20)
    unit: str = ""
    id: str | None = None
    origin_id: str | None = None
    allowances: int = 0
    charges: int = 0
    is_optional: bool = False

    @property
    def priced(self) -> Line:
        return Line(
            self.unit_price,
            self.quantity,
            self.base_quantity,
            self.discount_percent,
            self.vat_rate,
            self.allowances,
            self.charges,
        )


@dataclass(frozen=True)
class DraftInput:
    """What a new draft holds. `language` None takes the customer's."""

    kind: Kind
    customer_id: str
    lines: Sequence[LineInput] = ()
    currency: str = "EUR"
    language: str | None = None
    title: str = ""
    notes: str = ""
    valid_until: date | None = None
    due_date: date | None = None
    deposit_percent: Decimal | None = None


@dataclass(frozen=True)
class Origin:
    """The document a draft was converted from."""

    document_id: str
    chain_id: str
    adjustments: Sequence[Adjustment] = field(default=())


CHANGEABLE = frozenset(
    [
        "kind",
        "customer_id",
        "currency",
        "language",
        "title",
        "notes",
        "valid_until",
        "due_date",
        "deposit_percent",
    ]
)


async def find_document(
    session: AsyncSession, company_id: str, document_id: str, *, lock: bool = False
) -> Document:
    """The company's document. Another company's is not found, like one that never was. Raises NotFound."""
    query = select(Document).where(Document.id == document_id, Document.company_id == company_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    document = (await session.exec(query)).first() if is_id(document_id) else None
    if document is None:
        raise NotFound("Ce document n’existe pas.")
    return document


async def lines_of(session: AsyncSession, document_id: str) -> list[DocumentLine]:
    query = (
        select(DocumentLine)
        .where(DocumentLine.document_id == document_id)
        .order_by(col(DocumentLine.position))
    )
    return list((await session.exec(query)).all())


async def create_draft(
    company_id: str, draft: DraftInput, actor: Actor, new_customer: Mapping[str, Any] | None = None
) -> str:
    """A new draft, alone in its chain, and its customer where one is described. Returns its id. Raises Invalid."""
    async with work() as w:
        if new_customer is not None:
            draft = replace(draft, customer_id=(await add_customer(w, company_id, new_customer)).id)
        document = await add_draft(w, company_id, draft, actor)
        w.publish(document, "created", to_client=False)
    return document.id


async def add_draft(
    w: Work, company_id: str, draft: DraftInput, actor: Actor, origin: Origin | None = None
) -> Document:
    insist_currency(draft.currency)
    company = await w.session.get_one(Company, company_id)
    customer = await find_customer(w.session, company_id, draft.customer_id)
    document_id = new_id()
    document = Document(
        id=document_id,
        company_id=company_id,
        chain_id=origin.chain_id if origin else document_id,
        origin_id=origin.document_id if origin else None,
        customer_id=customer.id,
        kind=draft.kind.value,
        currency=draft.currency,
        language=draft.language or customer.language or company.language,
        title=draft.title,
        notes=draft.notes,
        valid_until=draft.valid_until,
        due_date=draft.due_date,
        deposit_percent=draft.deposit_percent,
        created_at=w.at,
        updated_at=w.at,
    )
    if origin:
        document.adjustments = adjustments_json(origin.adjustments)
    w.session.add(document)
    await w.session.flush()
    await replace_lines(w.session, document, draft.lines)
    w.record("document.created", document, actor, {"kind": document.kind})
    return document


async def change_draft(
    company_id: str,
    document_id: str,
    changes: Mapping[str, Any],
    lines: Sequence[LineInput] | None,
    actor: Actor,
) -> None:
    """Changes a draft: only the fields given, and all lines together where they are. Raises Conflict once issued."""
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        insist(Action.CHANGE, Kind(document.kind), State(document.state))
        await apply_changes(w.session, document, changes, lines)
        document.updated_at = w.at
        w.record(
            "document.changed",
            document,
            actor,
            {"fields": sorted([*changes, *(["lines"] if lines is not None else [])])},
        )
        w.publish(document, "changed", to_client=False)


async def apply_changes(
    session: AsyncSession, document: Document, changes: Mapping[str, Any], lines: Sequence[LineInput] | None
) -> None:
    if unknown := set(changes) - CHANGEABLE:
        raise Invalid.one(min(unknown), "Ce champ ne se modifie pas.")
    if "customer_id" in changes:
        await find_customer(session, document.company_id, changes["customer_id"])
        if document.origin_id and changes["customer_id"] != document.customer_id:
            raise Conflict("Ce document fait partie d’une chaîne : son client ne change plus.")
    if document.origin_id and changes.get("currency", document.currency) != document.currency:
        raise Conflict("Ce document fait partie d’une chaîne : sa devise ne change plus.")
    insist_currency(changes.get("currency", document.currency))
    if lines is None and changes.get("kind", Kind.QUOTE) != Kind.QUOTE:
        await _insist_no_options(session, document)
    for name, value in changes.items():
        setattr(document, name, value.value if isinstance(value, Kind) else value)
    session.add(document)
    await session.flush()
    if lines is not None:
        await replace_lines(session, document, lines, await lines_of(session, document.id))
    elif "currency" in changes:
        kept = await lines_of(session, document.id)
        await replace_lines(session, document, [input_of(line) for line in kept], kept)


async def replace_lines(
    session: AsyncSession, document: Document, lines: Sequence[LineInput], before: Sequence[DocumentLine] = ()
) -> None:
    """Writes all lines anew and computes the totals. A line keeps its id and origin by its id, else by its place."""
    _insist_options(document, lines)
    insist_size(_texts(document, lines))
    by_id = {line.id: line for line in before}
    await session.execute(delete(DocumentLine).where(col(DocumentLine.document_id) == document.id))
    used: set[str] = set()
    for position, line in enumerate(lines):
        old = by_id.get(line.id) if line.id else (before[position] if position < len(before) else None)
        old = None if old and old.id in used else old
        used |= {old.id} if old else set()
        session.add(
            DocumentLine(
                id=old.id if old else new_id(),
                company_id=document.company_id,
                document_id=document.id,
                origin_id=old.origin_id if old else line.origin_id,
                position=position,
                description=line.description,
                unit=line.unit,
                quantity=line.quantity,
                base_quantity=line.base_quantity,
                unit_price=line.unit_price,
                discount_percent=line.discount_percent,
                vat_rate=line.vat_rate,
                allowances_minor=line.allowances,
                charges_minor=line.charges,
                net_minor=line.priced.net(document.currency),
                is_optional=line.is_optional,
            )
        )
    counted = [line.priced for line in lines if not line.is_optional]
    set_totals(document, compute_totals(counted, document.currency, adjustments_of(document)))
    session.add(document)
    await session.flush()


def _texts(document: Document, lines: Iterable[LineInput | DocumentLine]) -> Iterator[str]:
    yield from (document.title, document.notes)
    for line in lines:
        yield from (line.description, line.unit)


async def insist_drawable(session: AsyncSession, document: Document) -> None:
    """Raises Invalid on `lines` for a document with more text than may be drawn, or without a line."""
    lines = await lines_of(session, document.id)
    if not lines:
        raise Invalid.one("lines", "Ajoutez au moins une ligne avant d’émettre ce document.")
    insist_size(_texts(document, lines))


async def _insist_no_options(session: AsyncSession, document: Document) -> None:
    if any(line.is_optional for line in await lines_of(session, document.id)):
        raise Invalid.one("kind", "Ce document a des lignes en option : seul un devis peut en avoir.")


def _insist_options(document: Document, lines: Sequence[LineInput]) -> None:
    if document.kind == Kind.QUOTE:
        return
    for position, line in enumerate(lines):
        if line.is_optional:
            raise Invalid.one(f"lines.{position}.optional", "Seul un devis peut avoir des lignes en option.")


def agreed_lines(document: Document, lines: Sequence[DocumentLine]) -> list[DocumentLine]:
    """The lines that count: all but the options that were not chosen."""
    chosen = set(json.loads(document.options))
    return [line for line in lines if not line.is_optional or line.id in chosen]


def totals_with(document: Document, lines: Sequence[DocumentLine], chosen: Collection[str]) -> Totals:
    """The totals of a document with these of its optional lines. Raises Invalid where they grow too large."""
    counted = [input_of(line).priced for line in lines if not line.is_optional or line.id in chosen]
    return compute_totals(counted, document.currency, adjustments_of(document))


def input_of(line: DocumentLine) -> LineInput:
    return LineInput(
        line.description,
        line.unit_price,
        line.quantity,
        line.base_quantity,
        line.discount_percent,
        line.vat_rate,
        line.unit,
        line.id,
        line.origin_id,
        line.allowances_minor,
        line.charges_minor,
        line.is_optional,
    )


def set_totals(document: Document, totals: Totals) -> None:
    document.lines_minor = totals.lines
    document.allowances_minor = totals.allowances
    document.charges_minor = totals.charges
    document.net_minor = totals.net
    document.vat_minor = totals.vat
    document.gross_minor = totals.gross
    rows = [{"rate": decimal_text(r.rate), "basis": r.basis, "vat": r.vat} for r in totals.vat_breakdown]
    document.vat_breakdown = canonical_json(rows)


def adjustments_json(adjustments: Sequence[Adjustment]) -> str:
    return canonical_json(
        [
            {
                "amount": a.amount,
                "vat_rate": decimal_text(a.vat_rate),
                "is_charge": a.is_charge,
                "reason": a.reason,
            }
            for a in adjustments
        ]
    )


def adjustments_of(document: Document) -> list[Adjustment]:
    return [
        Adjustment(row["amount"], Decimal(row["vat_rate"]), row["is_charge"], row["reason"])
        for row in json.loads(document.adjustments)
    ]


async def delete_draft(company_id: str, document_id: str, actor: Actor) -> None:
    """Deletes a draft; it never had a number, so none is missed. Raises Conflict once issued."""
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        insist(Action.DELETE, Kind(document.kind), State(document.state))
        w.record("document.deleted", document, actor, {"kind": document.kind, "title": document.title})
        await w.session.execute(delete(DocumentLine).where(col(DocumentLine.document_id) == document.id))
        w.publish(document, "deleted", to_client=False)
        await w.session.delete(document)


async def find_customer(session: AsyncSession, company_id: str, customer_id: str) -> Customer:
    query = select(Customer).where(Customer.id == customer_id, Customer.company_id == company_id)
    customer = (await session.exec(query)).first() if is_id(customer_id) else None
    if customer is None:
        raise Invalid.one("customer_id", "Ce client n’existe pas.")
    return customer


def insist_currency(currency: str) -> None:
    """Raises Invalid on `currency` for what is no currency of ISO 4217."""
    try:
        Currency(currency)
    except ValueError:
        raise Invalid.one("currency", "Cette devise n’existe pas.") from None

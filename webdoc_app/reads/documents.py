"""Documents as programs read them (REST), one or many at once, and the list with its filters."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.money import amount_text, decimal_text
from webdoc_app.locales import translate
from webdoc_app.models import Company, Customer, DecisionRow, Document, DocumentLine, ShareLink, TimelineEvent
from webdoc_app.models.columns import is_id, parse_time, time_text
from webdoc_app.reads.status import LABELS, balance_of, shown_status_of, status_clause
from webdoc_app.services.documents import totals_with
from webdoc_app.services.openings import count_openings
from webdoc_app.services.sharing import recipient_of, standing, token_of, url_of
from webdoc_app.services.work import now, today

Json = dict[str, Any]


@dataclass(frozen=True)
class DocumentFilter:
    """`q` finds number, title, customer and line texts; `cursor` is the place the last page ended.

    With `newer` the page is the one before that place instead of the one after.
    """

    kind: str = ""
    status: str = ""
    q: str = ""
    cursor: str = ""
    limit: int = 50
    newer: bool = False


async def list_documents(
    session: AsyncSession, company_id: str, wanted: DocumentFilter
) -> tuple[list[Document], str | None]:
    """A page of documents, newest first, and the cursor of the next one on its way. Raises Invalid on `cursor`."""
    query = select(Document).where(Document.company_id == company_id)
    if wanted.kind:
        query = query.where(Document.kind == wanted.kind)
    if wanted.status:
        query = query.where(status_clause(wanted.status, today()))
    if wanted.q:
        query = query.where(_matches(wanted.q))
    if wanted.cursor:
        query = query.where(_beyond(*read_cursor(wanted.cursor), newer=wanted.newer))
    place = [col(Document.created_at), col(Document.id)]
    query = query.order_by(*(place if wanted.newer else [column.desc() for column in place]))
    rows = list((await session.exec(query.limit(wanted.limit + 1))).all())
    page = rows[: wanted.limit]
    cursor = make_cursor(page[-1].created_at, page[-1].id) if len(rows) > wanted.limit else None
    return page[::-1] if wanted.newer else page, cursor


def _beyond(at: datetime, id_: str, *, newer: bool) -> ColumnElement[bool]:
    """Later in the list than this place, or with `newer` earlier."""
    created, id_column = col(Document.created_at), col(Document.id)
    if newer:
        return or_(created > at, and_(created == at, id_column > id_))
    return or_(created < at, and_(created == at, id_column < id_))


def _matches(q: str) -> Any:
    pattern = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    in_customer = exists().where(
        col(Customer.id) == col(Document.customer_id), col(Customer.name).ilike(pattern, escape="\\")
    )
    in_line = exists().where(
        col(DocumentLine.document_id) == col(Document.id),
        col(DocumentLine.description).ilike(pattern, escape="\\"),
    )
    return or_(
        col(Document.number).ilike(pattern, escape="\\"),
        col(Document.title).ilike(pattern, escape="\\"),
        in_customer,
        in_line,
    )


def make_cursor(at: datetime, id_: str) -> str:
    return base64.urlsafe_b64encode(f"{time_text(at)}|{id_}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        at, id_ = text.split("|")
        # The first and the last day of all, in another zone, are no time at all in ours.
        moment = parse_time(time_text(parse_time(at)))
    except (ValueError, OverflowError):
        raise Invalid.one("cursor", "Cette page n’existe pas.") from None
    if not is_id(id_):
        raise Invalid.one("cursor", "Cette page n’existe pas.")
    return moment, id_


async def document_views(session: AsyncSession, documents: Sequence[Document]) -> list[Json]:
    """The published shape of each document, from a fixed number of queries for all of them."""
    if not documents:
        return []
    company = await session.get_one(Company, documents[0].company_id)
    ids = [document.id for document in documents]
    chains = await _chains(session, company.id, {document.chain_id for document in documents})
    around = [document.id for chain in chains.values() for document in chain]
    links = await _grouped(session, ShareLink, around)
    lines = await _grouped(session, DocumentLine, ids)
    decisions = await _grouped(session, DecisionRow, ids)
    customers = await _customers(session, {document.customer_id for document in documents})
    openings = await count_openings(session, documents)
    return [
        _view(
            document,
            company,
            customers[document.customer_id],
            sorted(lines.get(document.id, []), key=lambda line: line.position),
            links,
            decisions.get(document.id, []),
            openings[document.id],
            chains[document.chain_id],
        )
        for document in documents
    ]


async def document_view(session: AsyncSession, document: Document) -> Json:
    return (await document_views(session, [document]))[0]


async def _chains(session: AsyncSession, company_id: str, chain_ids: set[str]) -> dict[str, list[Document]]:
    query = select(Document).where(Document.company_id == company_id, col(Document.chain_id).in_(chain_ids))
    chains: dict[str, list[Document]] = {}
    for document in (await session.exec(query.order_by(col(Document.created_at), col(Document.id)))).all():
        chains.setdefault(document.chain_id, []).append(document)
    return chains


async def _customers(session: AsyncSession, ids: set[str]) -> dict[str, Customer]:
    return {
        row.id: row for row in (await session.exec(select(Customer).where(col(Customer.id).in_(ids)))).all()
    }


async def _grouped(session: AsyncSession, table: Any, ids: Sequence[str]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for row in (await session.exec(select(table).where(col(table.document_id).in_(ids)))).all():
        groups.setdefault(row.document_id, []).append(row)
    return groups


def main_url(document: Document, links: dict[str, list[ShareLink]]) -> str | None:
    """The address of the main recipient's link; none for drafts."""
    main = next((link for link in links.get(document.id, []) if link.is_main), None)
    return url_of(token_of(main)) if main and document.state != State.DRAFT.value else None


def _view(
    document: Document,
    company: Company,
    customer: Customer,
    lines: list[DocumentLine],
    links: dict[str, list[ShareLink]],
    decisions: list[DecisionRow],
    openings: Json,
    chain: list[Document],
) -> Json:
    status = shown_status_of(document, today())
    return {
        "id": document.id,
        "kind": document.kind,
        "number": document.number,
        "status": status,
        "status_label": translate(LABELS[status], company.language),
        "version": document.version,
        "title": document.title,
        "currency": document.currency,
        "language": document.language,
        "customer": customer_view(customer, document),
        "lines": [line_view(line, document) for line in lines],
        "totals": totals_view(document, lines),
        "notes": document.notes,
        "deposit_percent": decimal_text(document.deposit_percent)
        if document.deposit_percent is not None
        else None,
        "issue_date": _day(document.issue_date),
        "valid_until": _day(document.valid_until),
        "due_date": _day(document.due_date),
        "created_at": time_text(document.created_at),
        "webdocument_url": main_url(document, links),
        "links": [
            _link_view(link)
            for link in sorted(links.get(document.id, []), key=lambda x: (not x.is_main, x.created_at, x.id))
        ],
        "openings": {**openings, "last_at": _time(openings["last_at"])},
        "decision": _decision_view(document, decisions),
        "chain": [
            {
                "id": other.id,
                "kind": other.kind,
                "number": other.number,
                "status": shown_status_of(other, today()),
                "webdocument_url": main_url(other, links),
            }
            for other in chain
        ],
        "origin_id": document.origin_id,
        "duplicate_of": document.duplicate_of,
    }


def customer_view(customer: Customer, document: Document | None = None) -> Json:
    """The customer; of an issued document, as it was when it was issued."""
    view = {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email or None,
        "language": customer.language,
        "address": customer.address or None,
        "siren": customer.siren or None,
        "vat_number": customer.vat_number or None,
    }
    if document is not None and document.customer:
        frozen = json.loads(document.customer)
        view |= {name: frozen[name] or None for name in ("email", "address", "siren", "vat_number")}
        view["name"] = frozen["name"]
    return view


def line_view(line: DocumentLine, document: Document) -> Json:
    currency = document.currency
    return {
        "id": line.id,
        "description": line.description,
        "quantity": decimal_text(line.quantity),
        "unit": line.unit or None,
        "unit_price": decimal_text(line.unit_price),
        "base_quantity": decimal_text(line.base_quantity),
        "discount_percent": decimal_text(line.discount_percent),
        "vat_rate": decimal_text(line.vat_rate),
        "allowances": amount_text(line.allowances_minor, currency),
        "charges": amount_text(line.charges_minor, currency),
        "net": amount_text(line.net_minor, currency),
        "optional": line.is_optional,
        "chosen": line.id in json.loads(document.options) if line.is_optional else None,
        "origin_id": line.origin_id,
    }


def totals_view(document: Document, lines: Sequence[DocumentLine]) -> Json:
    """The totals, with the options that were accepted."""

    def amount(minor: int) -> str:
        return amount_text(minor, document.currency)

    balance = balance_of(document)
    breakdown = json.loads(document.vat_breakdown)
    sum_of_lines = document.lines_minor
    if chosen := json.loads(document.options):
        agreed = totals_with(document, lines, chosen)
        sum_of_lines = agreed.lines
        breakdown = [
            {"rate": decimal_text(r.rate), "basis": r.basis, "vat": r.vat} for r in agreed.vat_breakdown
        ]
    return {
        "lines": amount(sum_of_lines),
        "allowances": amount(document.allowances_minor),
        "charges": amount(document.charges_minor),
        "net": amount(document.net_minor + document.options_net_minor),
        "vat": amount(document.vat_minor + document.options_vat_minor),
        "gross": amount(document.agreed_gross_minor),
        "paid": amount(balance.settled),
        "due": amount(balance.due),
        "vat_breakdown": [
            {"rate": row["rate"], "basis": amount(row["basis"]), "vat": amount(row["vat"])}
            for row in breakdown
        ],
    }


def _link_view(link: ShareLink) -> Json:
    return {
        "id": link.id,
        "recipient": recipient_of(link),
        "email": link.recipient_email,
        "url": url_of(token_of(link)),
        "is_main": link.is_main,
        "expires_at": _time(link.expires_at),
        "last_used_at": _time(link.last_used_at),
        "state": standing(link, now()).value,
    }


def _decision_view(document: Document, decisions: list[DecisionRow]) -> Json | None:
    if (
        document.state not in (State.ACCEPTED.value, State.REFUSED.value, State.ON_HOLD.value)
        or not decisions
    ):
        return None
    latest = max(decisions, key=lambda row: row.at)
    return {
        "decision": latest.decision,
        "name": latest.name,
        "quality": latest.quality or None,
        "reason": latest.reason or None,
        "options": json.loads(latest.options),
        "recorded_by": latest.recorded_by or None,
        "until": _day(latest.until),
        "at": _time(latest.at),
    }


async def events_of(session: AsyncSession, document: Document, newest: int | None = None) -> list[Json]:
    """The document's history, or its `newest` events; oldest first."""
    query = select(TimelineEvent).where(
        TimelineEvent.company_id == document.company_id, TimelineEvent.document_id == document.id
    )
    events = (await session.exec(query.order_by(col(TimelineEvent.seq).desc()).limit(newest))).all()
    actors = {"user": "merchant"}
    return [
        {
            "at": event.at,
            "type": event.type,
            "actor": actors.get(event.actor_kind, event.actor_kind),
            "actor_name": event.actor_name,
            "data": json.loads(event.data),
        }
        for event in reversed(events)
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _time(moment: Any) -> str | None:
    return time_text(moment) if moment else None


KINDS = frozenset(kind.value for kind in Kind)

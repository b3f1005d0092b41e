"""What the dashboard shows: rows of documents, counters, latest activity, the state of the outbox."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import ANSWERABLE, Kind
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Customer, Document, OutboxMail, TimelineEvent
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.documents import DocumentFilter, list_documents, make_cursor
from webdoc_app.reads.history import sentence_of
from webdoc_app.reads.sheet import KIND_LABELS
from webdoc_app.reads.status import LABELS, UNANSWERED, balance_of, shown_status_of, status_clause
from webdoc_app.reads.when import when
from webdoc_app.services.work import now, today


@dataclass(frozen=True)
class DocumentRow:
    """One document in a list, ready to read. `glow` alternates between "a" and "b" each time the row changes."""

    id: str = ""
    kind: str = ""
    kind_label: str = ""
    number: str = ""
    title: str = ""
    customer: str = ""
    status: str = ""
    status_label: str = ""
    openings: str = ""
    day: str = ""
    amount: str = ""
    is_draft: bool = False
    glow: str = ""


@dataclass(frozen=True)
class DocumentPage:
    """A page of the list; `newer` and `older` are the cursors of the pages around it, empty where there is none."""

    rows: list[DocumentRow]
    newer: str
    older: str


@dataclass(frozen=True)
class Counters:
    """Numbers worth a look, and what still waits in the outbox."""

    to_answer: int = 0
    viewed: int = 0
    overdue: int = 0
    waiting_mails: int = 0
    failed_mails: int = 0


@dataclass(frozen=True)
class Activity:
    """One line of what happened lately."""

    document_id: str
    number: str
    sentence: str
    at: str
    type: str


async def document_page(
    session: AsyncSession, company_id: str, wanted: DocumentFilter, language: str
) -> DocumentPage:
    """Newest first; the first page is always full. Raises Invalid on `cursor`."""
    documents, further = await list_documents(session, company_id, wanted)
    if wanted.newer and further is None:
        # The way back ended at the newest one: the first page, not a piece of it.
        wanted = replace(wanted, cursor="", newer=False)
        documents, further = await list_documents(session, company_id, wanted)
    rows = await document_rows(session, documents, language)
    if not documents:
        return DocumentPage(rows, "", "")
    first, last = (make_cursor(d.created_at, d.id) for d in (documents[0], documents[-1]))
    if wanted.newer:
        return DocumentPage(rows, first if further else "", last)
    return DocumentPage(rows, first if wanted.cursor else "", last if further else "")


async def document_rows(
    session: AsyncSession, documents: Sequence[Document], language: str
) -> list[DocumentRow]:
    """Rows of these documents, in their order."""
    names = await customer_names(session, documents)
    return [_row(document, names[document.id], language) for document in documents]


def _row(document: Document, customer: str, language: str) -> DocumentRow:
    status = shown_status_of(document, today())
    is_draft = document.number is None
    amount = (
        balance_of(document).due if status in ("overdue", "partially_paid") else document.agreed_gross_minor
    )
    return DocumentRow(
        id=document.id,
        kind=document.kind,
        kind_label=translate(KIND_LABELS[Kind(document.kind)], language),
        number=document.number or translate(KIND_LABELS[Kind(document.kind)], language),
        title=document.title,
        customer=customer,
        status=status,
        status_label=translate(LABELS[status], language),
        openings="" if is_draft else openings_text(document, language),
        day=when(document.issued_at or document.created_at, now(), language),
        amount=money(amount, document.currency, language),
        is_draft=is_draft,
    )


def openings_text(document: Document, language: str) -> str:
    """`3 · 10:12`, or that nobody came yet."""
    if not document.visits or document.last_visit_at is None:
        return translate("jamais", language)
    return f"{document.visits} · {when(document.last_visit_at, now(), language)}"


async def customer_names(session: AsyncSession, documents: Sequence[Document]) -> dict[str, str]:
    """Each document's customer by name: as it was issued, else as it is now."""
    ids = {document.customer_id for document in documents}
    query = select(Customer.id, Customer.name).where(col(Customer.id).in_(ids))
    known = dict((await session.exec(query)).all())
    return {
        document.id: json.loads(document.customer)["name"]
        if document.customer
        else known.get(document.customer_id, "")
        for document in documents
    }


def mark_changes(before: Sequence[DocumentRow], after: Sequence[DocumentRow]) -> list[DocumentRow]:
    """`after`, its changed and new rows glowing: each glow differs from the row's last one, so that it shows."""
    old = {row.id: row for row in before}
    return [_glowing(old.get(row.id), row) for row in after]


def _glowing(old: DocumentRow | None, row: DocumentRow) -> DocumentRow:
    if old is None:
        return replace(row, glow="a")
    if replace(old, glow="") == replace(row, glow=""):
        return old
    return replace(row, glow="b" if old.glow == "a" else "a")


async def counters(session: AsyncSession, company_id: str) -> Counters:
    answerable = col(Document.kind).in_([kind.value for kind in ANSWERABLE])
    # Where a document stands depends on the day, so all of them are looked at: once.
    query = select(
        func.count().filter(status_clause(UNANSWERED, today())),
        func.count().filter(answerable, status_clause("viewed", today())),
        func.count().filter(status_clause("overdue", today())),
    )
    query = query.select_from(Document).where(Document.company_id == company_id)
    to_answer, viewed, overdue = (await session.exec(query)).one()

    async def mails(state: str) -> int:
        query = select(func.count()).select_from(OutboxMail)
        query = query.where(OutboxMail.company_id == company_id, OutboxMail.state == state)
        return int((await session.exec(query)).one())

    return Counters(
        to_answer=to_answer,
        viewed=viewed,
        overdue=overdue,
        waiting_mails=await mails("queued"),
        failed_mails=await mails("dead"),
    )


async def latest_activity(
    session: AsyncSession, company_id: str, language: str, limit: int = 8
) -> list[Activity]:
    """The newest events that touch a document, newest first."""
    query = (
        select(TimelineEvent, Document)
        .join(Document, col(Document.id) == col(TimelineEvent.document_id))
        .where(TimelineEvent.company_id == company_id, col(TimelineEvent.type).not_in(["link.created"]))
        .order_by(col(TimelineEvent.seq).desc())
        .limit(limit)
    )
    return [
        Activity(
            document_id=document.id,
            number=document.number or translate(KIND_LABELS[Kind(document.kind)], language),
            sentence=sentence_of(event.type, json.loads(event.data), document.currency, language),
            at=when(parse_time(event.at), now(), language),
            type=event.type,
        )
        for event, document in (await session.exec(query)).all()
    ]

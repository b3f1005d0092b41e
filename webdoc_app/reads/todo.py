"""What to do now: a short list of documents, each with why and the one thing to do about it, most urgent first.

Everything is read from documents, messages, reminders and the outbox by their indexes; how many openings there
were stands on the document itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.lifecycle import State
from webdoc_app.locales import translate
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Company, Document, Followup, IncomingMail, Message, OutboxMail
from webdoc_app.models.outbox import UNREACHED
from webdoc_app.reads.dashboard import customer_names
from webdoc_app.services.followup_facts import reached_later, targets_of
from webdoc_app.services.work import now, today

SHOWN, MOST = 8, 50
"""Rows shown, and rows looked at of each sort: the count above that is of no use to anybody."""
WAIT = timedelta(days=3)
QUIET = {Kind.QUOTE: timedelta(days=3), Kind.INVOICE: timedelta(days=7)}
"""After a reminder there is nothing to do for so long."""
EXPIRES_WITHIN = timedelta(days=2)


@dataclass(frozen=True)
class TodoRow:
    """`action` is reply, open, remind or convert."""

    id: str
    name: str
    customer: str
    reason: str
    sort: str
    action: str
    action_label: str


@dataclass(frozen=True)
class TodoList:
    """`more` says how many others there are, "50+" where it was not worth counting on; empty for none."""

    rows: tuple[TodoRow, ...] = ()
    more: str = ""


@dataclass(frozen=True)
class _Item:
    document: Document
    sort: str
    sentence: str
    words: dict[str, object]


ACTIONS = {
    "message": ("reply", "Répondre"),
    "held": ("open", "Ouvrir"),
    "address": ("open", "Ouvrir"),
    "expiring": ("remind", "Relancer"),
    "overdue": ("remind", "Relancer"),
    "accepted": ("convert", "Facturer"),
    "opened": ("remind", "Relancer"),
    "unopened": ("remind", "Relancer"),
}
"""What is done about each sort, and the word on its button, a msgid. In the order of urgency."""


async def todo_of(session: AsyncSession, company_id: str, language: str) -> TodoList:
    """A document appears once, by its most urgent reason."""
    company = await session.get_one(Company, company_id)
    found: dict[str, _Item] = {}
    sorts = (
        await _messages(session, company),
        await _held(session, company.id),
        await _bad_addresses(session, company),
        await _expiring(session, company_id),
        await _overdue(session, company_id),
        await _accepted(session, company_id),
        await _unanswered(session, company),
    )
    for item in chain.from_iterable(sorts):
        found.setdefault(item.document.id, item)
    shown = list(found.values())[:SHOWN]
    rows = await _rows(session, company, shown, language)
    others = len(found) - len(shown)
    uncounted = "+" if any(len(items) >= MOST for items in sorts) else ""
    return TodoList(tuple(rows), f"{others}{uncounted}" if others else "")


async def _rows(
    session: AsyncSession, company: Company, items: list[_Item], language: str
) -> Iterable[TodoRow]:
    documents = [item.document for item in items]
    names = await customer_names(session, documents)
    targets = await targets_of(session, company, documents, now())
    rows = []
    for item in items:
        id_ = item.document.id
        action, label = ACTIONS[item.sort]
        if action == "remind" and not targets[id_].readers:
            action, label = ACTIONS["address"]
        rows.append(
            TodoRow(
                id=id_,
                name=item.document.number or "",
                customer=names[id_],
                reason=translate(item.sentence, language, item.words),
                sort=item.sort,
                action=action,
                action_label=translate(label, language),
            )
        )
    return rows


async def _messages(session: AsyncSession, company: Company) -> list[_Item]:
    """Conversations whose last word is the client's, the longest waiting first."""
    reply = aliased(Message)
    answered = select(reply.id).where(
        col(reply.document_id) == col(Message.document_id),
        col(reply.internal).is_(False),
        col(reply.author) == "merchant",
        col(reply.at) >= col(Message.at),
    )
    waiting = (
        select(
            col(Message.document_id).label("id"),
            func.max(Message.author_name).label("name"),
            func.min(Message.at).label("since"),
        )
        .where(
            Message.company_id == company.id,
            Message.author == "client",
            col(Message.internal).is_(False),
            ~answered.exists(),
        )
        .group_by(col(Message.document_id))
        .order_by(func.min(Message.at))
        .limit(MOST)
        .subquery()
    )
    query = select(Document, waiting.c.name).join(waiting, col(Document.id) == waiting.c.id)
    rows = (await session.exec(query.order_by(waiting.c.since))).all()
    return [_message(document, name) for document, name in rows]


def _message(document: Document, name: str) -> _Item:
    sentence = "Message non lu de %(name)s" if name else "Message non lu"
    return _Item(document, "message", sentence, {"name": name})


async def _held(session: AsyncSession, company_id: str) -> list[_Item]:
    """Answers by mail that nobody has decided about, the longest waiting first."""
    query = (
        select(Document, func.max(IncomingMail.sender))
        .join(IncomingMail, col(IncomingMail.document_id) == col(Document.id))
        .where(IncomingMail.company_id == company_id, IncomingMail.state == "held")
        .group_by(col(Document.id))
        .order_by(func.min(IncomingMail.at))
        .limit(MOST)
    )
    rows = (await session.exec(query)).all()
    sentence = "Réponse par courriel à vérifier, de %(name)s"
    return [_Item(document, "held", sentence, {"name": sender or "?"}) for document, sender in rows]


async def _bad_addresses(session: AsyncSession, company: Company) -> list[_Item]:
    """Mails to a client that were given up or came back, none since having left for the same recipient."""
    query = (
        select(Document, func.max(OutboxMail.to_email))
        .join(OutboxMail, col(OutboxMail.document_id) == col(Document.id))
        .where(
            OutboxMail.company_id == company.id,
            col(OutboxMail.state).in_(UNREACHED),
            OutboxMail.to_email != company.email,
            ~reached_later(),
        )
        .group_by(col(Document.id))
        .order_by(func.max(OutboxMail.created_at).desc())
        .limit(MOST)
    )
    rows = (await session.exec(query)).all()
    return [_Item(document, "address", "Adresse en erreur : %(to)s", {"to": to}) for document, to in rows]


async def _expiring(session: AsyncSession, company_id: str) -> list[_Item]:
    query = _waiting_quotes(company_id).where(col(Document.valid_until) <= today() + EXPIRES_WITHIN)
    documents = (await session.exec(query.order_by(col(Document.valid_until)).limit(MOST))).all()
    return [
        _Item(document, "expiring", *_expires((document.valid_until - today()).days))
        for document in documents
        if document.valid_until
    ]


def _expires(days: int) -> tuple[str, dict[str, object]]:
    sentence = {0: "Expire aujourd’hui", 1: "Expire demain"}.get(days, "Expire dans %(days)s jours")
    return sentence, {"days": days}


async def _overdue(session: AsyncSession, company_id: str) -> list[_Item]:
    query = select(Document).where(
        Document.company_id == company_id,
        col(Document.kind).in_([kind.value for kind in BILLS]),
        col(Document.state).in_([State.ISSUED.value, State.SENT.value]),
        col(Document.due_date) < today(),
        _due() > 0,
        col(Document.followups_paused).is_(False),
        ~_reminded(now() - QUIET[Kind.INVOICE]),
    )
    documents = (await session.exec(query.order_by(col(Document.due_date)).limit(MOST))).all()
    return [
        _Item(document, "overdue", *_late((today() - document.due_date).days))
        for document in documents
        if document.due_date
    ]


def _late(days: int) -> tuple[str, dict[str, object]]:
    sentence = "Facture en retard d’un jour" if days == 1 else "Facture en retard de %(days)s jours"
    return sentence, {"days": days}


async def _accepted(session: AsyncSession, company_id: str) -> list[_Item]:
    """Accepted, and nothing was made of it yet."""
    following = aliased(Document)
    made = select(following.id).where(
        col(following.company_id) == company_id,
        col(following.chain_id) == col(Document.chain_id),
        col(following.origin_id) == col(Document.id),
    )
    query = select(Document).where(
        Document.company_id == company_id,
        col(Document.kind).in_([kind.value for kind in ANSWERABLE]),
        Document.state == State.ACCEPTED.value,
        Document.became == "",
        ~made.exists(),
    )
    documents = (await session.exec(query.order_by(col(Document.updated_at)).limit(MOST))).all()
    return [_Item(document, "accepted", "Accepté : à facturer", {}) for document in documents]


async def _unanswered(session: AsyncSession, company: Company) -> list[_Item]:
    """Quotes that wait: opened and left there first, then those never opened."""
    before = now() - WAIT
    opened = _waiting_quotes(company.id).where(
        col(Document.opened_at).is_not(None),
        func.coalesce(col(Document.last_visit_at), col(Document.opened_at)) <= before,
    )
    unopened = _waiting_quotes(company.id).where(
        col(Document.opened_at).is_(None), col(Document.sent_at) <= before
    )
    seen = (await session.exec(opened.order_by(col(Document.last_visit_at)).limit(MOST))).all()
    unseen = (await session.exec(unopened.order_by(col(Document.sent_at)).limit(MOST))).all()
    return [
        *(_Item(d, "opened", *_opened(d)) for d in seen),
        *(_Item(d, "unopened", *_unopened(d, company.tracking)) for d in unseen),
    ]


def _opened(document: Document) -> tuple[str, dict[str, object]]:
    sentence = (
        "Ouvert %(visits)s fois, sans réponse depuis %(days)s jours"
        if document.visits > 1
        else "Ouvert, sans réponse depuis %(days)s jours"
    )
    since = _since(document.last_visit_at or document.opened_at)
    return sentence, {"visits": document.visits, "days": since}


def _unopened(document: Document, tracked: bool) -> tuple[str, dict[str, object]]:
    sentence = (
        "Jamais ouvert, envoyé il y a %(days)s jours" if tracked else "Sans réponse depuis %(days)s jours"
    )
    return sentence, {"days": _since(document.sent_at)}


def _since(moment: datetime | None) -> int:
    day: date = paris_day(moment) if moment else today()
    return (today() - day).days


def _waiting_quotes(company_id: str) -> Any:
    """Quotes a client could answer now, not put aside by anybody and not recalled lately."""
    return select(Document).where(
        Document.company_id == company_id,
        Document.kind == Kind.QUOTE.value,
        col(Document.state).in_([State.ISSUED.value, State.SENT.value]),
        Document.became == "",
        or_(col(Document.sent_at).is_not(None), col(Document.opened_at).is_not(None)),
        or_(col(Document.valid_until).is_(None), col(Document.valid_until) >= today()),
        col(Document.followups_paused).is_(False),
        ~_reminded(now() - QUIET[Kind.QUOTE]),
    )


def _reminded(since: datetime) -> ColumnElement[bool]:
    return (
        select(Followup.id)
        .where(
            col(Followup.document_id) == col(Document.id), Followup.state == "sent", col(Followup.at) > since
        )
        .exists()
    )


def _due() -> ColumnElement[int]:
    return (
        col(Document.gross_minor)
        + col(Document.rounding_minor)
        - col(Document.prepaid_minor)
        - col(Document.paid_minor)
        - col(Document.credited_minor)
    )

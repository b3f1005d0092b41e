"""What openings add up to: the client's visits on their document, the news of them, corrections by hand."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select as sums
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.domain.tracking import KEPT_IN_FULL, Correction, OpeningClass, is_news, truncated_address
from webdoc_app.models import Document, Notification, Opening, User
from webdoc_app.models.columns import time_text
from webdoc_app.services.crowds import how_many
from webdoc_app.services.documents import find_document
from webdoc_app.services.sharing import Access
from webdoc_app.services.work import Actor, Work, work

NEWS = ("opening.confirmed", "opening.repeated", "opening.again")
"""Notifications of openings: the first one; several gathered; one after an edit or after a week."""


async def tell_opening(w: Work, access: Access, document: Document, opening: Opening) -> None:
    """A visit has turned out to be the client's: it counts on its document, is an event, and perhaps news."""
    before = document.last_visit_at
    is_first = document.opened_at is None
    document.visits += 1
    document.opened_at = min(document.opened_at or opening.first_at, opening.first_at)
    document.last_visit_at = w.at
    w.session.add(document)
    data = {"link_id": access.link.id, "opening_id": opening.id, "first": is_first}
    w.record("opening.confirmed", document, access.client, data)
    told = None if before is None else await _last_told(w, document)
    version = int(json.loads(told.data).get("version", document.version)) if told else 0
    if told is None or is_news(before=before, told_version=version, version=document.version, now=w.at):
        words = {"number": document.number, "name": access.link.recipient_name, "version": document.version}
        w.notify("opening.confirmed" if is_first else "opening.again", document, {**words, "count": 1})
    else:
        await _gather(w, told)
    w.publish(document, "opening", to_client=False)


async def _last_told(w: Work, document: Document) -> Notification | None:
    query = select(Notification).where(
        Notification.company_id == document.company_id,
        Notification.document_id == document.id,
        col(Notification.type).in_(NEWS),
    )
    return (await w.session.exec(query.order_by(col(Notification.at).desc()).limit(1))).first()


async def _gather(w: Work, told: Notification) -> None:
    """Adds an opening to the news already told. Only news nobody has read yet comes up again in the bell."""
    data = json.loads(told.data)
    told.type = "opening.repeated"
    told.data = canonical_json({**data, "count": int(data.get("count", 1)) + 1})
    read = select(func.max(User.news_seen_at)).where(User.company_id == told.company_id)
    seen = (await w.session.execute(read)).scalar_one()
    if seen is None or told.at > time_text(seen):
        told.at = time_text(w.at)
    w.session.add(told)


async def correct_opening(
    company_id: str, document_id: str, opening_id: str, says: str, actor: Actor
) -> None:
    """A person says what an opening was: the client's, their own, or a machine's. The document's visits follow.

    Raises NotFound, Invalid on `says`, Conflict for a row that stands for many.
    """
    if says not in Correction.__members__.values():
        raise Invalid.one("says", "Dites qui a ouvert le document.")
    class_ = Correction(says).class_
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        opening = await w.session.get(Opening, opening_id)
        if opening is None or opening.document_id != document.id:
            raise NotFound
        if opening.gathered:
            raise Conflict("Cette ligne réunit plusieurs ouvertures : elle ne se corrige pas.")
        if opening.opening_class == class_.value and opening.counts == (class_ is OpeningClass.ENGAGED):
            return
        was, counted = opening.opening_class, opening.counts
        opening.opening_class, opening.counts = class_.value, class_ is OpeningClass.ENGAGED
        opening.corrected_by, opening.corrected_at = actor.name, w.at
        w.session.add(opening)
        await _recount(w, document)
        data = {"opening_id": opening.id, "was": was, "now": class_.value}
        w.record("opening.corrected", document, actor, {**data, "counted": counted, "counts": opening.counts})
        w.publish(document, "opening", to_client=False)


async def _recount(w: Work, document: Document) -> None:
    await w.session.flush()
    query = sums(func.count(), func.min(Opening.first_at), func.max(Opening.last_at)).where(
        col(Opening.document_id) == document.id,
        col(Opening.opening_class).in_([OpeningClass.ENGAGED.value, OpeningClass.RENDERED.value]),
        col(Opening.counts),
    )
    row = (await w.session.execute(query)).one()
    document.visits, document.opened_at, document.last_visit_at = row
    w.session.add(document)


async def truncate_openings(limit: int = 1_000) -> int:
    """Of openings older than a year keeps the network and the device in words, no longer address and agent.

    Returns how many were truncated now; at most `limit` in one transaction.
    """
    async with work() as w:
        query = (
            select(Opening)
            .where(col(Opening.last_at) < w.at - KEPT_IN_FULL, Opening.device != "")
            .order_by(col(Opening.last_at))
            .limit(limit)
        )
        rows = (await w.session.exec(query)).all()
        for row in rows:
            row.address = truncated_address(row.address)
            row.user_agent = row.device = row.network = ""
            w.session.add(row)
    return len(rows)


async def count_openings(session: AsyncSession, documents: Sequence[Document]) -> dict[str, dict[str, Any]]:
    """`{document_id: {client, automatic, owner, last_at}}`; `client` counts visits, `last_at` is the client's."""
    counts: dict[str, dict[str, Any]] = {
        d.id: {"client": d.visits, "automatic": 0, "owner": 0, "last_at": d.last_visit_at} for d in documents
    }
    apart = [OpeningClass.AUTOMATIC.value, OpeningClass.OWNER.value]
    query = (
        sums(col(Opening.document_id), col(Opening.opening_class), func.sum(how_many()))
        .where(col(Opening.document_id).in_(list(counts)), col(Opening.opening_class).in_(apart))
        .group_by(col(Opening.document_id), col(Opening.opening_class))
    )
    for document_id, class_, number in (await session.execute(query)).all():
        counts[document_id][class_] = int(number)
    return counts

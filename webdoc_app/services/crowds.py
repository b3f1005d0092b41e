"""Openings in crowds: of what no person can have done one by one, the number is kept and not each of them.

Of a link's openings so many an hour are rows; those beyond are gathered in one row that counts them. Machines' rows
go after 90 days into one row of their document: what the merchant is told, how many there were, stays true.
"""

import hashlib

from sqlalchemy import ColumnElement, case, delete, update
from sqlalchemy import select as columns
from sqlmodel import and_, col, func, or_, select

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.tracking import (
    CROWD,
    GATHER_EACH,
    KEPT_AS_MACHINE,
    KEPT_IN_FULL,
    NEW_ROWS_AN_HOUR,
    RUNGS,
    Judgement,
    OpeningClass,
)
from webdoc_app.models import Document, Opening
from webdoc_app.services.sharing import Access
from webdoc_app.services.work import Work, insert_once, work

BATCH = 1_000


def how_many() -> ColumnElement[int]:
    """How many openings a row stands for."""
    return case((col(Opening.gathered) > 0, col(Opening.gathered)), else_=1)


async def is_crowded(w: Work, access: Access, judged: Judgement) -> bool:
    """Whether the link's last hour has its rows already, so that one more opening of this kind gets none.

    Counted in the database, for all workers. The client's own visits are counted apart: requests, however many,
    hide no reader. A visit that climbed is one of those that were asked for; so these are counted whatever they became.
    Transactions at the same moment do not see each other's row (PostgreSQL): an hour may hold as many more as there
    are writers at once. A lock would make a flood wait in line, and readers with it.
    """
    if judged.class_ is OpeningClass.OWNER:
        kind = col(Opening.opening_class) == OpeningClass.OWNER.value
    else:
        classes = [each.value for each in (OpeningClass.AUTOMATIC, *RUNGS)]
        kind = col(Opening.opening_class).in_(classes)
        if judged.counts:
            kind = and_(kind, col(Opening.counts))
    since = w.at - GATHER_EACH
    rows = (
        select(Opening.id)
        .where(
            Opening.document_id == access.document.id,
            kind,
            # The index leads by the last look, which is never before the first.
            col(Opening.last_at) > since,
            col(Opening.first_at) > since,
            Opening.link_id == access.link.id,
            Opening.gathered == 0,
        )
        .limit(NEW_ROWS_AN_HOUR)
    )
    found = (await w.session.exec(select(func.count()).select_from(rows.subquery()))).one()
    return found >= NEW_ROWS_AN_HOUR


async def gather(w: Work, access: Access, judged: Judgement, number: int) -> None:
    """Counts openings in the row of the link's hour: what they are is known of none of them."""
    class_ = OpeningClass.OWNER if judged.class_ is OpeningClass.OWNER else OpeningClass.AUTOMATIC
    hour = w.at.strftime("%Y-%m-%dT%H")
    id_ = _id(access.link.id, access.document.id, class_.value, hour)
    await _add(w, id_, access.document, class_, number, link_id=access.link.id)


async def fold_machines(limit: int = BATCH) -> int:
    """Rows of machines older than 90 days go, and their number into the one row of their document.

    Returns how many went now; at most `limit` in one transaction. What a person has corrected stays.
    """
    async with work() as w:
        query = (
            columns(
                col(Opening.id),
                col(Opening.document_id),
                how_many(),
                col(Opening.first_at),
                col(Opening.last_at),
            )
            .where(
                col(Opening.opening_class) == OpeningClass.AUTOMATIC.value,
                col(Opening.last_at) < w.at - KEPT_AS_MACHINE,
                col(Opening.counts).is_(False),
                col(Opening.corrected_at).is_(None),
                # The row they go into has no link.
                or_(col(Opening.link_id).is_not(None), col(Opening.gathered) == 0),
            )
            .order_by(col(Opening.last_at))
            .limit(limit)
        )
        rows = (await w.session.execute(query)).all()
        for document_id in dict.fromkeys(row[1] for row in rows):
            own = [row for row in rows if row[1] == document_id]
            document = await w.session.get_one(Document, document_id)
            first, last = min(row[3] for row in own), max(row[4] for row in own)
            id_ = _id(document_id, "machines")
            number = sum(row[2] for row in own)
            await _add(w, id_, document, OpeningClass.AUTOMATIC, number, first=first, last=last)
        await w.session.execute(delete(Opening).where(col(Opening.id).in_([row[0] for row in rows])))
    return len(rows)


async def drop_unproven(limit: int = BATCH) -> int:
    """Of pages that were asked for, or stood in view without a proof of reading, nothing is kept after a year.

    Returns how many went now. No number tells of them; visits that count, and what a person corrected, stay.
    """
    async with work() as w:
        query = (
            select(Opening.id)
            .where(
                col(Opening.opening_class).in_([OpeningClass.FETCHED.value, OpeningClass.RENDERED.value]),
                col(Opening.last_at) < w.at - KEPT_IN_FULL,
                col(Opening.counts).is_(False),
                col(Opening.corrected_at).is_(None),
            )
            .limit(limit)
        )
        ids = (await w.session.exec(query)).all()
        await w.session.execute(delete(Opening).where(col(Opening.id).in_(ids)))
    return len(ids)


async def _add(
    w: Work,
    id_: str,
    document: Document,
    class_: OpeningClass,
    number: int,
    *,
    link_id: str | None = None,
    first: object = None,
    last: object = None,
) -> None:
    """Adds to the row of this id, which is made where there is none: two workers at once make one."""
    values = {
        "id": id_,
        "company_id": document.company_id,
        "document_id": document.id,
        "link_id": link_id,
        "opening_class": class_.value,
        "counts": False,
        "views": number,
        "gathered": number,
        "visible_seconds": 0,
        "device": "",
        "device_label": "",
        "address": "",
        "network": "",
        "user_agent": "",
        "signals": canonical_json([CROWD]),
        "corrected_by": "",
        "first_at": first or w.at,
        "last_at": last or w.at,
    }
    if await insert_once(w.session, Opening, values):
        return
    more = {"views": Opening.views + number, "gathered": Opening.gathered + number}
    await w.session.execute(
        update(Opening).where(col(Opening.id) == id_).values(**more, last_at=values["last_at"])
    )


def _id(*parts: str) -> str:
    return hashlib.sha256(":".join(parts).encode()).hexdigest()[:32]

"""Openings: who looked, and the first time a client did. A GET alone is never one."""

from dataclasses import dataclass

from sqlalchemy import select as sums
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.tracking import VISIT_GAP, OpeningClass
from webdoc_app.models import Document, Opening
from webdoc_app.services import keys
from webdoc_app.services.documents import find_document
from webdoc_app.services.sharing import Access, note_use, open_with_token
from webdoc_app.services.work import Work, work


@dataclass(frozen=True)
class Visitor:
    """Where a request or a socket comes from. `company_id` is set by a valid merchant session."""

    address: str = ""
    user_agent: str = ""
    company_id: str = ""

    @property
    def device(self) -> str:
        """A keyed fingerprint: tells one device from another, keeps neither address nor agent."""
        return keys.keyed_hash("device", f"{self.address}\n{self.user_agent}")

    def owns(self, document: Document) -> bool:
        return bool(self.company_id) and self.company_id == document.company_id


async def confirm_opening_with_token(token: str, visitor: Visitor) -> None:
    """The page says it is seen: a trusted gesture, or two seconds in view. Raises NotFound, LinkGone."""
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = await find_document(w.session, access.company.id, access.document.id, lock=True)
        await note_engagement(w, access, document, visitor)


async def note_engagement(w: Work, access: Access, document: Document, visitor: Visitor) -> None:
    """Counts the visit. The client's first one moves what the merchant sees, and is news."""
    if visitor.owns(document):
        await _visit(w, access, document, visitor, OpeningClass.OWNER)
        return
    await note_use(w, access.link)
    is_new = await _visit(w, access, document, visitor, OpeningClass.ENGAGED)
    if not is_new:
        return
    document.visits += 1
    document.last_visit_at = w.at
    w.session.add(document)
    is_first = document.opened_at is None
    if is_first:
        document.opened_at = w.at
        w.session.add(document)
        w.notify(
            "opening.confirmed", document, {"number": document.number, "name": access.link.recipient_name}
        )
    w.record("opening.confirmed", document, access.client, {"link_id": access.link.id, "first": is_first})
    w.publish(document, "opening", to_client=False)


async def _visit(w: Work, access: Access, document: Document, visitor: Visitor, class_: OpeningClass) -> bool:
    """Extends the running visit of this device, or begins one. Whether it began."""
    query = select(Opening).where(
        Opening.document_id == document.id,
        Opening.opening_class == class_.value,
        Opening.link_id == access.link.id,
        Opening.device == visitor.device,
        col(Opening.last_at) > w.at - VISIT_GAP,
    )
    running = (await w.session.exec(query.order_by(col(Opening.last_at).desc()).limit(1))).first()
    opening = running or Opening(
        company_id=document.company_id,
        document_id=document.id,
        link_id=access.link.id,
        opening_class=class_.value,
        counts=class_ is OpeningClass.ENGAGED,
        device=visitor.device,
        user_agent=visitor.user_agent,
        first_at=w.at,
        last_at=w.at,
    )
    opening.last_at = w.at
    w.session.add(opening)
    return running is None


async def note_automatic(access: Access, visitor: Visitor) -> None:
    """A HEAD or a prefetch: kept apart, told to the merchant as ignored."""
    async with work() as w:
        await _visit(w, access, access.document, visitor, OpeningClass.AUTOMATIC)


async def count_openings(session: AsyncSession, document_ids: list[str]) -> dict[str, dict[str, object]]:
    """`{document_id: {client, automatic, owner, last_at}}`; `last_at` is the client's."""
    empty: dict[str, object] = {"client": 0, "automatic": 0, "owner": 0, "last_at": None}
    counts = {document_id: dict(empty) for document_id in document_ids}
    query = (
        sums(
            col(Opening.document_id),
            col(Opening.opening_class),
            col(Opening.counts),
            func.count(),
            func.max(Opening.last_at),
        )
        .where(col(Opening.document_id).in_(document_ids))
        .group_by(col(Opening.document_id), col(Opening.opening_class), col(Opening.counts))
    )
    for document_id, class_, counted, number, last_at in (await session.execute(query)).all():
        found = counts[document_id]
        if counted:
            found["client"] = int(str(found["client"])) + number
            found["last_at"] = max(filter(None, (found["last_at"], last_at)))
        elif class_ in (OpeningClass.AUTOMATIC.value, OpeningClass.OWNER.value):
            found[class_] = number
    return counts

"""Secure links: tokens in addresses, the rows behind them, and what a token in hand may open."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import LinkGone, NotFound
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import RECIPIENT, LinkState, Standing, link_state
from webdoc_app.models import Company, Document, ShareLink
from webdoc_app.services import keys
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import Actor, Work, now, runtime, work

_PURPOSE = "share"
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{20,400}")
_NOBODY = hashlib.sha256(b"no such link").hexdigest()[:32]


@dataclass(frozen=True)
class Access:
    """What a verified token opens: one document, through one link. Every rule was checked."""

    link: ShareLink
    document: Document
    company: Company
    token: str

    @property
    def client(self) -> Actor:
        return Actor("client", self.link.id, self.link.recipient_name)


def token_of(link: ShareLink, document_id: str | None = None) -> str:
    """The token of a link; for another document of the chain it is made from the same link and dies with it."""
    payload: list[Any] = [link.id, link.version]
    if document_id and document_id != link.document_id:
        payload.append(document_id)
    return keys.sign(_PURPOSE, payload)


def url_of(token: str) -> str:
    return f"{runtime().origin}/d/{token}"


async def open_with_token(session: AsyncSession, token: str) -> Access:
    """The document a token opens now.

    Raises NotFound - by one and the same path for a forged, unknown or foreign token and for a document that
    has no page - and LinkGone for a link that was good and is revoked, replaced or expired.
    """
    payload = keys.unsign(_PURPOSE, token) if _TOKEN.fullmatch(token) else None
    link_id, version, document_id = _read_payload(payload)
    link = await session.get(ShareLink, link_id)
    document = await session.get(Document, document_id or (link.document_id if link else _NOBODY))
    home = document if link is None or document_id is None else await session.get(Document, link.document_id)
    if link is None or document is None or home is None or not _reaches(link, home, document):
        raise NotFound
    company = await session.get_one(Company, link.company_id)
    state = link_state(Standing(link.version, link.revoked_at, link.expires_at), version, now())
    if state is not LinkState.ACTIVE:
        raise LinkGone(state.value, company.name, document.language)
    return Access(link, document, company, token)


def _read_payload(payload: Any) -> tuple[str, int, str | None]:
    match payload:
        case [str(link_id), int(version)]:
            return link_id, version, None
        case [str(link_id), int(version), str(document_id)]:
            return link_id, version, document_id
        case _:
            return _NOBODY, 0, None


def _reaches(link: ShareLink, home: Document, document: Document) -> bool:
    """Same company, same customer, same chain, both issued: checked at every opening."""
    return (
        link.purpose == RECIPIENT
        and home.company_id == document.company_id == link.company_id
        and home.customer_id == document.customer_id
        and home.chain_id == document.chain_id
        and State.DRAFT.value not in (home.state, document.state)
    )


async def create_main_link(
    unit: Work, document: Document, recipient_name: str, recipient_email: str, actor: Actor
) -> ShareLink:
    """The main recipient's link, made when a document is issued."""
    link = ShareLink(
        company_id=document.company_id,
        document_id=document.id,
        recipient_name=recipient_name,
        recipient_email=recipient_email,
        created_at=unit.at,
    )
    unit.session.add(link)
    await unit.session.flush()
    unit.record("link.created", document, actor, {"link_id": link.id, "recipient": recipient_name})
    return link


async def links_of(session: AsyncSession, document_id: str) -> list[ShareLink]:
    query = select(ShareLink).where(ShareLink.document_id == document_id)
    return list((await session.exec(query.order_by(col(ShareLink.created_at)))).all())


async def main_link(session: AsyncSession, document_id: str) -> ShareLink | None:
    links = await links_of(session, document_id)
    return next((link for link in links if link.is_main), links[0] if links else None)


def standing(link: ShareLink, moment: datetime) -> LinkState:
    """What the newest token of a link is good for."""
    return link_state(Standing(link.version, link.revoked_at, link.expires_at), link.version, moment)


async def rotate_link(company_id: str, document_id: str, link_id: str | None, actor: Actor) -> None:
    """Gives the link a new address; every older one answers 410. A revoked link comes back to life."""
    async with work() as w:
        document, link = await _claim_link(w, company_id, document_id, link_id)
        link.version += 1
        link.revoked_at = None
        w.session.add(link)
        w.record("link.rotated", document, actor, {"link_id": link.id, "version": link.version})
        w.publish(document, "link")


async def revoke_link(company_id: str, document_id: str, link_id: str | None, actor: Actor) -> None:
    """Closes the link. Doing it twice changes nothing more."""
    async with work() as w:
        document, link = await _claim_link(w, company_id, document_id, link_id)
        if link.revoked_at is not None:
            return
        link.revoked_at = w.at
        w.session.add(link)
        w.record("link.revoked", document, actor, {"link_id": link.id})
        w.publish(document, "link")


async def _claim_link(
    w: Work, company_id: str, document_id: str, link_id: str | None
) -> tuple[Document, ShareLink]:
    document = await find_document(w.session, company_id, document_id, lock=True)
    links = await links_of(w.session, document.id)
    link = (
        next((x for x in links if x.id == link_id), None)
        if link_id
        else next((x for x in links if x.is_main), None)
    )
    if link is None:
        raise NotFound("Ce lien n’existe pas.")
    return document, link

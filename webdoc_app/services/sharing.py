"""Secure links: tokens in addresses, the rows behind them, and what a token in hand may open."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import LinkGone, NotFound
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import RECIPIENT, LinkState, Standing, link_state
from webdoc_app.models import Company, Document, ShareLink
from webdoc_app.services import keys
from webdoc_app.services.work import Actor, Work, now, runtime

USE_PAUSE = timedelta(minutes=1)
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


def link_in(token: str) -> str | None:
    """The id of the link a token of ours was made from, without asking whether there is one. None for any other."""
    payload = keys.unsign(_PURPOSE, token) if _TOKEN.fullmatch(token) else None
    link_id = _read_payload(payload)[0]
    return None if link_id == _NOBODY else link_id


async def open_with_token(session: AsyncSession, token: str) -> Access:
    """The document a token opens now.

    Raises NotFound - by one and the same path for a forged, unknown or foreign token and for a document that
    has no page - and LinkGone for a link that was good and is revoked, disabled, replaced or expired.
    """
    access, state = await judge_with_token(session, token)
    if state is not LinkState.ACTIVE:
        raise LinkGone(state.value, access.company.name, access.document.language)
    return access


async def judge_with_token(session: AsyncSession, token: str) -> tuple[Access, LinkState]:
    """Where a token leads, and whether it still opens: for asking for a new link, and for nothing else.

    Raises NotFound as `open_with_token` does.
    """
    payload = keys.unsign(_PURPOSE, token) if _TOKEN.fullmatch(token) else None
    link_id, version, document_id = _read_payload(payload)
    link = await session.get(ShareLink, link_id)
    document = await session.get(Document, document_id or (link.document_id if link else _NOBODY))
    home = document if link is None or document_id is None else await session.get(Document, link.document_id)
    if link is None or document is None or home is None or not _reaches(link, home, document):
        raise NotFound
    company = await session.get_one(Company, link.company_id)
    return Access(link, document, company, token), link_state(_standing(link), version, now())


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
    """The document's links, the main recipient's first, then in the order they were made."""
    query = select(ShareLink).where(ShareLink.document_id == document_id)
    order = (col(ShareLink.is_main).desc(), col(ShareLink.created_at), col(ShareLink.id))
    return list((await session.exec(query.order_by(*order))).all())


async def main_link(session: AsyncSession, document_id: str) -> ShareLink | None:
    links = await links_of(session, document_id)
    return links[0] if links else None


async def link_to(session: AsyncSession, document_id: str, link_id: str | None) -> ShareLink:
    """A link of the document, by default the main recipient's. Raises NotFound."""
    links = await links_of(session, document_id)
    found = next((link for link in links if not link_id or link.id == link_id), None)
    if found is None:
        raise NotFound("Ce lien n’existe pas.")
    return found


def standing(link: ShareLink, moment: datetime) -> LinkState:
    """What the newest token of a link is good for."""
    return link_state(_standing(link), link.version, moment)


def _standing(link: ShareLink) -> Standing:
    return Standing(link.version, link.revoked_at, link.disabled_at, link.expires_at)


def recipient_of(link: ShareLink) -> str:
    """Who the link is for, in a word."""
    return link.recipient_name or link.recipient_email


async def note_use(w: Work, link: ShareLink) -> None:
    """Remembers that a person used the link; of many uses within a minute the first is written."""
    recent = w.at - USE_PAUSE
    await w.session.execute(
        update(ShareLink)
        .where(
            col(ShareLink.id) == link.id,
            or_(col(ShareLink.last_used_at).is_(None), col(ShareLink.last_used_at) < recent),
        )
        .values(last_used_at=w.at)
    )

"""What a merchant does with the links of a document: one for each recipient, each with a life of its own.

Disabling can be undone; a revoked or replaced address is closed for good, its recipient may get another one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import MOST_LINKS, next_expiry
from webdoc_app.models import Company, Document, ShareLink
from webdoc_app.services.documents import find_document
from webdoc_app.services.sharing import link_to, links_of, recipient_of
from webdoc_app.services.work import Actor, Work, work


@dataclass(frozen=True)
class Recipient:
    """Who a link is for, and until when (UTC; None without end)."""

    name: str
    email: str = ""
    expires_at: datetime | None = None


async def add_link(company_id: str, document_id: str, recipient: Recipient, actor: Actor) -> str:
    """A link of their own for one more recipient of an issued document. Returns its id.

    Raises Conflict for a draft, for an address that has a link already and above 50 links; Invalid on `name`,
    `email`, `expires_at`.
    """
    wanted = _read(recipient)
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        if document.state == State.DRAFT.value:
            raise Conflict("Ce document est encore un brouillon : il n’a pas de lien.")
        links = await links_of(w.session, document.id)
        if len(links) >= MOST_LINKS:
            raise Conflict("Ce document a déjà 50 destinataires.")
        _insist_new_address(links, wanted.email)
        _insist_to_come(w, wanted.expires_at)
        link = ShareLink(
            company_id=document.company_id,
            document_id=document.id,
            recipient_name=wanted.name,
            recipient_email=wanted.email,
            is_main=False,
            expires_at=wanted.expires_at,
            created_at=w.at,
        )
        w.session.add(link)
        await w.session.flush()
        _tell(w, "link.created", document, link, actor)
    return link.id


async def change_link(
    company_id: str, document_id: str, link_id: str | None, changes: Mapping[str, Any], actor: Actor
) -> None:
    """Another `name`, `email` or `expires_at`. The address of the page stays: whoever has it keeps it.

    Raises NotFound, Conflict for an address that has a link already, Invalid on the field at fault.
    """
    async with work() as w:
        document, link = await _claim(w, company_id, document_id, link_id)
        before = Recipient(link.recipient_name, link.recipient_email, link.expires_at)
        wanted = _read(replace(before, **changes))
        if wanted == before:
            return
        others = [other for other in await links_of(w.session, document.id) if other.id != link.id]
        _insist_new_address(others, wanted.email)
        if wanted.expires_at != link.expires_at:
            _insist_to_come(w, wanted.expires_at)
        link.recipient_name, link.recipient_email = wanted.name, wanted.email
        link.expires_at = wanted.expires_at
        _tell(w, "link.changed", document, link, actor)


async def rotate_link(company_id: str, document_id: str, link_id: str | None, actor: Actor) -> None:
    """Gives the link a new address, which opens; every older one answers 410.

    A revoked or disabled link comes back to life, one that had expired gets the company's usual validity.
    """
    async with work() as w:
        document, link = await _claim(w, company_id, document_id, link_id)
        company = await w.session.get_one(Company, company_id)
        give_new_address(w, link, company)
        link.revoked_at = link.disabled_at = None
        _tell(w, "link.rotated", document, link, actor, version=link.version)


def give_new_address(w: Work, link: ShareLink, company: Company) -> None:
    """The older addresses are replaced; an end that is past moves on."""
    link.version += 1
    link.expires_at = next_expiry(link.expires_at, company.validity_days, w.at)
    w.session.add(link)


async def disable_link(company_id: str, document_id: str, link_id: str | None, actor: Actor) -> None:
    """Closes the link until it is enabled. Doing it twice, or to a revoked one, changes nothing more."""

    def disable(w: Work, link: ShareLink) -> bool:
        if link.disabled_at or link.revoked_at:
            return False
        link.disabled_at = w.at
        return True

    await _change_once(company_id, document_id, link_id, actor, "link.disabled", disable)


async def enable_link(company_id: str, document_id: str, link_id: str | None, actor: Actor) -> None:
    """The same address opens again. Raises Conflict for a revoked one."""

    def enable(w: Work, link: ShareLink) -> bool:
        if link.revoked_at:
            raise Conflict("Ce lien est révoqué. Remplacez-le pour en donner un nouveau.")
        was_disabled, link.disabled_at = link.disabled_at is not None, None
        return was_disabled

    await _change_once(company_id, document_id, link_id, actor, "link.enabled", enable)


async def revoke_link(company_id: str, document_id: str, link_id: str | None, actor: Actor) -> None:
    """Closes the address for good. Doing it twice changes nothing more."""

    def revoke(w: Work, link: ShareLink) -> bool:
        if link.revoked_at:
            return False
        link.revoked_at = w.at
        return True

    await _change_once(company_id, document_id, link_id, actor, "link.revoked", revoke)


async def _change_once(
    company_id: str,
    document_id: str,
    link_id: str | None,
    actor: Actor,
    event: str,
    change: Callable[[Work, ShareLink], bool],
) -> None:
    async with work() as w:
        document, link = await _claim(w, company_id, document_id, link_id)
        if change(w, link):
            _tell(w, event, document, link, actor)


async def _claim(
    w: Work, company_id: str, document_id: str, link_id: str | None
) -> tuple[Document, ShareLink]:
    """The document's row is the queue its links are changed in."""
    document = await find_document(w.session, company_id, document_id, lock=True)
    return document, await link_to(w.session, document.id, link_id)


def _tell(w: Work, event: str, document: Document, link: ShareLink, actor: Actor, **more: object) -> None:
    w.session.add(link)
    w.record(event, document, actor, {"link_id": link.id, "recipient": recipient_of(link), **more})
    w.publish(document, "link")


def _read(recipient: Recipient) -> Recipient:
    return Recipient(
        text.clean_line(recipient.name or "", field="name", limit=text.NAME, required=True),
        text.clean_email(recipient.email or "", field="email"),
        recipient.expires_at,
    )


def _insist_new_address(links: list[ShareLink], email: str) -> None:
    if email and any(link.recipient_email.casefold() == email.casefold() for link in links):
        raise Conflict("Ce destinataire a déjà un lien pour ce document.")


def _insist_to_come(w: Work, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= w.at:
        raise Invalid.one("expires_at", "Choisissez un jour à venir.")

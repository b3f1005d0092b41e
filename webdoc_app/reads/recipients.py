"""The recipients of a document as its merchant sees them: each with a link, its state, and what was seen through it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col, func
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import LinkState
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, paris_day
from webdoc_app.models import Document, Opening, ShareLink
from webdoc_app.reads.when import at_moment
from webdoc_app.services.sharing import links_of, recipient_of, standing, token_of, url_of
from webdoc_app.services.unsubscribing import stopped_among
from webdoc_app.services.work import now

STATE_WORDS = {
    LinkState.ACTIVE: ("Actif", "accepted"),
    LinkState.DISABLED: ("Désactivé", "on_hold"),
    LinkState.EXPIRED: ("Expiré", "expired"),
    LinkState.REVOKED: ("Révoqué", "refused"),
}
"""State of the newest address -> its word, a msgid, and its look (see `.badge` in app.css)."""


@dataclass(frozen=True)
class RecipientRow:
    """One recipient's link. `expires_day` is the last day it opens, ISO, or empty; texts are in the member's language."""

    id: str
    name: str
    email: str
    is_main: bool
    url: str
    state: str
    state_label: str
    look: str
    facts: str
    expires_day: str


async def recipients_of(session: AsyncSession, document: Document, language: str) -> list[RecipientRow]:
    """The main recipient first. Empty for drafts, which have no page."""
    if document.state == State.DRAFT.value:
        return []
    links = await links_of(session, document.id)
    visits = await _visits(session, document.id)
    stopped = await stopped_among(session, document.company_id, [link.recipient_email for link in links])
    rows = []
    for link in links:
        row = _row(link, visits.get(link.id, 0), language)
        if link.recipient_email.lower() in stopped:
            row = replace(row, facts=f"{row.facts} · {translate('ne veut plus de relances', language)}")
        rows.append(row)
    return rows


async def _visits(session: AsyncSession, document_id: str) -> dict[str, int]:
    """The client's visits of this document, by the link they came through."""
    query = (
        select(col(Opening.link_id), func.count())
        .where(col(Opening.document_id) == document_id, col(Opening.counts))
        .group_by(col(Opening.link_id))
    )
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


def _row(link: ShareLink, visits: int, language: str) -> RecipientRow:
    state = standing(link, now())
    label, look = STATE_WORDS[state]
    return RecipientRow(
        id=link.id,
        name=recipient_of(link),
        email=link.recipient_email,
        is_main=link.is_main,
        url=url_of(token_of(link)),
        state=state.value,
        state_label=translate(label, language),
        look=look,
        facts=" · ".join(_facts(link, state, visits, language)),
        expires_day=last_day(link.expires_at).isoformat() if link.expires_at else "",
    )


def _facts(link: ShareLink, state: LinkState, visits: int, language: str) -> list[str]:
    if visits:
        sentence = "1 visite" if visits == 1 else "%(count)s visites"
        facts = [translate(sentence, language, {"count": visits})]
    else:
        facts = [translate("pas encore ouvert", language)]
    if link.last_used_at:
        when = {"when": at_moment(link.last_used_at, now(), language)}
        facts.append(translate("utilisé %(when)s", language, when))
    if link.expires_at and state is not LinkState.REVOKED:
        day = {"day": long_date(last_day(link.expires_at), language)}
        ended = state is LinkState.EXPIRED
        facts.append(translate("a expiré le %(day)s" if ended else "s’ouvre jusqu’au %(day)s", language, day))
    return facts


def last_day(expires_at: datetime) -> date:
    """The last day in Paris on which a link that ends at this moment opens."""
    return paris_day(expires_at - timedelta(microseconds=1))

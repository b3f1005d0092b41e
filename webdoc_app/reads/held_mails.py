"""Answers by mail that wait for the merchant, beside the conversation and never in it."""

import json
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.plain_links import Piece, pieces_of
from webdoc_app.locales import translate
from webdoc_app.models import Document, IncomingMail
from webdoc_app.reads.when import at_moment
from webdoc_app.services.work import now

_WHY = {
    "sender": "Réponse reçue par courriel d’une autre adresse",
    "link": "Réponse reçue par courriel, son lien est fermé ou expiré",
    "unsigned": "Réponse reçue par courriel, à une adresse sans signature valable",
    "unproven": "Réponse reçue par courriel, expéditeur non vérifié",
}


@dataclass(frozen=True)
class HeldRow:
    """`sort` is held, or automatic: an answering machine's, which can only be put away. `files` are names; none is
    served before the mail is accepted."""

    id: str
    sort: str
    title: str
    sender: str
    pieces: tuple[Piece, ...]
    files: str
    at: str


async def held_mails_of(session: AsyncSession, document: Document, language: str) -> list[HeldRow]:
    """Oldest first; services/incoming.py bounds how many there can be."""
    query = select(IncomingMail).where(
        IncomingMail.document_id == document.id, col(IncomingMail.state).in_(("held", "automatic"))
    )
    rows = (await session.exec(query.order_by(col(IncomingMail.at), col(IncomingMail.id)))).all()
    return [_row(row, language) for row in rows]


def _row(row: IncomingMail, language: str) -> HeldRow:
    sender = row.sender or translate("expéditeur illisible", language)
    return HeldRow(
        id=row.id,
        sort=row.state,
        title=translate(_WHY.get(row.why, "Réponse automatique"), language),
        sender=f"{row.sender_name} · {sender}" if row.sender_name else sender,
        pieces=pieces_of(row.words),
        files=", ".join(json.loads(row.files)),
        at=at_moment(row.at, now(), language),
    )

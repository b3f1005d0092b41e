"""Who has opened a document, when and on what: the client's visits, and apart from them machines and ourselves."""

import json
from dataclasses import dataclass

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.tracking import RUNGS, OpeningClass
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time
from webdoc_app.models import Document, Opening, ShareLink
from webdoc_app.reads.when import when
from webdoc_app.services.openings import count_openings
from webdoc_app.services.work import now

MOST_VISITS, MOST_APART = 30, 20
APART = (OpeningClass.AUTOMATIC.value, OpeningClass.OWNER.value)

SIGNALS = {
    "head": "a seulement demandé si la page existe",
    "prefetch": "chargée d’avance par un navigateur",
    "robot": "robot, aperçu ou antivirus",
    "no_agent": "sans nom de navigateur",
    "doubtful_agent": "nom de navigateur douteux",
    "webdriver": "navigateur piloté par un programme",
    "head_before": "analysée quelques secondes avant",
    "scan_like": "plusieurs liens ouverts juste après l’envoi",
}
"""What spoke against an opening, as a msgid."""

LOOKING = {
    Kind.QUOTE: "Le client regarde ce devis en ce moment",
    Kind.ORDER: "Le client regarde cette commande en ce moment",
    Kind.DELIVERY: "Le client regarde ce bon de livraison en ce moment",
    Kind.INVOICE: "Le client regarde cette facture en ce moment",
    Kind.DEPOSIT: "Le client regarde cette facture en ce moment",
    Kind.CREDIT: "Le client regarde cet avoir en ce moment",
}


@dataclass(frozen=True)
class VisitRow:
    """One opening in words. `tone` is its class, or "doubted" for a page in view that does not count."""

    id: str
    at: str
    device: str
    who: str
    time: str
    tone: str
    word: str
    why: str
    counts: bool
    corrected: str


@dataclass(frozen=True)
class OpeningsView:
    """`first`, `last`, `visits` and `time` are the client's; `ignored` and `own` say how many are apart."""

    first: str = ""
    last: str = ""
    visits: str = ""
    time: str = ""
    ignored: str = ""
    own: str = ""
    rows: tuple[VisitRow, ...] = ()
    apart: tuple[VisitRow, ...] = ()


async def openings_of(session: AsyncSession, document: Document, language: str) -> OpeningsView:
    """All texts in `language`; the newest openings only."""
    if document.number is None:
        return OpeningsView()
    counted = (await count_openings(session, [document]))[document.id]
    names = await _recipients(session, document)
    seconds = select(func.sum(Opening.visible_seconds)).where(
        Opening.document_id == document.id,
        col(Opening.opening_class).in_([rung.value for rung in RUNGS]),
        col(Opening.counts),
    )
    return OpeningsView(
        first=date_and_time(document.opened_at, language) if document.opened_at else "",
        last=date_and_time(document.last_visit_at, language) if document.last_visit_at else "",
        visits=str(document.visits),
        time=duration((await session.exec(seconds)).one() or 0, language),
        ignored=_ignored(counted["automatic"], language),
        own=_own(counted["owner"], language),
        rows=await _rows(session, document, tuple(RUNGS), MOST_VISITS, names, language),
        apart=await _rows(session, document, APART, MOST_APART, names, language),
    )


def looking_words(document: Document, language: str) -> str:
    """That the client looks at it right now."""
    return translate(LOOKING[Kind(document.kind)], language)


async def _recipients(session: AsyncSession, document: Document) -> dict[str | None, str]:
    query = select(ShareLink).where(ShareLink.document_id == document.id)
    links = (await session.exec(query)).all()
    return {link.id: link.recipient_name or link.recipient_email for link in links}


async def _rows(
    session: AsyncSession,
    document: Document,
    classes: tuple[str, ...],
    limit: int,
    names: dict[str | None, str],
    language: str,
) -> tuple[VisitRow, ...]:
    query = select(Opening).where(
        Opening.document_id == document.id, col(Opening.opening_class).in_([str(c) for c in classes])
    )
    rows = (await session.exec(query.order_by(col(Opening.last_at).desc()).limit(limit))).all()
    return tuple(_row(row, names, language) for row in rows)


def _row(row: Opening, names: dict[str | None, str], language: str) -> VisitRow:
    class_ = OpeningClass(row.opening_class)
    tone, word = class_.value, "Consulté"
    if class_ is OpeningClass.FETCHED:
        word = "Demandé, sans preuve de lecture"
    elif class_ is OpeningClass.AUTOMATIC:
        word = "Automatique"
    elif class_ is OpeningClass.OWNER:
        word = "Vous"
    elif not row.counts:
        tone, word = "doubted", "Affiché, sans preuve de lecture"
    signals = [] if row.counts or row.corrected_at else json.loads(row.signals)
    return VisitRow(
        id=row.id,
        at=when(row.first_at, now(), language),
        device=row.device_label,
        who="" if class_ is OpeningClass.OWNER else names.get(row.link_id, ""),
        time=duration(row.visible_seconds, language) if row.visible_seconds else "",
        tone=tone,
        word=translate(word, language),
        why=", ".join(translate(SIGNALS[name], language) for name in signals if name in SIGNALS),
        counts=row.counts,
        corrected=translate("corrigé par %(name)s", language, {"name": row.corrected_by})
        if row.corrected_at
        else "",
    )


def duration(seconds: int, language: str) -> str:
    """`45 s`, `3 min`, `1 h 05`."""
    blank = "\N{NO-BREAK SPACE}"
    if seconds < 60:
        return f"{seconds}{blank}s"
    if seconds < 3_600:
        return f"{round(seconds / 60)}{blank}min"
    return f"{seconds // 3_600}{blank}h{blank}{seconds % 3_600 // 60:02d}"


def _ignored(number: int, language: str) -> str:
    if number == 0:
        return ""
    if number == 1:
        return translate("1 ouverture automatique ignorée", language)
    return translate("%(count)s ouvertures automatiques ignorées", language, {"count": number})


def _own(number: int, language: str) -> str:
    if number == 0:
        return ""
    if number == 1:
        return translate("1 ouverture par vous", language)
    return translate("%(count)s ouvertures par vous", language, {"count": number})

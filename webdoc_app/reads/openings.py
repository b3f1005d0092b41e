"""Who has opened a document, when and on what: the client's visits, and apart from them machines and ourselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.tracking import RUNGS, OpeningClass
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time
from webdoc_app.models import Document, Opening, ShareLink
from webdoc_app.reads.when import when
from webdoc_app.services.crowds import how_many
from webdoc_app.services.work import now

MOST_VISITS, MOST_APART = 30, 20
MOST_COUNTED = 1_000
"""Beyond so many openings of a class the page says "or more": it is as quick with a million of them."""
APART = (OpeningClass.AUTOMATIC, OpeningClass.OWNER)

SIGNALS = {
    "head": "a seulement demandé si la page existe",
    "prefetch": "chargée d’avance par un navigateur",
    "robot": "robot, aperçu ou antivirus",
    "no_agent": "sans nom de navigateur",
    "doubtful_agent": "nom de navigateur douteux",
    "webdriver": "navigateur piloté par un programme",
    "head_before": "analysée quelques secondes avant",
    "scan_like": "plusieurs liens ouverts juste après l’envoi",
    "crowd": "comptées sans être gardées une à une",
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
    """One opening in words, or many of which only the number is kept: these cannot be corrected.

    `tone` is its class, or "doubted" for a page in view that does not count.
    """

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
    is_many: bool


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
    names = await _recipients(session, document)
    return OpeningsView(
        first=date_and_time(document.opened_at, language) if document.opened_at else "",
        last=date_and_time(document.last_visit_at, language) if document.last_visit_at else "",
        visits=str(document.visits),
        time=duration(await _seconds(session, document), language),
        ignored=_ignored(await _number(session, document, OpeningClass.AUTOMATIC), language),
        own=_own(await _number(session, document, OpeningClass.OWNER), language),
        rows=await _rows(session, document, RUNGS, MOST_VISITS, names, language),
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
    classes: Sequence[OpeningClass],
    limit: int,
    names: dict[str | None, str],
    language: str,
) -> tuple[VisitRow, ...]:
    """The newest of these classes: of each class the newest, as the index gives them, then the newest of those."""
    found: list[Opening] = []
    for class_ in classes:
        query = _of_class(document, class_).order_by(col(Opening.last_at).desc()).limit(limit)
        found.extend((await session.exec(query)).all())
    newest = sorted(found, key=lambda row: row.last_at, reverse=True)[:limit]
    return tuple(_row(row, names, language) for row in newest)


def _of_class(document: Document, class_: OpeningClass) -> SelectOfScalar[Opening]:
    return select(Opening).where(Opening.document_id == document.id, Opening.opening_class == class_.value)


async def _number(session: AsyncSession, document: Document, class_: OpeningClass) -> int:
    some = _of_class(document, class_).with_only_columns(how_many().label("number")).limit(MOST_COUNTED)
    return int((await session.exec(select(func.sum(some.subquery().c.number)))).one() or 0)


async def _seconds(session: AsyncSession, document: Document) -> int:
    """What the newest visits were in view, together. Of pages in view only those that count."""
    total = 0
    for class_ in (OpeningClass.RENDERED, OpeningClass.ENGAGED):
        newest = _of_class(document, class_).order_by(col(Opening.last_at).desc()).limit(MOST_COUNTED)
        some = newest.with_only_columns(col(Opening.visible_seconds), col(Opening.counts)).subquery()
        total += (
            await session.exec(select(func.sum(some.c.visible_seconds)).where(some.c.counts))
        ).one() or 0
    return total


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
        device=_many(row.gathered, language) if row.gathered else row.device_label,
        who="" if class_ is OpeningClass.OWNER else names.get(row.link_id, ""),
        time=duration(row.visible_seconds, language) if row.visible_seconds else "",
        tone=tone,
        word=translate(word, language),
        why=", ".join(translate(SIGNALS[name], language) for name in signals if name in SIGNALS),
        counts=row.counts,
        corrected=translate("corrigé par %(name)s", language, {"name": row.corrected_by})
        if row.corrected_at
        else "",
        is_many=row.gathered > 0,
    )


def _many(number: int, language: str) -> str:
    if number == 1:
        return translate("1 autre ouverture", language)
    return translate("%(count)s autres ouvertures", language, {"count": number})


def duration(seconds: int, language: str) -> str:
    """`45 s`, `3 min`, `1 h 05`."""
    blank = "\N{NO-BREAK SPACE}"
    if seconds < 60:
        return f"{seconds}{blank}s"
    if seconds < 3_600:
        return f"{round(seconds / 60)}{blank}min"
    return f"{seconds // 3_600}{blank}h{blank}{seconds % 3_600 // 60:02d}"


def _at_least(number: int) -> str:
    return str(number) if number < MOST_COUNTED else f"{MOST_COUNTED}+"


def _ignored(number: int, language: str) -> str:
    if number == 0:
        return ""
    if number == 1:
        return translate("1 ouverture automatique ignorée", language)
    return translate("%(count)s ouvertures automatiques ignorées", language, {"count": _at_least(number)})


def _own(number: int, language: str) -> str:
    if number == 0:
        return ""
    if number == 1:
        return translate("1 ouverture par vous", language)
    return translate("%(count)s ouvertures par vous", language, {"count": _at_least(number)})

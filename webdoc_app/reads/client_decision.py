"""The answer that stands, as a client reads it: in a sentence, as a stamp on the sheet, with its certificate."""

from dataclasses import dataclass
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import BILLS
from webdoc_app.domain.lifecycle import State
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time, long_date, paris_day
from webdoc_app.models import DecisionRow, Document
from webdoc_app.reads.sheet_types import Stamp
from webdoc_app.services.certificates import has_answer
from webdoc_app.services.codes import masked
from webdoc_app.services.decisions import latest_decision
from webdoc_app.services.sharing import Access


@dataclass(frozen=True)
class Given:
    """`word` is empty where no answer stands; an earlier one may still have a certificate.

    `confirmation` says where its mail goes, `held_until` when a hold ends. A paid bill is stamped too.
    """

    word: str
    detail: str
    stamps: tuple[Stamp, ...]
    has_certificate: bool
    confirmation: str
    held_until: date | None


async def given_answer(session: AsyncSession, access: Access, status: str, language: str) -> Given:
    document = access.document
    decision = await _standing(session, document)
    stamps = [_stamp(decision, language)] if decision and decision.decision != "hold" else []
    if document.kind in BILLS and status == "paid":
        stamps.append(Stamp(translate("Payé", language), ""))
    return Given(
        word=translate(_WORDS[decision.decision], language) if decision else "",
        detail=_detail(decision, language) if decision else "",
        stamps=tuple(stamps),
        has_certificate=await has_answer(session, document),
        confirmation=_confirmation(access, language) if decision else "",
        held_until=decision.until if decision else None,
    )


async def _standing(session: AsyncSession, document: Document) -> DecisionRow | None:
    if document.state not in (State.ACCEPTED, State.REFUSED, State.ON_HOLD):
        return None
    return await latest_decision(session, document.id)


_WORDS = {"accept": "Accepté", "refuse": "Refusé", "hold": "En attente"}


def _detail(decision: DecisionRow, language: str) -> str:
    """« par Jeanne Morel, le 24 novembre 2026 à 10:12 », and until when a quote is held."""
    words = {"name": decision.name, "moment": date_and_time(decision.at, language)}
    text = translate("par %(name)s, le %(moment)s", language, words)
    if decision.until:
        day = long_date(decision.until, language)
        text += " · " + translate("à revoir le %(date)s", language, {"date": day})
    if decision.recorded_by:
        text += " · " + translate("saisi par l’émetteur", language)
    return text


def _stamp(decision: DecisionRow, language: str) -> Stamp:
    words = {"date": long_date(paris_day(decision.at), language), "name": decision.name}
    detail = translate("le %(date)s par %(name)s", language, words)
    tone = "ok" if decision.decision == "accept" else "no"
    return Stamp(translate(_WORDS[decision.decision], language), detail, tone)


def _confirmation(access: Access, language: str) -> str:
    """Where the confirmation of an answer goes."""
    if not access.link.recipient_email:
        return ""
    words = {"to": masked(access.link.recipient_email)}
    return translate("Un courriel de confirmation part à %(to)s.", language, words)

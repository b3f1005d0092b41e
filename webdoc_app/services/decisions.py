"""Answers of the client: accept, refuse, hold. Exactly one wins, whoever answers at the same instant."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.decisions import ACTIONS, EVENTS, Decision, read_decision
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import AlreadyDecided, Conflict, Invalid, StaleVersion
from webdoc_app.domain.lifecycle import Action, State, insist, is_expired
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import DecisionRow, Document
from webdoc_app.models.columns import new_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.nonces import nonce_id, read_nonce, spend, spent
from webdoc_app.services.sharing import Access, open_with_token
from webdoc_app.services.tracking import Visitor, note_engagement
from webdoc_app.services.work import Work, work

PURPOSE = "decision"


@dataclass(frozen=True)
class DecisionForm:
    """The fields of an answer as they were sent, unread."""

    decision: str = ""
    version: str = ""
    nonce: str = ""
    name: str = ""
    reason: str = ""
    until: str = ""


async def decide_with_token(token: str, form: DecisionForm, visitor: Visitor) -> None:
    """Records an answer to the version that was read.

    Judged in this order: the link (NotFound, LinkGone); a nonce already spent (quiet when it asks for what it
    brought, else Conflict); decided or expired (AlreadyDecided, Conflict); the version (StaleVersion); fields and
    nonce (Invalid, Forbidden).
    """
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = await find_document(w.session, access.company.id, access.document.id, lock=True)
        known = nonce_id(form.nonce, document.id, PURPOSE)
        if known and (outcome := await spent(w, known)) is not None:
            if outcome == form.decision:
                return
            raise AlreadyDecided("Une réponse a déjà été donnée avec ce formulaire.")
        _insist_open(document, w)
        _insist_version(document, form.version)
        decision = read_decision(form.decision, form.name, form.reason, form.until, today=paris_day(w.at))
        if not form.version.strip():
            raise Invalid.one("version", "Cette information est nécessaire.")
        spent_id = read_nonce(form.nonce, document.id, PURPOSE)
        document.state = insist(ACTIONS[decision.answer], Kind(document.kind), State(document.state)).value
        spend(w, spent_id, document, PURPOSE, decision.answer.value)
        _write(w, access, document, decision, spent_id, visitor)
        await note_engagement(w, access, document, visitor)


def _insist_open(document: Document, w: Work) -> None:
    kind, state = Kind(document.kind), State(document.state)
    if is_expired(kind, state, document.valid_until, paris_day(w.at)):
        raise Conflict("Ce devis a expiré. Écrivez-nous pour le remettre à jour.")
    if kind is Kind.QUOTE and document.became:
        raise AlreadyDecided("Ce devis a déjà eu une suite : il n’attend plus de réponse.")
    insist(Action.ACCEPT, kind, state)


def _insist_version(document: Document, version: str) -> None:
    text = version.strip()
    if text and text.isascii() and text.isdigit() and int(text[:9]) != document.version:
        raise StaleVersion(
            "Ce document a été modifié depuis que vous l’avez ouvert. Relisez-le avant de répondre."
        )
    if text and not (text.isascii() and text.isdigit()):
        raise Invalid.one("version", "Ce n’est pas un numéro de version.")


def _write(
    w: Work, access: Access, document: Document, decision: Decision, nonce: str, visitor: Visitor
) -> None:
    row = DecisionRow(
        id=new_id(),
        company_id=document.company_id,
        document_id=document.id,
        version=document.version,
        decision=decision.answer.value,
        name=decision.name,
        reason=decision.reason,
        until=decision.until,
        link_id=access.link.id,
        nonce=nonce,
        content_sha256=document.content_sha256 or "",
        amount_minor=document.gross_minor,
        currency=document.currency,
        address=visitor.address,
        user_agent=visitor.user_agent,
        at=w.at,
    )
    w.session.add(row)
    document.updated_at = w.at
    w.session.add(document)
    event = EVENTS[decision.answer]
    w.record(event, document, access.client, evidence_of(row))
    w.notify(event, document, {"name": decision.name, "number": document.number})
    w.publish(document, "decision")


def evidence_of(row: DecisionRow) -> dict[str, object]:
    """Every column of the answer, as its event keeps it: the audit compares the two."""
    evidence = row.model_dump(exclude={"company_id", "document_id", "id", "at", "until"})
    return {**evidence, "decision_id": row.id, "until": row.until.isoformat() if row.until else None}


async def latest_decision(session: AsyncSession, document_id: str) -> DecisionRow | None:
    query = select(DecisionRow).where(DecisionRow.document_id == document_id)
    return (
        await session.exec(query.order_by(col(DecisionRow.at).desc(), col(DecisionRow.id)).limit(1))
    ).first()

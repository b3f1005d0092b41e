"""Answers of the client: accept, refuse, hold. Exactly one wins, whoever answers at the same instant."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.decisions import ACTIONS, EVENTS, Answer, AnswerFields, Decision, read_decision
from webdoc_app.domain.documents import Kind, Totals
from webdoc_app.domain.errors import AlreadyDecided, Conflict, Invalid, StaleVersion, TooMany
from webdoc_app.domain.lifecycle import Action, State, insist, is_expired
from webdoc_app.locales import LANGUAGES
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Company, DecisionRow, Document, DocumentLine
from webdoc_app.models.columns import new_id
from webdoc_app.services.codes import code_needed, insist_code, try_code_with_token
from webdoc_app.services.decoding import Sender
from webdoc_app.services.deposits import ask_deposit, deposit_asked
from webdoc_app.services.documents import find_document, lines_of, totals_with
from webdoc_app.services.evidence import Circumstances, evidence_of_answer
from webdoc_app.services.mails import queue_decision_mail
from webdoc_app.services.nonces import nonce_id, read_nonce, spend, spent
from webdoc_app.services.pdfs import ensure_pdf, render_soon, stored_pdf
from webdoc_app.services.reminders import plan_return
from webdoc_app.services.sharing import Access, open_with_token
from webdoc_app.services.signatures import Drawing, read_signature
from webdoc_app.services.tracking import Visitor, note_engagement
from webdoc_app.services.wording import wording_of
from webdoc_app.services.work import Actor, Work, reading, work

PURPOSE = "decision"


@dataclass(frozen=True)
class DecisionForm:
    """The fields of an answer as they were sent, unread. `options` are ids of lines."""

    decision: str = ""
    version: str = ""
    nonce: str = ""
    name: str = ""
    quality: str = ""
    reason: str = ""
    until: str = ""
    options: Sequence[str] = ()
    signature: str = ""
    code: str = ""
    language: str = ""
    timezone: str = ""

    @property
    def fields(self) -> AnswerFields:
        return AnswerFields(
            self.decision, self.name, self.quality, self.reason, self.until, tuple(self.options)
        )


@dataclass(frozen=True)
class Signed:
    """An answer ready to be written: what it says, how it came, and what it adds up to."""

    decision: Decision
    totals: Totals
    circumstances: Circumstances
    nonce: str = ""
    signature: bytes | None = None
    visitor: Visitor = field(default_factory=Visitor)


async def decide_with_token(token: str, form: DecisionForm, visitor: Visitor) -> None:
    """Records an answer to the version that was read.

    Judged in this order: the link (NotFound, LinkGone); a nonce already spent (quiet when it asks for what it
    brought, else Conflict); decided or expired (AlreadyDecided, Conflict); the version (StaleVersion); fields,
    nonce and code (Invalid, Forbidden).
    """
    sender = await _have_pdf(token)
    # Decoded before the transaction, which others may wait for; refused in its turn, within it.
    drawing = await read_signature(form.signature if form.decision == Answer.ACCEPT else "", sender)
    if form.code.strip() and form.decision == Answer.ACCEPT:
        await try_code_with_token(token, form.code, form.nonce)
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
        signed = await _read(w, access, document, form, visitor, drawing)
        spend(w, signed.nonce, document, PURPOSE, signed.decision.answer.value)
        row = await write_decision(w, document, access.company, signed, access.client)
        w.notify(
            EVENTS[signed.decision.answer],
            document,
            {"name": signed.decision.name, "number": document.number},
        )
        deposit = await deposit_asked(w.session, document)
        await queue_decision_mail(w, document, access.company, access.link, row, deposit)
        await note_engagement(w, access, document, visitor)
    if deposit:
        await render_soon(document.company_id, deposit.id)


async def _have_pdf(token: str) -> Sender:
    """Whose answer it is. The proof names the PDF that was to be read: after a crash it may have to be rendered first."""
    async with reading() as session:
        access = await open_with_token(session, token)
        ready = await stored_pdf(session, access.document)
    if not ready:
        # An answer is not refused for a PDF that is not ready: the hash of what was read proves it, too.
        with suppress(Conflict, TooMany):
            await ensure_pdf(access.company.id, access.document.id)
    return Sender(access.company.id, access.link.id)


def _insist_open(document: Document, w: Work) -> None:
    kind, state = Kind(document.kind), State(document.state)
    if is_expired(kind, state, document.valid_until, paris_day(w.at)):
        raise Conflict("Ce devis a expiré. Écrivez-nous pour le remettre à jour.")
    if kind is Kind.QUOTE and document.became:
        raise AlreadyDecided("Ce devis a déjà eu une suite : il n’attend plus de réponse.")
    insist(Action.ACCEPT, kind, state)


def _insist_version(document: Document, version: str) -> None:
    text = version.strip()
    if text and text.isascii() and text.isdigit() and int(text[:9]) != document.version:
        raise StaleVersion(
            "Ce document a été modifié depuis que vous l’avez ouvert. Relisez-le avant de répondre.",
            read=int(text[:9]),
        )
    if text and not (text.isascii() and text.isdigit()):
        raise Invalid.one("version", "Ce n’est pas un numéro de version.")


async def _read(
    w: Work, access: Access, document: Document, form: DecisionForm, visitor: Visitor, drawing: Drawing
) -> Signed:
    lines = await lines_of(w.session, document.id)
    decision = read_decision(form.fields, today=paris_day(w.at), options=_choices(lines))
    if not form.version.strip():
        raise Invalid.one("version", "Cette information est nécessaire.")
    signature = drawing.insist()
    totals = totals_with(document, lines, decision.options)
    nonce = read_nonce(form.nonce, document.id, PURPOSE)
    code = None
    if decision.answer is Answer.ACCEPT and code_needed(access.company, document, totals.gross):
        code = await insist_code(w, access, document, nonce)
    language = form.language if form.language in LANGUAGES else document.language
    words = wording_of(decision.answer, document, language)
    how = Circumstances(words, language, form.timezone, access.link, code)
    return Signed(decision, totals, how, nonce, signature, visitor)


def _choices(lines: Sequence[DocumentLine]) -> list[str]:
    return [line.id for line in lines if line.is_optional]


async def write_decision(
    w: Work, document: Document, company: Company, signed: Signed, actor: Actor
) -> DecisionRow:
    """The answer as a row, its event, the document's new state, and the deposit invoice an acceptance asks for.

    Raises AlreadyDecided, Conflict.
    """
    decision, how = signed.decision, signed.circumstances
    document.state = insist(ACTIONS[decision.answer], Kind(document.kind), State(document.state)).value
    if decision.answer is Answer.ACCEPT:
        keep_options(document, decision.options, signed.totals)
    row = DecisionRow(
        id=new_id(),
        company_id=document.company_id,
        document_id=document.id,
        version=document.version,
        decision=decision.answer.value,
        name=decision.name,
        quality=decision.quality,
        reason=decision.reason,
        until=decision.until,
        options=canonical_json(list(decision.options)),
        link_id=how.link.id if how.link else None,
        nonce=signed.nonce,
        content_sha256=document.content_sha256 or "",
        amount_minor=document.agreed_gross_minor,
        currency=document.currency,
        address=signed.visitor.address,
        user_agent=signed.visitor.user_agent,
        recorded_by=how.recorder,
        evidence=canonical_json(await evidence_of_answer(w.session, document, company, how)),
        signature=signed.signature,
        signature_sha256=hashlib.sha256(signed.signature).hexdigest() if signed.signature else "",
        at=w.at,
    )
    w.session.add(row)
    document.updated_at = w.at
    w.session.add(document)
    w.record(EVENTS[decision.answer], document, actor, evidence_of(row))
    await plan_return(w, document, row)
    w.publish(document, "decision")
    if decision.answer is Answer.ACCEPT:
        await ask_deposit(w, document, company)
    return row


def keep_options(document: Document, options: Sequence[str], totals: Totals | None) -> None:
    """What the chosen options add to the totals the document was issued with; none takes them away again."""
    document.options = canonical_json(list(options))
    document.options_net_minor = totals.net - document.net_minor if totals and options else 0
    document.options_vat_minor = totals.vat - document.vat_minor if totals and options else 0


def evidence_of(row: DecisionRow) -> dict[str, object]:
    """Every column of the answer, as its event keeps it: the audit compares the two. A drawing is told by its hash."""
    evidence = row.model_dump(exclude={"company_id", "document_id", "id", "at", "until", "signature"})
    return {**evidence, "decision_id": row.id, "until": row.until.isoformat() if row.until else None}


async def latest_decision(session: AsyncSession, document_id: str) -> DecisionRow | None:
    query = select(DecisionRow).where(DecisionRow.document_id == document_id)
    return (
        await session.exec(query.order_by(col(DecisionRow.at).desc(), col(DecisionRow.id)).limit(1))
    ).first()

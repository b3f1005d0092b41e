"""What the merchant does about answers: notes one given by phone or on paper, and reopens one."""

from sqlmodel import or_, select

from webdoc_app.domain import text
from webdoc_app.domain.decisions import AnswerFields, read_decision
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import AlreadyDecided, Conflict
from webdoc_app.domain.lifecycle import Action, State, insist
from webdoc_app.locales import translate
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Company, Document
from webdoc_app.services.decisions import Signed, keep_options, latest_decision, write_decision
from webdoc_app.services.deposits import deposit_asked, take_back_deposit
from webdoc_app.services.documents import find_document, lines_of, totals_with
from webdoc_app.services.evidence import Circumstances
from webdoc_app.services.mails import queue_decision_mail
from webdoc_app.services.pdfs import render_soon
from webdoc_app.services.reminders import drop_returns
from webdoc_app.services.sharing import main_link
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import Actor, Work, work

_WORDING = "Réponse donnée hors de la page et saisie par l’émetteur."


async def record_answer(
    company_id: str, document_id: str, fields: AnswerFields, actor: Actor, visitor: Visitor | None = None
) -> None:
    """Notes the answer a client gave elsewhere; its proof says who noted it, and the client is told by mail.

    Raises NotFound, AlreadyDecided, Conflict, Invalid. An expired quote may be honoured.
    """
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        insist(Action.ACCEPT, Kind(document.kind), State(document.state))
        if document.kind == Kind.QUOTE and document.became:
            raise AlreadyDecided("Ce devis a déjà eu une suite : il n’attend plus de réponse.")
        company = await w.session.get_one(Company, company_id)
        lines = await lines_of(w.session, document.id)
        optional = [line.id for line in lines if line.is_optional]
        decision = read_decision(fields, today=paris_day(w.at), options=optional)
        totals = totals_with(document, lines, decision.options)
        words = translate(_WORDING, document.language)
        how = Circumstances(words, document.language, recorder=actor.name or actor.kind)
        signed = Signed(decision, totals, how, visitor=visitor or Visitor())
        row = await write_decision(w, document, company, signed, actor)
        deposit = await deposit_asked(w.session, document)
        if link := await main_link(w.session, document.id):
            await queue_decision_mail(w, document, company, link, row, deposit)
    if deposit:
        await render_soon(company_id, deposit.id)


async def reopen_decision(company_id: str, document_id: str, reason: str, actor: Actor) -> None:
    """Lets the client answer anew. The former answer stays in the history and in its certificate.

    Its deposit invoice does not stand in the way: an unpaid one is credited, a paid one stays. Raises Conflict where
    nothing was answered, or where another document was already made from this one.
    """
    why = text.clean(reason, field="reason", limit=2_000)
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        reopened = insist(Action.REOPEN, Kind(document.kind), State(document.state))
        await _insist_nothing_followed(w, document)
        credited = await take_back_deposit(w, document, actor)
        document.state = reopened.value
        former = await latest_decision(w.session, document.id)
        keep_options(document, (), None)
        document.updated_at = w.at
        w.session.add(document)
        await drop_returns(w, document)
        data = {"decision_id": former.id if former else None, "reason": why}
        w.record("decision.reopened", document, actor, data)
        w.publish(document, "decision")
    for note_id in credited:
        await render_soon(company_id, note_id)


async def _insist_nothing_followed(w: Work, document: Document) -> None:
    query = select(Document.id).where(
        Document.company_id == document.company_id,
        Document.origin_id == document.id,
        or_(Document.kind != Kind.DEPOSIT.value, Document.state == State.DRAFT.value),
    )
    if document.became or (await w.session.exec(query)).first():
        raise Conflict(
            "Ce document a déjà eu une suite : sa réponse ne se rouvre plus. Supprimez d’abord le brouillon qui en vient."
        )

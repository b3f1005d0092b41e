"""Sending a document: a mail with its link, as a row of the outbox, in the transaction that says it was sent."""

from dataclasses import dataclass

from sqlmodel import func, select

from webdoc_app.domain import text
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.domain.lifecycle import Action, State, after_sending, insist
from webdoc_app.domain.placeholders import Wording
from webdoc_app.domain.sharing import LinkState
from webdoc_app.models import Company, Document, StoredPdf
from webdoc_app.services.documents import find_document
from webdoc_app.services.mails import queue_document_mail, usual_letter
from webdoc_app.services.sharing import link_to, standing
from webdoc_app.services.work import Actor, Work, work

HEAVIEST = 7_000_000
"""Bytes of a PDF in a mail: it grows by a third on its way, and many servers take 10 MB."""


@dataclass(frozen=True)
class Letter:
    """What the mail says and whose link it brings, by default the main recipient's.

    Empty fields take the usual words, and the address of the link's recipient. `attach_pdf` None is as the company
    has it.
    """

    to: str = ""
    subject: str = ""
    message: str = ""
    link_id: str | None = None
    attach_pdf: bool | None = None


async def send_document(company_id: str, document_id: str, letter: Letter, actor: Actor) -> None:
    """Queues the mail and marks the document as sent.

    Raises NotFound, Conflict for a draft or a closed link, Invalid on `to` (no address known), `subject`, `message`, and
    on `attach_pdf` where the PDF is asked for and weighs too much; one attached by habit is left out then.
    """
    subject = text.clean_line(letter.subject, field="subject", limit=text.TITLE)
    message = text.clean(letter.message, field="message", limit=text.TEXT)
    to = text.clean_email(letter.to, field="to")
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        insist(Action.SEND, Kind(document.kind), State(document.state))
        company = await w.session.get_one(Company, company_id)
        link = await link_to(w.session, document.id, letter.link_id)
        to = to or link.recipient_email
        if not to:
            raise Invalid.one(
                "to", "Ce client n’a pas d’adresse électronique. Indiquez à qui envoyer ce document."
            )
        if standing(link, w.at) is not LinkState.ACTIVE:
            raise Conflict("Le lien de ce document est désactivé. Remplacez-le avant d’envoyer.")
        link.recipient_email = link.recipient_email or to
        w.session.add(link)
        usual = await usual_letter(w.session, document, company)
        mail = queue_document_mail(
            w,
            document,
            company,
            link,
            to=to,
            words=Wording(subject or usual.subject, message or usual.body),
            with_pdf=await _attaches(w, document, company, letter.attach_pdf),
        )
        document.state = after_sending(State(document.state)).value
        document.sent_at = document.updated_at = w.at
        w.session.add(document)
        data = {"to": to, "link_id": link.id, "message_id": mail.message_id}
        w.record("document.sent", document, actor, data)
        w.publish(document, "sent")


async def _attaches(w: Work, document: Document, company: Company, wanted: bool | None) -> bool:
    if not (company.attach_pdf if wanted is None else wanted):
        return False
    query = select(func.length(StoredPdf.data)).where(
        StoredPdf.document_id == document.id, StoredPdf.version == document.version
    )
    fits = ((await w.session.exec(query)).first() or 0) <= HEAVIEST
    if wanted and not fits:
        raise Invalid.one("attach_pdf", "Le PDF est trop lourd pour un courriel. Envoyez le lien seul.")
    return fits

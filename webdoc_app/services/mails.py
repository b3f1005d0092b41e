"""Mails as rows of the outbox: text and HTML in the reader's language, one link, one recipient."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import Kind
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time, long_date, money, paris_day
from webdoc_app.models import Company, DecisionRow, Document, OutboxMail, Payment, ShareLink, User
from webdoc_app.models.columns import new_id
from webdoc_app.services.sharing import Access, token_of, url_of
from webdoc_app.services.work import Work, runtime

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "mail"


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def _render(template: str, language: str, **values: Any) -> str:
    def _(sentence: str, **params: object) -> str:
        return translate(sentence, language, params)

    return _environment().get_template(template).render(_=_, language=language, **values)


def queue_document_mail(
    w: Work,
    document: Document,
    company: Company,
    link: ShareLink,
    *,
    url: str,
    to: str,
    subject: str,
    message: str,
) -> OutboxMail:
    """The mail that brings a document: the message, and the link as its one button."""
    values = {
        "company": company,
        "recipient": link.recipient_name,
        "message": message,
        "url": url,
        "button": translate("Voir le document", document.language),
        "footer": translate(
            "Ce lien vous est personnel : il donne accès à votre document.", document.language
        ),
    }
    return _queue(
        w,
        document.language,
        purpose="document",
        company=company,
        document_id=document.id,
        to_name=link.recipient_name,
        to_email=to,
        subject=subject,
        values=values,
        link=link,
    )


def queue_decision_mail(
    w: Work, document: Document, company: Company, link: ShareLink, decision: DecisionRow
) -> OutboxMail | None:
    """Confirms an answer to the link's recipient, with the document's frozen PDF. None where no address is known."""
    if not link.recipient_email:
        return None
    language = document.language
    params = {
        "name": decision.name,
        "document": document.number or "",
        "amount": money(decision.amount_minor, decision.currency, language),
        "date": date_and_time(decision.at, language),
        "until": long_date(decision.until, language) if decision.until else "",
    }
    values = {
        "company": company,
        "recipient": link.recipient_name,
        "message": translate(_confirmation(document, decision), language, params),
        "url": url_of(token_of(link, document.id)),
        "button": translate("Voir le document", language),
        "footer": translate(
            "Le document est joint tel qu’il était. L’attestation de votre réponse se télécharge sur la page.",
            language,
        ),
    }
    return _queue(
        w,
        language,
        purpose="decision",
        company=company,
        document_id=document.id,
        to_name=link.recipient_name,
        to_email=link.recipient_email,
        subject=translate("Votre réponse · %(document)s", language, params),
        values=values,
        link=link,
        attachments=[{"kind": "document", "document_id": document.id, "version": decision.version}],
    )


def _confirmation(document: Document, decision: DecisionRow) -> str:
    if decision.recorded_by:
        return (
            "Nous avons noté le %(date)s la réponse donnée par %(name)s au document %(document)s. Elle se lit sur la "
            "page. Si elle n’est pas la vôtre, écrivez-nous."
        )
    if decision.decision == Answer.HOLD:
        if decision.until:
            return (
                "Votre réponse est enregistrée : le document %(document)s est en attente depuis le %(date)s. Nous vous "
                "le rappellerons le %(until)s."
            )
        return "Votre réponse est enregistrée : le document %(document)s est en attente depuis le %(date)s."
    if decision.decision == Answer.REFUSE:
        return "Votre réponse est enregistrée : %(name)s a refusé le document %(document)s le %(date)s."
    if document.kind == Kind.DELIVERY:
        return "Votre réponse est enregistrée : %(name)s a confirmé la livraison %(document)s le %(date)s."
    return (
        "Votre réponse est enregistrée : %(name)s a accepté le document %(document)s, d’un montant de %(amount)s, le "
        "%(date)s."
    )


def queue_code_mail(w: Work, access: Access, code: str) -> OutboxMail:
    """The one-time code of an acceptance, to the link's recipient."""
    language, document = access.document.language, access.document
    params = {"code": f"{code[:4]}\N{NO-BREAK SPACE}{code[4:]}", "document": document.number or ""}
    values = {
        "company": access.company,
        "recipient": access.link.recipient_name,
        "message": translate(
            "Votre code pour accepter %(document)s : %(code)s. Il est bon dix minutes. Ne le donnez à personne.",
            language,
            params,
        ),
        "url": url_of(access.token),
        "button": translate("Revenir au document", language),
        "footer": translate("Si vous n’avez rien demandé, ignorez ce courriel.", language),
    }
    return _queue(
        w,
        language,
        purpose="code",
        company=access.company,
        document_id=document.id,
        to_name=access.link.recipient_name,
        to_email=access.link.recipient_email,
        subject=translate("Votre code · %(document)s", language, params),
        values=values,
        link=access.link,
    )


def queue_renewal_mail(w: Work, document: Document, company: Company, link: ShareLink, to: str) -> OutboxMail:
    """The present address of a link, for whoever asked for it with an older one. It goes to the recipient alone."""
    language = document.language
    params = {"document": document.number or ""}
    values = {
        "company": company,
        "recipient": link.recipient_name,
        "message": translate("Voici votre nouveau lien vers %(document)s, comme demandé.", language, params),
        "url": url_of(token_of(link, document.id)),
        "button": translate("Voir le document", language),
        "footer": translate(
            "Si vous n’avez rien demandé, ignorez ce courriel : il n’est parti qu’à vous.", language
        ),
    }
    return _queue(
        w,
        language,
        purpose="renewal",
        company=company,
        document_id=document.id,
        to_name=link.recipient_name,
        to_email=to,
        subject=translate("Votre nouveau lien · %(document)s", language, params),
        values=values,
        link=link,
    )


def queue_return_mail(
    w: Work, document: Document, company: Company, decision: DecisionRow, *, to_name: str, to: str, url: str
) -> OutboxMail:
    """On the day a hold ends: the document is back, for whoever of both sides is written to."""
    language = document.language
    params = {
        "name": decision.name,
        "document": document.number or "",
        "date": long_date(paris_day(decision.at), language),
    }
    values = {
        "company": company,
        "recipient": to_name,
        "message": translate(
            "Le document %(document)s avait été mis en attente jusqu’à aujourd’hui, le %(date)s, par %(name)s. Il "
            "attend toujours une réponse.",
            language,
            params,
        ),
        "url": url,
        "button": translate("Voir le document", language),
        "footer": translate("Vous recevez ce rappel une seule fois.", language),
    }
    return _queue(
        w,
        language,
        purpose="return",
        company=company,
        document_id=document.id,
        to_name=to_name,
        to_email=to,
        subject=translate("Rappel · %(document)s", language, params),
        values=values,
    )


def queue_followup_mail(
    w: Work, document: Document, company: Company, link: ShareLink, *, to: str, subject: str, message: str
) -> OutboxMail:
    """A reminder: the company's words, and the link as its one button."""
    language = document.language
    values = {
        "company": company,
        "recipient": link.recipient_name,
        "message": message,
        "url": url_of(token_of(link)),
        "button": translate("Voir le document", language),
        "footer": translate("Ce lien vous est personnel : il donne accès à votre document.", language),
    }
    mail = _queue(
        w,
        language,
        purpose="followup",
        company=company,
        document_id=document.id,
        to_name=link.recipient_name,
        to_email=to,
        subject=subject,
        values=values,
    )
    mail.link_id = link.id
    return mail


def queue_receipt_mail(
    w: Work, document: Document, company: Company, link: ShareLink, payment: Payment
) -> OutboxMail:
    """Confirms a payment to the link's recipient; the receipt itself waits on the page."""
    language = document.language
    params = {
        "amount": money(payment.amount_minor, payment.currency, language),
        "document": document.number or "",
        "date": long_date(payment.paid_on, language),
    }
    values = {
        "company": company,
        "recipient": link.recipient_name,
        "message": translate(
            "Merci ! Votre paiement de %(amount)s pour %(document)s est reçu, le %(date)s.", language, params
        ),
        "url": url_of(token_of(link, document.id)),
        "button": translate("Voir le reçu", language),
        "footer": translate("Le reçu se télécharge sur la page du document.", language),
    }
    return _queue(
        w,
        language,
        purpose="receipt",
        company=company,
        document_id=document.id,
        to_name=link.recipient_name,
        to_email=link.recipient_email,
        subject=translate("Paiement reçu · %(document)s", language, params),
        values=values,
    )


def queue_password_mail(w: Work, user: User, company: Company, token: str) -> OutboxMail:
    """The mail that lets a user choose a new password."""
    language = company.language
    values = {
        "company": company,
        "recipient": user.name,
        "message": translate(
            "Vous avez demandé un nouveau mot de passe. Ce lien permet de le choisir pendant une heure.",
            language,
        ),
        "url": f"{runtime().origin}/reset/{token}",
        "button": translate("Choisir un mot de passe", language),
        "footer": translate("Si vous n’avez rien demandé, ignorez ce courriel.", language),
    }
    return _queue(
        w,
        language,
        purpose="password",
        company=company,
        document_id=None,
        to_name=user.name,
        to_email=user.email,
        subject=translate("Votre mot de passe Webdoc", language),
        values=values,
    )


def queue_news_mail(
    w: Work, user: User, company: Company, *, subject: str, sentences: Sequence[str], path: str
) -> OutboxMail:
    """News for a user of the company: what clients did, and the way to it."""
    language = company.language
    values = {
        "company": company,
        "recipient": user.name,
        "message": "\n".join(sentences),
        "url": runtime().origin + path,
        "button": translate("Ouvrir Webdoc", language),
        "footer": translate("Vous choisissez dans les réglages ce qui vous parvient par courriel.", language),
    }
    return _queue(
        w,
        language,
        purpose="news",
        company=company,
        document_id=None,
        to_name=user.name,
        to_email=user.email,
        subject=subject,
        values=values,
    )


def _queue(
    w: Work,
    language: str,
    *,
    purpose: str,
    company: Company,
    document_id: str | None,
    to_name: str,
    to_email: str,
    subject: str,
    values: dict[str, Any],
    link: ShareLink | None = None,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> OutboxMail:
    mail_id = new_id()
    values = {**values, "accent": company.color}
    domain = runtime().origin.split("://")[-1].split(":")[0]
    mail = OutboxMail(
        id=mail_id,
        company_id=company.id,
        document_id=document_id,
        link_id=link.id if link else None,
        purpose=purpose,
        to_name=to_name,
        to_email=to_email,
        from_name=company.name,
        reply_to=company.email,
        subject=subject,
        text_body=_render("letter.txt", language, **values),
        html_body=_render("letter.html", language, **values),
        attachments=canonical_json([dict(item) for item in attachments]),
        message_id=f"<{mail_id}@{domain}>",
        next_at=w.at,
        created_at=w.at,
    )
    w.session.add(mail)
    return mail

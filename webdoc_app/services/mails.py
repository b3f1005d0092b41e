"""Mails as rows of the outbox: text and HTML in the reader's language, one link, one recipient."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webdoc_app.locales import translate
from webdoc_app.models import Company, Document, OutboxMail, ShareLink, User
from webdoc_app.models.columns import new_id
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
            "Ce lien vous est personnel : il donne accès à votre document.", document.language
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
) -> OutboxMail:
    mail_id = new_id()
    values = {**values, "accent": company.color}
    domain = runtime().origin.split("://")[-1].split(":")[0]
    mail = OutboxMail(
        id=mail_id,
        company_id=company.id,
        document_id=document_id,
        purpose=purpose,
        to_name=to_name,
        to_email=to_email,
        from_name=company.name,
        reply_to=company.email,
        subject=subject,
        text_body=_render("letter.txt", language, **values),
        html_body=_render("letter.html", language, **values),
        message_id=f"<{mail_id}@{domain}>",
        next_at=w.at,
        created_at=w.at,
    )
    w.session.add(mail)
    return mail

"""Mails as rows of the outbox: text and HTML in the reader's language, one link, one recipient.

What clients read is worded by their company or as usual (`mail_words`); what its own people read is the product's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.mail_words import LETTERS, MailKind, answered_kind, sent_kind
from webdoc_app.domain.placeholders import Wording, filled
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time, long_date, money, paris_day
from webdoc_app.models import Company, DecisionRow, Document, OutboxMail, Payment, ShareLink, User
from webdoc_app.models.columns import new_id
from webdoc_app.services.letters import Page, html_of, text_of
from webdoc_app.services.mail_addresses import reply_address
from webdoc_app.services.mail_words import usual_words, words_of
from webdoc_app.services.sharing import Access, token_of, url_of
from webdoc_app.services.work import Work, runtime


@dataclass(frozen=True)
class To:
    """One recipient, and where the mail's link leads. `link` is theirs; the company's own people have none."""

    name: str
    email: str
    url: str
    link: ShareLink | None = None


def _to(link: ShareLink, document: Document, email: str = "") -> To:
    return To(link.recipient_name, email or link.recipient_email, url_of(token_of(link, document.id)), link)


async def usual_letter(session: AsyncSession, document: Document, company: Company) -> Wording:
    """What the mail that brings an issued document says, where nobody writes something else."""
    words = await words_of(session, company.id, sent_kind(Kind(document.kind)), document.language)
    values = {
        "amount": money(document.agreed_gross_minor, document.currency, document.language),
        "date": long_date(document.issue_date, document.language) if document.issue_date else "",
    }
    return filled(words, {**_common(document, company), **values})


def queue_document_mail(
    w: Work,
    document: Document,
    company: Company,
    link: ShareLink,
    *,
    to: str,
    words: Wording,
    with_pdf: bool = False,
) -> OutboxMail:
    """The mail that brings a document: the message, the link as its one button, the frozen PDF `with_pdf`."""
    kind = sent_kind(Kind(document.kind))
    files = [_frozen(document, document.version)] if with_pdf else []
    return _queue_letter(w, kind, "document", document, company, _to(link, document, to), words, files)


async def queue_message_mail(
    w: Work, document: Document, company: Company, link: ShareLink, *, to: str, message: str
) -> OutboxMail:
    """A message of the conversation, where the merchant wants the client told of it."""
    words = await _words(w, MailKind.MESSAGE, document, company, {"message": message})
    to_link = _to(link, document, to)
    return _queue_letter(w, MailKind.MESSAGE, "document", document, company, to_link, words)


async def queue_decision_mail(
    w: Work,
    document: Document,
    company: Company,
    link: ShareLink,
    decision: DecisionRow,
    deposit: Document | None = None,
) -> OutboxMail | None:
    """Confirms an answer to the link's recipient, with the document's frozen PDF, and says what is to pay now.

    None where no address is known.
    """
    if not link.recipient_email:
        return None
    language = document.language
    kind = answered_kind(
        Kind(document.kind),
        Answer(decision.decision),
        has_day=decision.until is not None,
        is_noted=bool(decision.recorded_by),
    )
    values = {
        "name": decision.name,
        "amount": money(decision.amount_minor, decision.currency, language),
        "date": date_and_time(decision.at, language),
        "until": long_date(decision.until, language) if decision.until else "",
    }
    words = await _words(w, kind, document, company, values)
    if deposit and decision.decision == Answer.ACCEPT:
        words = replace(words, body=f"{words.body}\n\n{_deposit_words(deposit, language)}")
    files = [_frozen(document, decision.version)]
    return _queue_letter(w, kind, "decision", document, company, _to(link, document), words, files)


def _deposit_words(deposit: Document, language: str) -> str:
    words = {"amount": money(deposit.gross_minor, deposit.currency, language), "number": deposit.number}
    sentence = "Un acompte de %(amount)s est à régler (facture %(number)s). La page de votre document y mène."
    return translate(sentence, language, words)


def _frozen(document: Document, version: int) -> dict[str, Any]:
    return {"kind": "document", "document_id": document.id, "version": version}


async def queue_code_mail(w: Work, access: Access, code: str) -> OutboxMail:
    """The one-time code of an acceptance, to the link's recipient."""
    document, link = access.document, access.link
    values = {"code": f"{code[:4]}\N{NO-BREAK SPACE}{code[4:]}"}
    words = await _words(w, MailKind.CODE, document, access.company, values)
    return _queue_letter(w, MailKind.CODE, "code", document, access.company, _to(link, document), words)


async def queue_renewal_mail(
    w: Work, document: Document, company: Company, link: ShareLink, to: str
) -> OutboxMail:
    """The present address of a link, for whoever asked for it with an older one. It goes to the recipient alone."""
    words = await _words(w, MailKind.RENEWAL, document, company)
    return _queue_letter(w, MailKind.RENEWAL, "renewal", document, company, _to(link, document, to), words)


async def queue_return_mail(
    w: Work, document: Document, company: Company, decision: DecisionRow, to: To
) -> OutboxMail:
    """On the day a hold ends: the document is back, for whoever of both sides is written to.

    The company's own words are for its client.
    """
    values = {"name": decision.name, "date": long_date(paris_day(decision.at), document.language)}
    if to.link:
        words = await _words(w, MailKind.RETURN, document, company, values)
    else:
        usual = usual_words(MailKind.RETURN, document.language)
        words = filled(usual, {**_common(document, company), **values})
    return _queue_letter(w, MailKind.RETURN, "return", document, company, to, words)


def queue_followup_mail(
    w: Work, document: Document, company: Company, link: ShareLink, *, to: str, words: Wording
) -> OutboxMail:
    """A reminder: the company's words, and the link as its one button."""
    kind = sent_kind(Kind(document.kind))
    return _queue_letter(w, kind, "followup", document, company, _to(link, document, to), words)


async def queue_receipt_mail(
    w: Work, document: Document, company: Company, link: ShareLink, payment: Payment
) -> OutboxMail:
    """Confirms a payment to the link's recipient, with the receipt."""
    values = {
        "amount": money(payment.amount_minor, payment.currency, document.language),
        "date": long_date(payment.paid_on, document.language),
    }
    words = await _words(w, MailKind.RECEIPT, document, company, values)
    files = [{"kind": "receipt", "document_id": document.id, "payment_id": payment.id}]
    to = _to(link, document)
    return _queue_letter(w, MailKind.RECEIPT, "receipt", document, company, to, words, files)


def queue_password_mail(w: Work, user: User, company: Company, token: str) -> OutboxMail:
    """The mail that lets a user choose a new password."""
    language = company.language
    message = translate(
        "Vous avez demandé un nouveau mot de passe. Ce lien permet de le choisir pendant une heure.", language
    )
    url = f"{runtime().origin}/reset/{token}"
    button = translate("Choisir un mot de passe", language)
    footer = translate("Si vous n’avez rien demandé, ignorez ce courriel.", language)
    page = Page(company, user.name, message, url, button, footer)
    subject = translate("Votre mot de passe Webdoc", language)
    return _queue(w, page, language, purpose="password", to_email=user.email, subject=subject)


def queue_account_mail(
    w: Work,
    *,
    to: tuple[str, str],
    company: Company | None,
    language: str,
    subject: str,
    sentence: str,
    button: str,
    path: str,
    footer: str,
) -> OutboxMail:
    """About an account, to whoever has it or asks for it: `to` is a name and an address, the texts are msgids.

    Without a `company` it is nobody's but the installation's.
    """
    sender = company or Company(name="Webdoc", created_at=w.at)
    words = [translate(each, language) for each in (sentence, button, footer)]
    page = Page(sender, to[0], words[0], runtime().origin + path, words[1], words[2])
    mail = _queue(w, page, language, purpose="account", to_email=to[1], subject=translate(subject, language))
    mail.company_id = company.id if company else None
    return mail


def queue_news_mail(
    w: Work, user: User, company: Company, *, subject: str, sentences: Sequence[str], path: str
) -> OutboxMail:
    """News for a user of the company: what clients did, and the way to it."""
    language = company.language
    button = translate("Ouvrir Webdoc", language)
    footer = translate("Vous choisissez dans les réglages ce qui vous parvient par courriel.", language)
    page = Page(company, user.name, "\n".join(sentences), runtime().origin + path, button, footer)
    return _queue(w, page, language, purpose="news", to_email=user.email, subject=subject)


async def _words(
    w: Work, kind: MailKind, document: Document, company: Company, values: Mapping[str, str] | None = None
) -> Wording:
    words = await words_of(w.session, company.id, kind, document.language)
    return filled(words, {**_common(document, company), **(values or {})})


def _common(document: Document, company: Company) -> dict[str, str]:
    return {"company": company.name, "number": document.number or ""}


def _queue_letter(
    w: Work,
    kind: MailKind,
    purpose: str,
    document: Document,
    company: Company,
    to: To,
    words: Wording,
    files: Sequence[Mapping[str, Any]] = (),
) -> OutboxMail:
    language, letter = document.language, LETTERS[kind]
    button, footer = translate(letter.button, language), translate(letter.footer, language)
    page = Page(company, to.name, words.body, to.url, button, footer)
    mail = _queue(w, page, language, purpose=purpose, to_email=to.email, subject=words.subject, files=files)
    mail.document_id, mail.link_id = document.id, to.link.id if to.link else None
    if to.link:
        mail.reply_to = reply_address(to.link, document.id) or mail.reply_to
    return mail


def _queue(
    w: Work,
    page: Page,
    language: str,
    *,
    purpose: str,
    to_email: str,
    subject: str,
    files: Sequence[Mapping[str, Any]] = (),
) -> OutboxMail:
    mail_id = new_id()
    domain = runtime().origin.split("://")[-1].split(":")[0]
    mail = OutboxMail(
        id=mail_id,
        company_id=page.company.id,
        purpose=purpose,
        to_name=page.recipient,
        to_email=to_email,
        from_name=page.company.name,
        reply_to=page.company.email,
        subject=subject,
        text_body=text_of(page, language),
        html_body=html_of(page, language),
        attachments=canonical_json([dict(item) for item in files]),
        message_id=f"<{mail_id}@{domain}>",
        next_at=w.at,
        created_at=w.at,
    )
    w.session.add(mail)
    return mail

"""The words of a company's mails: its own where it wrote any, else the usual ones."""

from typing import Literal

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import FieldError, Invalid
from webdoc_app.domain.mail_words import LETTERS, MailKind, insist_words
from webdoc_app.domain.placeholders import Wording
from webdoc_app.locales import LANGUAGES, translate
from webdoc_app.models import MailWording
from webdoc_app.services.work import insert_once, work

_PARTS: tuple[Literal["subject", "body"], ...] = ("subject", "body")


def usual_words(kind: MailKind, language: str) -> Wording:
    usual = LETTERS[kind].usual
    return Wording(translate(usual.subject, language), translate(usual.body, language))


async def words_of(session: AsyncSession, company_id: str, kind: MailKind, language: str) -> Wording:
    """What the mail says in `language`, its variables still to fill."""
    row = await session.get(MailWording, (company_id, kind.value, language))
    usual = usual_words(kind, language)
    return Wording(row.subject or usual.subject, row.body or usual.body) if row else usual


async def own_words(session: AsyncSession, company_id: str) -> set[tuple[str, str]]:
    """Kind and language of every wording that is the company's own."""
    query = select(MailWording.kind, MailWording.language).where(MailWording.company_id == company_id)
    return {(kind, language) for kind, language in (await session.exec(query)).all()}


def read_words(kind_name: str, language: str, subject: str, body: str) -> tuple[MailKind, Wording]:
    """Words as they were typed, checked. Raises Invalid naming every field at fault: kind, language, subject, body."""
    if kind_name not in MailKind.__members__.values():
        raise Invalid.one("kind", "Ce courriel n’existe pas.")
    if language not in LANGUAGES:
        raise Invalid.one("language", "Cette langue n’est pas proposée.")
    kind = MailKind(kind_name)
    errors: list[FieldError] = []
    found = dict.fromkeys(_PARTS, "")
    for part, raw in zip(_PARTS, (subject, body), strict=True):
        try:
            found[part] = insist_words(kind, part, _clean(part, raw))
        except Invalid as invalid:
            errors += invalid.errors
    if errors:
        raise Invalid(errors)
    return kind, Wording(**found)


def _clean(part: str, raw: str) -> str:
    if part == "subject":
        return text.clean_line(raw, field=part, limit=text.TITLE)
    return text.clean(raw, field=part, limit=text.TEXT)


async def set_words(company_id: str, kind_name: str, language: str, subject: str, body: str) -> None:
    """Writes both texts of a mail, or takes the company's own away where they are empty or the usual ones.

    Raises Invalid naming every field at fault.
    """
    kind, words = read_words(kind_name, language, subject, body)
    usual = usual_words(kind, language)
    own = Wording(
        "" if words.subject == usual.subject else words.subject,
        "" if words.body == usual.body else words.body,
    )
    async with work() as w:
        key = {"company_id": company_id, "kind": kind.value, "language": language}
        if own.subject or own.body:
            await insert_once(w.session, MailWording, {**key, "subject": "", "body": ""})
        row = await w.session.get(MailWording, tuple(key.values()), with_for_update=True)
        if row is None:
            return
        if not own.subject and not own.body:
            await w.session.delete(row)
            return
        row.subject, row.body = own.subject, own.body
        w.session.add(row)

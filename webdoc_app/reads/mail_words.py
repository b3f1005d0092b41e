"""The words of mails as they are edited, and what a client would read, from the templates that send."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.mail_words import GROUPS, LETTERS, MailKind, meaning_of
from webdoc_app.domain.placeholders import Wording, filled, place_of
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time, long_date, money, paris_day
from webdoc_app.models import Company
from webdoc_app.services.letters import Page, html_of, text_of
from webdoc_app.services.mail_words import own_words, usual_words, words_of
from webdoc_app.services.work import now, runtime

_SERIES = {
    MailKind.ORDER: "C",
    MailKind.DELIVERY: "BL",
    MailKind.RECEIVED: "BL",
    MailKind.INVOICE: "F",
    MailKind.DEPOSIT: "F",
    MailKind.RECEIPT: "F",
    MailKind.CREDIT: "A",
}


@dataclass(frozen=True)
class MailChoice:
    """A kind of mail to choose. `is_own` where the company wrote its words, in any language."""

    kind: str
    label: str
    is_own: bool


@dataclass(frozen=True)
class MailGroup:
    label: str
    choices: tuple[MailChoice, ...]


@dataclass(frozen=True)
class Variable:
    place: str
    meaning: str
    is_needed: bool


@dataclass(frozen=True)
class MailForm:
    """One mail in one language, as the texts of its fields."""

    kind: str = ""
    language: str = "fr"
    subject: str = ""
    body: str = ""
    is_own: bool = False
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True)
class MailPreview:
    """A mail as it would arrive: `html` is a whole page, to be shown where nothing in it can do anything."""

    subject: str = ""
    text: str = ""
    html: str = ""


async def choices_of(session: AsyncSession, company_id: str, language: str) -> list[MailGroup]:
    """Every kind of mail, in the language of whoever chooses."""
    own = {kind for kind, _ in await own_words(session, company_id)}
    return [
        MailGroup(
            translate(label, language),
            tuple(
                MailChoice(kind.value, translate(LETTERS[kind].label, language), kind.value in own)
                for kind in kinds
            ),
        )
        for label, kinds in GROUPS.items()
    ]


async def form_of(
    session: AsyncSession, company_id: str, kind: MailKind, language: str, reader: str
) -> MailForm:
    """The words in `language`, what their variables mean in the language of the `reader`."""
    letter, words = LETTERS[kind], await words_of(session, company_id, kind, language)
    variables = tuple(
        Variable(place_of(name), translate(meaning_of(kind, name), reader), name in letter.needed)
        for name in letter.variables
    )
    is_own = words != usual_words(kind, language)
    return MailForm(kind.value, language, words.subject, words.body, is_own, variables)


def preview_of(company: Company, kind: MailKind, language: str, words: Wording) -> MailPreview:
    """The mail with an example's values; an empty text is the usual one. The button leads nowhere."""
    letter, usual = LETTERS[kind], usual_words(kind, language)
    wanted = Wording(words.subject.strip() or usual.subject, words.body.strip() or usual.body)
    shown = filled(wanted, _example(company, kind, language))
    button, footer = translate(letter.button, language), translate(letter.footer, language)
    page = Page(company, "Claire Fontaine", shown.body, f"{runtime().origin}/d/…", button, footer)
    nowhere = Page(company, page.recipient, page.message, "#", button, footer)
    return MailPreview(shown.subject, text_of(page, language), html_of(nowhere, language))


def _example(company: Company, kind: MailKind, language: str) -> dict[str, str]:
    today = paris_day(now())
    day = long_date(today, language)
    return {
        "name": "Claire Fontaine",
        "company": company.name,
        "number": f"{_SERIES.get(kind, 'D')}-{today.year}-00012",
        "amount": money(438_000, "EUR", language),
        "date": date_and_time(now(), language) if kind.value.startswith("decision.") else day,
        "until": day,
        "message": translate("Bonjour, la livraison est prévue jeudi matin.", language),
        "code": "1234\N{NO-BREAK SPACE}5678",
    }

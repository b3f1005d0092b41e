"""The state behind the settings of mails: one kind in one language at a time, seen as it is typed."""

from typing import Any

import reflex as rx

from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.domain.mail_words import MailKind
from webdoc_app.domain.placeholders import Wording
from webdoc_app.locales import known_language, translate
from webdoc_app.models import Company
from webdoc_app.reads.mail_words import MailForm, MailGroup, MailPreview, choices_of, form_of, preview_of
from webdoc_app.services.mail_words import read_words, set_words
from webdoc_app.services.work import reading
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice

LONGEST = 20_000
"""What is typed is kept for the preview up to here; saving says that it is too long."""


class MailsPage(rx.State):
    """`subject` and `body` are what is typed now; `form` what is stored. `turn` makes the fields anew."""

    groups: list[MailGroup] = []
    form: MailForm = MailForm()
    subject: str = ""
    body: str = ""
    subject_problem: str = ""
    body_problem: str = ""
    preview: MailPreview = MailPreview()
    turn: int = 0
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        await self._open(self.form.kind, self.form.language if self.form.kind else member().language)
        self.loaded = True

    @rx.event
    @merchant_only
    async def choose(self, kind: str) -> None:
        await self._open(str(kind), self.form.language)

    @rx.event
    @merchant_only
    async def speak(self, language: str) -> None:
        await self._open(self.form.kind, str(language))

    @rx.event
    @merchant_only
    async def type_subject(self, mail: str, words: str) -> None:
        if mail != f"{self.form.kind} {self.form.language}":
            return  # typed for the one chosen before
        self.subject = str(words)[:LONGEST]
        await self._look()

    @rx.event
    @merchant_only
    async def type_body(self, mail: str, words: str) -> None:
        if mail != f"{self.form.kind} {self.form.language}":
            return
        self.body = str(words)[:LONGEST]
        await self._look()

    @rx.event
    @merchant_only
    async def save(self, form: dict[str, Any]) -> None:
        """Both texts or none; what is wrong is said beside its field."""
        self._insist(str(form.get("mail", "")))
        self.subject, self.body = (str(form.get(name, ""))[:LONGEST] for name in ("subject", "body"))
        await self._look()
        if self.subject_problem or self.body_problem:
            return
        await self._write(self.subject, self.body, "Le courriel est enregistré.")

    @rx.event
    @merchant_only
    async def restore(self, at: str, mail: str) -> None:
        """The usual words again."""
        self._insist(mail)
        await self._write("", "", "Le texte d’origine est revenu.")

    def _insist(self, mail: str) -> None:
        """The form is that of the mail on the screen. Raises Conflict."""
        if mail != f"{self.form.kind} {self.form.language}":
            raise Conflict(
                "Cette page montre maintenant autre chose : rien n’a été enregistré. Recommencez ici."
            )

    async def _write(self, subject: str, body: str, sentence: str) -> None:
        kind, language = self.form.kind, self.form.language
        await set_words(member().company_id, kind, language, subject, body)
        await self._open(kind, language)
        words = translate(sentence, member().language)
        (await self.get_state(Notice))._say(words, problem=False)

    async def _open(self, kind_name: str, language: str) -> None:
        """Shows a kind of mail as it is stored; one that does not exist is the first."""
        who = member()
        kind = MailKind(kind_name) if kind_name in MailKind.__members__.values() else MailKind.QUOTE
        async with reading() as session:
            self.groups = await choices_of(session, who.company_id, who.language)
            self.form = await form_of(session, who.company_id, kind, known_language(language), who.language)
        self.subject, self.body = self.form.subject, self.form.body
        self.turn += 1
        await self._look()

    async def _look(self) -> None:
        """The preview of what is typed, and what could not be saved of it."""
        who = member()
        self.subject_problem = self.body_problem = ""
        kind, words = MailKind(self.form.kind), Wording(self.subject, self.body)
        try:
            read_words(kind.value, self.form.language, words.subject, words.body)
        except Invalid as invalid:
            for error in invalid.errors:
                said = translate(error.sentence, who.language, error.params)
                if error.field == "subject":
                    self.subject_problem = said
                else:
                    self.body_problem = said
        async with reading() as session:
            company = await session.get_one(Company, who.company_id)
        self.preview = preview_of(company, kind, self.form.language, words)

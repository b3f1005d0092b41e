"""The state behind a document's page: what it shows, and what can be done to the document there."""

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from typing import Any

import reflex as rx

from webdoc_app.domain import text
from webdoc_app.domain.decisions import AnswerFields
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid, NotFound
from webdoc_app.domain.money import parse_amount
from webdoc_app.domain.placeholders import Wording
from webdoc_app.live.presence import presence
from webdoc_app.locales import translate
from webdoc_app.reads.deliveries import DeliveryRow, deliveries_of
from webdoc_app.reads.document_page import (
    AnswerView,
    ChainRow,
    Head,
    LinkView,
    OptionRow,
    TimelineRow,
    answer_of,
    chain_of,
    head_of,
    link_of,
    options_of,
    sheet_markup,
    timeline_of,
)
from webdoc_app.reads.document_payments import PaymentRow, payments_of
from webdoc_app.reads.document_talk import MessageRow, talk_of
from webdoc_app.reads.file_links import FileLink
from webdoc_app.reads.followups import FollowupView, followup_of
from webdoc_app.reads.held_mails import HeldRow, held_mails_of
from webdoc_app.reads.openings import OpeningsView, looking_words, openings_of
from webdoc_app.services.answers_by_merchant import record_answer, reopen_decision
from webdoc_app.services.chain import convert_document
from webdoc_app.services.conversation import post_message
from webdoc_app.services.documents import delete_draft, find_document
from webdoc_app.services.issuing import issue_document
from webdoc_app.services.mentions import colleagues_of, handles_to_mention
from webdoc_app.services.openings import correct_opening
from webdoc_app.services.payments import PaymentInput, record_payment
from webdoc_app.services.reading_marks import CLIENT_TYPES, MERCHANT_TYPES, hint_typing, mark_read, talk_topic
from webdoc_app.services.refunds import refund
from webdoc_app.services.sending import Letter, send_document
from webdoc_app.services.work import reading, today
from webdoc_app.ui.dashboard.address import named
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.words import localized
from webdoc_app.ui.refresh import in_turn, watch

MOST_PAGES = 20
"""Older messages are added 30 at a time; the list is sent whole, so not without end."""


class DocumentPage(rx.State):
    """A projection of one document, read anew at each piece of news about its company."""

    head: Head = Head()
    sheet: str = ""
    answer: AnswerView = AnswerView()
    options: list[OptionRow] = []
    link: LinkView = LinkView()
    followup: FollowupView = FollowupView()
    openings: OpeningsView = OpeningsView()
    looking: str = ""
    timeline: list[TimelineRow] = []
    payments: list[PaymentRow] = []
    chain: list[ChainRow] = []
    messages: list[MessageRow] = []
    has_older: bool = False
    newest_of_theirs: str = ""
    held: list[HeldRow] = []
    files: list[FileLink] = []
    deliveries: list[DeliveryRow] = []
    typing: int = 0
    colleagues: str = ""
    today: str = ""
    done: int = 0
    form_key: str = ""
    missing: bool = False
    loaded: bool = False
    _pages: int = 1

    @rx.event
    @merchant_only
    async def load(self) -> None:
        """Reads the document the address names."""
        ours = member().company_id
        topics = [f"company:{ours}", f"presence:{ours}", talk_topic(self._id())]
        watch(self, "page", topics, DocumentPage.refresh)
        self._pages = 1
        self.today = today().isoformat()
        self.form_key = self.form_key or secrets.token_hex(8)
        try:
            await self._read()
        except NotFound:
            self.missing = True
        finally:
            self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> AsyncIterator[None]:
        """News of the company: this document's, or of its chain, or of none of them; or the client is writing.

        A message and a payment show before the rest of the page is read: who waits for them sees them sooner.
        """
        if what == CLIENT_TYPES:
            self.typing += 1
        elif what != MERCHANT_TYPES and document_id in {self.head.id, *(row.id for row in self.chain)}:
            sooner = {"message": self._read_talk, "payment": self._read_status}.get(what)
            if sooner and document_id == self.head.id:
                async with in_turn():
                    await sooner()
                yield
            async with in_turn():
                await self._read()

    @rx.event
    @merchant_only
    async def older_messages(self) -> None:
        """Thirty more, above the others."""
        self._pages = min(self._pages + 1, MOST_PAGES)
        await self._read()

    @rx.event
    @merchant_only
    async def read_message(self, at: str, message_id: str) -> None:
        """A message of the client's is before the member's eyes."""
        with suppress(NotFound):
            await mark_read(member().company_id, self._id(), str(message_id), member().user_id)

    @rx.event
    @merchant_only
    async def type_message(self, at: str) -> None:
        """The member is writing to the client."""
        with suppress(NotFound):
            await hint_typing(member().company_id, self._id(), member().user_id)

    @rx.event
    @merchant_only
    async def issue(self, at: str) -> None:
        await issue_document(member().company_id, self._id(), member().actor)
        await self._done("Le document est enregistré. Son lien est prêt.")

    @rx.event
    @merchant_only
    async def send(self, form: dict[str, Any]) -> None:
        if not self._take_key(form):
            return
        words = {name: str(form.get(name, "")) for name in ("to", "subject", "message")}
        letter = Letter(**words, attach_pdf=bool(form.get("attach_pdf")))
        await send_document(member().company_id, self._id(), letter, member().actor)
        await self._done("Le courriel part. Vous le retrouvez dans la boîte d’envoi.")

    @rx.event
    @merchant_only
    async def convert(self, at: str, to: str) -> Any:
        if to not in Kind.__members__.values():
            raise Invalid.one("to", "Ce type de document n’existe pas.")
        draft = await convert_document(member().company_id, self._id(), Kind(to), member().actor)
        return rx.redirect(localized(f"/app/documents/{draft}/edit", member().language))

    @rx.event
    @merchant_only
    async def pay(self, form: dict[str, Any]) -> None:
        if not self._take_key(form):
            return
        payment = await self._payment(form)
        await record_payment(member().company_id, self._id(), payment, member().actor)
        await self._done("Le paiement est enregistré.")

    @rx.event
    @merchant_only
    async def refund(self, form: dict[str, Any]) -> None:
        """Money back, through the provider it came through; what the page knew goes along."""
        if not self._take_key(form):
            return
        async with reading() as session:
            document = await find_document(session, member().company_id, self._id())
        amount = parse_amount("".join(str(form.get("amount", "")).split()), document.currency, field="amount")
        already = str(form.get("already", ""))
        known = int(already) if already.isascii() and already.isdigit() and len(already) < 16 else -1
        await refund(member().company_id, str(form.get("payment", "")), amount, known)
        await self._done("Le remboursement est fait.")

    @rx.event
    @merchant_only
    async def record_answer(self, form: dict[str, Any]) -> None:
        """An answer the client gave by phone or on paper."""
        if not self._take_key(form):
            return
        chosen = [row.id for row in self.options if form.get(f"option.{row.id}")]
        names = ("decision", "name", "quality", "reason", "until")
        fields = AnswerFields(*(str(form.get(name, "")) for name in names), chosen)
        await record_answer(member().company_id, self._id(), fields, member().actor)
        await self._done("La réponse est enregistrée, « saisie par l’émetteur ».")

    @rx.event
    @merchant_only
    async def reopen(self, form: dict[str, Any]) -> None:
        if not self._take_key(form):
            return
        await reopen_decision(member().company_id, self._id(), str(form.get("reason", "")), member().actor)
        await self._done("La réponse est rouverte : votre client peut répondre à nouveau.")

    @rx.event
    @merchant_only
    async def correct(self, at: str, opening_id: str, says: str) -> None:
        """An opening was not what it seemed."""
        await correct_opening(member().company_id, self._id(), str(opening_id), str(says), member().actor)
        await self._done("C’est corrigé. L’historique en garde la trace.")

    @rx.event
    @merchant_only
    async def delete(self, at: str) -> Any:
        await delete_draft(member().company_id, self._id(), member().actor)
        self.done += 1
        return rx.redirect(localized("/app/documents", member().language))

    @rx.event
    @merchant_only
    async def post(self, form: dict[str, Any]) -> None:
        """A message, or a note that stays inside. The same form sent twice posts once."""
        if not self._take_key(form):
            return
        internal = bool(form.get("internal"))
        options = {"notify": True} if form.get("notify") and not internal else {}
        body, line = (str(form.get(name, "")) for name in ("body", "line"))
        who = member()
        await post_message(
            who.company_id, self._id(), body, who.actor, internal=internal, line=line, **options
        )
        self.form_key = secrets.token_hex(8)
        await self._read()

    @rx.event
    @merchant_only
    async def posted(self, at: str) -> None:
        """A message with a file went over HTTP: the composer begins anew."""
        self.form_key = secrets.token_hex(8)
        await self._read()

    def _id(self) -> str:
        """The document of the address; services check that it is the member's company's."""
        return named(self, "documents")

    def _take_key(self, form: dict[str, Any]) -> bool:
        """Whether this form was not yet acted on: an event on a dying socket may come twice."""
        return bool(self.form_key) and form.get("key") == self.form_key

    async def _payment(self, form: dict[str, Any]) -> PaymentInput:
        async with reading() as session:
            document = await find_document(session, member().company_id, self._id())
        try:
            paid_on = date.fromisoformat(str(form.get("paid_on", "")))
        except ValueError:
            raise Invalid.one("paid_on", "Indiquez la date du paiement.") from None
        amount = "".join(str(form.get("amount", "")).split())
        return PaymentInput(
            amount_minor=parse_amount(amount, document.currency, field="amount"),
            method=str(form.get("method", "")),
            paid_on=paid_on,
            reference=text.clean_line(str(form.get("reference", "")), field="reference", limit=text.NAME),
        )

    async def _done(self, sentence: str) -> None:
        """Closes the dialog, says so, shows what the database says now."""
        self.form_key = secrets.token_hex(8)
        self.done += 1
        (await self.get_state(Notice))._say(translate(sentence, member().language), problem=False)
        await self._read()

    async def _read(self) -> None:
        who = member()
        await self._read_talk()
        is_looked_at = self._id() in await presence.looked_at(who.company_id)
        async with reading() as session:
            document = await find_document(session, who.company_id, self._id())
            people = await colleagues_of(session, who.company_id)
            self._show(
                head=await head_of(session, document, who.language),
                sheet=await sheet_markup(session, document),
                options=await options_of(session, document),
                answer=await answer_of(session, document, who.language),
                link=await link_of(session, document, who.language),
                followup=await followup_of(session, document, who.language),
                openings=await openings_of(session, document, who.language),
                looking=looking_words(document, who.language) if is_looked_at else "",
                timeline=await timeline_of(session, document, who.language),
                payments=await payments_of(session, document, who.language),
                chain=await chain_of(session, document, who.language),
                held=await held_mails_of(session, document, who.language),
                deliveries=await deliveries_of(session, document, who.language),
                colleagues=handles_to_mention(people, who.user_id),
            )

    async def _read_talk(self) -> None:
        async with reading() as session:
            document = await find_document(session, member().company_id, self._id())
            talk = await talk_of(session, document, member().language, self._pages)
        self._show(
            messages=talk.messages,
            has_older=talk.has_older,
            newest_of_theirs=talk.newest_of_theirs,
            files=list(talk.files),
        )

    async def _read_status(self) -> None:
        who = member()
        usual = Wording(self.head.usual_subject, self.head.usual_message)
        async with reading() as session:
            document = await find_document(session, who.company_id, self._id())
            self._show(head=await head_of(session, document, who.language, usual))

    def _show(self, **values: Any) -> None:
        """Assigns what differs: the sheet weighs, and is only sent when it changed."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

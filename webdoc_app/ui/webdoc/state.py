"""The state of the client's page: a projection of what the link opens, read anew at each piece of news.

The token comes from the address, which the browser chooses: every handler goes through a use case that
checks it. Nothing here is ever trusted for a change.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import reflex as rx

from webdoc_app.domain.documents import MAX_LINES
from webdoc_app.domain.errors import LinkGone, NotFound, Refusal
from webdoc_app.locales import LANGUAGES, translate
from webdoc_app.reads.client_answers import Choice
from webdoc_app.reads.client_changes import changes_since
from webdoc_app.reads.client_html import mark_of
from webdoc_app.reads.client_page import ClientPage, client_money, client_page
from webdoc_app.reads.client_payments import PayChoice, Receipt
from webdoc_app.reads.client_talk import ClientMessage
from webdoc_app.reads.deal import DealStep
from webdoc_app.reads.file_links import FileLink
from webdoc_app.reads.sheet_types import Labelled, Stamp, TotalRow
from webdoc_app.reads.transfer import Transfer
from webdoc_app.services.codes import send_code_with_token
from webdoc_app.services.conversation import PURPOSE, post_message_with_token
from webdoc_app.services.decisions import DecisionForm, decide_with_token
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.reading_marks import (
    CLIENT_TYPES,
    MERCHANT_TYPES,
    hint_typing_with_token,
    mark_read_with_token,
    talk_topic,
)
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.tracking import (
    Sight,
    confirm_opening_with_token,
    watching_with_token,
)
from webdoc_app.services.work import reading
from webdoc_app.ui import client_limits
from webdoc_app.ui.guards import anyone, visitor_of, words_of
from webdoc_app.ui.refresh import in_turn, watch
from webdoc_app.ui.webdoc import looking
from webdoc_app.ui.webdoc.values import pay_values, values_of

MOST_PAGES = 20
ID_LENGTH = 32
MESSAGE_FIELDS = ("body", "name", "line")


class WebdocState(rx.State):
    """Only what the page shows, as texts in its language, and the nonces of its forms."""

    language: str = "fr"
    loaded: bool = False
    closed: str = ""
    kind_label: str = ""
    number: str = ""
    version: int = 0
    status: str = ""
    status_label: str = ""
    ask: str = ""
    detail: str = ""
    total: str = ""
    choices: list[Choice] = []
    decision_word: str = ""
    decision_detail: str = ""
    stamps: list[Stamp] = []
    messages: list[ClientMessage] = []
    has_older: bool = False
    newest_of_theirs: str = ""
    typing: int = 0
    company_name: str = ""
    recipient: str = ""
    files: list[FileLink] = []
    message_address: str = ""
    file_nonce: str = ""
    steps: list[DealStep] = []
    remains: list[Labelled] = []
    terms: str = ""
    signs: bool = False
    totals: list[TotalRow] = []
    net: TotalRow = TotalRow("", "")
    has_certificate: bool = False
    certificate: str = ""
    confirmation: str = ""
    pay_shown: bool = False
    pay_choices: list[PayChoice] = []
    pay_path: str = ""
    pay_nonce: str = ""
    pay_notice: str = ""
    pay_tone: str = ""
    pay_test: bool = False
    receipts: list[Receipt] = []
    deposit: str = ""
    deposit_path: str = ""
    deposit_note: str = ""
    part_note: str = ""
    transfer: Transfer = Transfer()
    news: str = ""
    code_needed: bool = False
    code_to: str = ""
    code_note: str = ""
    mark: str = ""
    sheet: str = ""
    sheet_shown: str = ""
    decision_nonce: str = ""
    decision_stored: str = ""
    decision_refused: str = ""
    decision_problem: str = ""
    message_nonce: str = ""
    message_stored: str = ""
    message_refused: str = ""
    message_problem: str = ""
    _pages: int = 1
    _read_version: int = 0
    _ticked: list[str] = []
    _code_nonce: str = ""
    _first_mark: str = ""

    @rx.event
    @anyone
    async def load(self) -> None:
        """Reads what the address opens, at each connection anew."""
        page = await self._read()
        if page is None:
            return
        if not client_limits.has_place(self):
            return
        topics = [f"chain:{page.chain_id}", talk_topic(page.document_id)]
        watch(self, "page", topics, WebdocState.refresh)
        self.decision_nonce, self.message_nonce = page.form.nonce, page.message_nonce
        self.file_nonce = new_nonce(page.document_id, PURPOSE)
        self.loaded = True

    @rx.event
    @anyone
    async def refresh(self, what: str, document_id: str) -> AsyncIterator[None]:
        """News of the chain, this document's or a neighbour's; or the merchant is writing.

        A payment shows before the rest of the page is read: who has just paid waits for it.
        """
        if not self.loaded:
            return  # news of the document before
        if what == MERCHANT_TYPES:
            self.typing += 1
        elif what != CLIENT_TYPES:
            if what == "payment":
                async with in_turn():
                    await self._read_money()
                yield
            async with in_turn():
                await self._read()

    @rx.event
    @anyone
    async def read_message(self, message_id: str) -> None:
        """A message of the merchant's is before the client's eyes."""
        with suppress(Refusal):
            id_ = message_id if isinstance(message_id, str) else ""
            await mark_read_with_token(self._token(), id_, await visitor_of(self))

    @rx.event
    @anyone
    async def type_message(self) -> None:
        """The client is writing."""
        with suppress(Refusal):
            await hint_typing_with_token(self._token(), await visitor_of(self))

    @rx.event
    @anyone
    async def show_older(self) -> None:
        self._pages = min(self._pages + 1, MOST_PAGES)
        await self._read()

    @rx.event
    @anyone
    async def show_sheet(self, version: int) -> None:
        """The page holds an older document than ours, perhaps an older version: send the whole of it."""
        if isinstance(version, int) and 0 < version < self.version:
            self._read_version = version
        await self._read(with_sheet=True)

    @rx.event
    @anyone
    async def choose_options(self, options: list[str]) -> None:
        """Options were ticked: the totals follow."""
        found = options if isinstance(options, list) else []
        self._ticked = [
            option for option in found[:MAX_LINES] if isinstance(option, str) and len(option) <= ID_LENGTH
        ]
        await self._read()

    @rx.event
    @anyone
    async def acknowledge(self) -> None:
        """The client has seen what changed."""
        self._read_version, self.news = self.version, ""

    @rx.event
    @anyone
    async def send_code(self) -> None:
        """Mails the one-time code of an acceptance."""
        try:
            await client_limits.allow_form(self)
            await send_code_with_token(self._token(), self._code_nonce)
        except Refusal as refusal:
            self.code_note = words_of(refusal, self.language)
        else:
            self.code_note = translate("Le code est parti. Il reste bon dix minutes.", self.language)
        await self._read()

    @rx.event
    @anyone
    async def confirm_opening(self, trusted: bool, driven: bool = False) -> None:
        """The page stood in view, or saw a trusted gesture; and whether a program drives the browser."""
        sight = Sight(gesture=trusted is True, webdriver=driven is not False)
        try:
            await confirm_opening_with_token(self._token(), await visitor_of(self), sight)
        except Refusal as refusal:
            self._close_if_gone(refusal)

    @rx.event
    @anyone
    async def look(self, in_view: bool) -> None:
        """A sign of life every four seconds of a page in view, and a goodbye when it no longer is."""
        tab = self.router.session.client_token
        if in_view is not True:
            return await looking.goodbye(tab)
        try:
            seen = await watching_with_token(self._token(), await visitor_of(self))
        except Refusal as refusal:
            await looking.goodbye(tab)
            return self._close_if_gone(refusal)
        if seen:
            await looking.sign(tab, seen)

    @rx.event
    @anyone
    async def decide(self, form: dict[str, Any]) -> None:
        """Answers, then shows what the database says."""
        names = [name for name in DecisionForm.__dataclass_fields__ if name != "options"]
        fields = DecisionForm(**{name: _text(form, name) for name in names}, options=_texts(form, "option"))
        self.decision_problem = ""
        try:
            await client_limits.allow_form(self)
            await decide_with_token(self._token(), fields, await visitor_of(self))
        except Refusal as refusal:
            self.decision_problem = words_of(refusal, self.language)
            await self._reread_after(decision=True)
            self.decision_refused = _once(fields.nonce)
        else:
            await self._reread_after(decision=True)
            self.decision_stored = fields.nonce

    @rx.event
    @anyone
    async def send_message(self, form: dict[str, Any]) -> None:
        """Writes to the merchant; the field is emptied once the message is stored."""
        nonce = _text(form, "nonce")
        self.message_problem = ""
        try:
            await client_limits.allow_form(self)
            visitor, body, name, line = await visitor_of(self), *(_text(form, n) for n in MESSAGE_FIELDS)
            await post_message_with_token(self._token(), body, nonce, visitor, name, line=line)
        except Refusal as refusal:
            self.message_problem = words_of(refusal, self.language)
            await self._reread_after(decision=False)
            self.message_refused = _once(nonce)
        else:
            await self._reread_after(decision=False)
            self.message_stored = nonce

    @rx.event
    @anyone
    async def file_posted(self) -> None:
        """A message with a file went over HTTP: the next one needs a nonce of its own."""
        page = await self._read()
        if page:
            self.file_nonce = new_nonce(page.document_id, PURPOSE)

    async def _reread_after(self, *, decision: bool) -> None:
        """What is true now, and a fresh nonce for the form that has used its own."""
        page = await self._read()
        if page and decision:
            self.decision_nonce = page.form.nonce
        elif page:
            self.message_nonce = page.message_nonce

    async def _read(self, *, with_sheet: bool = False) -> ClientPage | None:
        try:
            async with reading() as session:
                token = self._token()
                page = await client_page(session, token, self._wanted_language(), self._pages, self._ticked)
                self._read_version = self._read_version or page.version
                document = (await open_with_token(session, token)).document
                changes = await changes_since(session, document, self._read_version, page.language)
        except Refusal as refusal:
            self._close_if_gone(refusal)
            return None
        self.closed = ""
        self._code_nonce = page.form.code.nonce
        self.pay_nonce = self.pay_nonce or page.pay.nonce
        self._show({**values_of(page), "news": changes})
        self._first_mark = self._first_mark or mark_of(page)
        if with_sheet or mark_of(page) != (self.sheet_shown or self._first_mark):
            self._show({"sheet": str(page.sheet_markup), "sheet_shown": mark_of(page)})
        return page

    async def _read_money(self) -> None:
        try:
            async with reading() as session:
                word, label, pay = await client_money(session, self._token(), self._wanted_language())
        except Refusal as refusal:
            return self._close_if_gone(refusal)
        self._show({"status": word, "status_label": label, **pay_values(self._token(), pay)})

    def _show(self, values: dict[str, Any]) -> None:
        """Assigns what differs, so that only this is sent."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _close_if_gone(self, refusal: Refusal) -> None:
        if isinstance(refusal, LinkGone | NotFound):
            language = self._wanted_language() or self.language
            self.closed = translate(refusal.sentence, language)
            self.choices = []

    def _segments(self) -> list[str]:
        return [part for part in str(self.router.url.path).split("/") if part]

    def _wanted_language(self) -> str:
        """The language the address names; empty for the document's own."""
        first = self._segments()[:1]
        return first[0] if first and first[0] in LANGUAGES else ""

    def _token(self) -> str:
        match [part for part in self._segments() if part not in LANGUAGES][:2]:
            case ["d", token]:
                return token
        raise NotFound


def _text(form: object, name: str) -> str:
    """A field of a form from a socket, where anything may come in any place."""
    value = form.get(name, "") if isinstance(form, dict) else ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _texts(form: object, name: str) -> tuple[str, ...]:
    """A field that may come several times."""
    values = form.get(name, []) if isinstance(form, dict) else []
    values = values if isinstance(values, list) else [values]
    return tuple(value for value in values[:1_000] if isinstance(value, str))


def _once(nonce: str) -> str:
    """Differs each time, so that the page notices a second refusal of the same form."""
    return f"{nonce} {secrets.token_hex(4)}"

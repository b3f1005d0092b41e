"""The state behind the editor: which lines there are, the totals they give, what is missing, saving.

What is typed stays in the browser until it is saved by a button: a draft is never half-stored, and each saving of
an issued quote is one new version.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import reflex as rx

from webdoc_app.domain.documents import MAX_LINES, Kind
from webdoc_app.domain.errors import FieldError, Invalid, NotFound
from webdoc_app.domain.lifecycle import Action, State, may
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Document
from webdoc_app.reads.deposits import deposit_notes
from webdoc_app.reads.editor import (
    CustomerChoice,
    Draft,
    LineDraft,
    TotalLine,
    customer_choices,
    draft_of,
    line_drafts,
    mentions_missing,
    totals_of,
)
from webdoc_app.services.customers import create_customer
from webdoc_app.services.documents import change_draft, find_document
from webdoc_app.services.issuing import issue_document, revise_quote
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.address import named
from webdoc_app.ui.dashboard.editor_form import TypedDocument, read_document, typed_lines
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.words import localized
from webdoc_app.ui.refresh import watch


class Editor(rx.State):
    """`lines` says which lines there are and what they held when last read; the rest is in the form."""

    draft: Draft = Draft()
    lines: list[LineDraft] = []
    nets: dict[str, str] = {}
    totals: list[TotalLine] = []
    problems: list[str] = []
    missing: list[str] = []
    deposits: list[str] = []
    customers: list[CustomerChoice] = []
    shape: str = ""
    form_key: str = ""
    saved: int = 0
    epoch: int = 0
    done: int = 0
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> Any:
        """Reads the document the address names; one that can no longer be changed is shown instead."""
        who = member()
        watch(self, "page", [f"company:{who.company_id}"], Editor.refresh)
        self.form_key = self.form_key or secrets.token_hex(8)
        async with reading() as session:
            try:
                document = await find_document(session, who.company_id, named(self, "documents"))
            except NotFound:
                document = None
            if document is None or not _editable(document):
                return rx.redirect(self._page(), replace=True)
            self.draft = draft_of(document, who.language)
            self.lines = await line_drafts(session, document, who.language) or [_new_line()]
            self.customers = await customer_choices(session, who.company_id, document.customer_id)
            self.deposits = await deposit_notes(session, document, who.language)
        self._reshape()
        await self._follow(_as_typed(self.draft, self.lines))
        self.epoch = secrets.randbelow(10**9)
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> Any:
        """Issued or deleted elsewhere, the draft is no longer to be edited here; a deposit may be paid meanwhile."""
        if what in ("payment", "converted", "issued") and document_id != self.draft.id and self.deposits:
            async with reading() as session:
                document = await find_document(session, member().company_id, self.draft.id)
                self.deposits = await deposit_notes(session, document, member().language)
            return None
        if document_id != self.draft.id or what not in ("issued", "deleted", "opening", "decision"):
            return None
        async with reading() as session:
            document = await find_document(session, member().company_id, document_id)
        return None if _editable(document) else rx.redirect(self._page(), replace=True)

    @rx.event
    @merchant_only
    async def typed(self, form: dict[str, Any]) -> None:
        """Typing paused: show the totals as they would be, and what is missing."""
        await self._follow(form)

    @rx.event
    @merchant_only
    async def restored(self, form: dict[str, Any]) -> None:
        """The connection is back: lines that were added and not saved come back."""
        kept = {line.key: line for line in self.lines}
        self.lines = [kept.get(key) or _line_of(key, fields) for key, fields in typed_lines(form).items()]
        self._reshape()
        await self._follow(form)

    @rx.event
    @merchant_only
    def add_line(self, at: str) -> None:
        if len(self.lines) >= MAX_LINES:
            raise Invalid.one("lines", "Un document compte au plus mille lignes.")
        self.lines = [*self.lines, _new_line()]
        self._reshape()

    @rx.event
    @merchant_only
    def remove_line(self, at: str, key: str) -> None:
        self.lines = [line for line in self.lines if line.key != key] or [_new_line()]
        self._reshape()

    @rx.event
    @merchant_only
    def move_line(self, at: str, key: str, by: int) -> None:
        keys = [line.key for line in self.lines]
        if key not in keys or by not in (-1, 1):
            return
        place = keys.index(key)
        target = min(max(place + by, 0), len(keys) - 1)
        lines = list(self.lines)
        lines.insert(target, lines.pop(place))
        self.lines = lines
        self._reshape()

    @rx.event
    @merchant_only
    async def add_customer(self, form: dict[str, Any]) -> None:
        """A new customer, chosen at once."""
        who = member()
        fields = {name: str(form.get(name, "")) for name in ("name", "email", "address", "siren")}
        customer_id = await create_customer(who.company_id, {**fields, "language": self.draft.language})
        async with reading() as session:
            self.customers = await customer_choices(session, who.company_id, customer_id)
        self.draft = Draft(**{**vars(self.draft), "customer_id": customer_id})
        self._reshape()
        self.done += 1

    @rx.event
    @merchant_only
    async def submit(self, form: dict[str, Any]) -> Any:
        """Saves everything or nothing; `action` says what comes next: stay, look at the sheet, or issue."""
        if form.get("key") != self.form_key:
            return None
        typed = read_document(form)
        self.problems = self._sentences(typed.errors)
        typed.insist()
        await self._save(typed)
        self.form_key = secrets.token_hex(8)
        self.saved += 1
        if form.get("action") == "issue" and self.draft.is_draft:
            await issue_document(member().company_id, self.draft.id, member().actor)
        if form.get("action") != "save":
            return rx.redirect(self._page())
        await self._read_again()
        return None

    async def _save(self, typed: TypedDocument) -> None:
        who = member()
        save = change_draft if self.draft.is_draft else revise_quote
        changes = (
            typed.changes if self.draft.is_draft else {k: v for k, v in typed.changes.items() if k != "kind"}
        )
        await save(who.company_id, self.draft.id, changes, typed.lines, who.actor)

    async def _read_again(self) -> None:
        who = member()
        async with reading() as session:
            document = await find_document(session, who.company_id, self.draft.id)
            self.draft = draft_of(document, who.language)
            self.lines = await line_drafts(session, document, who.language) or [_new_line()]
        sentence = translate("C’est enregistré.", who.language)
        (await self.get_state(Notice))._say(sentence, problem=False)
        self._reshape()
        # The form is made anew with what was stored, so nothing in it is unsaved.
        self.saved += 1

    async def _follow(self, form: Mapping[str, Any]) -> None:
        """Totals, line amounts, problems and missing mentions for these fields; nothing is stored."""
        typed, language = read_document(form), member().language
        async with reading() as session:
            document = await find_document(
                session, member().company_id, self.draft.id or named(self, "documents")
            )
            try:
                totals = totals_of(document, typed.lines, language)
            except Invalid as invalid:
                typed.errors.extend(invalid.errors)
                totals = self.totals
            missing = await mentions_missing(session, document, typed.changes, typed.lines, language)
        nets = {
            key: money(line.priced.net(document.currency), document.currency, language)
            for key, line in zip(typed.keys, typed.lines, strict=True)
        }
        shown = {
            "totals": totals,
            "nets": nets,
            "missing": missing,
            "problems": self._sentences(typed.errors),
        }
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _sentences(self, errors: list[FieldError]) -> list[str]:
        """`Ligne 2 : ce n’est pas un nombre…`"""
        language, sentences = member().language, []
        for error in errors:
            words = translate(error.sentence, language, error.params)
            place = error.field.partition("line.")[2]
            if place:
                words = translate("Ligne %(number)s : %(words)s", language, {"number": place, "words": words})
            sentences.append(words)
        return list(dict.fromkeys(sentences))

    def _reshape(self) -> None:
        self.shape = "|".join([self.draft.customer_id, *(line.key for line in self.lines)])

    def _page(self) -> str:
        return localized(f"/app/documents/{named(self, 'documents')}", member().language)


def _editable(document: Document) -> bool:
    kind, state = Kind(document.kind), State(document.state)
    return may(Action.CHANGE, kind, state) or may(Action.REVISE, kind, state)


def _new_line() -> LineDraft:
    return LineDraft(key=f"new-{secrets.token_hex(4)}")


def _line_of(key: str, fields: Mapping[str, str]) -> LineDraft:
    known = LineDraft.__dataclass_fields__
    return LineDraft(
        key=key, **{name: value for name, value in fields.items() if name in known and name != "key"}
    )


def _as_typed(draft: Draft, lines: list[LineDraft]) -> dict[str, str]:
    """The fields as the form will hold them."""
    names = [
        "kind",
        "customer_id",
        "title",
        "notes",
        "valid_until",
        "due_date",
        "deposit_percent",
        "language",
    ]
    form = {name: str(getattr(draft, name)) for name in names}
    columns = ["description", "quantity", "unit", "unit_price", "discount_percent", "vat_rate"]
    return form | {f"line.{line.key}.{name}": str(getattr(line, name)) for line in lines for name in columns}

"""The state behind a document's links: who has one, and what can be done to it."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import reflex as rx

from webdoc_app.domain.errors import Invalid, NotFound
from webdoc_app.locales import translate
from webdoc_app.locales.formats import end_of_paris_day
from webdoc_app.reads.recipients import RecipientRow, recipients_of
from webdoc_app.services.documents import find_document
from webdoc_app.services.links import (
    Recipient,
    add_link,
    change_link,
    disable_link,
    enable_link,
    revoke_link,
    rotate_link,
)
from webdoc_app.services.sending import Letter, send_document
from webdoc_app.services.work import Actor, reading, today
from webdoc_app.ui.dashboard.address import named
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.refresh import watch

Act = Callable[[str, str, str | None, Actor], Awaitable[None]]


class Recipients(rx.State):
    """The links of the document the address names. An empty link id is the main recipient's."""

    rows: list[RecipientRow] = []
    today: str = ""
    form_key: str = ""
    done: int = 0

    @rx.event
    @merchant_only
    async def load(self) -> None:
        watch(self, "recipients", [f"company:{member().company_id}"], Recipients.refresh)
        self.today = today().isoformat()
        self.form_key = self.form_key or secrets.token_hex(8)
        await self._read()

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """News of the company, perhaps of this document."""
        if document_id == self._id():
            await self._read()

    @rx.event
    @merchant_only
    async def add(self, form: dict[str, Any]) -> None:
        """A link of their own for one more recipient."""
        if not self._take_key(form):
            return
        day = str(form.get("until", ""))
        recipient = Recipient(str(form.get("name", "")), str(form.get("email", "")), _end_of(day))
        await add_link(member().company_id, self._id(), recipient, member().actor)
        await self._done("Le destinataire est ajouté : son lien est prêt.")

    @rx.event
    @merchant_only
    async def change(self, form: dict[str, Any]) -> None:
        """Another name, address or last day."""
        if not self._take_key(form):
            return
        link_id, day = str(form.get("link_id", "")), str(form.get("until", ""))
        changes: dict[str, Any] = {name: str(form.get(name, "")) for name in ("name", "email")}
        # The end may lie within a day; the day as it was shown changes nothing.
        if day not in {row.expires_day for row in self.rows if row.id == link_id}:
            changes["expires_at"] = _end_of(day)
        await change_link(member().company_id, self._id(), link_id, changes, member().actor)
        await self._done("C’est enregistré.")

    @rx.event
    @merchant_only
    async def send(self, form: dict[str, Any]) -> None:
        """The document by mail, with the link of whom it goes to."""
        if not self._take_key(form):
            return
        words = {name: str(form.get(name, "")) for name in ("to", "subject", "message", "link_id")}
        letter = Letter(**words, attach_pdf=bool(form.get("attach_pdf")))
        await send_document(member().company_id, self._id(), letter, member().actor)
        await self._done("Le courriel part. Vous le retrouvez dans la boîte d’envoi.")

    @rx.event
    @merchant_only
    async def replace(self, at: str, link_id: str) -> None:
        await self._act(rotate_link, link_id)
        await self._done("Le lien est remplacé : l’ancien ne s’ouvre plus.")

    @rx.event
    @merchant_only
    async def disable(self, at: str, link_id: str) -> None:
        await self._act(disable_link, link_id)
        await self._done("Le lien est désactivé : il ne s’ouvre plus.")

    @rx.event
    @merchant_only
    async def enable(self, at: str, link_id: str) -> None:
        await self._act(enable_link, link_id)
        await self._done("Le lien s’ouvre à nouveau.")

    @rx.event
    @merchant_only
    async def revoke(self, at: str, link_id: str) -> None:
        await self._act(revoke_link, link_id)
        await self._done("Le lien est révoqué : cette adresse ne s’ouvrira plus.")

    async def _act(self, act: Act, link_id: str) -> None:
        await act(member().company_id, self._id(), link_id, member().actor)

    def _id(self) -> str:
        """The document of the address; services check that it is the member's company's."""
        return named(self, "documents")

    def _take_key(self, form: dict[str, Any]) -> bool:
        """Whether this form was not yet acted on: an event on a dying socket may come twice."""
        return bool(self.form_key) and form.get("key") == self.form_key

    async def _done(self, sentence: str) -> None:
        """Closes the dialog, says so, shows what the database says now."""
        self.form_key = secrets.token_hex(8)
        self.done += 1
        (await self.get_state(Notice))._say(translate(sentence, member().language), problem=False)
        await self._read()

    async def _read(self) -> None:
        who = member()
        try:
            async with reading() as session:
                document = await find_document(session, who.company_id, self._id())
                self.rows = await recipients_of(session, document, who.language)
        except NotFound:
            self.rows = []


def _end_of(day: str) -> datetime | None:
    """The end of a day as a date field gives it; none for an empty one. Raises Invalid."""
    try:
        return end_of_paris_day(date.fromisoformat(day)) if day else None
    except (ValueError, OverflowError):
        raise Invalid.one("expires_at", "Choisissez un jour à venir.") from None

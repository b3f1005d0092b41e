"""Reminders of one document: the next one in words, sending one now, passing over it, pausing them."""

import reflex as rx

from webdoc_app.locales import translate
from webdoc_app.services.followups import send_now, set_paused, skip_next
from webdoc_app.ui.dashboard.address import named
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import link, panel, user_text
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.tabs.places import Here

View = DocumentPage.followup


class DocumentFollowups(rx.State):
    """What can be done about the reminders of the document the address names; its page is read again after it."""

    @rx.event
    @merchant_only
    async def remind(self, at: str) -> rx.event.EventSpec:
        to = await send_now(member().company_id, self._id(), member().actor)
        return await self._done("La relance part à %(to)s.", to=to)

    @rx.event
    @merchant_only
    async def skip(self, at: str, scenario: str) -> rx.event.EventSpec:
        await skip_next(member().company_id, self._id(), str(scenario), member().actor)
        return await self._done("Cette relance est passée.")

    @rx.event
    @merchant_only
    async def pause(self, at: str) -> rx.event.EventSpec:
        await set_paused(member().company_id, self._id(), True, member().actor)
        return await self._done("Les relances de ce document sont suspendues.")

    @rx.event
    @merchant_only
    async def resume(self, at: str) -> rx.event.EventSpec:
        await set_paused(member().company_id, self._id(), False, member().actor)
        return await self._done("Les relances de ce document reprennent.")

    def _id(self) -> str:
        return named(self, "documents")

    async def _done(self, sentence: str, **words: str) -> rx.event.EventSpec:
        text = translate(sentence, member().language, words)
        (await self.get_state(Notice))._say(text, problem=False)
        return DocumentPage.refresh("followup", self._id())


def document_followups() -> rx.Component:
    return rx.cond(
        View.shown,
        panel(
            t("Relances"),
            rx.el.p(View.sentence, custom_attrs={"data-testid": "followup"}),
            rx.cond(
                View.is_off,
                rx.el.p(link(t("Choisir les relances à envoyer"), to=path("/app/settings/followups"))),
                rx.fragment(),
            ),
            rx.el.div(*_buttons(), class_name="actions"),
            rx.cond(View.may_send, _preview(), rx.fragment()),
            class_name="panel followups",
        ),
        rx.fragment(),
    )


def _preview() -> rx.Component:
    """What leaves at one press, to be read before."""
    return rx.el.details(
        rx.el.summary(t("Lire le message")),
        rx.el.p(rx.el.b(user_text(View.subject))),
        rx.el.p(user_text(View.body), class_name="said"),
        custom_attrs={"data-testid": "reminder-words"},
    )


def _buttons() -> list[rx.Component]:
    return [
        rx.cond(
            View.may_send,
            _button(t("Relancer maintenant"), DocumentFollowups.remind(Here.object), "btn"),
            rx.fragment(),
        ),
        rx.cond(
            View.scenario != "",
            _button(t("Passer celle-ci"), DocumentFollowups.skip(Here.object, View.scenario)),
            rx.fragment(),
        ),
        rx.cond(View.may_pause, _button(t("Suspendre"), DocumentFollowups.pause(Here.object)), rx.fragment()),
        rx.cond(
            View.is_paused, _button(t("Reprendre"), DocumentFollowups.resume(Here.object)), rx.fragment()
        ),
    ]


def _button(label: str, action: object, look: str = "btn quiet") -> rx.Component:
    return rx.el.button(label, type="button", class_name=look, on_click=action)

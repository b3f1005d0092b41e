"""Other software that is told of events: addresses, their secrets, and the newest attempts."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from webdoc_app.reads.webhooks import AttemptRow, WebhookRow, webhooks_of
from webdoc_app.services.webhooks_out import add_webhook, remove_webhook, rotate_secret
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.settings_proof import proof_first
from webdoc_app.ui.dashboard.settings_state import SettingsPage
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.copying import copy_button
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.parts import field, user_text
from webdoc_app.ui.kit.words import t
from webdoc_app.ui.tabs.emptying import forget_shown, shows_once


@shows_once("new_secret")
class WebhookSettings(rx.State):
    """`new_secret` is shown once, to the one who made it, and kept nowhere."""

    hooks: list[WebhookRow] = []
    new_secret: str = ""

    @rx.event
    @merchant_only
    async def load(self) -> None:
        self.new_secret = ""
        await self._read()

    @rx.event
    @merchant_only
    async def add(self, form: dict[str, Any]) -> AsyncIterator[None]:
        (await self.get_state(SettingsPage))._insist_proof()
        url = str(form.get("url", "")) if isinstance(form, dict) else ""
        _, self.new_secret = await add_webhook(member().company_id, url)
        yield
        forget_shown(self, "new_secret")
        await self._read()

    @rx.event
    @merchant_only
    async def rotate(self, hook_id: str) -> AsyncIterator[None]:
        (await self.get_state(SettingsPage))._insist_proof()
        self.new_secret = await rotate_secret(member().company_id, str(hook_id))
        yield
        forget_shown(self, "new_secret")

    @rx.event
    @merchant_only
    async def remove(self, hook_id: str) -> None:
        (await self.get_state(SettingsPage))._insist_proof()
        await remove_webhook(member().company_id, str(hook_id))
        await self._read()

    async def _read(self) -> None:
        async with reading() as session:
            self.hooks = await webhooks_of(session, member().company_id, member().language)


def webhook_settings() -> rx.Component:
    secret = WebhookSettings.new_secret
    return rx.el.section(
        rx.el.h2(t("Webhooks")),
        proof_first(),
        rx.cond(
            secret != "",
            rx.el.div(
                rx.el.p(t("Copiez ce secret maintenant : il ne sera plus jamais montré.")),
                rx.el.code(
                    secret, id="new-secret", class_name="secret", custom_attrs={"data-testid": "new-secret"}
                ),
                copy_button(secret, label=t("Copier le secret"), done=t("Secret copié"), source="new-secret"),
                class_name="stack",
            ),
            rx.fragment(),
        ),
        rx.el.ul(rx.foreach(WebhookSettings.hooks, _hook), class_name="hooks"),
        page_form(
            field(
                t("Prévenir cette adresse de chaque événement"),
                rx.el.input(
                    name="url",
                    type="url",
                    required=True,
                    max_length=500,
                    placeholder="https://example.org/webdoc",
                ),
            ),
            rx.el.button(
                t("Ajouter l’adresse"),
                type="submit",
                class_name="btn",
                custom_attrs={"data-testid": "add-webhook"},
            ),
            on_submit=WebhookSettings.add,
            reset_on_submit=True,
            class_name="stack",
        ),
        class_name="panel stack",
    )


def _hook(hook: rx.Var[WebhookRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(user_text(hook.url)),
        rx.el.ul(rx.foreach(hook.attempts, _attempt)),
        rx.el.div(
            rx.el.button(
                t("Nouveau secret"), type="button", class_name="btn", on_click=WebhookSettings.rotate(hook.id)
            ),
            rx.el.button(
                t("Retirer l’adresse"),
                type="button",
                class_name="btn",
                on_click=WebhookSettings.remove(hook.id),
            ),
            class_name="actions",
        ),
        key=hook.id,
        custom_attrs={"data-testid": "webhook"},
    )


def _attempt(row: rx.Var[AttemptRow]) -> rx.Component:
    return rx.el.li(
        rx.el.code(row.type), rx.el.small(row.words), key=row.id, class_name="delivery " + row.state
    )

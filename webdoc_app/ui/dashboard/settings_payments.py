"""Payment accounts in the settings: connecting one, switching it off. Keys go in and never come out."""

from typing import Any

import reflex as rx

from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.reads.payment_accounts import AccountRow, account_rows, webhook_rows
from webdoc_app.services.payment_accounts import connect, switch
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.settings_proof import proof_first
from webdoc_app.ui.dashboard.settings_state import SettingsPage
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import field, panel
from webdoc_app.ui.kit.words import t


class PaymentSettings(rx.State):
    """What is connected. What is typed into the forms is never kept here."""

    accounts: list[AccountRow] = []
    webhooks: dict[str, str] = {}
    done: int = 0

    @rx.event
    @merchant_only
    async def load(self) -> None:
        await self._read()

    @rx.event
    @merchant_only
    async def connect(self, form: dict[str, Any]) -> None:
        (await self.get_state(SettingsPage))._insist_proof()
        keys = {name: str(value) for name, value in form.items() if isinstance(value, str)}
        await connect(member().company_id, keys.pop("provider", ""), keys.pop("mode", ""), keys)
        self.done += 1
        await self._say("Le compte est connecté : vos factures proposent ce paiement.")
        await self._read()

    @rx.event
    @merchant_only
    async def switch(self, account_id: str, on: bool) -> None:
        (await self.get_state(SettingsPage))._insist_proof()
        await switch(member().company_id, str(account_id), on=on is True)
        await self._read()

    async def _say(self, sentence: str) -> None:
        (await self.get_state(Notice))._say(translate(sentence, member().language), problem=False)

    async def _read(self) -> None:
        who = member()
        async with reading() as session:
            self.accounts = await account_rows(session, who.company_id, who.language)
            self.webhooks = await webhook_rows(session, who.company_id)


_LABELS = {
    "secret_key": "Clé secrète",
    "webhook_secret": "Secret du webhook",
    "client_id": "Identifiant client",
    "client_secret": "Clé secrète",
    "webhook_id": "Identifiant du webhook",
    "shop_id": "Identifiant de la boutique",
    "password": "Mot de passe REST, ou clé du formulaire",
}


_NO_SECRETS = ("client_id", "webhook_id", "shop_id")
"""Names a provider shows anywhere: better read while they are typed."""

_OPTIONS = {
    "way": ("Offre de la boutique", {"rest": "Avec l’API REST", "form": "Formulaire de paiement seul"}),
    "webhook_check": (
        "Contrôle des notifications",
        {"api": "Demander à PayPal", "certificate": "Par le certificat de PayPal"},
    ),
}


def payment_accounts() -> rx.Component:
    return panel(
        t("Paiement en ligne"),
        rx.el.p(
            t("Vos clients paient sur la page de votre prestataire. Aucune carte ne passe par ici."),
            class_name="soft",
        ),
        proof_first(),
        rx.el.ul(rx.foreach(PaymentSettings.accounts, _account), class_name="keys"),
        rx.el.div(*(_connect(name) for name in KINDS), class_name="actions"),
        class_name="panel stack",
        custom_attrs={"data-testid": "payment-accounts"},
    )


def _account(account: rx.Var[AccountRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            account.label,
            rx.el.small(account.mode, " · ", account.hint),
            rx.cond(account.problem != "", rx.el.small(account.problem, class_name="warning"), rx.fragment()),
        ),
        rx.el.button(
            rx.cond(account.enabled, t("Ne plus proposer"), t("Proposer")),
            type="button",
            class_name="btn quiet",
            on_click=PaymentSettings.switch(account.id, ~account.enabled),
        ),
        key=account.id,
    )


def _connect(name: str) -> rx.Component:
    kind = KINDS[name]
    return dialog_button(
        kind.label,
        kind.label,
        page_form(
            rx.el.input(type="hidden", name="provider", value=name, read_only=True),
            field(
                t("Mode"),
                rx.el.select(
                    rx.el.option(t("Réel"), value="live"), rx.el.option(t("Test"), value="test"), name="mode"
                ),
            ),
            *(_option(name, values) for name, values in kind.options.items()),
            *(_key(key) for key in kind.keys),
            _webhooks(name),
            rx.el.button(t("Vérifier et connecter"), type="submit", class_name="btn go"),
            on_submit=PaymentSettings.connect,
            reset_on_submit=True,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=PaymentSettings.done,
        testid=f"connect-{name}",
    )


def _option(name: str, values: tuple[str, ...]) -> rx.Component:
    label, words = _OPTIONS[name]
    return field(
        t(label), rx.el.select(*(rx.el.option(t(words[each]), value=each) for each in values), name=name)
    )


def _key(key: str) -> rx.Component:
    return field(
        t(_LABELS[key]),
        rx.el.input(
            name=key,
            type="text" if key in _NO_SECRETS else "password",
            required=True,
            max_length=500,
            auto_complete="off",
            spell_check=False,
        ),
    )


def _webhooks(name: str) -> rx.Component:
    """PayZen is told with each payment where its notices go; the others are told once, in their dashboards."""
    if name == "payzen":
        return rx.fragment()
    return rx.el.div(
        rx.el.p(t("Adresse du webhook, à donner au prestataire"), class_name="soft"),
        rx.el.p(t("Réel"), " ", rx.el.code(PaymentSettings.webhooks[f"{name}-live"], class_name="secret")),
        rx.el.p(t("Test"), " ", rx.el.code(PaymentSettings.webhooks[f"{name}-test"], class_name="secret")),
    )

"""Settings: identity and legal mentions, how documents look, delays, API keys, one's account."""

import reflex as rx

from webdoc_app.reads.settings import KeyRow
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.dashboard.settings_notices import NoticeSettings, notice_settings
from webdoc_app.ui.dashboard.settings_payments import PaymentSettings, payment_accounts
from webdoc_app.ui.dashboard.settings_proof import proof_first
from webdoc_app.ui.dashboard.settings_state import SettingsPage
from webdoc_app.ui.dashboard.settings_webhooks import WebhookSettings, webhook_settings
from webdoc_app.ui.kit.copying import copy_button
from webdoc_app.ui.kit.files import file_sender
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import anchor, field, link, panel, plain_form, user_text
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.tabs.places import Here

Company = SettingsPage.company


@merchant_page(
    "/app/settings",
    "Réglages",
    Bell.load,
    SettingsPage.load,
    NoticeSettings.load,
    PaymentSettings.load,
    WebhookSettings.load,
)
def settings() -> rx.Component:
    return frame(
        "settings",
        t("Réglages"),
        rx.cond(
            SettingsPage.loaded,
            rx.el.div(
                page_form(
                    _identity(),
                    _look(),
                    _habits(),
                    rx.el.div(
                        rx.el.button(t("Enregistrer les réglages"), type="submit", class_name="btn go"),
                        class_name="save-bar",
                    ),
                    on_submit=SettingsPage.save,
                    class_name="editor-main",
                ),
                rx.el.aside(
                    _missing(),
                    _followups(),
                    _mails(),
                    _logo(),
                    payment_accounts(),
                    _keys(),
                    webhook_settings(),
                    notice_settings(),
                    _account(),
                    class_name="talk-side",
                ),
                class_name="settings",
            ),
            rx.el.div(class_name="skeleton"),
        ),
        loaded=SettingsPage.loaded,
    )


def _text(label: str, name: str, **props: object) -> rx.Component:
    return field(label, rx.el.input(name=name, default_value=getattr(Company, name), max_length=200, **props))


def _long(label: str, name: str, hint: str = "", rows: str = "3", class_name: str = "wide") -> rx.Component:
    control = rx.el.textarea(name=name, default_value=getattr(Company, name), rows=rows, max_length=5000)
    return field(label, control, hint=hint, class_name=class_name)


def _yes_no(label: str, name: str, hint: str = "") -> rx.Component:
    control = rx.el.select(
        rx.el.option(t("Non"), value="no"),
        rx.el.option(t("Oui"), value="yes"),
        name=name,
        default_value=getattr(Company, name),
    )
    return field(label, control, hint=hint)


def _identity() -> rx.Component:
    return panel(
        t("Votre entreprise"),
        rx.el.div(
            _text(t("Nom"), "name", required=True),
            _text(t("Forme juridique"), "legal_form", placeholder=t("SARL au capital de 10 000 €, EI…")),
            _text(t("SIREN"), "siren"),
            _text(t("RCS"), "rcs", placeholder=t("Lyon B 732 829 320")),
            _text(t("Numéro de TVA"), "vat_number"),
            _text(t("Téléphone"), "phone", type="tel"),
            _text(t("Adresse électronique"), "email", type="email"),
            _long(t("Adresse"), "address", rows="2", class_name="rest"),
            class_name="columns",
        ),
    )


def _look() -> rx.Component:
    return panel(
        t("Vos documents"),
        rx.el.div(
            field(
                t("Couleur"),
                rx.el.input(
                    name="color",
                    type="color",
                    default_value=Company.color,
                    on_change=SettingsPage.try_color.debounce(80),
                ),
                hint=rx.fragment(
                    rx.el.i(class_name="swatch", style={"background": SettingsPage.color_shown}),
                    SettingsPage.color_words,
                ),
            ),
            field(
                t("Langue de l’entreprise"),
                rx.el.select(
                    rx.el.option("Français", value="fr"),
                    rx.el.option("English", value="en"),
                    name="language",
                    default_value=Company.language,
                ),
            ),
            _text(t("Validité d’un devis (jours)"), "validity_days", input_mode="numeric"),
            _text(t("Délai de paiement (jours)"), "payment_days", input_mode="numeric"),
            _text(
                t("Code par courriel pour accepter, à partir de (€)"),
                "code_above_minor",
                input_mode="decimal",
                placeholder=t("Jamais"),
            ),
            field(
                t("PDF joint aux envois"),
                rx.el.select(
                    rx.el.option(t("Non, le lien seul"), value="no"),
                    rx.el.option(t("Oui, avec le lien"), value="yes"),
                    name="attach_pdf",
                    default_value=Company.attach_pdf,
                ),
                hint=t("Chaque envoi peut en décider autrement."),
            ),
            field(
                t("Suivi des consultations"),
                rx.el.select(
                    rx.el.option(t("Activé"), value="yes"),
                    rx.el.option(t("Désactivé"), value="no"),
                    name="tracking",
                    default_value=Company.tracking,
                ),
                hint=t("Désactivé : aucune ouverture n’est conservée, et rien ne passe à « Consulté »."),
            ),
            class_name="columns two",
        ),
    )


def _habits() -> rx.Component:
    return panel(
        t("Paiement et conditions"),
        rx.el.div(
            _text("IBAN", "iban"),
            _text("BIC", "bic"),
            field(
                t("Nature des opérations"),
                rx.el.select(
                    rx.el.option(t("Non précisée"), value=""),
                    rx.el.option(t("Livraison de biens"), value="goods"),
                    rx.el.option(t("Prestation de services"), value="services"),
                    rx.el.option(t("Livraison de biens et prestation de services"), value="both"),
                    name="operations",
                    default_value=Company.operations,
                ),
            ),
            _yes_no(t("TVA sur les débits"), "vat_on_debits"),
            _yes_no(
                t("Acompte à l’acceptation"),
                "deposit_on_acceptance",
                t("Un devis qui prévoit un acompte émet sa facture d’acompte dès qu’il est accepté."),
            ),
            _yes_no(
                t("Paiement en plusieurs fois"),
                "part_payments",
                t("Vos clients choisissent alors le montant qu’ils règlent en ligne."),
            ),
            _text(
                t("Montant minimal d’un paiement partiel"),
                "part_minimum_minor",
                input_mode="decimal",
                placeholder=t("Aucun"),
            ),
            _long(
                t("Pénalités de retard"),
                "late_penalty",
                t("Trois fois le taux d’intérêt légal, par exemple."),
                "2",
            ),
            _long(t("Conditions"), "terms", t("Imprimées au bas de chaque document."), "5"),
            class_name="columns two",
        ),
    )


def _missing() -> rx.Component:
    return rx.cond(
        SettingsPage.missing.length() > 0,
        panel(
            t("Mentions qui manquent"),
            rx.el.ul(
                rx.foreach(SettingsPage.missing, lambda words: rx.el.li(icon("warning"), words)),
                class_name="missing",
            ),
            rx.el.p(
                t("La loi les demande sur vos factures. Rien ne vous empêche d’émettre sans."),
                class_name="soft",
            ),
        ),
        panel(t("Mentions légales"), rx.el.p(icon("check"), t("Rien ne manque."), class_name="complete")),
    )


def _followups() -> rx.Component:
    return panel(
        t("Relances"),
        rx.el.p(
            t("Devis sans réponse, factures en retard : choisissez ce qui part tout seul, et ses mots."),
            class_name="soft",
        ),
        rx.el.p(link(t("Régler les relances"), to=path("/app/settings/followups"), class_name="btn")),
        class_name="panel stack",
    )


def _mails() -> rx.Component:
    return panel(
        t("Courriels"),
        rx.el.p(t("Ce que disent les courriels à vos clients, avec un aperçu."), class_name="soft"),
        rx.el.p(link(t("Régler les courriels"), to=path("/app/settings/mails"), class_name="btn")),
        class_name="panel stack",
    )


def _logo() -> rx.Component:
    return panel(
        t("Logo"),
        rx.cond(
            SettingsPage.logo != "",
            rx.el.img(src=SettingsPage.logo, alt=t("Votre logo"), class_name="logo"),
            rx.el.p(t("PNG ou JPEG, 2 Mo au plus."), class_name="soft"),
        ),
        rx.el.div(
            file_sender(
                "/app/logo",
                "logo",
                label=t("Choisir une image"),
                busy=t("Envoi…"),
                failure=t("Cette image n’a pas pu être enregistrée. Réessayez dans un instant."),
                accept="image/png,image/jpeg",
                on_sent=SettingsPage.logo_sent,
                on_refused=SettingsPage.logo_refused,
                testid="logo-file",
            ),
            rx.cond(
                SettingsPage.logo != "",
                rx.el.button(
                    t("Retirer"),
                    type="button",
                    class_name="btn quiet",
                    on_click=SettingsPage.remove_logo(Here.object),
                ),
                rx.fragment(),
            ),
            class_name="actions",
        ),
        class_name="panel stack",
    )


def _keys() -> rx.Component:
    return panel(
        t("Clés d’API"),
        proof_first(),
        rx.cond(
            SettingsPage.new_key != "",
            rx.el.div(
                rx.el.p(t("Copiez cette clé maintenant : elle ne sera plus jamais montrée.")),
                rx.el.code(
                    SettingsPage.new_key,
                    id="new-key",
                    class_name="secret",
                    custom_attrs={"data-testid": "new-key"},
                ),
                copy_button(
                    SettingsPage.new_key, label=t("Copier la clé"), done=t("Clé copiée"), source="new-key"
                ),
                class_name="stack",
            ),
            rx.fragment(),
        ),
        rx.el.ul(rx.foreach(SettingsPage.keys, _key), class_name="keys"),
        page_form(
            field(
                t("Nouvelle clé pour"),
                rx.el.input(
                    name="name", required=True, max_length=200, placeholder=t("Mon logiciel de gestion")
                ),
            ),
            rx.el.button(t("Créer une clé"), type="submit", class_name="btn"),
            on_submit=SettingsPage.create_key,
            reset_on_submit=True,
            class_name="stack",
        ),
        class_name="panel stack",
    )


def _key(key: rx.Var[KeyRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(user_text(key.name), rx.el.small(key.since)),
        rx.el.button(
            t("Révoquer"),
            type="button",
            class_name="btn danger-quiet",
            on_click=SettingsPage.revoke_key(key.id),
        ),
        key=key.id,
    )


def _account() -> rx.Component:
    return panel(
        t("Votre compte"),
        rx.el.p(SettingsPage.email, class_name="soft"),
        rx.el.p(
            anchor(
                t("Sécurité et appareils"),
                href="/account",
                class_name="btn",
                custom_attrs={"data-testid": "account"},
            )
        ),
        rx.el.div(
            dialog_button(
                t("Changer de mot de passe"),
                t("Changer de mot de passe"),
                page_form(
                    field(
                        t("Mot de passe actuel"),
                        rx.el.input(
                            name="current", type="password", required=True, auto_complete="current-password"
                        ),
                    ),
                    field(
                        t("Nouveau mot de passe"),
                        rx.el.input(name="new", type="password", required=True, auto_complete="new-password"),
                    ),
                    rx.el.button(t("Changer"), type="submit", class_name="btn go"),
                    on_submit=SettingsPage.change_password,
                    class_name="stack",
                ),
                close_label=t("Fermer"),
                close_at=SettingsPage.done,
            ),
            dialog_button(
                t("Se déconnecter partout"),
                t("Se déconnecter partout ?"),
                rx.el.p(t("Tous vos appareils seront déconnectés, celui-ci aussi.")),
                rx.el.button(
                    t("Se déconnecter partout"),
                    type="button",
                    class_name="btn danger",
                    on_click=SettingsPage.leave_everywhere(Here.object),
                ),
                close_label=t("Fermer"),
                close_at=SettingsPage.done,
            ),
            class_name="actions",
        ),
        plain_form(
            rx.el.button(t("Se déconnecter"), type="submit", class_name="btn quiet"),
            action="/logout",
        ),
        class_name="panel stack",
    )

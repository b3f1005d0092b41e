"""Settings of reminders: each scenario with its delay, its days, its words, and what the client would read."""

import reflex as rx

from webdoc_app.reads.followups import RuleForm
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.followups_state import FollowupsPage
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import field, link, panel, user_text
from webdoc_app.ui.kit.words import path, t


@merchant_page("/app/settings/followups", "Relances", Bell.load, FollowupsPage.load)
def followups() -> rx.Component:
    return frame(
        "settings",
        t("Relances"),
        rx.cond(
            FollowupsPage.loaded,
            rx.el.div(
                rx.el.div(
                    _invitation(),
                    _group(t("Devis"), FollowupsPage.quotes),
                    _group(t("Commandes et livraisons"), FollowupsPage.confirmations),
                    _group(t("Factures et acomptes"), FollowupsPage.bills),
                    class_name="editor-main",
                ),
                rx.el.aside(_how(), class_name="talk-side"),
                class_name="settings",
            ),
            rx.el.div(class_name="skeleton"),
        ),
        loaded=FollowupsPage.loaded,
        actions=(link(t("Tous les réglages"), to=path("/app/settings"), class_name="btn"),),
    )


def _invitation() -> rx.Component:
    return rx.cond(
        FollowupsPage.all_off,
        panel(
            t("Laissez Webdoc relancer pour vous"),
            rx.el.p(
                t(
                    "Aucune relance n’est activée. Ouvrez celles qui vous conviennent, relisez leur message et "
                    "activez-les : elles partent seules et s’arrêtent dès que votre client répond ou paie."
                )
            ),
            custom_attrs={"data-testid": "followups-off"},
        ),
        rx.fragment(),
    )


def _how() -> rx.Component:
    return panel(
        t("Comment elles partent"),
        rx.el.ul(
            rx.el.li(t("Entre 8 h et 18 h, heure de Paris, une seule fois chacune.")),
            rx.el.li(t("Elles s’arrêtent à la réponse, au paiement, et pendant une mise en attente.")),
            rx.el.li(t("Elles attendent que vous ayez répondu au dernier message de votre client.")),
            rx.el.li(t("Rien ne part dans les trois jours qui suivent un échange.")),
            class_name="rules-notes",
        ),
    )


def _group(title: str, rules: rx.Var[list[RuleForm]]) -> rx.Component:
    return panel(title, rx.el.ul(rx.foreach(rules, _rule), class_name="rules"))


def _rule(rule: rx.Var[RuleForm]) -> rx.Component:
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                icon("down"),
                rx.el.b(rule.label),
                rx.el.span(rule.state, class_name=rx.cond(rule.enabled, "rule-state on", "rule-state")),
            ),
            page_form(
                rx.el.input(type="hidden", name="scenario", value=rule.scenario, read_only=True),
                rx.el.div(
                    _check(t("Envoyer cette relance"), "enabled", rule.enabled),
                    _check(t("Jours ouvrés seulement"), "working_days", rule.working_days),
                    field(
                        rule.delay_label,
                        rx.el.input(
                            name="delay_days",
                            default_value=rule.delay_days,
                            input_mode="numeric",
                            max_length=4,
                            required=True,
                        ),
                    ),
                    class_name="rule-when",
                ),
                _words(rule),
                rx.el.p(t("Variables\N{NO-BREAK SPACE}: "), rx.el.code(rule.variables), class_name="soft"),
                rx.el.div(
                    rx.el.button(t("Enregistrer la relance"), type="submit", class_name="btn go"),
                    class_name="actions",
                ),
                on_submit=FollowupsPage.save,
                class_name="stack",
            ),
            _preview(rule),
        ),
        key=rule.scenario,
        custom_attrs={"data-testid": "rule-" + rule.scenario},
    )


def _check(label: str, name: str, checked: rx.Var[bool]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, default_checked=checked),
        rx.el.span(label),
        class_name="check",
    )


def _words(rule: rx.Var[RuleForm]) -> rx.Component:
    return rx.el.div(
        _subject(t("Objet, en français"), "subject_fr", rule.subject_fr),
        _subject(t("Objet, en anglais"), "subject_en", rule.subject_en),
        _body(t("Message, en français"), "body_fr", rule.body_fr),
        _body(t("Message, en anglais"), "body_en", rule.body_en),
        class_name="columns two",
    )


def _subject(label: str, name: str, value: rx.Var[str]) -> rx.Component:
    return field(label, rx.el.input(name=name, default_value=value, max_length=300))


def _body(label: str, name: str, value: rx.Var[str]) -> rx.Component:
    return field(label, rx.el.textarea(name=name, default_value=value, rows="6", max_length=5000))


def _preview(rule: rx.Var[RuleForm]) -> rx.Component:
    return rx.el.figure(
        rx.el.figcaption(t("Ce que lira votre client, une fois enregistré")),
        rx.el.p(rx.el.b(user_text(rule.preview_subject))),
        rx.el.p(user_text(rule.preview_body), class_name="said"),
        class_name="preview",
        custom_attrs={"data-testid": "preview"},
    )

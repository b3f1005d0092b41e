"""Settings of mails: what each of them says, its variables, and the mail itself as it would arrive."""

import reflex as rx

from webdoc_app.reads.mail_words import MailChoice, MailGroup, Variable
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.mails_state import MailsPage
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import field, link, panel, user_text
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.tabs.places import Here

Form = MailsPage.form
MAIL = Form.kind + " " + Form.language
"""Which mail the fields are of: typed for another one, they change nothing."""


@merchant_page("/app/settings/mails", "Courriels", Bell.load, MailsPage.load)
def mails() -> rx.Component:
    return frame(
        "settings",
        t("Courriels"),
        rx.cond(
            MailsPage.loaded,
            rx.el.div(
                rx.el.div(_choice(), _words(), class_name="editor-main"),
                rx.el.div(_preview(), class_name="talk-side"),
                class_name="mail-words",
            ),
            rx.el.div(class_name="skeleton"),
        ),
        loaded=MailsPage.loaded,
        actions=(link(t("Tous les réglages"), to=path("/app/settings"), class_name="btn"),),
    )


def _choice() -> rx.Component:
    return panel(
        t("Quel courriel ?"),
        rx.el.div(
            field(
                t("Courriel"),
                rx.el.select(
                    rx.foreach(MailsPage.groups, _group),
                    value=Form.kind,
                    on_change=MailsPage.choose,
                    custom_attrs={"data-testid": "mail-kind"},
                ),
            ),
            field(
                t("Langue"),
                rx.el.select(
                    rx.el.option("Français", value="fr"),
                    rx.el.option("English", value="en"),
                    value=Form.language,
                    on_change=MailsPage.speak,
                    custom_attrs={"data-testid": "mail-language"},
                ),
                hint=t("Celle du document décide."),
            ),
            class_name="columns",
        ),
        rx.el.p(
            t("Les relances ont leur page :"),
            " ",
            link(t("régler les relances"), to=path("/app/settings/followups")),
            class_name="soft",
        ),
        class_name="panel stack",
    )


def _group(group: rx.Var[MailGroup]) -> rx.Component:
    return rx.el.optgroup(rx.foreach(group.choices, _option), label=group.label, key=group.label)


def _option(choice: rx.Var[MailChoice]) -> rx.Component:
    label = choice.label + rx.cond(choice.is_own, " · " + t("modifié"), "")
    return rx.el.option(label, value=choice.kind, key=choice.kind)


def _words() -> rx.Component:
    return panel(
        t("Ses mots"),
        page_form(
            rx.el.input(type="hidden", name="mail", value=MAIL, read_only=True),
            _part(
                t("Objet"),
                "subject",
                rx.el.input(
                    name="subject",
                    default_value=Form.subject,
                    max_length=300,
                    on_change=MailsPage.type_subject(MAIL).debounce(250),
                    aria_invalid=MailsPage.subject_problem != "",
                    aria_describedby="subject-problem",
                ),
                MailsPage.subject_problem,
            ),
            _part(
                t("Texte"),
                "body",
                rx.el.textarea(
                    name="body",
                    default_value=Form.body,
                    rows="8",
                    max_length=5000,
                    on_change=MailsPage.type_body(MAIL).debounce(250),
                    aria_invalid=MailsPage.body_problem != "",
                    aria_describedby="body-problem",
                ),
                MailsPage.body_problem,
            ),
            _variables(),
            rx.el.div(
                rx.el.button(t("Enregistrer le courriel"), type="submit", class_name="btn go"),
                rx.cond(
                    Form.is_own,
                    rx.el.button(
                        t("Revenir au texte d’origine"),
                        type="button",
                        class_name="btn",
                        on_click=MailsPage.restore(Here.object, MAIL),
                    ),
                    rx.fragment(),
                ),
                class_name="actions",
            ),
            on_submit=MailsPage.save,
            class_name="stack",
            key=MailsPage.turn.to_string(),
        ),
    )


def _part(label: str, name: str, control: rx.Component, problem: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        field(label, control),
        rx.el.p(problem, id=f"{name}-problem", class_name="field-problem", role="alert"),
    )


def _variables() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("Ces variables prennent la valeur du moment :"), class_name="soft"),
        rx.el.ul(rx.foreach(Form.variables, _variable), class_name="variables"),
    )


def _variable(variable: rx.Var[Variable]) -> rx.Component:
    return rx.el.li(
        rx.el.code(variable.place),
        " ",
        variable.meaning,
        rx.cond(variable.is_needed, rx.el.b(" · " + t("nécessaire")), rx.fragment()),
        key=variable.place,
    )


def _preview() -> rx.Component:
    return panel(
        t("Ce que lira votre client"),
        rx.el.p(
            rx.el.b(user_text(MailsPage.preview.subject)), custom_attrs={"data-testid": "preview-subject"}
        ),
        rx.el.iframe(
            src_doc=MailsPage.preview.html,
            sandbox="",
            title=t("Aperçu du courriel"),
            class_name="mail-frame",
            custom_attrs={"data-testid": "preview-html"},
        ),
        rx.el.details(
            rx.el.summary(icon("down"), t("Sa forme en texte seul")),
            rx.el.pre(user_text(MailsPage.preview.text), custom_attrs={"data-testid": "preview-text"}),
            class_name="mail-text",
        ),
        class_name="panel stack",
    )

"""The editor: a draft, or an issued quote the client has not answered yet (each saving is then a version)."""

import reflex as rx

from webdoc_app.domain.documents import Kind
from webdoc_app.reads.editor import LineDraft, TotalLine
from webdoc_app.reads.sheet import KIND_LABELS
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.editor_state import Editor
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import field, link, panel
from webdoc_app.ui.kit.typing_form import typed_form
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.tabs.places import Here

VAT_RATES = ("20", "10", "8,5", "5,5", "2,1", "0")
"""Metropolitan France and the DOM (CGI, art. 278 to 281 nonies, 294 to 296)."""

Document = Editor.draft


@merchant_page("/app/documents/[doc_id]/edit", "Modifier", Bell.load, Editor.load)
def editor() -> rx.Component:
    names = rx.Var.create({kind.value: t(label) for kind, label in KIND_LABELS.items()})
    return frame(
        "documents",
        rx.cond(
            Document.number != "",
            t("Modifier") + " " + Document.number,
            rx.cond(Editor.loaded, t("Brouillon") + " · " + names[Document.kind].to(str), t("Brouillon")),
        ),
        rx.cond(
            Editor.loaded,
            typed_form(
                rx.el.div(_about(), _lines(), _words(), class_name="editor-main"),
                rx.el.aside(_totals(), _missing(), class_name="editor-side"),
                rx.el.input(type="hidden", name="key", value=Editor.form_key, read_only=True),
                shape=Editor.shape,
                saved=Editor.saved,
                epoch=Editor.epoch,
                leave_question=t("Quitter sans enregistrer ?"),
                on_typed=Editor.typed,
                on_restored=Editor.restored,
                on_submit=Editor.submit,
                class_name="editor",
            ),
            rx.el.div(class_name="skeleton"),
        ),
        loaded=Editor.loaded,
        actions=(_new_customer(),),
    )


def _about() -> rx.Component:
    return rx.el.section(
        rx.cond(
            Document.is_draft,
            field(
                t("Type"),
                rx.el.select(
                    *(rx.el.option(t(KIND_LABELS[kind]), value=kind.value) for kind in Kind),
                    name="kind",
                    default_value=Document.kind,
                ),
            ),
            rx.fragment(),
        ),
        field(
            t("Client"),
            rx.el.select(
                rx.foreach(Editor.customers, lambda choice: rx.el.option(choice.name, value=choice.id)),
                name="customer_id",
                default_value=Document.customer_id,
                disabled=Document.has_origin,
                key=Document.customer_id,
            ),
            hint=rx.cond(Document.has_origin, t("Le client reste celui de la chaîne."), ""),
        ),
        field(
            t("Objet"),
            rx.el.input(
                name="title", default_value=Document.title, max_length=300, placeholder=t("Aménagement…")
            ),
            class_name="wide",
        ),
        field(
            t("Valable jusqu’au"),
            rx.el.input(name="valid_until", type="date", default_value=Document.valid_until),
        ),
        field(t("Échéance"), rx.el.input(name="due_date", type="date", default_value=Document.due_date)),
        field(
            t("Acompte demandé (%)"),
            rx.el.input(name="deposit_percent", input_mode="decimal", default_value=Document.deposit_percent),
        ),
        field(
            t("Langue du document"),
            rx.el.select(
                rx.el.option("Français", value="fr"),
                rx.el.option("English", value="en"),
                name="language",
                default_value=Document.language,
            ),
        ),
        class_name="panel columns",
    )


def _lines() -> rx.Component:
    return panel(
        t("Lignes"),
        rx.el.ol(rx.foreach(Editor.lines, _line), class_name="line-list"),
        rx.el.button(
            icon("plus"),
            t("Ajouter une ligne"),
            type="button",
            class_name="btn",
            on_click=Editor.add_line(Here.object),
            custom_attrs={"data-testid": "add-line"},
        ),
        rx.el.datalist(*(rx.el.option(value=rate) for rate in VAT_RATES), id="vat-rates"),
    )


def _line(line: rx.Var[LineDraft]) -> rx.Component:
    def control(name: str, label: str, value: rx.Var[str], **props: object) -> rx.Component:
        return field(
            label,
            rx.el.input(name=f"line.{line.key}.{name}", default_value=value, **props),
            class_name=name,
        )

    return rx.el.li(
        field(
            t("Description"),
            rx.el.textarea(
                name=f"line.{line.key}.description", default_value=line.description, rows="2", max_length=5000
            ),
            class_name="description",
        ),
        control("quantity", t("Quantité"), line.quantity, input_mode="decimal"),
        control("unit", t("Unité"), line.unit, max_length=50, placeholder=t("h, m², u…")),
        control("unit_price", t("Prix HT"), line.unit_price, input_mode="decimal"),
        control("discount_percent", t("Remise %"), line.discount_percent, input_mode="decimal"),
        control("vat_rate", t("TVA %"), line.vat_rate, input_mode="decimal", list="vat-rates"),
        rx.el.div(
            rx.el.output(Editor.nets.get(line.key, ""), class_name="num"),
            _line_button("up", t("Monter la ligne"), Editor.move_line(Here.object, line.key, -1)),
            _line_button("down", t("Descendre la ligne"), Editor.move_line(Here.object, line.key, 1)),
            _line_button("remove", t("Retirer la ligne"), Editor.remove_line(Here.object, line.key)),
            class_name="line-end",
        ),
        rx.cond(Document.kind == Kind.QUOTE.value, _optional(line), rx.fragment()),
        key=line.key,
        custom_attrs={"data-testid": "line"},
    )


def _optional(line: rx.Var[LineDraft]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=f"line.{line.key}.optional", default_checked=line.is_optional),
        rx.el.span(t("En option, au choix du client")),
        class_name="tick optional",
    )


def _line_button(drawing: str, label: str, action: object) -> rx.Component:
    return rx.el.button(
        icon(drawing),
        type="button",
        class_name="icon-btn",
        on_click=action,
        custom_attrs={"aria-label": label, "title": label},
    )


def _words() -> rx.Component:
    return rx.el.section(
        field(
            t("Notes au client"),
            rx.el.textarea(name="notes", default_value=Document.notes, rows="4", max_length=5000),
            hint=t("Imprimées sous le tableau : délais, conditions, remerciements."),
        ),
        class_name="panel",
    )


def _totals() -> rx.Component:
    return rx.el.section(
        rx.el.dl(rx.foreach(Editor.totals, _total), class_name="sums", custom_attrs={"aria-live": "polite"}),
        rx.cond(
            Editor.problems.length() > 0,
            rx.el.ul(rx.foreach(Editor.problems, rx.el.li), class_name="problems"),
            rx.fragment(),
        ),
        rx.el.div(
            rx.foreach(Editor.deposits, lambda note: rx.el.p(note, class_name="soft")),
            custom_attrs={"aria-live": "polite", "data-testid": "deposit-notes"},
        ),
        rx.cond(
            Document.is_draft,
            rx.fragment(
                _submit(
                    t("Émettre"),
                    "issue",
                    "btn go",
                    hint=t("Le document reçoit son numéro et ne change plus."),
                ),
                _submit(t("Enregistrer et voir l’aperçu"), "preview", "btn"),
                _submit(t("Enregistrer le brouillon"), "save", "btn"),
            ),
            rx.fragment(
                _submit(t("Enregistrer la nouvelle version"), "preview", "btn go"),
                rx.el.p(
                    t("Le numéro et le lien restent ; votre client lira la nouvelle version."),
                    class_name="soft",
                ),
            ),
        ),
        link(t("Revenir au document"), to=path("/app/documents/") + Document.id, class_name="btn quiet"),
        class_name="panel stack",
    )


def _submit(label: str, action: str, look: str, hint: str = "") -> rx.Component:
    return rx.el.button(
        label,
        type="submit",
        value=action,
        class_name=look,
        custom_attrs={"data-testid": f"{action}-document", **({"title": hint} if hint else {})},
    )


def _total(row: rx.Var[TotalLine]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.label),
        rx.el.dd(row.amount, class_name="num"),
        class_name=rx.cond(row.strong, "strong", ""),
    )


def _missing() -> rx.Component:
    return rx.cond(
        Editor.missing.length() > 0,
        panel(
            t("Mentions qui manquent"),
            rx.el.ul(
                rx.foreach(Editor.missing, lambda words: rx.el.li(icon("warning"), words)),
                class_name="missing",
            ),
            rx.el.p(
                t("Rien ne vous empêche d’émettre. "),
                link(t("Compléter les réglages"), to=path("/app/settings")),
                class_name="soft",
            ),
        ),
        rx.fragment(),
    )


def _new_customer() -> rx.Component:
    return dialog_button(
        t("Nouveau client"),
        t("Nouveau client"),
        page_form(
            field(t("Nom"), rx.el.input(name="name", required=True, max_length=200)),
            field(t("Adresse électronique"), rx.el.input(name="email", type="email", max_length=200)),
            field(t("Adresse"), rx.el.textarea(name="address", rows="3", max_length=1000)),
            field(t("SIREN"), rx.el.input(name="siren", max_length=200)),
            rx.el.button(t("Créer et choisir"), type="submit", class_name="btn go"),
            on_submit=Editor.add_customer,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=Editor.done,
    )

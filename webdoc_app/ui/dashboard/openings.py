"""Who has opened the document, on its page: the client's visits, those ignored, and correcting what is wrong."""

import reflex as rx

from webdoc_app.domain.tracking import Correction
from webdoc_app.reads.openings import VisitRow
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.kit.openers import menu
from webdoc_app.ui.kit.parts import anchor, panel, user_text
from webdoc_app.ui.kit.words import t
from webdoc_app.ui.tabs.places import Here

Seen = DocumentPage.openings


def onlooker() -> rx.Component:
    """That the client looks at the document right now."""
    return rx.el.span(
        rx.cond(
            DocumentPage.looking != "",
            rx.el.span(DocumentPage.looking, class_name="live", custom_attrs={"data-testid": "presence"}),
            rx.fragment(),
        ),
        aria_live="polite",
    )


def preview_button() -> rx.Component:
    return anchor(
        t("Voir comme le client"),
        href=rx.Var.create("/app/documents/") + DocumentPage.head.id + "/preview",
        target="_blank",
        rel="noopener",
        class_name="btn",
        custom_attrs={"data-testid": "preview"},
    )


def openings() -> rx.Component:
    return rx.cond(
        DocumentPage.head.is_draft,
        rx.fragment(),
        panel(
            t("Consultations"),
            rx.cond(
                Seen.first != "",
                rx.el.dl(
                    _fact(t("Première"), Seen.first, "first-opening"),
                    _fact(t("Dernière"), Seen.last, "last-opening"),
                    _fact(t("Visites"), Seen.visits, "visits"),
                    _fact(t("Temps passé"), Seen.time, "visible-time"),
                    class_name="facts",
                ),
                rx.el.p(t("Votre client n’a pas encore ouvert ce document."), class_name="soft"),
            ),
            rx.el.ol(rx.foreach(Seen.rows, _visit), class_name="visits"),
            rx.cond(
                Seen.apart.length() > 0,
                rx.el.details(
                    rx.el.summary(
                        rx.el.span(Seen.ignored, custom_attrs={"data-testid": "ignored-openings"}),
                        rx.cond((Seen.ignored != "") & (Seen.own != ""), " · ", ""),
                        rx.el.span(Seen.own),
                    ),
                    rx.el.ol(rx.foreach(Seen.apart, _visit), class_name="visits"),
                    class_name="apart",
                ),
                rx.fragment(),
            ),
            custom_attrs={"data-testid": "openings"},
        ),
    )


def _fact(label: str, value: rx.Var[str], mark: str) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(value, custom_attrs={"data-testid": mark}))


def _visit(row: rx.Var[VisitRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(rx.cond(row.device != "", row.device, t("Appareil inconnu"))),
            rx.cond(row.who != "", rx.el.span(user_text(row.who)), rx.fragment()),
            rx.el.small(
                row.at,
                rx.cond(row.time != "", rx.fragment(" · ", row.time), rx.fragment()),
                rx.cond(row.counts, rx.fragment(), rx.fragment(" · ", row.word)),
                rx.cond(row.why != "", rx.fragment(" · ", row.why), rx.fragment()),
                rx.cond(row.corrected != "", rx.fragment(" · ", row.corrected), rx.fragment()),
            ),
        ),
        rx.cond(row.is_many, rx.fragment(), _corrections(row)),
        key=row.id,
        class_name="visit " + row.tone,
        custom_attrs={"data-testid": "visit"},
    )


def _corrections(row: rx.Var[VisitRow]) -> rx.Component:
    return menu(
        rx.el.summary(t("Corriger"), class_name="btn quiet"),
        rx.el.div(
            _says(row, Correction.CLIENT, t("C’était le client")),
            _says(row, Correction.OWNER, t("C’était nous")),
            _says(row, Correction.AUTOMATIC, t("C’était un robot")),
            class_name="menu-panel",
        ),
        testid="correct-opening",
    )


def _says(row: rx.Var[VisitRow], what: Correction, words: str) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        class_name="entry",
        on_click=DocumentPage.correct(Here.object, row.id, what.value),
        custom_attrs={"data-says": what.value},
    )

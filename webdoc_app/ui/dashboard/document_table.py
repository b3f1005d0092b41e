"""The table of documents, wherever documents are listed: rows that glow when they change, cards on a phone."""

import reflex as rx

from webdoc_app.reads.dashboard import DocumentRow
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import badge, link, user_text
from webdoc_app.ui.kit.still import still_rows
from webdoc_app.ui.kit.words import path, t


def document_table(
    rows: rx.Var[list[DocumentRow]], looked_at: rx.Var[list[str]] | None = None
) -> rx.Component:
    """The table of documents, here and wherever else documents are listed; cards on a phone.

    `looked_at` are ids of documents that a client looks at now: a dot says so.
    """
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("Document")),
                    rx.el.th(t("Client")),
                    rx.el.th(t("État")),
                    rx.el.th(t("Consultations")),
                    rx.el.th(t("Date"), class_name="when"),
                    rx.el.th(t("Montant TTC"), class_name="right"),
                )
            ),
            still_rows(rx.foreach(rows, lambda row: _row(row, looked_at))),
            class_name="documents",
        ),
        class_name="table",
    )


def _row(row: rx.Var[DocumentRow], looked_at: rx.Var[list[str]] | None) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(row.number, to=path("/app/documents/") + row.id, class_name="number"),
            rx.el.small(user_text(rx.cond(row.title != "", row.title, row.kind_label))),
            class_name="what",
        ),
        rx.el.td(user_text(row.customer), class_name="who"),
        rx.el.td(
            badge(row.status, row.status_label, custom_attrs={"data-testid": "row-status"}),
            _dot(row, looked_at) if looked_at is not None else rx.fragment(),
            class_name="state",
        ),
        rx.el.td(
            rx.cond(
                row.openings != "", rx.el.span(icon("eye"), row.openings, class_name="eye"), rx.fragment()
            ),
            class_name="seen",
        ),
        rx.el.td(row.day, class_name="when num"),
        rx.el.td(row.amount, class_name="sum right num"),
        key=row.id,
        class_name=rx.cond(row.glow != "", "glow-" + row.glow, ""),
        custom_attrs={"data-testid": "doc-row", "data-document-id": row.id},
    )


def _dot(row: rx.Var[DocumentRow], looked_at: rx.Var[list[str]]) -> rx.Component:
    return rx.cond(
        looked_at.contains(row.id),
        rx.el.span(
            rx.el.span(t("Le client regarde en ce moment"), class_name="sr"),
            class_name="live dot",
            title=t("Le client regarde en ce moment"),
            custom_attrs={"data-testid": "row-presence"},
        ),
        rx.fragment(),
    )

"""The options of an issued document: its link, what was seen through it, and the recipients with theirs."""

import reflex as rx

from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.dashboard.recipients import recipients, replace_button, switch_button
from webdoc_app.ui.kit.copying import copy_button
from webdoc_app.ui.kit.openers import menu
from webdoc_app.ui.kit.parts import anchor
from webdoc_app.ui.kit.words import t

Link = DocumentPage.link


def document_menu() -> rx.Component:
    return menu(
        rx.el.summary(t("Lien et options"), class_name="btn"),
        rx.el.div(
            rx.el.h2(t("Lien web-document")),
            rx.el.p(Link.note, class_name="soft"),
            anchor(
                Link.url,
                href=Link.url,
                id="webdoc-link",
                target="_blank",
                rel="noopener",
                class_name=rx.cond(Link.is_active, "address", "address closed"),
                custom_attrs={"data-testid": "webdoc-link"},
            ),
            copy_button(
                Link.url,
                label=t("Copier le lien"),
                done=t("Lien copié"),
                source="webdoc-link",
                testid="copy-link",
            ),
            rx.cond(
                Link.qr != "", rx.html(Link.qr, class_name="qr", title=t("QR code du lien")), rx.fragment()
            ),
            rx.el.dl(
                _fact(t("Visites du client"), Link.views, "views-count"),
                _fact(t("Dernière visite"), Link.last_viewed, "last-viewed"),
            ),
            rx.el.div(
                replace_button("", t("Remplacer le lien"), "rotate-link"),
                switch_button("", Link.state),
                class_name="actions",
            ),
            recipients(),
            class_name="menu-panel link-panel",
        ),
        testid="doc-menu",
    )


def _fact(label: str, value: rx.Var[str], mark: str) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(value, custom_attrs={"data-testid": mark}))

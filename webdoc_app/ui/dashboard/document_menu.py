"""The options of an issued document: its link, what was seen through it, replacing and closing it."""

import reflex as rx

from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.kit.copying import copy_button
from webdoc_app.ui.kit.openers import dialog_button, menu
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
            rx.el.div(_replace(), rx.cond(Link.is_active, _close(), rx.fragment()), class_name="actions"),
            class_name="menu-panel link-panel",
        ),
        testid="doc-menu",
    )


def _fact(label: str, value: rx.Var[str], mark: str) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(value, custom_attrs={"data-testid": mark}))


def _replace() -> rx.Component:
    return dialog_button(
        t("Remplacer le lien"),
        t("Remplacer le lien ?"),
        rx.el.p(t("Un nouveau lien est créé. L’ancien ne s’ouvrira plus : pensez à envoyer le nouveau.")),
        rx.el.button(
            t("Remplacer le lien"), type="button", class_name="btn go", on_click=DocumentPage.replace_link
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
        testid="rotate-link",
    )


def _close() -> rx.Component:
    return dialog_button(
        t("Désactiver le lien"),
        t("Désactiver le lien ?"),
        rx.el.p(
            t("Votre client ne pourra plus ouvrir ce document. Vous pourrez créer un nouveau lien plus tard.")
        ),
        rx.el.button(
            t("Désactiver le lien"), type="button", class_name="btn danger", on_click=DocumentPage.close_link
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
        look="btn danger-quiet",
        testid="revoke-link",
    )

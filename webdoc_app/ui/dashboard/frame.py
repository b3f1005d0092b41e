"""What surrounds every merchant page: the rail, the bottom bar of phones, the bell, notices, the live marker."""

import reflex as rx

from webdoc_app.ui.dashboard.bell import Bell, bell
from webdoc_app.ui.kit.here import for_object
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.live import socket_up
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import Content, anchor, link, plain_form, user_text
from webdoc_app.ui.kit.shortcuts import shortcuts
from webdoc_app.ui.kit.words import path, t

PLACES = (
    ("home", "/app", "home", "Tableau de bord", "Accueil"),
    ("documents", "/app/documents", "document", "Documents", "Documents"),
    ("customers", "/app/customers", "people", "Clients", "Clients"),
    ("payments", "/app/payments", "card", "Paiements", "Paiements"),
    ("outbox", "/app/outbox", "mail", "Boîte d’envoi", "Envois"),
    ("settings", "/app/settings", "settings", "Réglages", "Réglages"),
)


def frame(
    active: str,
    title: Content,
    *children: Content,
    loaded: rx.Var[bool],
    actions: tuple[rx.Component, ...] = (),
) -> rx.Component:
    """A merchant page: `active` names its place in the rail, `loaded` says its state was read."""
    return rx.el.div(
        anchor(t("Aller au contenu"), href="#content", class_name="skip"),
        _rail(active),
        rx.el.div(
            rx.el.header(
                rx.el.h1(title if isinstance(title, str) else for_object(title, waiting=False)),
                _live(loaded),
                rx.el.span(class_name="space"),
                rx.el.div(for_object(*actions, waiting=False), class_name="actions"),
                bell(),
                class_name="head",
            ),
            _notice(),
            rx.el.main(for_object(*children), id="content"),
            class_name="desk",
        ),
        _tabs(active),
        shortcuts(),
        class_name="app",
    )


def _live(loaded: rx.Var[bool]) -> rx.Component:
    return rx.cond(
        socket_up & loaded,
        for_object(
            rx.el.span(
                t("En direct"),
                class_name="live",
                custom_attrs={"data-testid": "live", "title": t("Cette page se met à jour toute seule.")},
            ),
            waiting=False,
        ),
        rx.cond(
            loaded,
            rx.el.span(t("Connexion perdue, nous réessayons."), class_name="live lost", role="status"),
            rx.fragment(),
        ),
    )


def _notice() -> rx.Component:
    """In a place of its own, from which an open dialog may take it: see openers.js."""
    return rx.el.div(_notices())


def _notices() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Notice.text != "",
            rx.el.div(
                rx.el.p(Notice.text),
                rx.el.button(
                    icon("remove"),
                    rx.el.span(t("Fermer"), class_name="sr"),
                    type="button",
                    class_name="icon-btn",
                    on_click=Notice.close,
                ),
                key=Notice.told.to_string(),
                class_name=rx.cond(Notice.is_problem, "notice problem", "notice"),
            ),
            rx.fragment(),
        ),
        class_name="notices",
        custom_attrs={"aria-live": "polite", "data-testid": "notice"},
    )


def _rail(active: str) -> rx.Component:
    return rx.el.nav(
        rx.el.div(
            rx.el.i(Bell.initials, custom_attrs={"aria-hidden": "true"}),
            user_text(Bell.company_name),
            class_name="brand",
        ),
        *(_place(active, name, address, drawing, label) for name, address, drawing, label, _ in PLACES),
        plain_form(
            rx.el.button(icon("leave"), t("Se déconnecter"), type="submit"),
            action="/logout",
            class_name="leave",
            custom_attrs={"title": Bell.user_name},
        ),
        class_name="rail",
        aria_label=t("Principal"),
    )


def _tabs(active: str) -> rx.Component:
    return rx.el.nav(
        *(_place(active, name, address, drawing, short) for name, address, drawing, _, short in PLACES),
        class_name="tabs",
        aria_label=t("Principal"),
    )


def _place(active: str, name: str, address: str, drawing: str, label: str) -> rx.Component:
    here = {"aria-current": "page"} if name == active else {}
    return link(icon(drawing), rx.el.span(t(label)), to=path(address), custom_attrs=here)

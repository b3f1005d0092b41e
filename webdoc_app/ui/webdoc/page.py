"""The client's page: live parts for the places of its first HTML. The document itself is not sent twice."""

import reflex as rx

from webdoc_app.reads.sheet_types import Stamp, TotalRow
from webdoc_app.ui.kit.live import socket_up
from webdoc_app.ui.kit.parts import user_text
from webdoc_app.ui.kit.slot import slot, slots_taken
from webdoc_app.ui.webdoc.answer import answer
from webdoc_app.ui.webdoc.parts import OptionTicks, PrintButton, Seen, SheetWatch
from webdoc_app.ui.webdoc.pay import pay
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.ui.webdoc.talk import conversation, deal, files
from webdoc_app.ui.webdoc.words import words

ROUTES = ("/d/[token]", "/fr/d/[token]", "/en/d/[token]")
KEEP_TITLE: rx.Var[str] = rx.Var("(typeof document === 'undefined' ? '' : document.title)", _var_type=str)
"""The server's title stays."""


def webdocument() -> rx.Component:
    ready = WebdocState.loaded & rx.State.is_hydrated
    open_still = WebdocState.closed == ""
    return rx.fragment(
        slot("slot-print", PrintButton.create(label=words("Imprimer")), ready=ready),
        slot("slot-problem", _closed(), ready=ready),
        slot("slot-news", _news(), ready=ready),
        slot("slot-status", _status(), ready=ready),
        slot("slot-ask", rx.el.h1(WebdocState.ask), rx.el.p(WebdocState.detail), ready=ready),
        slot("slot-stamp", rx.foreach(WebdocState.stamps, _stamp), ready=ready),
        slot("slot-pay", pay(), ready=ready),
        slot("slot-answer", answer(), ready=ready),
        slot(
            "slot-conversation", rx.cond(open_still, conversation(_live_mark()), rx.fragment()), ready=ready
        ),
        slot("slot-files", files(), ready=ready),
        slot("slot-chain", deal(), ready=ready),
        # Only once the document changed: until then the first one stands.
        rx.cond(
            WebdocState.sheet != "",
            slot("slot-sheet", rx.html(WebdocState.sheet), ready=ready),
            rx.fragment(),
        ),
        rx.cond(
            WebdocState.totals.length() > 0,
            rx.fragment(
                slot("slot-totals", _totals(), ready=ready),
                OptionTicks.create(on_choose=WebdocState.choose_options),
            ),
            rx.fragment(),
        ),
        SheetWatch.create(
            mark=WebdocState.mark, shown=WebdocState.sheet_shown, on_stale=WebdocState.show_sheet
        ),
        Seen.create(
            ready=WebdocState.loaded & socket_up,
            on_seen=WebdocState.confirm_opening,
            on_look=WebdocState.look,
        ),
        _lost(),
    )


def _status() -> rx.Component:
    return rx.el.span(
        WebdocState.status_label,
        class_name="chip " + WebdocState.status,
        custom_attrs={"data-testid": "doc-status"},
    )


def _closed() -> rx.Component:
    return rx.cond(
        WebdocState.closed != "", rx.el.p(WebdocState.closed, class_name="alert", role="alert"), rx.fragment()
    )


def _news() -> rx.Component:
    """The merchant changed the document while it was open: what changed, before anything is answered."""
    return rx.cond(
        WebdocState.news != "",
        rx.el.div(
            rx.el.p(
                rx.el.b(words("Ce document vient d’être modifié")), words(" : "), user_text(WebdocState.news)
            ),
            rx.el.button(words("J’ai lu"), type="button", class_name="btn", on_click=WebdocState.acknowledge),
            class_name="news",
            custom_attrs={"data-testid": "news"},
        ),
        rx.fragment(),
    )


def _totals() -> rx.Component:
    net = WebdocState.net
    return rx.el.tbody(
        rx.foreach(WebdocState.totals, _total_row),
        rx.el.tr(
            rx.el.th(net.label, scope="row"),
            rx.el.td(rx.el.span(net.amount, custom_attrs={"data-testid": "net-to-pay"})),
            class_name="net",
        ),
    )


def _total_row(row: rx.Var[TotalRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(user_text(row.label), scope="row"),
        rx.el.td(row.amount),
        class_name=rx.cond(row.strong, "strong", ""),
    )


def _stamp(stamp: rx.Var[Stamp]) -> rx.Component:
    return rx.el.p(rx.el.b(stamp.word), " ", user_text(stamp.detail), class_name="stamp " + stamp.tone)


def _live_mark() -> rx.Component:
    return rx.cond(
        socket_up & slots_taken & WebdocState.loaded,
        rx.el.span(words("En direct"), class_name="live", custom_attrs={"data-testid": "live"}),
        rx.fragment(),
    )


def _lost() -> rx.Component:
    words_of_loss = words("Connexion perdue, nous réessayons. Rien de ce que vous avez écrit n’est perdu.")
    return rx.el.div(
        rx.cond(WebdocState.loaded & ~socket_up, rx.el.p(words_of_loss, class_name="lost"), rx.fragment()),
        aria_live="polite",
    )


for _route in ROUTES:
    rx.page(route=_route, title=KEEP_TITLE, image="", description="", on_load=WebdocState.load)(webdocument)

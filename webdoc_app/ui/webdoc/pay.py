"""Paying, live: the same forms as in the first HTML, sent by the browser itself to the provider's page."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from webdoc_app.reads.client_payments import PayChoice, Receipt
from webdoc_app.ui.kit.parts import anchor
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.ui.webdoc.words import words


class PlainForm(BaseHTML):
    """A form the browser sends by itself; the framework's own never leaves the page."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def pay() -> rx.Component:
    return rx.cond(
        WebdocState.pay_shown,
        rx.fragment(
            rx.el.h2(words("Paiement")),
            rx.cond(WebdocState.pay_notice != "", _notice(), rx.fragment()),
            rx.cond(WebdocState.deposit != "", _deposit(), rx.fragment()),
            rx.cond(WebdocState.pay_choices.length() > 0, _choices(), rx.fragment()),
            rx.cond(
                WebdocState.receipts.length() > 0,
                rx.el.ul(rx.foreach(WebdocState.receipts, _receipt), class_name="receipts"),
                rx.fragment(),
            ),
        ),
        rx.fragment(),
    )


def _notice() -> rx.Component:
    return rx.el.p(
        WebdocState.pay_notice,
        class_name="result paid-" + WebdocState.pay_tone,
        role="status",
        custom_attrs={"data-testid": "payment-notice"},
    )


def _deposit() -> rx.Component:
    """What an accepted quote asks for now: its invoice has a page of its own."""
    return rx.fragment(
        rx.el.p(WebdocState.deposit, class_name="asked"),
        rx.el.div(
            anchor(
                words("Régler l’acompte"),
                href=WebdocState.deposit_path,
                class_name="btn go",
                custom_attrs={"data-testid": "pay-deposit"},
            ),
            class_name="payments",
        ),
    )


def _choices() -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.foreach(WebdocState.pay_choices, _choice), class_name="payments"),
        rx.el.p(
            rx.cond(
                WebdocState.pay_test,
                words("Mode test : aucun argent n’est prélevé."),
                words("Vous payez sur la page sécurisée du prestataire, puis vous revenez ici."),
            ),
            class_name="fine",
        ),
    )


def _choice(choice: rx.Var[PayChoice], place: rx.Var[int]) -> rx.Component:
    return PlainForm.create(
        rx.el.input(type="hidden", name="nonce", value=WebdocState.pay_nonce, read_only=True),
        rx.el.button(
            choice.label,
            type="submit",
            class_name=rx.cond(place == 0, "btn go", "btn"),
            custom_attrs={"data-testid": "pay-" + choice.provider},
        ),
        method="post",
        action=WebdocState.pay_path + "/" + choice.provider,
        key=choice.provider,
    )


def _receipt(receipt: rx.Var[Receipt]) -> rx.Component:
    return rx.el.li(
        anchor(receipt.label, href=receipt.path, custom_attrs={"data-testid": "receipt"}),
        rx.cond(
            receipt.url != "",
            rx.fragment(" ", anchor(words("Reçu du prestataire"), href=receipt.url, rel="noreferrer")),
            rx.fragment(),
        ),
        key=receipt.path,
    )

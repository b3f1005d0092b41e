"""The payments of a bill, and giving one back, in whole or in part."""

import reflex as rx

from webdoc_app.reads.document_payments import PaymentRow
from webdoc_app.ui.dashboard.document_dialogs import form_key
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.parts import anchor, field, panel
from webdoc_app.ui.kit.words import t


def payments() -> rx.Component:
    return rx.cond(
        DocumentPage.payments.length() > 0,
        panel(
            t("Paiements"),
            rx.el.ul(rx.foreach(DocumentPage.payments, _payment), class_name="keys moneys"),
        ),
        rx.fragment(),
    )


def _payment(payment: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(payment.label, rx.el.small(payment.day)),
        rx.el.span(payment.amount, class_name="num"),
        rx.cond(
            payment.receipt != "",
            anchor(
                t("Voir le reçu"),
                href=payment.receipt,
                class_name="btn quiet",
                custom_attrs={"data-testid": "payment-receipt"},
            ),
            rx.fragment(),
        ),
        rx.cond(payment.refundable != "", _refund(payment), rx.fragment()),
        key=payment.id,
        custom_attrs={"data-testid": "payment"},
    )


def _refund(payment: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(t("Rembourser…"), class_name="btn quiet", custom_attrs={"data-testid": "refund"}),
        page_form(
            form_key(),
            rx.el.input(type="hidden", name="payment", value=payment.id, read_only=True),
            rx.el.input(type="hidden", name="already", value=payment.already.to_string(), read_only=True),
            field(
                t("Montant"),
                rx.el.input(
                    name="amount", required=True, input_mode="decimal", default_value=payment.refundable
                ),
            ),
            rx.el.button(t("Rembourser par le prestataire"), type="submit", class_name="btn danger"),
            on_submit=DocumentPage.refund,
            class_name="stack",
        ),
        # Another one once something was given back: closed again.
        key=payment.already.to_string(),
    )

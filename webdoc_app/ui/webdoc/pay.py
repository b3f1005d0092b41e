"""Paying, live: the same forms as in the first HTML, sent by the browser itself to the provider's page."""

import reflex as rx

from webdoc_app.reads.client_payments import PayChoice, Receipt
from webdoc_app.ui.kit.parts import anchor, plain_form, user_text
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.ui.webdoc.words import words


def pay() -> rx.Component:
    return rx.cond(
        WebdocState.pay_shown,
        rx.fragment(
            rx.el.h2(words("Paiement")),
            rx.cond(WebdocState.pay_notice != "", _notice(), rx.fragment()),
            rx.cond(WebdocState.deposit != "", _deposit(), rx.fragment()),
            rx.cond(WebdocState.pay_choices.length() > 0, _choices(), rx.fragment()),
            rx.cond(WebdocState.part_note != "", _part(), rx.fragment()),
            rx.cond(WebdocState.transfer.iban != "", _transfer(), rx.fragment()),
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
    return plain_form(
        *_hidden(),
        rx.el.button(
            choice.label,
            type="submit",
            class_name=rx.cond(place == 0, "btn go", "btn"),
            custom_attrs={"data-testid": "pay-" + choice.provider},
        ),
        action=WebdocState.pay_path + "/" + choice.provider,
        key=choice.provider,
    )


def _hidden() -> tuple[rx.Component, rx.Component]:
    """What each form sends along: its nonce, and the language to come back to."""
    return (
        rx.el.input(type="hidden", name="nonce", value=WebdocState.pay_nonce, read_only=True),
        rx.el.input(type="hidden", name="language", value=WebdocState.language, read_only=True),
    )


def _part() -> rx.Component:
    """Less than all of it: one field, and a button for each way to pay."""
    return rx.el.details(
        rx.el.summary(words("Payer une partie"), custom_attrs={"data-testid": "pay-part"}),
        plain_form(
            *_hidden(),
            rx.el.label(
                rx.el.span(words("Montant à payer maintenant")),
                rx.el.input(
                    name="amount",
                    required=True,
                    input_mode="decimal",
                    auto_complete="off",
                    max_length=20,
                    custom_attrs={"data-testid": "pay-amount", "aria-describedby": "part-note"},
                ),
            ),
            rx.el.p(WebdocState.part_note, class_name="fine", id="part-note"),
            rx.el.div(rx.foreach(WebdocState.pay_choices, _part_button), class_name="payments"),
            action=WebdocState.pay_path + "/" + WebdocState.pay_choices[0].provider,
        ),
        class_name="more",
        id="pay-part",
    )


def _part_button(choice: rx.Var[PayChoice]) -> rx.Component:
    return rx.el.button(
        choice.part_label,
        type="submit",
        class_name="btn",
        form_action=WebdocState.pay_path + "/" + choice.provider,
        custom_attrs={"data-testid": "pay-part-" + choice.provider},
        key=choice.provider,
    )


def _transfer() -> rx.Component:
    transfer = WebdocState.transfer
    return rx.el.details(
        rx.el.summary(words("Payer par virement"), custom_attrs={"data-testid": "pay-transfer"}),
        rx.el.dl(
            _fact(words("Bénéficiaire"), transfer.name),
            _fact("IBAN", transfer.iban),
            rx.cond(transfer.bic != "", _fact("BIC", transfer.bic), rx.fragment()),
            rx.el.div(rx.el.dt(words("Montant")), rx.el.dd(transfer.amount)),
            _fact(words("Référence à rappeler"), transfer.reference),
            class_name="recap transfer",
        ),
        rx.cond(transfer.qr != "", _code(), rx.fragment()),
        class_name="more",
        id="pay-transfer",
        # Without a button to pay by, it is the way to pay.
        open=WebdocState.pay_choices.length() == 0,
    )


def _fact(label: str | rx.Var[str], text: rx.Var[str]) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(user_text(text)))


def _code() -> rx.Component:
    """Fetched once it is in view: a closed part shows nothing."""
    return rx.el.figure(
        rx.el.img(
            src=WebdocState.transfer.qr,
            alt=WebdocState.transfer.alt,
            width="180",
            height="180",
            loading="lazy",
        ),
        rx.el.figcaption(words("À scanner avec l’application de votre banque."), class_name="fine"),
        class_name="qr",
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

"""The client's answer: what was answered, and the panels an answer is given in."""

import reflex as rx

from webdoc_app.reads.client_answers import Choice
from webdoc_app.ui.kit.parts import user_text
from webdoc_app.ui.webdoc.parts import AnswerPanel, Answers, Result, SureForm
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.ui.webdoc.words import words


def answer() -> rx.Component:
    asked = WebdocState.choices.length() > 0
    answered = WebdocState.decision_word != ""
    return rx.fragment(
        rx.cond(asked | answered, rx.el.h2(words("Votre réponse")), rx.fragment()),
        rx.cond(answered, _result(), rx.fragment()),
        # The problem outlives the panel: an answer that came too late closes it.
        rx.cond(asked, rx.fragment(), _problem()),
        rx.cond(
            asked,
            rx.fragment(
                Answers.create(
                    rx.foreach(WebdocState.choices, _panel),
                    choices=WebdocState.choices,
                    stored=WebdocState.decision_stored,
                ),
                rx.el.p(words("Un récapitulatif s’affiche avant que vous ne confirmiez."), class_name="fine"),
            ),
            rx.fragment(),
        ),
    )


def _result() -> rx.Component:
    return Result.create(
        rx.el.b(words("Votre réponse est enregistrée.")),
        rx.el.p(WebdocState.decision_word, " ", user_text(WebdocState.decision_detail)),
        class_name="result " + WebdocState.status,
        stored=WebdocState.decision_stored,
        testid="decision-result",
    )


def _problem() -> rx.Component:
    return rx.cond(
        WebdocState.decision_problem != "",
        rx.el.p(WebdocState.decision_problem, class_name="alert", role="alert"),
        rx.fragment(),
    )


def _panel(choice: rx.Var[Choice]) -> rx.Component:
    return AnswerPanel.create(_form(choice), value=choice.value, key=choice.value)


def _form(choice: rx.Var[Choice]) -> rx.Component:
    return SureForm.create(
        _recap(),
        rx.el.p(choice.meaning, class_name="fine"),
        rx.el.label(
            rx.el.span(words("Votre nom")),
            rx.el.input(
                name="name",
                required=True,
                max_length=200,
                auto_complete="name",
                custom_attrs={"data-testid": "decision-name"},
            ),
        ),
        rx.cond(choice.value == "hold", _until(), rx.fragment()),
        rx.el.label(
            rx.el.span(choice.reason),
            rx.el.textarea(
                name="reason", rows="2", max_length=2000, custom_attrs={"data-testid": "decision-reason"}
            ),
        ),
        _problem(),
        rx.el.button(
            choice.confirm,
            type="submit",
            class_name=rx.cond(choice.value == "refuse", "btn no", "btn go"),
            custom_attrs={"data-testid": "decision-confirm"},
        ),
        hidden={
            "decision": choice.value,
            "version": WebdocState.version,
            "nonce": WebdocState.decision_nonce,
        },
        stored=WebdocState.decision_stored,
        refused=WebdocState.decision_refused,
        on_send=WebdocState.decide,
        class_name="panel-form",
    )


def _until() -> rx.Component:
    return rx.el.label(
        rx.el.span(words("Jusqu’à quand ? (facultatif)")),
        rx.el.input(type="date", name="until", custom_attrs={"data-testid": "decision-until"}),
    )


def _recap() -> rx.Component:
    return rx.el.dl(
        rx.el.div(rx.el.dt(WebdocState.kind_label), rx.el.dd(user_text(WebdocState.number))),
        rx.el.div(rx.el.dt(words("Total TTC")), rx.el.dd(WebdocState.total, class_name="amount")),
        class_name="recap",
    )

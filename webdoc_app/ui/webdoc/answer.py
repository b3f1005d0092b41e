"""The client's answer: what was answered, and the panels an answer is given in."""

import reflex as rx

from webdoc_app.reads.client_answers import Choice
from webdoc_app.ui.kit.parts import anchor, user_text
from webdoc_app.ui.webdoc.parts import AnswerPanel, Answers, Reasons, Result, SignaturePad, SureForm
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.ui.webdoc.words import words


def answer() -> rx.Component:
    asked = WebdocState.choices.length() > 0
    answered = WebdocState.decision_word != ""
    return rx.fragment(
        rx.cond(
            asked | answered | WebdocState.has_certificate, rx.el.h2(words("Votre réponse")), rx.fragment()
        ),
        rx.cond(answered, _result(), rx.fragment()),
        rx.cond(WebdocState.has_certificate, _proof(), rx.fragment()),
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
        rx.cond(WebdocState.confirmation != "", rx.el.p(WebdocState.confirmation), rx.fragment()),
        class_name="result " + WebdocState.status,
        stored=WebdocState.decision_stored,
        testid="decision-result",
    )


def _proof() -> rx.Component:
    """The certificate of the answer, for whoever wants to keep it."""
    return rx.el.p(
        anchor(
            words("Attestation de la réponse (PDF)"),
            href=WebdocState.certificate,
            custom_attrs={"data-testid": "certificate"},
        ),
        " ",
        anchor(words("Données (JSON)"), href=WebdocState.certificate + "?format=json"),
        class_name="fine proof",
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
    accepts = choice.value == "accept"
    return SureForm.create(
        _recap(),
        _changed(),
        rx.cond(accepts & (WebdocState.terms != ""), _terms(), rx.fragment()),
        rx.cond(
            accepts & (WebdocState.deposit_note != ""),
            rx.el.p(WebdocState.deposit_note, class_name="fine"),
            rx.fragment(),
        ),
        rx.el.p(user_text(choice.wording), class_name="wording"),
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
        rx.cond(accepts & WebdocState.signs, _quality(), rx.fragment()),
        rx.cond(choice.value == "hold", _until(), rx.fragment()),
        rx.cond(
            choice.reasons.length() > 0,
            Reasons.create(reasons=choice.reasons, label=words("Raisons fréquentes")),
            rx.fragment(),
        ),
        rx.el.label(
            rx.el.span(choice.reason),
            rx.el.textarea(
                name="reason", rows="2", max_length=2000, custom_attrs={"data-testid": "decision-reason"}
            ),
        ),
        rx.cond(accepts & WebdocState.signs, _signature(), rx.fragment()),
        rx.cond(accepts & WebdocState.code_needed, _code(), rx.fragment()),
        _problem(),
        rx.el.button(
            choice.confirm,
            type="submit",
            class_name=rx.cond(choice.value == "refuse", "btn no", "btn go"),
            custom_attrs={"data-testid": "decision-confirm"},
        ),
        form_id="answer-" + choice.value,
        hidden={
            "decision": choice.value,
            "version": WebdocState.version,
            "nonce": WebdocState.decision_nonce,
            "language": WebdocState.language,
        },
        stored=WebdocState.decision_stored,
        refused=WebdocState.decision_refused,
        on_send=WebdocState.decide,
        class_name="panel-form",
    )


def _changed() -> rx.Component:
    return rx.cond(
        WebdocState.news != "",
        rx.el.p(
            rx.el.b(words("Modifié depuis votre lecture")),
            words(" : "),
            user_text(WebdocState.news),
            class_name="news",
        ),
        rx.fragment(),
    )


def _terms() -> rx.Component:
    return rx.el.section(
        rx.el.b(words("Conditions")),
        rx.el.p(user_text(WebdocState.terms)),
        class_name="terms",
        tab_index=0,
        aria_label=words("Conditions"),
    )


def _quality() -> rx.Component:
    return rx.el.label(
        rx.el.span(words("Votre qualité (facultatif)")),
        rx.el.input(
            name="quality",
            max_length=200,
            auto_complete="organization-title",
            placeholder=words("Gérant, par exemple"),
        ),
    )


def _signature() -> rx.Component:
    return SignaturePad.create(
        texts={
            "title": words("Ajouter une signature (facultatif)"),
            "paper": words("Signez ici avec le doigt ou la souris"),
            "typed": words("Ou écrivez-la au clavier"),
            "clear": words("Effacer la signature"),
        }
    )


def _code() -> rx.Component:
    """A code confirms who accepts; without a known address it has nowhere to go."""
    return rx.cond(
        WebdocState.code_to == "",
        rx.el.p(
            words(
                "Pour ce montant, un code envoyé par courriel est nécessaire, mais votre adresse n’est pas connue. "
                "Écrivez un message pour la donner."
            ),
            class_name="alert",
        ),
        rx.fragment(
            rx.el.p(
                words("Pour ce montant, un code confirme que c’est bien vous. Il part à cette adresse :"),
                " ",
                rx.el.b(user_text(WebdocState.code_to)),
                class_name="fine",
            ),
            rx.el.button(
                words("Recevoir le code"), type="button", class_name="btn", on_click=WebdocState.send_code
            ),
            rx.el.p(WebdocState.code_note, class_name="fine", role="status"),
            rx.el.label(
                rx.el.span(words("Code reçu")),
                rx.el.input(
                    name="code",
                    required=True,
                    input_mode="numeric",
                    auto_complete="one-time-code",
                    max_length=20,
                    custom_attrs={"data-testid": "decision-code"},
                ),
            ),
        ),
    )


def _until() -> rx.Component:
    return rx.el.label(
        rx.el.span(words("Revenir le (facultatif)")),
        rx.el.input(type="date", name="until", custom_attrs={"data-testid": "decision-until"}),
    )


def _recap() -> rx.Component:
    return rx.el.dl(
        rx.el.div(rx.el.dt(WebdocState.kind_label), rx.el.dd(user_text(WebdocState.number))),
        rx.el.div(rx.el.dt(words("Total TTC")), rx.el.dd(WebdocState.total, class_name="amount")),
        class_name="recap",
    )

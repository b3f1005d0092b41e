"""The answers a client is offered, in words: what each button says, and what it does."""

from dataclasses import dataclass

from webdoc_app.domain.documents import Kind
from webdoc_app.locales import translate
from webdoc_app.reads.client_page import ClientPage


@dataclass(frozen=True)
class Choice:
    """`value` is the answer as forms send it, `confirm` the words of the button that gives it.

    `wording` is what the answer means, kept with its proof; `reasons` are common ones, to start from.
    """

    value: str
    label: str
    confirm: str
    wording: str
    reason: str
    reasons: tuple[str, ...] = ()


_LABELS = {
    "accept": {"quote": "Accepter", "order": "Confirmer", "delivery": "Confirmer"},
    "hold": {"quote": "En attente"},
    "refuse": {"quote": "Refuser", "order": "Refuser", "delivery": "Refuser"},
}
_CONFIRM = {
    "accept": {
        "quote": "Accepter le devis de %(amount)s",
        "order": "Confirmer la commande de %(amount)s",
        "delivery": "Confirmer la réception",
    },
    "hold": {"quote": "Mettre le devis en attente"},
    "refuse": {
        "quote": "Refuser le devis",
        "order": "Refuser la commande",
        "delivery": "Refuser la livraison",
    },
}
_ORDER_WITH_PAYMENT = "Commande avec obligation de paiement : %(amount)s"
_REASON = {
    "accept": "Un mot à ajouter ? (facultatif)",
    "hold": "Ce qui vous retient (facultatif)",
    "refuse": "La raison de votre refus (facultatif)",
}
_REASONS: dict[str, dict[str, tuple[str, ...]]] = {
    "refuse": {
        "quote": ("Trop cher", "Délai trop long", "Projet abandonné", "Un autre prestataire retenu"),
        "order": ("Erreur dans la commande", "Délai trop long", "Projet abandonné"),
        "delivery": ("Il manque quelque chose", "Article abîmé", "Ce n’est pas ma commande"),
    },
    "hold": {
        "quote": ("J’attends d’autres devis", "J’en parle autour de moi", "Pas avant quelques semaines")
    },
}


def choices_of(page: ClientPage, *, live: bool = False) -> tuple[Choice, ...]:
    """What can be answered now, the affirmative first. Empty when nothing is asked.

    Without scripts the total cannot follow the options ticked: then the buttons name no amount.
    """
    if not page.form.is_open:
        return ()
    values = ("accept", "hold", "refuse") if page.form.can_hold else ("accept", "refuse")
    return tuple(_choice(page, value, Kind(page.kind).value, live) for value in values)


def _choice(page: ClientPage, value: str, kind: str, live: bool) -> Choice:
    def speak(sentence: str) -> str:
        return translate(sentence, page.language, {"amount": page.total})

    return Choice(
        value=value,
        label=speak(_LABELS[value][kind]),
        confirm=speak(_confirm(page, value, kind, live)),
        wording=page.form.wordings[value],
        reason=speak(_REASON[value]),
        reasons=tuple(speak(reason) for reason in _REASONS.get(value, {}).get(kind, ())),
    )


def _confirm(page: ClientPage, value: str, kind: str, live: bool) -> str:
    sums_up = live or not page.form.options
    if value == "accept" and page.form.binds_to_pay:
        return _ORDER_WITH_PAYMENT if sums_up else "Commande avec obligation de paiement"
    if value == "accept" and not sums_up:
        return "Accepter le devis"
    return _CONFIRM[value][kind]

"""The answers a client is offered, in words: what each button says, and what it does."""

from dataclasses import dataclass

from webdoc_app.domain.documents import Kind
from webdoc_app.locales import translate
from webdoc_app.reads.client_page import ClientPage


@dataclass(frozen=True)
class Choice:
    """`value` is the answer as forms send it, `confirm` the words of the button that gives it."""

    value: str
    label: str
    confirm: str
    meaning: str
    reason: str


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
_MEANING = {
    "accept": {
        "quote": "En confirmant, vous acceptez ce devis tel qu’il est présenté ici.",
        "order": "En confirmant, vous passez cette commande telle qu’elle est présentée ici.",
        "delivery": "En confirmant, vous reconnaissez avoir reçu cette livraison.",
    },
    "hold": {"quote": "Vous gardez le devis et pourrez encore l’accepter ou le refuser."},
    "refuse": {
        "quote": "%(company)s saura que ce devis ne vous convient pas.",
        "order": "%(company)s saura que cette commande ne vous convient pas.",
        "delivery": "%(company)s saura que cette livraison pose problème.",
    },
}
_REASON = {
    "accept": "Un mot à ajouter ? (facultatif)",
    "hold": "Ce qui vous retient (facultatif)",
    "refuse": "La raison de votre refus (facultatif)",
}


def choices_of(page: ClientPage) -> tuple[Choice, ...]:
    """What can be answered now, the affirmative first. Empty when nothing is asked."""
    if not page.can_answer:
        return ()
    values = ("accept", "hold", "refuse") if page.can_hold else ("accept", "refuse")
    return tuple(_choice(page, value, Kind(page.kind).value) for value in values)


def _choice(page: ClientPage, value: str, kind: str) -> Choice:
    def speak(sentence: str, **params: str) -> str:
        return translate(sentence, page.language, params)

    return Choice(
        value=value,
        label=speak(_LABELS[value][kind]),
        confirm=speak(_CONFIRM[value][kind], amount=page.total),
        meaning=speak(_MEANING[value][kind], company=page.company_name),
        reason=speak(_REASON[value]),
    )

"""The words an answer is given with: shown above the button that gives it, and kept as part of its proof."""

import json
from typing import Any

from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.mentions import is_professional
from webdoc_app.locales import translate
from webdoc_app.models import Document

_ACCEPT = {
    Kind.QUOTE: "« Bon pour accord » : en confirmant, vous acceptez le devis %(number)s tel qu’il est présenté ici.",
    Kind.ORDER: "« Bon pour accord » : en confirmant, vous passez la commande %(number)s telle qu’elle est présentée ici.",
    Kind.DELIVERY: "En confirmant, vous reconnaissez avoir reçu la livraison %(number)s.",
}
_ORDER_WITH_PAYMENT = {
    Kind.QUOTE: "« Commande avec obligation de paiement » : en confirmant, vous commandez ce que présente le devis "
    "%(number)s et vous vous engagez à le payer.",
    Kind.ORDER: "« Commande avec obligation de paiement » : en confirmant, vous passez la commande %(number)s et vous "
    "vous engagez à la payer.",
}
_REFUSE = {
    Kind.QUOTE: "%(company)s saura que le devis %(number)s ne vous convient pas.",
    Kind.ORDER: "%(company)s saura que la commande %(number)s ne vous convient pas.",
    Kind.DELIVERY: "%(company)s saura que la livraison %(number)s pose problème.",
}
_HOLD = "Vous gardez le devis %(number)s et pourrez encore l’accepter ou le refuser."
_TERMS = "Les conditions affichées ci-dessus en font partie."


def wording_of(answer: Answer, document: Document, language: str) -> str:
    """The sentence an issued document is answered with, in `language`."""
    seller: dict[str, Any] = json.loads(document.seller or "{}")
    params = {"number": document.number or "", "company": seller.get("name", "")}
    words = [translate(_sentence(answer, document), language, params)]
    if answer is Answer.ACCEPT and terms_of(document):
        words.append(translate(_TERMS, language))
    return " ".join(words)


def binds_to_pay(document: Document) -> bool:
    """Whether accepting is a consumer's order: its button must say so (C. conso. L221-14)."""
    customer: dict[str, Any] = json.loads(document.customer or "{}")
    return Kind(document.kind) in _ORDER_WITH_PAYMENT and not is_professional(customer)


def terms_of(document: Document) -> str:
    """The seller's terms as the document was issued with them; they concern orders, not deliveries."""
    if Kind(document.kind) not in _ORDER_WITH_PAYMENT:
        return ""
    return str(json.loads(document.seller or "{}").get("terms") or "")


def _sentence(answer: Answer, document: Document) -> str:
    kind = Kind(document.kind)
    if answer is Answer.HOLD:
        return _HOLD
    if answer is Answer.REFUSE:
        return _REFUSE[kind]
    return _ORDER_WITH_PAYMENT[kind] if binds_to_pay(document) else _ACCEPT[kind]

"""What a client is asked, in one sentence and the facts below it, and whether an answer is possible."""

from datetime import date

from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.lifecycle import Action, State, is_expired, may
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money
from webdoc_app.models import Document
from webdoc_app.reads.status import balance_of
from webdoc_app.services.work import today


def can_answer(document: Document) -> bool:
    """Whether the client is asked: undecided, in its validity, and nothing has followed a quote yet."""
    kind, state = Kind(document.kind), State(document.state)
    return (
        kind in ANSWERABLE
        and may(Action.ACCEPT, kind, state)
        and not _is_expired(document)
        and not (kind is Kind.QUOTE and document.became)
    )


def asked(document: Document, gross: int, held_until: date | None, language: str) -> tuple[str, str]:
    """The sentence, and the facts.

    `gross`, minor units, counts the options ticked or accepted; `held_until` is the day a hold ends.
    """
    words = {
        "amount": money(gross, document.currency, language),
        "due": money(balance_of(document).due - document.processing_minor, document.currency, language),
        "coming": money(document.processing_minor, document.currency, language),
    }
    return translate(_sentence(document), language, words), " · ".join(_facts(document, held_until, language))


def _sentence(document: Document) -> str:
    kind, state = Kind(document.kind), State(document.state)
    if kind in BILLS:
        return _bill_sentence(document)
    if can_answer(document):
        return _HELD if state is State.ON_HOLD else _QUESTIONS[kind]
    if state in _ANSWERED and kind in ANSWERABLE:
        return _ANSWERED[state][kind]
    if _is_expired(document):
        return "Ce devis de %(amount)s a expiré"
    return _PLAIN[kind]


def _bill_sentence(document: Document) -> str:
    balance = balance_of(document)
    if balance.is_credited:
        return "Un avoir annule cette facture."
    if balance.due <= 0:
        return "Cette facture est réglée."
    # What a bank is confirming is neither paid nor to be paid again.
    is_asked = balance.due > document.processing_minor
    return "Reste à payer : %(due)s" if is_asked else "Paiement de %(coming)s en cours"


_HELD = "Ce devis de %(amount)s est en attente"
_QUESTIONS = {
    Kind.QUOTE: "Acceptez-vous ce devis de %(amount)s ?",
    Kind.ORDER: "Confirmez-vous cette commande de %(amount)s ?",
    Kind.DELIVERY: "Avez-vous bien reçu cette livraison ?",
}
_ANSWERED = {
    State.ACCEPTED: {
        Kind.QUOTE: "Vous avez accepté ce devis de %(amount)s",
        Kind.ORDER: "Vous avez confirmé cette commande de %(amount)s",
        Kind.DELIVERY: "Vous avez confirmé cette livraison",
    },
    State.REFUSED: {
        Kind.QUOTE: "Vous avez refusé ce devis de %(amount)s",
        Kind.ORDER: "Vous avez refusé cette commande de %(amount)s",
        Kind.DELIVERY: "Vous avez refusé cette livraison",
    },
}
_PLAIN = {
    Kind.QUOTE: "Votre devis de %(amount)s",
    Kind.ORDER: "Votre commande de %(amount)s",
    Kind.DELIVERY: "Votre livraison",
    Kind.CREDIT: "Votre avoir de %(amount)s",
}


def _facts(document: Document, held_until: date | None, language: str) -> list[str]:
    kind = Kind(document.kind)
    facts = []

    def tell(sentence: str, day: date | None) -> None:
        if day:
            facts.append(translate(sentence, language, {"date": long_date(day, language)}))

    # « devis » and « avoir » are masculine; « commande », « livraison » and « facture » are not.
    masculine = kind in (Kind.QUOTE, Kind.CREDIT)
    tell("Émis le %(date)s" if masculine else "Émise le %(date)s", document.issue_date)
    if document.version > 1:
        facts.append(translate("Version %(number)s", language, {"number": document.version}))
    if kind is Kind.QUOTE:
        past = document.valid_until is not None and document.valid_until < today()
        tell("Valable jusqu’au %(date)s" if not past else _WAS_VALID, document.valid_until)
        tell("À revoir le %(date)s", held_until)
        if _is_expired(document):
            facts.append(translate("Écrivez-nous pour le remettre à jour", language))
    if kind in BILLS and balance_of(document).due > document.processing_minor:
        late = document.due_date is not None and document.due_date < today()
        tell("L’échéance était le %(date)s" if late else _PAYABLE, document.due_date)
    return facts


_WAS_VALID = "Il était valable jusqu’au %(date)s"
_PAYABLE = "À régler au plus tard le %(date)s"


def _is_expired(document: Document) -> bool:
    return (
        is_expired(Kind(document.kind), State(document.state), document.valid_until, today())
        and not document.became
    )

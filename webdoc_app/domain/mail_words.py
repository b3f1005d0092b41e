"""What mails to clients say: the usual wording of each kind, and the variables a company's own may use.

Texts are French msgids with `%(name)s` places (see `placeholders`). The greeting, the one button and the line below it
are the product's; reminders have their own words in `followup_words`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.placeholders import Wording, insist_places


class MailKind(StrEnum):
    QUOTE = "document.quote"
    ORDER = "document.order"
    DELIVERY = "document.delivery"
    INVOICE = "document.invoice"
    DEPOSIT = "document.deposit"
    CREDIT = "document.credit"
    MESSAGE = "message"
    ACCEPTED = "decision.accepted"
    RECEIVED = "decision.received"
    REFUSED = "decision.refused"
    HELD = "decision.held"
    HELD_UNTIL = "decision.held_until"
    NOTED = "decision.noted"
    RETURN = "return"
    RECEIPT = "receipt"
    CODE = "code"
    RENEWAL = "renewal"


@dataclass(frozen=True)
class Letter:
    """A kind of mail. `variables` may stand in its words, `needed` must stand in its body.

    `button` and `footer` are what it always says at its end.
    """

    label: str
    usual: Wording
    variables: tuple[str, ...]
    needed: tuple[str, ...] = ()
    button: str = "Voir le document"
    footer: str = "Ce lien vous est personnel : il donne accès à votre document."


BODY_ALONE = frozenset({"code", "message"})
"""What no subject may hold: it is read on locked screens, and a message has many lines."""

_SENT = ("company", "number", "amount", "date")
_ANSWERED = ("name", "company", "number", "amount", "date")
_KEPT = "Le document est joint tel qu’il était. L’attestation de votre réponse se télécharge sur la page."
_NOT_ASKED = "Si vous n’avez rien demandé, ignorez ce courriel."


def _sent(label: str, subject: str, body: str) -> Letter:
    return Letter(label, Wording(subject, body), _SENT)


def _answered(label: str, body: str, *more: str) -> Letter:
    usual = Wording("Votre réponse · %(number)s", body)
    return Letter(label, usual, (*_ANSWERED, *more), needed=("number", "name"), footer=_KEPT)


LETTERS: dict[MailKind, Letter] = {
    MailKind.QUOTE: _sent(
        "Devis envoyé",
        "Devis %(number)s · %(company)s",
        "Voici votre devis %(number)s. Vous pouvez le lire, y répondre et nous écrire en ligne.",
    ),
    MailKind.ORDER: _sent(
        "Bon de commande envoyé",
        "Bon de commande %(number)s · %(company)s",
        "Voici votre bon de commande %(number)s. Vous pouvez le lire, y répondre et nous écrire en ligne.",
    ),
    MailKind.DELIVERY: _sent(
        "Bon de livraison envoyé",
        "Bon de livraison %(number)s · %(company)s",
        "Voici votre bon de livraison %(number)s. Vous pouvez le lire et y répondre en ligne.",
    ),
    MailKind.INVOICE: _sent(
        "Facture envoyée",
        "Facture %(number)s · %(company)s",
        "Voici votre facture %(number)s. Vous pouvez la lire et nous écrire en ligne.",
    ),
    MailKind.DEPOSIT: _sent(
        "Facture d’acompte envoyée",
        "Facture d’acompte %(number)s · %(company)s",
        "Voici votre facture d’acompte %(number)s. Vous pouvez la lire et nous écrire en ligne.",
    ),
    MailKind.CREDIT: _sent(
        "Avoir envoyé",
        "Avoir %(number)s · %(company)s",
        "Voici votre avoir %(number)s. Vous pouvez le lire et nous écrire en ligne.",
    ),
    MailKind.MESSAGE: Letter(
        "Nouveau message",
        Wording("Un message au sujet de %(number)s", "%(message)s"),
        ("company", "number", "message"),
        needed=("message",),
    ),
    MailKind.ACCEPTED: _answered(
        "Acceptation confirmée",
        "Votre réponse est enregistrée : %(name)s a accepté le document %(number)s, d’un montant de %(amount)s, le "
        "%(date)s.",
    ),
    MailKind.RECEIVED: _answered(
        "Livraison confirmée",
        "Votre réponse est enregistrée : %(name)s a confirmé la livraison %(number)s le %(date)s.",
    ),
    MailKind.REFUSED: _answered(
        "Refus confirmé",
        "Votre réponse est enregistrée : %(name)s a refusé le document %(number)s le %(date)s.",
    ),
    MailKind.HELD: Letter(
        "Mise en attente confirmée",
        Wording(
            "Votre réponse · %(number)s",
            "Votre réponse est enregistrée : le document %(number)s est en attente depuis le %(date)s.",
        ),
        _ANSWERED,
        needed=("number",),
        footer=_KEPT,
    ),
    MailKind.HELD_UNTIL: Letter(
        "Mise en attente jusqu’à un jour",
        Wording(
            "Votre réponse · %(number)s",
            "Votre réponse est enregistrée : le document %(number)s est en attente depuis le %(date)s. Nous vous "
            "le rappellerons le %(until)s.",
        ),
        (*_ANSWERED, "until"),
        needed=("number",),
        footer=_KEPT,
    ),
    MailKind.NOTED: _answered(
        "Réponse notée par vous",
        "Nous avons noté le %(date)s la réponse donnée par %(name)s au document %(number)s. Elle se lit sur la "
        "page. Si elle n’est pas la vôtre, écrivez-nous.",
    ),
    MailKind.RETURN: Letter(
        "Fin de la mise en attente",
        Wording(
            "Rappel · %(number)s",
            "Le document %(number)s avait été mis en attente jusqu’à aujourd’hui, le %(date)s, par %(name)s. Il "
            "attend toujours une réponse.",
        ),
        ("name", "company", "number", "date"),
        footer="Vous recevez ce rappel une seule fois.",
    ),
    MailKind.RECEIPT: Letter(
        "Paiement reçu",
        Wording(
            "Paiement reçu · %(number)s",
            "Merci ! Votre paiement de %(amount)s pour %(number)s est reçu, le %(date)s.",
        ),
        ("company", "number", "amount", "date"),
        needed=("amount",),
        button="Voir le reçu",
        footer="Le reçu est joint. Il se télécharge aussi sur la page du document.",
    ),
    MailKind.CODE: Letter(
        "Code pour accepter",
        Wording(
            "Votre code · %(number)s",
            "Votre code pour accepter %(number)s : %(code)s. Il est bon dix minutes. Ne le donnez à personne.",
        ),
        ("company", "number", "code"),
        needed=("code",),
        button="Revenir au document",
        footer=_NOT_ASKED,
    ),
    MailKind.RENEWAL: Letter(
        "Nouveau lien",
        Wording(
            "Votre nouveau lien · %(number)s",
            "Voici votre nouveau lien vers %(number)s, comme demandé.",
        ),
        ("company", "number"),
        footer="Si vous n’avez rien demandé, ignorez ce courriel : il n’est parti qu’à vous.",
    ),
}

GROUPS: dict[str, tuple[MailKind, ...]] = {
    "Documents envoyés": tuple(MailKind(f"document.{kind.value}") for kind in Kind),
    "Conversation": (MailKind.MESSAGE,),
    "Réponses du client": (
        MailKind.ACCEPTED,
        MailKind.RECEIVED,
        MailKind.REFUSED,
        MailKind.HELD,
        MailKind.HELD_UNTIL,
        MailKind.RETURN,
        MailKind.NOTED,
    ),
    "Paiement": (MailKind.RECEIPT,),
    "Accès": (MailKind.CODE, MailKind.RENEWAL),
}

_MEANINGS = {
    "name": "le nom de qui a répondu",
    "company": "le nom de votre entreprise",
    "number": "le numéro du document",
    "amount": "le montant TTC",
    "date": "la date d’émission",
    "until": "le jour où le document revient",
    "message": "votre message",
    "code": "le code à recopier",
}
_DATES = {MailKind.RECEIPT: "la date du paiement", MailKind.RETURN: "le jour de la mise en attente"}
_ANSWERED_AT = "la date et l’heure de la réponse"


def sent_kind(kind: Kind) -> MailKind:
    """The mail that brings a document of this kind."""
    return MailKind(f"document.{kind.value}")


def answered_kind(kind: Kind, answer: Answer, *, has_day: bool, is_noted: bool) -> MailKind:
    """The mail that confirms an answer; `has_day` of a hold with an end, `is_noted` of one the merchant wrote down."""
    if is_noted:
        return MailKind.NOTED
    if answer is Answer.HOLD:
        return MailKind.HELD_UNTIL if has_day else MailKind.HELD
    if answer is Answer.REFUSE:
        return MailKind.REFUSED
    return MailKind.RECEIVED if kind is Kind.DELIVERY else MailKind.ACCEPTED


def meaning_of(kind: MailKind, variable: str) -> str:
    """What a variable of a mail stands for, as a msgid."""
    if kind is MailKind.RECEIPT and variable == "amount":
        return "le montant payé"
    if variable == "date" and kind.value.startswith("decision."):
        return _ANSWERED_AT
    return _DATES.get(kind, _MEANINGS["date"]) if variable == "date" else _MEANINGS[variable]


def insist_words(kind: MailKind, part: Literal["subject", "body"], words: str) -> str:
    """The text. Raises Invalid naming `part`: a variable that may not stand there, or a needed one missing.

    An empty text is the usual one.
    """
    letter = LETTERS[kind]
    if part == "subject":
        return insist_places(words, [v for v in letter.variables if v not in BODY_ALONE], field=part)
    return insist_places(words, letter.variables, field=part, needed=letter.needed if words.strip() else ())

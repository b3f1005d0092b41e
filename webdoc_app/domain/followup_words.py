"""What reminders say: the usual wording of each scenario, and the variables a company's own may use.

Texts are French msgids with `%(name)s` places (see `placeholders`).
"""

from webdoc_app.domain.followups import OF_BILLS, Scenario, Why
from webdoc_app.domain.placeholders import Wording, insist_places

LABELS: dict[Scenario, str] = {
    Scenario.SENT_UNOPENED: "Devis non ouvert",
    Scenario.OPENED_UNANSWERED: "Devis ouvert, sans réponse",
    Scenario.ON_HOLD: "Retour de mise en attente",
    Scenario.EXPIRING: "Devis bientôt expiré",
    Scenario.ORDER_UNANSWERED: "Commande sans réponse",
    Scenario.DELIVERY_UNANSWERED: "Livraison sans réponse",
    Scenario.BEFORE_DUE: "Échéance proche",
    Scenario.DUE: "Jour de l’échéance",
    Scenario.LATE_1: "Première relance",
    Scenario.LATE_2: "Deuxième relance",
    Scenario.LATE_3: "Dernière relance",
    Scenario.UNDATED: "Facture sans échéance",
}

USUAL_WORDING: dict[Scenario, Wording] = {
    Scenario.SENT_UNOPENED: Wording(
        "Votre devis %(number)s",
        "Nous vous avons envoyé le devis %(number)s, d’un montant de %(amount)s. Vous est-il bien parvenu ? Il se lit "
        "en ligne, et vous pouvez y répondre ou nous écrire sur la même page.",
    ),
    Scenario.OPENED_UNANSWERED: Wording(
        "Une question sur le devis %(number)s ?",
        "Le devis %(number)s, d’un montant de %(amount)s, attend votre réponse. S’il reste une question, écrivez-nous "
        "sur la page du devis : nous y répondrons volontiers.",
    ),
    Scenario.ON_HOLD: Wording(
        "Où en êtes-vous du devis %(number)s ?",
        "Vous aviez mis le devis %(number)s en attente jusqu’au %(date)s. Nous restons à votre disposition : vous "
        "pouvez l’accepter, le refuser ou nous écrire en ligne.",
    ),
    Scenario.EXPIRING: Wording(
        "Le devis %(number)s est valable jusqu’au %(date)s",
        "Le devis %(number)s, d’un montant de %(amount)s, est valable jusqu’au %(date)s. Vous pouvez y répondre en "
        "ligne jusqu’à cette date, ou nous écrire s’il vous faut plus de temps.",
    ),
    Scenario.ORDER_UNANSWERED: Wording(
        "Votre commande %(number)s attend votre confirmation",
        "Nous vous avons envoyé la commande %(number)s, d’un montant de %(amount)s. Vous pouvez la confirmer en ligne, "
        "ou nous écrire sur la même page.",
    ),
    Scenario.DELIVERY_UNANSWERED: Wording(
        "Avez-vous bien reçu la livraison %(number)s ?",
        "La livraison %(number)s est-elle arrivée, et tout y est-il ? Confirmez-la en ligne, ou dites-nous sur la même "
        "page ce qui ne va pas.",
    ),
    Scenario.BEFORE_DUE: Wording(
        "Facture %(number)s : échéance le %(due)s",
        "La facture %(number)s arrive à échéance le %(due)s. Il reste %(amount)s à régler. Si c’est déjà fait, merci "
        "de ne pas tenir compte de ce message.",
    ),
    Scenario.DUE: Wording(
        "Facture %(number)s : échéance le %(due)s",
        "L’échéance de la facture %(number)s est au %(due)s. Il reste %(amount)s à régler. Si votre règlement est "
        "parti, merci de ne pas tenir compte de ce message.",
    ),
    Scenario.LATE_1: Wording(
        "Facture %(number)s : règlement attendu",
        "Sauf erreur de notre part, la facture %(number)s, à régler pour le %(due)s, ne l’est pas encore. Il reste "
        "%(amount)s à payer. Si votre règlement est parti, merci de ne pas tenir compte de ce message.",
    ),
    Scenario.LATE_2: Wording(
        "Deuxième rappel : facture %(number)s",
        "Nous n’avons pas reçu le règlement de la facture %(number)s, échue le %(due)s. Il reste %(amount)s à payer. "
        "Merci de régler cette somme dès que possible, ou de nous écrire en cas de difficulté.",
    ),
    Scenario.LATE_3: Wording(
        "Dernier rappel : facture %(number)s",
        "Malgré nos rappels, la facture %(number)s, échue le %(due)s, reste impayée : %(amount)s. Merci de la régler "
        "sous huit jours. Sans règlement ni nouvelles de votre part, nous devrons engager son recouvrement.",
    ),
    Scenario.UNDATED: Wording(
        "Facture %(number)s : règlement attendu",
        "Sauf erreur de notre part, la facture %(number)s du %(date)s n’est pas encore réglée. Il reste %(amount)s à "
        "payer. Si votre règlement est parti, merci de ne pas tenir compte de ce message.",
    ),
}

REASONS: dict[Why, str] = {
    Why.NO_SCENARIO: "Ce document ne se relance pas.",
    Why.NOT_SENT: "Pas de relance tant que le document n’a pas été envoyé.",
    Why.ANSWERED: "Ce document n’attend plus de réponse.",
    Why.PAID: "La facture est réglée.",
    Why.PAYING: "Un paiement est en cours : les relances attendent que la banque le confirme.",
    Why.EXPIRED: "Ce devis a expiré : modifiez-le avant de relancer.",
    Why.ON_HOLD: "Le client a mis le devis en attente : les relances se taisent.",
    Why.CONVERSATION: "Le client vous a écrit : les relances attendent votre réponse.",
    Why.PAUSED: "Les relances de ce document sont suspendues.",
    Why.DISABLED: "Aucune relance automatique n’est activée.",
    Why.NO_ADDRESS: "Aucune relance ne peut partir : l’adresse manque, ou le lien est désactivé.",
    Why.UNSUBSCRIBED: "Ce destinataire ne veut plus de relances : écrivez-lui autrement.",
    Why.BAD_ADDRESS: "L’adresse du client est en erreur : les relances attendent qu’un courriel lui parvienne.",
    Why.ALL_DONE: "Plus aucune relance n’est prévue.",
}
"""Why no reminder is planned, or why none can be sent, in a sentence."""

_COMMON = ("name", "company", "number", "amount", "date", "days")


def variables_of(scenario: Scenario) -> tuple[str, ...]:
    """Names a wording may use. `date` is a quote's last day (a hold's day), another document's date of issue."""
    return (*_COMMON, "due") if scenario in OF_BILLS and scenario is not Scenario.UNDATED else _COMMON


def insist_variables(text: str, scenario: Scenario, *, field: str) -> str:
    """The text. Raises Invalid naming `field` where it holds a variable nobody will fill, or half of one."""
    return insist_places(text, variables_of(scenario), field=field)

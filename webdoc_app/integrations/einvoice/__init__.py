"""Import of electronic invoices: Factur-X (PDF) and Cross Industry Invoice (XML), by EN 16931."""

import hashlib
import re
from dataclasses import fields

from webdoc_app.integrations.einvoice.checks import check_invoice
from webdoc_app.integrations.einvoice.cii import read_cii
from webdoc_app.integrations.einvoice.container import MAX_FILE_BYTES, open_container
from webdoc_app.integrations.einvoice.errors import EInvoiceError
from webdoc_app.integrations.einvoice.types import (
    CiiInvoice,
    ImportedAdjustment,
    ImportedInvoice,
    ImportedLine,
    ImportedParty,
    ImportedReference,
    ImportedTotals,
    ImportedVat,
    InvoiceKind,
)
from webdoc_app.integrations.einvoice.xml import check_schema, parse_invoice

__all__ = [
    "MAX_FILE_BYTES",
    "EInvoiceError",
    "ImportedAdjustment",
    "ImportedInvoice",
    "ImportedLine",
    "ImportedParty",
    "ImportedReference",
    "ImportedTotals",
    "ImportedVat",
    "InvoiceKind",
    "read_einvoice",
]


def read_einvoice(data: bytes, filename: str) -> ImportedInvoice:
    """The invoice in an uploaded file: a PDF with a Factur-X, ZUGFeRD 2 or XRechnung XML, or a CII XML.

    Amounts are integer minor units of the invoice's currency and agree to the last one by the rules of
    EN 16931; prices, quantities and rates are exact decimals of up to 6 places. The name is kept, never
    trusted. Only the processor is used, for up to a few seconds: call it from a thread or a process.
    Raises EInvoiceError, and nothing else, for every file that is not such an invoice.
    """
    xml, pdf = open_container(data)
    root = parse_invoice(xml)
    # Reading comes before the schema: it names what is missing or wrong in words, not by XML elements.
    invoice = read_cii(root)
    check_schema(root, invoice.profile)
    checked = check_invoice(invoice)
    return ImportedInvoice(
        **{field.name: getattr(checked, field.name) for field in fields(CiiInvoice)},
        filename=_plain_name(filename),
        sha256=hashlib.sha256(data).hexdigest(),
        xml=xml,
        pdf=pdf,
    )


def _plain_name(filename: str) -> str:
    """The last part of the name, printable, at most 200 characters."""
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:200]

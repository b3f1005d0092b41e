"""Files that are refused: always an EInvoiceError, naming the field, in words."""

import zlib
from dataclasses import replace

import pytest

from tests.factories.cii import BUYER, MINIMUM, Adjustment, Invoice, Line, facturx_pdf, pdf_with
from webdoc_app.integrations.einvoice import EInvoiceError, read_einvoice

XML = Invoice().xml()


def refusal(data: bytes) -> EInvoiceError:
    with pytest.raises(EInvoiceError) as caught:
        read_einvoice(data, "facture")
    return caught.value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "est vide"),
        (b"<" + b" " * 20_000_000, "dépasse 10\u00a0Mo"),
        (b"%PDF-1.7" + b" " * 20_000_000, "dépasse 10\u00a0Mo"),
        (b"PK\x03\x04....", "ZIP"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"bonjour", "ni un PDF ni un XML"),
        (XML[:700], "mal formé"),
        (b"<a><b></a>", "mal formé"),
        (b"<?xml version='1.0' encoding='x-unknown'?><a/>", "mal formé"),
        (b"<a/>", "«\u00a0a\u00a0»"),
        (b"<CrossIndustryInvoice/>", "n’est pas une facture CII"),
        (b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>", "UBL"),
        (b"<CreditNote xmlns='urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2'/>", "UBL"),
        (b"<CrossIndustryDocument xmlns='urn:ferd:CrossIndustryDocument:invoice:1p0'/>", "ZUGFeRD 1.0"),
        (b"<SCRDMCCBDACIOMessageStructure/>", "Order-X"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_other_files(data: bytes, words: str) -> None:
    error = refusal(data)
    assert error.field == "file"
    assert words in error.message()


def _bomb() -> bytes:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 15))
    doctype = b'<!DOCTYPE b [<!ENTITY e0 "aaaaaaaaaa">' + entities + b"]>"
    return XML.replace(b"?>\n", b"?>" + doctype).replace(b"2026-0042", b"&e14;")


@pytest.mark.parametrize(
    "data",
    [
        _bomb(),
        _bomb().replace(b'format="102"', b'format="&e14;"'),
        XML.replace(b"?>\n", b"?><!DOCTYPE a>"),
        XML.replace(b"?>\n", b'?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'),
        XML.replace(b"?>\n", b'?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace(
            b"2026-0042", b"&x;"
        ),
        XML.replace(b"?>\n", b"?><!DOCTYPE a>").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_doctype(data: bytes) -> None:
    assert "DOCTYPE" in refusal(data).message()


def test_deep_nesting() -> None:
    deep = XML.replace(b"2026-0042", b"<a>" * 500_000 + b"</a>" * 500_000)
    assert "mal formé" in refusal(deep).message()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pdf_with([]), "ne contient pas de facture"),
        (pdf_with([("notice.txt", XML)]), "ne contient pas de facture"),
        (pdf_with([("factur-x.xml", XML)], password="secret"), "chiffrement"),
        (pdf_with([("factur-x.xml", XML), ("xrechnung.xml", Invoice(number="B").xml())]), "plusieurs"),
        (pdf_with([("factur-x.xml", b"<a/>")]), "n’est pas une facture CII"),
        (pdf_with([("factur-x.xml", b"")]), "mal formé"),
        (b"%PDF-1.7\n", "abîmé"),
        (b"%PDF-1.7\n" + b"[" * 200_000, "abîmé"),
    ],
)
def test_pdf(data: bytes, words: str) -> None:
    error = refusal(data)
    assert error.field == "file"
    assert words in error.message()


def test_truncated_pdf() -> None:
    assert "abîmé" in refusal(facturx_pdf(XML)[:4000]).message()


def _pdf_with_stream(stream: bytes, filters: bytes) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(factur-x.xml) 3 0 R]>>>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Type/Filespec/F(factur-x.xml)/EF<</F 4 0 R>>>>",
        b"<</Length %d/Filter %s>>stream\n" % (len(stream), filters) + stream + b"\nendstream",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(places)
    return body + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)


def test_compression_bombs() -> None:
    assert read_einvoice(_pdf_with_stream(zlib.compress(XML), b"/FlateDecode"), "f").number == "2026-0042"
    once = zlib.compress(b"a" * 50_000_000)
    assert "abîmé" in refusal(_pdf_with_stream(once, b"/FlateDecode")).message()
    twice = _pdf_with_stream(zlib.compress(once), b"[/FlateDecode/FlateDecode]")
    assert "abîmé" in refusal(twice).message()
    eleven = zlib.compress(b"<" + b"a" * 11_000_000)
    assert "dépasse 10\u00a0Mo" in refusal(_pdf_with_stream(eleven, b"/FlateDecode")).message()


def test_profiles_without_lines() -> None:
    error = refusal(Invoice(profile=MINIMUM, lines=(), totals={"LineTotalAmount": ""}).xml())
    assert (error.field, error.params["profile"]) == ("BG-25", "MINIMUM")


@pytest.mark.parametrize(
    ("invoice", "field", "words"),
    [
        (Invoice(number=""), "BT-1", "obligatoire"),
        (Invoice(number="A" * 201), "BT-1", "200 caractères"),
        (Invoice(issued=""), "BT-2", "obligatoire"),
        (Invoice(issued="20260230"), "BT-2", "20260230"),
        (Invoice(issued="2026-11-24"), "BT-2", "AAAAMMJJ"),
        (Invoice(due="20261301"), "BT-9", "20261301"),
        (Invoice(type_code="351"), "BT-3", "351"),
        (Invoice(currency="EURO"), "BT-5", "ISO 4217"),
        (Invoice(currency="XAU"), "BT-5", "ISO 4217"),
        (Invoice(profile=""), "BT-24", "obligatoire"),
        (Invoice(buyer=replace(BUYER, name="")), "BT-44", "obligatoire"),
        (Invoice(buyer=replace(BUYER, name="D" * 201)), "BT-44", "200"),
        (Invoice(buyer=replace(BUYER, city="Mar\u0085seille")), "BT-50", "contrôle"),
        (Invoice(notes=("n" * 5001,)), "BT-22", "5000"),
        (Invoice(lines=(Line(name=""),)), "BT-153", "Ligne 1\u00a0: la désignation"),
        (Invoice(lines=(Line(), Line(id="2b", price="1.0000001", net="1.00"))), "BT-146", "Ligne 2b"),
        (Invoice(lines=(Line(quantity="1.0000001", net="100.00"),)), "BT-129", "6 décimales"),
        (Invoice(lines=(Line(base="-1", net="100.00"),)), "BT-149", "supérieure à zéro"),
        (Invoice(lines=(Line(rate="120"),)), "BT-152", "entre 0 et 100"),
        (Invoice(lines=(Line(category=""),)), "BT-151", "obligatoire"),
        (Invoice(totals={"GrandTotalAmount": ""}), "BT-112", "obligatoire"),
        (Invoice(totals={"GrandTotalAmount": "120.001"}), "BT-112", "devise EUR"),
        (Invoice(totals={"DuePayableAmount": "1e2"}), "BT-115", "«\u00a01e2\u00a0»"),
        (Invoice(totals={"DuePayableAmount": "NaN"}), "BT-115", "n’est pas un nombre"),
        (Invoice(totals={"DuePayableAmount": "1" * 13}), "BT-115", "valeur admise"),
        (Invoice(totals={"DuePayableAmount": "120." + "0" * 30 + "1"}), "BT-115", "décimales"),
    ],
)
def test_values(invoice: Invoice, field: str, words: str) -> None:
    error = refusal(invoice.xml())
    assert error.field == field
    assert words in error.message()


@pytest.mark.parametrize(
    ("before", "after", "field", "words"),
    [
        (b"<ram:GrandTotalAmount>", b'<ram:GrandTotalAmount currencyID="USD">', "BT-112", "USD"),
        (b'format="102">20261124', b'format="203">20261124', "BT-2", "valable"),
        (b"<udt:Indicator>false", b"<udt:Indicator>peut-\xc3\xaatre", "BT-92", "ChargeIndicator"),
        (b"<ram:TypeCode>380", b"<ram:Inconnu/><ram:TypeCode>380", "file", "Inconnu"),
        (
            b"</ram:LineID>",
            b"</ram:LineID><ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>",
            "BG-25",
            "sous-lignes",
        ),
    ],
)
def test_elements(before: bytes, after: bytes, field: str, words: str) -> None:
    xml = Invoice(adjustments=(Adjustment("1"),)).xml()
    assert before in xml
    error = refusal(xml.replace(before, after))
    assert error.field == field
    assert words in error.message()


def test_too_many_lines() -> None:
    assert "5000" in refusal(Invoice(lines=(Line(),) * 5001).xml()).message()

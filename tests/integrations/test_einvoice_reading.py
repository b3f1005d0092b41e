"""What a Factur-X or CII file holds, read in full."""

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.factories.cii import BASIC, BUYER, EXTENDED, Adjustment, Invoice, Line, facturx_pdf, pdf_with
from webdoc_app.integrations.einvoice import ImportedReference, ImportedTotals, read_einvoice

RICH = Invoice(
    notes=("Merci de votre confiance", "Deuxième note"),
    terms="30 jours net",
    iban="FR76 3000 6000 0112 3456 7890 189",
    bic="AGRIFRPP",
    preceding="2026-0001",
    order="PO-77",
    buyer_reference="Service achats",
    prepaid="20.00",
    rounding="0.01",
    lines=(
        Line(quantity="3", price="33.333333", text="Montage compris"),
        Line(
            name="Vis",
            quantity="250",
            price="4",
            base="100",
            unit="KGM",
            rate="5.5",
            gross="5",
            discount="1",
            adjustments=(Adjustment("1.50", percent="15", reason="Fidélité"), Adjustment("2", charge=True)),
        ),
    ),
    adjustments=(Adjustment("10", reason="Remise"), Adjustment("4.90", charge=True, reason="Port")),
)


def decimals(numbers: str) -> list[Decimal]:
    return [Decimal(number) for number in numbers.split()]


def test_header_and_parties() -> None:
    invoice = read_einvoice(RICH.xml(), "C:\\factures\\mars/facture\n1.xml")
    assert (invoice.kind, invoice.type_code, invoice.number) == ("invoice", "380", "2026-0042")
    assert invoice.issue_date == date(2026, 11, 24)
    assert invoice.due_date == date(2026, 12, 24)
    assert invoice.delivery_date == date(2026, 11, 20)
    assert (invoice.currency, invoice.minor_digits) == ("EUR", 2)
    assert invoice.notes == ("Merci de votre confiance", "Deuxième note")
    assert invoice.payment_terms == "30 jours net"
    assert (invoice.payee_iban, invoice.payee_bic) == ("FR7630006000011234567890189", "AGRIFRPP")
    assert (invoice.order_reference, invoice.buyer_reference) == ("PO-77", "Service achats")
    assert invoice.preceding_invoices == (ImportedReference("2026-0001", None),)
    assert invoice.filename == "facture1.xml"
    seller, buyer = invoice.seller, invoice.buyer
    assert (seller.name, seller.siren, seller.siret) == ("Atelier Morel", "732829320", "")
    assert (seller.email, seller.contact_name) == ("contact@atelier-morel.example", "Claire Morel")
    assert seller.contact_phone == "+33 1 23 45 67 89"
    assert (buyer.siren, buyer.siret) == ("552081317", "55208131766522")
    assert buyer.address_lines == ("3 quai du Port", "Bâtiment B")
    assert (buyer.postcode, buyer.city, buyer.country) == ("13002", "Marseille", "FR")
    assert buyer.vat_number == "FR03552081317"


def test_lines_keep_exact_decimals() -> None:
    first, second = read_einvoice(RICH.xml(), "f.xml").lines
    assert [first.quantity, first.unit_price, first.base_quantity] == decimals("3 33.333333 1")
    assert first.net == 10000
    assert first.description == "Étagère en chêne\nMontage compris"
    assert [second.quantity, second.unit_price, second.base_quantity] == decimals("250 4 100")
    assert second.unit_code == "KGM"
    assert [second.gross_price, second.price_discount] == decimals("5 1")
    assert (second.vat_category, second.vat_rate) == ("S", Decimal("5.5"))
    (allowance,), (charge,) = second.allowances, second.charges
    assert (allowance.amount, allowance.percent, allowance.reason) == (150, Decimal(15), "Fidélité")
    assert charge.amount == 200
    assert (second.net, second.net_gap) == (1050, 0)


def test_totals_are_minor_units() -> None:
    invoice = read_einvoice(RICH.xml(), "f.xml")
    # 110.50 − 10 + 4.90 = 105.40; VAT 20 % of 94.90 and 5.5 % of 10.50.
    assert invoice.totals == ImportedTotals(
        lines=11050,
        allowances=1000,
        charges=490,
        net=10540,
        vat=1898 + 58,
        gross=12496,
        prepaid=2000,
        rounding=1,
        due=10497,
    )
    assert [(row.rate, row.basis, row.vat) for row in invoice.vat_breakdown] == [
        (20, 9490, 1898),
        (Decimal("5.5"), 1050, 58),
    ]
    assert [(one.amount, one.reason, one.vat_rate) for one in invoice.allowances] == [
        (1000, "Remise", Decimal(20))
    ]
    assert [(one.amount, one.reason, one.vat_category) for one in invoice.charges] == [(490, "Port", "S")]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("380", "invoice"),
        ("384", "invoice"),
        ("389", "invoice"),
        ("326", "invoice"),
        ("381", "credit"),
        ("261", "credit"),
        ("503", "credit"),
        ("386", "deposit"),
        ("500", "deposit"),
    ],
)
def test_type_codes(code: str, kind: str) -> None:
    assert read_einvoice(Invoice(type_code=code).xml(), "f.xml").kind == kind


def test_facturx_pdf_keeps_both_files() -> None:
    xml = Invoice().xml()
    pdf = facturx_pdf(xml)
    invoice = read_einvoice(pdf, "f.pdf")
    assert (invoice.pdf, invoice.xml) == (pdf, xml)
    assert invoice.sha256 == hashlib.sha256(pdf).hexdigest()
    assert read_einvoice(xml, "f.xml").pdf is None


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml", "facture.xml"])
def test_names_of_the_attached_xml(name: str) -> None:
    xml = Invoice().xml()
    assert read_einvoice(pdf_with([("annexe.txt", b"rien"), (name, xml)]), "f.pdf").xml == xml


def test_known_name_wins_over_another_xml() -> None:
    xml = Invoice().xml()
    pdf = pdf_with([("autre.xml", Invoice(number="AUTRE").xml()), ("factur-x.xml", xml)])
    assert read_einvoice(pdf, "f.pdf").number == "2026-0042"


def test_negative_amounts_stay_negative() -> None:
    credit = Invoice(type_code="381", lines=(Line(quantity="-2", price="10.25"),))
    totals = read_einvoice(credit.xml(), "f.xml").totals
    assert (totals.net, totals.vat, totals.due) == (-2050, -410, -2460)


def test_prepaid_beyond_the_total_gives_a_negative_due() -> None:
    assert read_einvoice(Invoice(prepaid="150.00").xml(), "f.xml").totals.due == -3000


@pytest.mark.parametrize(
    ("currency", "digits", "price", "net"), [("XPF", 0, "1200", 1200), ("TND", 3, "1.5", 1500)]
)
def test_currencies_have_their_own_decimals(currency: str, digits: int, price: str, net: int) -> None:
    places = str(Decimal(1).scaleb(-digits))
    invoice = read_einvoice(
        Invoice(currency=currency, places=places, lines=(Line(price=price),)).xml(), "f.xml"
    )
    assert (invoice.minor_digits, invoice.totals.net) == (digits, net)


def test_zeros_at_the_end_are_no_decimals() -> None:
    line = Line(quantity="2.00000000", price="10.1234560000", net="20.2500")
    invoice = read_einvoice(Invoice(lines=(line,)).xml(), "f.xml")
    assert (invoice.lines[0].unit_price, invoice.totals.lines) == (Decimal("10.123456"), 2025)


def test_exempt_rows_need_no_rate() -> None:
    lines = (Line(category="E", rate="0"), Line(name="Livre", rate="5.5"))
    rows = read_einvoice(Invoice(lines=lines).xml(), "f.xml").vat_breakdown
    assert [(row.category, row.rate, row.vat, row.exemption_reason) for row in rows] == [
        ("E", 0, 0, "Exonération"),
        ("S", Decimal("5.5"), 550, ""),
    ]


def test_vat_in_the_accounting_currency_is_left_aside() -> None:
    xml = Invoice(currency="NOK").xml()
    total = b'<ram:TaxTotalAmount currencyID="NOK">20.00</ram:TaxTotalAmount>'
    other = b'<ram:TaxTotalAmount currencyID="EUR">1.70</ram:TaxTotalAmount>'
    assert read_einvoice(xml.replace(total, other + total), "f.xml").totals.vat == 2000


@pytest.mark.parametrize(
    "profile",
    [
        BASIC,
        EXTENDED,
        "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        "urn:example:own",
    ],
)
def test_other_profiles(profile: str) -> None:
    assert read_einvoice(Invoice(profile=profile).xml(), "f.xml").profile == profile


def test_cii_beyond_the_declared_profile() -> None:
    """BASIC has no description of the product; CII has."""
    invoice = Invoice(profile=BASIC, lines=(Line(text="Description"),))
    assert read_einvoice(invoice.xml(), "f.xml").lines[0].text == "Description"


def test_comments_do_not_cut_values() -> None:
    xml = Invoice().xml().replace(b"2026-0042", b"2026<!-- x -->-0042")
    assert read_einvoice(xml, "f.xml").number == "2026-0042"


def test_utf16() -> None:
    xml = Invoice().xml().decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert read_einvoice(xml, "f.xml").seller.name == "Atelier Morel"


def test_markup_and_bidirectional_controls_pass_through() -> None:
    name = "<b>{{ 7 * 7 }}</b> \u202eabc"
    assert read_einvoice(Invoice(buyer=replace(BUYER, name=name)).xml(), "f.xml").buyer.name == name

"""Small CII invoices from plain values: totals add up unless a test says otherwise."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from xml.sax.saxutils import escape

EN16931 = "urn:cen.eu:en16931:2017"
BASIC = "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"
MINIMUM = "urn:factur-x.eu:1p0:minimum"
EXTENDED = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"

_SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}


@dataclass(frozen=True)
class Adjustment:
    """An allowance, or a charge where `charge`; rate and category matter on the document only."""

    amount: str
    charge: bool = False
    reason: str = "Remise"
    percent: str = ""
    category: str = "S"
    rate: str = "20"


@dataclass(frozen=True)
class Line:
    """A line; `net` is computed where it is not given."""

    name: str = "Étagère en chêne"
    quantity: str = "1"
    price: str = "100"
    base: str = ""
    unit: str = "C62"
    category: str = "S"
    rate: str = "20"
    text: str = ""
    gross: str = ""
    discount: str = ""
    adjustments: Sequence[Adjustment] = ()
    net: str = ""
    id: str = ""

    def amount(self, places: Decimal) -> Decimal:
        """BT-131."""
        if self.net:
            return Decimal(self.net)
        product = Decimal(self.quantity) * Decimal(self.price) / Decimal(self.base or "1")
        adjusted = sum((_signed(one) for one in self.adjustments), Decimal(0))
        return product.quantize(places, ROUND_HALF_UP) + adjusted


@dataclass(frozen=True)
class Party:
    """A company and its address."""

    name: str = "Atelier Morel"
    trade_name: str = ""
    legal_id: str = "732829320"
    scheme: str = "0002"
    vat_number: str = "FR44732829320"
    email: str = "contact@atelier-morel.example"
    contact: str = "Claire Morel"
    phone: str = "+33 1 23 45 67 89"
    address: Sequence[str] = ("12 rue des Lilas",)
    postcode: str = "75011"
    city: str = "Paris"
    country: str = "FR"


BUYER = Party(
    name="Maison Durand",
    legal_id="55208131766522",
    vat_number="FR03552081317",
    email="",
    contact="",
    phone="",
    address=("3 quai du Port", "Bâtiment B"),
    postcode="13002",
    city="Marseille",
)


@dataclass(frozen=True)
class Invoice:
    """An invoice; `totals` replaces computed amounts by element name, an empty one leaves it out."""

    number: str = "2026-0042"
    type_code: str = "380"
    issued: str = "20261124"
    due: str = "20261224"
    delivered: str = "20261120"
    currency: str = "EUR"
    profile: str = EN16931
    seller: Party = Party()
    buyer: Party = BUYER
    lines: Sequence[Line] = (Line(),)
    adjustments: Sequence[Adjustment] = ()
    prepaid: str = ""
    rounding: str = ""
    notes: Sequence[str] = ()
    terms: str = ""
    iban: str = ""
    bic: str = ""
    buyer_reference: str = ""
    order: str = ""
    preceding: str = ""
    places: str = "0.01"
    totals: Mapping[str, str] = field(default_factory=dict)
    breakdown: Sequence[tuple[str, str, str, str]] | None = None

    def xml(self) -> bytes:
        """The invoice as CII, UTF-8."""
        spaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
        body = _context(self) + _document(self) + _transaction(self)
        root = f"<rsm:CrossIndustryInvoice {spaces}>{body}</rsm:CrossIndustryInvoice>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode()


def _signed(one: Adjustment) -> Decimal:
    return Decimal(one.amount) if one.charge else -Decimal(one.amount)


def tag(name: str, content: str, attributes: str = "", space: str = "ram") -> str:
    """An element around content that is XML already; nothing at all around nothing."""
    return f"<{space}:{name}{attributes}>{content}</{space}:{name}>" if content else ""


def _value(name: str, value: str, attributes: str = "") -> str:
    return tag(name, escape(value), attributes)


def _date(name: str, day: str) -> str:
    return tag(name, tag("DateTimeString", day, ' format="102"', "udt"))


def _context(invoice: Invoice) -> str:
    guideline = tag("GuidelineSpecifiedDocumentContextParameter", _value("ID", invoice.profile))
    return tag("ExchangedDocumentContext", guideline, space="rsm")


def _document(invoice: Invoice) -> str:
    notes = "".join(tag("IncludedNote", _value("Content", note)) for note in invoice.notes)
    head = _value("ID", invoice.number) + _value("TypeCode", invoice.type_code)
    return tag("ExchangedDocument", head + _date("IssueDateTime", invoice.issued) + notes, space="rsm")


def _transaction(invoice: Invoice) -> str:
    lines = "".join(_line(invoice, line, rank) for rank, line in enumerate(invoice.lines, 1))
    agreement = (
        _value("BuyerReference", invoice.buyer_reference)
        + _party("SellerTradeParty", invoice.seller)
        + _party("BuyerTradeParty", invoice.buyer)
        + tag("BuyerOrderReferencedDocument", _value("IssuerAssignedID", invoice.order))
    )
    delivery = tag("ActualDeliverySupplyChainEvent", _date("OccurrenceDateTime", invoice.delivered))
    return tag(
        "SupplyChainTradeTransaction",
        lines
        + tag("ApplicableHeaderTradeAgreement", agreement)
        + f"<ram:ApplicableHeaderTradeDelivery>{delivery}</ram:ApplicableHeaderTradeDelivery>"
        + tag("ApplicableHeaderTradeSettlement", _settlement(invoice)),
        space="rsm",
    )


def _line(invoice: Invoice, line: Line, rank: int) -> str:
    discount = tag(
        "AppliedTradeAllowanceCharge",
        tag("ChargeIndicator", tag("Indicator", "false", space="udt")) + _value("ActualAmount", line.discount)
        if line.discount
        else "",
    )
    gross = _value("ChargeAmount", line.gross) + discount
    unit = f' unitCode="{line.unit}"'
    net = _value("ChargeAmount", line.price) + _value("BasisQuantity", line.base, unit)
    tax = (
        _value("TypeCode", "VAT")
        + _value("CategoryCode", line.category)
        + _value("RateApplicablePercent", line.rate)
    )
    total = _value("LineTotalAmount", str(line.amount(Decimal(invoice.places))))
    settlement = (
        tag("ApplicableTradeTax", tax)
        + "".join(_adjustment(one, with_vat=False) for one in line.adjustments)
        + tag("SpecifiedTradeSettlementLineMonetarySummation", total)
    )
    return tag(
        "IncludedSupplyChainTradeLineItem",
        tag("AssociatedDocumentLineDocument", _value("LineID", line.id or str(rank)))
        + tag("SpecifiedTradeProduct", _value("Name", line.name) + _value("Description", line.text))
        + tag(
            "SpecifiedLineTradeAgreement",
            tag("GrossPriceProductTradePrice", gross) + tag("NetPriceProductTradePrice", net),
        )
        + tag("SpecifiedLineTradeDelivery", _value("BilledQuantity", line.quantity, unit))
        + tag("SpecifiedLineTradeSettlement", settlement),
    )


def _adjustment(one: Adjustment, *, with_vat: bool) -> str:
    vat = (
        _value("TypeCode", "VAT")
        + _value("CategoryCode", one.category)
        + _value("RateApplicablePercent", one.rate)
    )
    return tag(
        "SpecifiedTradeAllowanceCharge",
        tag("ChargeIndicator", tag("Indicator", "true" if one.charge else "false", space="udt"))
        + _value("CalculationPercent", one.percent)
        + _value("ActualAmount", one.amount)
        + _value("Reason", one.reason)
        + (tag("CategoryTradeTax", vat) if with_vat else ""),
    )


def _party(name: str, party: Party) -> str:
    legal = _value("ID", party.legal_id, f' schemeID="{party.scheme}"' if party.scheme else "")
    contact = (
        _value("PersonName", party.contact)
        + tag("TelephoneUniversalCommunication", _value("CompleteNumber", party.phone))
        + tag("EmailURIUniversalCommunication", _value("URIID", party.email))
    )
    ranked = zip(("One", "Two", "Three"), party.address, strict=False)
    lines = "".join(_value(f"Line{rank}", text) for rank, text in ranked)
    address = (
        _value("PostcodeCode", party.postcode)
        + lines
        + _value("CityName", party.city)
        + _value("CountryID", party.country)
    )
    return tag(
        name,
        _value("Name", party.name)
        + tag("SpecifiedLegalOrganization", legal + _value("TradingBusinessName", party.trade_name))
        + tag("DefinedTradeContact", contact)
        + tag("PostalTradeAddress", address)
        + tag("SpecifiedTaxRegistration", _value("ID", party.vat_number, ' schemeID="VA"')),
    )


def _settlement(invoice: Invoice) -> str:
    rows = _breakdown(invoice) if invoice.breakdown is None else invoice.breakdown
    means = tag("PayeePartyCreditorFinancialAccount", _value("IBANID", invoice.iban)) + tag(
        "PayeeSpecifiedCreditorFinancialInstitution", _value("BICID", invoice.bic)
    )
    return (
        _value("InvoiceCurrencyCode", invoice.currency)
        + tag("SpecifiedTradeSettlementPaymentMeans", _value("TypeCode", "30") + means if means else "")
        + "".join(_vat_row(*row) for row in rows)
        + "".join(_adjustment(one, with_vat=True) for one in invoice.adjustments)
        + tag(
            "SpecifiedTradePaymentTerms",
            _value("Description", invoice.terms) + _date("DueDateDateTime", invoice.due),
        )
        + tag("SpecifiedTradeSettlementHeaderMonetarySummation", _totals(invoice, rows))
        + tag("InvoiceReferencedDocument", _value("IssuerAssignedID", invoice.preceding))
    )


def _vat_row(category: str, rate: str, basis: str, vat: str) -> str:
    return tag(
        "ApplicableTradeTax",
        _value("CalculatedAmount", vat)
        + _value("TypeCode", "VAT")
        + (_value("ExemptionReason", "Exonération") if category not in ("S", "Z") else "")
        + _value("BasisAmount", basis)
        + _value("CategoryCode", category)
        + _value("RateApplicablePercent", rate),
    )


def _breakdown(invoice: Invoice) -> list[tuple[str, str, str, str]]:
    places = Decimal(invoice.places)
    bases: dict[tuple[str, str], Decimal] = {}
    for line in invoice.lines:
        key = line.category, line.rate
        bases[key] = bases.get(key, Decimal(0)) + line.amount(places)
    for one in invoice.adjustments:
        key = one.category, one.rate
        bases[key] = bases.get(key, Decimal(0)) + _signed(one)
    return [
        (category, rate, str(basis), str((basis * Decimal(rate) / 100).quantize(places, ROUND_HALF_UP)))
        for (category, rate), basis in bases.items()
    ]


def _totals(invoice: Invoice, rows: Sequence[tuple[str, str, str, str]]) -> str:
    lines = sum((line.amount(Decimal(invoice.places)) for line in invoice.lines), Decimal(0))
    charges = sum((Decimal(one.amount) for one in invoice.adjustments if one.charge), Decimal(0))
    allowances = sum((Decimal(one.amount) for one in invoice.adjustments if not one.charge), Decimal(0))
    vat = sum((Decimal(row[3]) for row in rows), Decimal(0))
    gross = lines - allowances + charges + vat
    amounts = {
        "LineTotalAmount": str(lines),
        "ChargeTotalAmount": str(charges),
        "AllowanceTotalAmount": str(allowances),
        "TaxBasisTotalAmount": str(lines - allowances + charges),
        "TaxTotalAmount": str(vat),
        "RoundingAmount": invoice.rounding,
        "GrandTotalAmount": str(gross),
        "TotalPrepaidAmount": invoice.prepaid,
        "DuePayableAmount": str(gross - Decimal(invoice.prepaid or 0) + Decimal(invoice.rounding or 0)),
    } | dict(invoice.totals)
    return "".join(
        _value(name, amount, f' currencyID="{invoice.currency}"' if name == "TaxTotalAmount" else "")
        for name, amount in amounts.items()
    )


def facturx_pdf(xml: bytes) -> bytes:
    """A Factur-X as our senders make them: a PDF/A-3 by WeasyPrint, the XML attached by factur-x."""
    from facturx import generate_from_binary  # slow to import
    from weasyprint import HTML

    with warnings.catch_warnings():
        # WeasyPrint leaves the file of its colour profile to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        html = "<html lang=fr><title>Facture</title><p>Facture</p></html>"
        page = HTML(string=html).write_pdf(pdf_variant="pdf/a-3b")
    pdf: bytes = generate_from_binary(page, xml, check_xsd=False, check_schematron=False)
    return pdf


def pdf_with(attachments: Sequence[tuple[str, bytes]], password: str = "") -> bytes:
    """A blank PDF with these attachments, encrypted where there is a password."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for name, content in attachments:
        writer.add_attachment(name, content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()

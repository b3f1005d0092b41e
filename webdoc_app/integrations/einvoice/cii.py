"""From the CII tree to an invoice: the header, its totals and its VAT (syntax binding of EN 16931-3-3)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from iso4217 import Currency
from lxml import etree

from webdoc_app.integrations.einvoice.errors import N_, EInvoiceError, refuse_term
from webdoc_app.integrations.einvoice.lines import (
    ALLOWANCE,
    CHARGE,
    read_adjustments,
    read_lines,
    read_logistics_charges,
)
from webdoc_app.integrations.einvoice.parties import BUYER, SELLER, SHIP_TO, read_party
from webdoc_app.integrations.einvoice.types import (
    CiiInvoice,
    ImportedReference,
    ImportedTotals,
    ImportedVat,
    InvoiceKind,
)
from webdoc_app.integrations.einvoice.values import REQUIRED, Node
from webdoc_app.integrations.einvoice.xml import NO_LINES, profile_level

# UNTDID 1001 as restricted by EN 16931 (rule BR-CL-01), credit notes apart.
CREDIT_CODES = re.compile("81|83|261|262|296|308|381|396|420|458|502|503|532")
DEPOSIT_CODES = re.compile("386|500")
INVOICE_CODES = re.compile(
    "71|80|82|84|102|130|202|203|204|211|218|219|295|325|326|331|380|382|383|384|385|387|388|389|390|393|394"
    "|395|456|457|471|472|473|501|527|553|575|623|633|751|780|817|870|875|876|877|935"
)

NOT_AN_INVOICE = N_("Le type de document %(code)s (BT-3) n’est ni une facture ni un avoir.")
UNKNOWN_CURRENCY = N_("%(term)s «\u00a0%(value)s\u00a0» n’existe pas dans la norme ISO 4217.")
SEVERAL_TAX_TOTALS = N_("%(term)s est donné deux fois, avec des montants différents.")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The five blocks of a CII message."""

    document: Node
    transaction: Node
    agreement: Node
    delivery: Node
    settlement: Node


def read_cii(root: etree._Element) -> CiiInvoice:
    """The invoice in this tree, its amounts not checked yet. Raises EInvoiceError naming the term."""
    profile = Node(root).name(
        "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID", "BT-24", required=True
    )
    parts = _parts(root)
    lines = read_lines(parts.transaction)
    if not lines:
        level = profile_level(profile)
        known = {"minimum": "MINIMUM", "basicwl": "BASIC WL"}
        raise EInvoiceError("BG-25", NO_LINES, {"profile": known.get(level, level)})
    document, agreement, settlement = parts.document, parts.agreement, parts.settlement
    type_code = document.name("TypeCode", "BT-3", required=True)
    ship_to = parts.delivery.child("ShipToTradeParty")
    allowances, charges = read_adjustments(
        settlement.children("SpecifiedTradeAllowanceCharge"), ALLOWANCE, CHARGE
    )
    return CiiInvoice(
        kind=_kind(type_code),
        type_code=type_code,
        number=document.name("ID", "BT-1", required=True),
        issue_date=_issue_date(document),
        due_date=_due_date(settlement),
        delivery_date=parts.delivery.day(
            "ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString", "BT-72"
        ),
        currency=settlement.currency,
        minor_digits=settlement.digits,
        seller=read_party(agreement.child("SellerTradeParty") or _nothing(agreement), SELLER),
        buyer=read_party(agreement.child("BuyerTradeParty") or _nothing(agreement), BUYER),
        ship_to=read_party(ship_to, SHIP_TO, named=False) if ship_to else None,
        payee_iban=_first(settlement, "PayeePartyCreditorFinancialAccount/IBANID", "BT-84"),
        payee_bic=_first(settlement, "PayeeSpecifiedCreditorFinancialInstitution/BICID", "BT-86"),
        payment_reference=settlement.name("PaymentReference", "BT-83"),
        payment_terms="\n".join(_texts(settlement, "SpecifiedTradePaymentTerms/Description", "BT-20")),
        notes=tuple(_texts(document, "IncludedNote/Content", "BT-22")),
        buyer_reference=agreement.name("BuyerReference", "BT-10"),
        order_reference=agreement.name("BuyerOrderReferencedDocument/IssuerAssignedID", "BT-13"),
        preceding_invoices=tuple(_preceding_invoices(settlement)),
        lines=lines,
        allowances=allowances,
        charges=charges + read_logistics_charges(settlement),
        vat_breakdown=tuple(_vat_breakdown(settlement)),
        totals=_totals(settlement),
        profile=profile,
    )


def _parts(root: etree._Element) -> _Parts:
    """The blocks, in the invoice's currency; an absent one reads as empty, so that its terms are missed."""
    currency, digits = _currency(Node(root))
    whole = Node(root, currency=currency, digits=digits)
    transaction = whole.child("SupplyChainTradeTransaction") or _nothing(whole)

    def block(name: str) -> Node:
        return transaction.child(name) or _nothing(transaction)

    return _Parts(
        document=whole.child("ExchangedDocument") or _nothing(whole),
        transaction=transaction,
        agreement=block("ApplicableHeaderTradeAgreement"),
        delivery=block("ApplicableHeaderTradeDelivery"),
        settlement=block("ApplicableHeaderTradeSettlement"),
    )


def _nothing(node: Node) -> Node:
    return replace(node, element=etree.Element("nothing"))


def _currency(whole: Node) -> tuple[str, int]:
    """The ISO 4217 code and its number of decimals; codes without one (gold, tests) are refused."""
    path = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/InvoiceCurrencyCode"
    code = whole.name(path, "BT-5", required=True)
    try:
        digits = Currency(code).exponent
    except ValueError:
        digits = None
    if digits is None:
        raise refuse_term("BT-5", UNKNOWN_CURRENCY, value=code[:20])
    return code, digits


def _kind(type_code: str) -> InvoiceKind:
    if CREDIT_CODES.fullmatch(type_code):
        return "credit"
    if DEPOSIT_CODES.fullmatch(type_code):
        return "deposit"
    if INVOICE_CODES.fullmatch(type_code):
        return "invoice"
    raise EInvoiceError("BT-3", NOT_AN_INVOICE, {"code": type_code[:20]})


def _issue_date(document: Node) -> date:
    issued = document.day("IssueDateTime/DateTimeString", "BT-2")
    if issued is None:
        raise refuse_term("BT-2", REQUIRED)
    return issued


def _due_date(settlement: Node) -> date | None:
    """The last due date: with instalments (EXTENDED), the day by which all of it is due."""
    days = [
        terms.day("DueDateDateTime/DateTimeString", "BT-9")
        for terms in settlement.children("SpecifiedTradePaymentTerms")
    ]
    return max((day for day in days if day), default=None)


def _first(settlement: Node, path: str, term: str) -> str:
    """An account number or code of the first payment means that has one, without spaces."""
    for means in settlement.children("SpecifiedTradeSettlementPaymentMeans"):
        code = "".join(means.name(path, term).split())
        if code:
            return code.upper()
    return ""


def _texts(node: Node, path: str, term: str) -> Iterator[str]:
    for found in node.children(path):
        text = found.text("", term)
        if text:
            yield text


def _preceding_invoices(settlement: Node) -> Iterator[ImportedReference]:
    for reference in settlement.children("InvoiceReferencedDocument"):
        number = reference.name("IssuerAssignedID", "BT-25", required=True)
        yield ImportedReference(number, reference.day("FormattedIssueDateTime/DateTimeString", "BT-26"))


def _vat_breakdown(settlement: Node) -> Iterator[ImportedVat]:
    for row in settlement.children("ApplicableTradeTax"):
        yield ImportedVat(
            category=row.name("CategoryCode", "BT-118", required=True),
            rate=row.rate("RateApplicablePercent", "BT-119"),
            basis=row.required_amount("BasisAmount", "BT-116"),
            vat=row.required_amount("CalculatedAmount", "BT-117"),
            exemption_reason=row.text("ExemptionReason", "BT-120"),
        )


def _totals(settlement: Node) -> ImportedTotals:
    sums = settlement.child("SpecifiedTradeSettlementHeaderMonetarySummation") or _nothing(settlement)
    return ImportedTotals(
        lines=sums.required_amount("LineTotalAmount", "BT-106"),
        allowances=sums.amount("AllowanceTotalAmount", "BT-107") or 0,
        charges=sums.amount("ChargeTotalAmount", "BT-108") or 0,
        net=sums.required_amount("TaxBasisTotalAmount", "BT-109"),
        vat=_tax_total(sums),
        gross=sums.required_amount("GrandTotalAmount", "BT-112"),
        prepaid=sums.amount("TotalPrepaidAmount", "BT-113") or 0,
        rounding=sums.amount("RoundingAmount", "BT-114") or 0,
        due=sums.required_amount("DuePayableAmount", "BT-115"),
    )


def _tax_total(sums: Node) -> int:
    """BT-110, in the invoice's currency; BT-111, the same in the accounting currency, is left aside."""
    own = [
        total.amount("", "BT-110")
        for total in sums.children("TaxTotalAmount")
        if total.attribute("", "currencyID") in ("", sums.currency)
    ]
    amounts = {amount for amount in own if amount is not None}
    if len(amounts) > 1:
        raise refuse_term("BT-110", SEVERAL_TAX_TOTALS)
    return amounts.pop() if amounts else 0

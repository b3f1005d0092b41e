"""Invoice lines (BG-25), and allowances and charges wherever they stand."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from webdoc_app.integrations.einvoice.errors import N_, EInvoiceError, refuse_term
from webdoc_app.integrations.einvoice.types import ImportedAdjustment, ImportedLine
from webdoc_app.integrations.einvoice.values import NAME_LENGTH, Node

SUB_LINES = N_("Cette facture contient des sous-lignes (profil EXTENDED), qui ne sont pas prises en charge.")
BASE_NOT_POSITIVE = N_("%(term)s doit être supérieure à zéro\u00a0: %(value)s.")
UNKNOWN_INDICATOR = N_("%(term)s n’est ni une remise ni des frais (ChargeIndicator).")


@dataclass(frozen=True, slots=True)
class AdjustmentTerms:
    """The business terms of an allowance or of a charge."""

    amount: str
    percent: str
    reason: str
    vat_category: str = ""
    vat_rate: str = ""


LINE_ALLOWANCE = AdjustmentTerms("BT-136", "BT-138", "BT-139")
LINE_CHARGE = AdjustmentTerms("BT-141", "BT-143", "BT-144")
ALLOWANCE = AdjustmentTerms("BT-92", "BT-94", "BT-97", "BT-95", "BT-96")
CHARGE = AdjustmentTerms("BT-99", "BT-101", "BT-104", "BT-102", "BT-103")

Adjustments = tuple[tuple[ImportedAdjustment, ...], tuple[ImportedAdjustment, ...]]


def read_lines(transaction: Node) -> tuple[ImportedLine, ...]:
    """All lines in their order; none at all for profiles without lines."""
    nodes = transaction.children("IncludedSupplyChainTradeLineItem")
    return tuple(_read_line(node, rank) for rank, node in enumerate(nodes, 1))


def _read_line(node: Node, rank: int) -> ImportedLine:
    line_id = replace(node, line=str(rank)).name(
        "AssociatedDocumentLineDocument/LineID", "BT-126", required=True
    )
    node = replace(node, line=line_id[:20])
    if node.raw("AssociatedDocumentLineDocument/LineStatusReasonCode") in ("GROUP", "INFORMATION"):
        raise EInvoiceError("BG-25", SUB_LINES, line=node.line)
    settlement = node.child("SpecifiedLineTradeSettlement") or node
    allowances, charges = read_adjustments(
        settlement.children("SpecifiedTradeAllowanceCharge"), LINE_ALLOWANCE, LINE_CHARGE
    )
    gross = "SpecifiedLineTradeAgreement/GrossPriceProductTradePrice"
    return ImportedLine(
        id=line_id,
        name=node.text("SpecifiedTradeProduct/Name", "BT-153", required=True),
        text=node.text("SpecifiedTradeProduct/Description", "BT-154"),
        quantity=node.required_decimal("SpecifiedLineTradeDelivery/BilledQuantity", "BT-129"),
        unit_code=node.attribute("SpecifiedLineTradeDelivery/BilledQuantity", "unitCode")[:20],
        unit_price=node.required_decimal(
            "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount", "BT-146"
        ),
        base_quantity=_base_quantity(node),
        gross_price=node.decimal(f"{gross}/ChargeAmount", "BT-148"),
        price_discount=node.decimal(f"{gross}/AppliedTradeAllowanceCharge/ActualAmount", "BT-147"),
        price_discount_percent=node.decimal(
            f"{gross}/AppliedTradeAllowanceCharge/CalculationPercent", "BT-147"
        ),
        vat_category=settlement.name("ApplicableTradeTax/CategoryCode", "BT-151", required=True),
        vat_rate=settlement.rate("ApplicableTradeTax/RateApplicablePercent", "BT-152"),
        allowances=allowances,
        charges=charges,
        net=settlement.required_amount(
            "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount", "BT-131"
        ),
    )


def _base_quantity(node: Node) -> Decimal:
    path = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity"
    base = node.decimal(path, "BT-149")
    if base is None:
        return Decimal(1)
    if base <= 0:
        raise refuse_term("BT-149", BASE_NOT_POSITIVE, node.line, value=base)
    return base


def read_adjustments(
    nodes: Iterable[Node], allowance: AdjustmentTerms, charge: AdjustmentTerms
) -> Adjustments:
    """Allowances, then charges, told apart by their ChargeIndicator."""
    allowances: list[ImportedAdjustment] = []
    charges: list[ImportedAdjustment] = []
    for node in nodes:
        indicator = node.raw("ChargeIndicator/Indicator")
        if indicator in ("true", "1"):
            charges.append(_read_adjustment(node, charge))
        elif indicator in ("false", "0"):
            allowances.append(_read_adjustment(node, allowance))
        else:
            raise refuse_term(allowance.amount, UNKNOWN_INDICATOR, node.line)
    return tuple(allowances), tuple(charges)


def _read_adjustment(node: Node, terms: AdjustmentTerms) -> ImportedAdjustment:
    adjustment = ImportedAdjustment(
        amount=node.required_amount("ActualAmount", terms.amount),
        reason=node.text("Reason", terms.reason),
        reason_code=node.raw("ReasonCode")[:NAME_LENGTH],
        percent=node.decimal("CalculationPercent", terms.percent),
    )
    if not terms.vat_category:
        return adjustment
    return replace(
        adjustment,
        vat_category=node.name("CategoryTradeTax/CategoryCode", terms.vat_category, required=True),
        vat_rate=node.rate("CategoryTradeTax/RateApplicablePercent", terms.vat_rate),
    )


def read_logistics_charges(settlement: Node) -> tuple[ImportedAdjustment, ...]:
    """Transport charges of the EXTENDED profile (BG-X-42): they count among the document's charges."""
    return tuple(
        ImportedAdjustment(
            amount=node.required_amount("AppliedAmount", CHARGE.amount),
            reason=node.text("Description", CHARGE.reason),
            vat_category=node.name("AppliedTradeTax/CategoryCode", CHARGE.vat_category, required=True),
            vat_rate=node.rate("AppliedTradeTax/RateApplicablePercent", CHARGE.vat_rate),
        )
        for node in settlement.children("SpecifiedLogisticsServiceCharge")
    )

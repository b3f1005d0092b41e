"""What an imported invoice holds: frozen values, amounts in minor units, exact decimals elsewhere.

Business terms (BT-n, BG-n) are those of EN 16931-1.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

InvoiceKind = Literal["invoice", "credit", "deposit"]


@dataclass(frozen=True, slots=True)
class ImportedParty:
    """A seller, a buyer or a place of delivery. What the file does not say is an empty string.

    `siren` is nine digits; a SIRET given as legal identifier fills both `siret` and `siren`.
    """

    name: str
    trade_name: str = ""
    address_lines: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    country: str = ""
    legal_id: str = ""
    legal_id_scheme: str = ""
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    email: str = ""
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class ImportedAdjustment:
    """An allowance or a charge. `amount` in minor units, as signed in the file.

    `vat_category` and `vat_rate` are filled for those of the document; a line's own follow the line.
    """

    amount: int
    reason: str = ""
    reason_code: str = ""
    percent: Decimal | None = None
    vat_category: str = ""
    vat_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """An invoice line (BG-25).

    `net` (BT-131) is the file's, in minor units: the totals rest on it. `net_gap` is what it has more than
    quantity × unit price / base quantity + charges − allowances, rounded half up (0 almost always).
    """

    id: str
    name: str
    text: str
    quantity: Decimal
    unit_code: str
    unit_price: Decimal
    base_quantity: Decimal
    gross_price: Decimal | None
    price_discount: Decimal | None
    price_discount_percent: Decimal | None
    vat_category: str
    vat_rate: Decimal
    allowances: tuple[ImportedAdjustment, ...]
    charges: tuple[ImportedAdjustment, ...]
    net: int
    net_gap: int = 0

    @property
    def description(self) -> str:
        """Name (BT-153), then its description (BT-154) on the following lines."""
        return f"{self.name}\n{self.text}" if self.text else self.name


@dataclass(frozen=True, slots=True)
class ImportedVat:
    """One row of the VAT breakdown (BG-23), amounts in minor units."""

    category: str
    rate: Decimal
    basis: int
    vat: int
    exemption_reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportedTotals:
    """Document totals (BG-22) in minor units; what the file leaves out is 0."""

    lines: int
    allowances: int
    charges: int
    net: int
    vat: int
    gross: int
    prepaid: int
    rounding: int
    due: int


@dataclass(frozen=True, slots=True)
class ImportedReference:
    """A preceding invoice (BG-3)."""

    number: str
    issue_date: date | None


@dataclass(frozen=True, slots=True)
class CiiInvoice:
    """The invoice as the XML tells it, in `currency` with `minor_digits` decimals."""

    kind: InvoiceKind
    type_code: str
    number: str
    issue_date: date
    due_date: date | None
    delivery_date: date | None
    currency: str
    minor_digits: int
    seller: ImportedParty
    buyer: ImportedParty
    ship_to: ImportedParty | None
    payee_iban: str
    payee_bic: str
    payment_reference: str
    payment_terms: str
    notes: tuple[str, ...]
    buyer_reference: str
    order_reference: str
    preceding_invoices: tuple[ImportedReference, ...]
    lines: tuple[ImportedLine, ...]
    allowances: tuple[ImportedAdjustment, ...]
    charges: tuple[ImportedAdjustment, ...]
    vat_breakdown: tuple[ImportedVat, ...]
    totals: ImportedTotals
    profile: str


@dataclass(frozen=True, slots=True)
class ImportedInvoice(CiiInvoice):
    """The invoice and where it came from: `sha256` (hex) is of the file as received."""

    filename: str
    sha256: str
    xml: bytes
    pdf: bytes | None

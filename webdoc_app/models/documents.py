"""Documents, their lines, their frozen versions and PDFs.

What is frozen at issue (see `content` in domain and services) is never written again; what may change
afterwards - state, payments, openings - stands in columns of its own and is checked against its facts.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import ExactDecimal, IsoDate, UtcTime, new_id


class Document(SQLModel, table=True):
    """One document of a sale. Amounts are minor units of `currency`."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("company_id", "import_sha256"),
        UniqueConstraint("company_id", "series", "year", "sequence"),
        Index("ix_documents_newest", "company_id", "created_at", "id"),
        Index("ix_documents_chain", "company_id", "chain_id"),
        Index("ix_documents_customer", "company_id", "customer_id"),
        Index("ix_documents_number", "company_id", "number"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id")
    chain_id: str
    origin_id: str | None = None
    customer_id: str = Field(foreign_key="customers.id")
    kind: str
    state: str = "draft"
    became: str = ""
    version: int = 1
    number: str | None = None
    series: str | None = None
    year: int | None = None
    sequence: int | None = None
    title: str = ""
    notes: str = Field(default="", sa_type=Text)
    currency: str = "EUR"
    language: str = "fr"
    issue_date: date | None = Field(default=None, sa_type=IsoDate)
    valid_until: date | None = Field(default=None, sa_type=IsoDate)
    due_date: date | None = Field(default=None, sa_type=IsoDate)
    deposit_percent: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    seller: str = Field(default="", sa_type=Text)  # canonical JSON, frozen at issue
    customer: str = Field(default="", sa_type=Text)  # canonical JSON, frozen at issue
    adjustments: str = Field(default="[]", sa_type=Text)  # canonical JSON: document allowances and charges
    vat_breakdown: str = Field(default="[]", sa_type=Text)  # canonical JSON: [{rate, basis, vat}]
    extras: str = Field(default="{}", sa_type=Text)  # canonical JSON: what an imported file says beyond this
    lines_minor: int = Field(default=0, sa_type=BigInteger)
    allowances_minor: int = Field(default=0, sa_type=BigInteger)
    charges_minor: int = Field(default=0, sa_type=BigInteger)
    net_minor: int = Field(default=0, sa_type=BigInteger)
    vat_minor: int = Field(default=0, sa_type=BigInteger)
    gross_minor: int = Field(default=0, sa_type=BigInteger)
    prepaid_minor: int = Field(default=0, sa_type=BigInteger)  # BT-113, frozen at issue
    rounding_minor: int = Field(default=0, sa_type=BigInteger)  # BT-114, imported invoices
    paid_minor: int = Field(default=0, sa_type=BigInteger)  # sum of its payments
    credited_minor: int = Field(default=0, sa_type=BigInteger)  # sum of its issued credit notes
    refunded_minor: int = Field(default=0, sa_type=BigInteger)  # what of its payments was given back
    processing_minor: int = Field(default=0, sa_type=BigInteger)  # attempts a bank takes its time with
    disputed_minor: int = Field(default=0, sa_type=BigInteger)  # payments a bank is asked to take back
    options: str = Field(default="[]", sa_type=Text)  # canonical JSON: ids of the optional lines accepted
    options_net_minor: int = Field(default=0, sa_type=BigInteger)  # what they add to the net
    options_vat_minor: int = Field(default=0, sa_type=BigInteger)
    content_sha256: str | None = None
    import_sha256: str | None = None
    duplicate_of: str | None = None
    opened_at: datetime | None = Field(default=None, sa_type=UtcTime)
    visits: int = 0  # of the client: openings that count
    last_visit_at: datetime | None = Field(default=None, sa_type=UtcTime)
    followups_paused: bool = False
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)
    issued_at: datetime | None = Field(default=None, sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def agreed_gross_minor(self) -> int:
        """The gross, with the options that were accepted."""
        return self.gross_minor + self.options_net_minor + self.options_vat_minor


class DocumentLine(SQLModel, table=True):
    """One line. `allowances_minor`, `charges_minor` and `net_minor` are minor units of the document's currency.

    An optional line (of a quote) is offered beside the totals: it counts once the client has chosen it.
    """

    __tablename__ = "document_lines"
    __table_args__ = (Index("ix_document_lines_place", "document_id", "position"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    origin_id: str | None = None
    position: int
    description: str = Field(sa_type=Text)
    unit: str = ""
    quantity: Decimal = Field(sa_type=ExactDecimal)
    base_quantity: Decimal = Field(default=Decimal(1), sa_type=ExactDecimal)
    unit_price: Decimal = Field(sa_type=ExactDecimal)
    discount_percent: Decimal = Field(default=Decimal(0), sa_type=ExactDecimal)
    vat_rate: Decimal = Field(sa_type=ExactDecimal)
    allowances_minor: int = Field(default=0, sa_type=BigInteger)
    charges_minor: int = Field(default=0, sa_type=BigInteger)
    net_minor: int = Field(default=0, sa_type=BigInteger)
    is_optional: bool = False


class DocumentVersion(SQLModel, table=True):
    """The content a version was frozen with, and its hash. Written once."""

    __tablename__ = "document_versions"

    document_id: str = Field(foreign_key="documents.id", primary_key=True)
    version: int = Field(primary_key=True)
    company_id: str = Field(foreign_key="companies.id", index=True)
    content: str = Field(sa_type=Text)
    content_sha256: str
    created_at: datetime = Field(sa_type=UtcTime)


class StoredPdf(SQLModel, table=True):
    """The PDF of a version: rendered or imported once, then only served."""

    __tablename__ = "stored_pdfs"

    document_id: str = Field(foreign_key="documents.id", primary_key=True)
    version: int = Field(primary_key=True)
    company_id: str = Field(foreign_key="companies.id", index=True)
    sha256: str
    data: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcTime)


class NumberCounter(SQLModel, table=True):
    """The last number given, per company, series and year. Its row is the lock that keeps numbers gapless."""

    __tablename__ = "number_counters"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    series: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int = 0

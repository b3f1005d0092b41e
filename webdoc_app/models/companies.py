"""Companies and the people and programs that act for them."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class Company(SQLModel, table=True):
    """The seller. Its identity is copied into each document when it is issued."""

    __tablename__ = "companies"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str
    legal_form: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    siren: str = ""
    rcs: str = ""
    vat_number: str = ""
    iban: str = ""
    bic: str = ""
    terms: str = ""
    late_penalty: str = ""
    operations: str = ""  # what it sells: "goods", "services", "both"; empty where it does not say
    vat_on_debits: bool = False
    color: str = "#1f4fd8"
    logo_sha256: str | None = None
    language: str = "fr"
    validity_days: int | None = None
    payment_days: int | None = None
    tracking: bool = True  # whether openings are kept and told
    deposit_on_acceptance: bool = True  # whether accepting a quote issues the deposit invoice it asks for
    part_payments: bool = False  # whether a bill may be paid online in parts
    part_minimum_minor: int | None = Field(
        default=None, sa_type=BigInteger
    )  # the least of a part, hundredths
    attach_pdf: bool = False  # whether a document's mail brings its PDF too, unless said otherwise at sending
    code_above_minor: int | None = Field(default=None, sa_type=BigInteger)  # one-time code from this gross on
    created_at: datetime = Field(sa_type=UtcTime)


class Logo(SQLModel, table=True):
    """A company's logo as it was re-encoded (PNG), by its hash: issued documents keep the one they were issued with."""

    __tablename__ = "logos"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    sha256: str = Field(primary_key=True, max_length=64)
    data: bytes = Field(sa_type=LargeBinary)


class User(SQLModel, table=True):
    __tablename__ = "users"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    name: str
    email: str = Field(unique=True)
    password_hash: str
    news_seen_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class LoginSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds the secret, the table its SHA-256: a leaked table opens nothing."""

    __tablename__ = "login_sessions"

    id: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="users.id", index=True)
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    user_agent: str = ""
    address: str = ""  # network address it was opened from
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcTime)  # to within some minutes
    proved_at: datetime | None = Field(default=None, sa_type=UtcTime)  # the last code of the second factor


class ApiKey(SQLModel, table=True):
    """A program's key, shown once; its SHA-256 is kept."""

    __tablename__ = "api_keys"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    name: str
    key_hash: str = Field(unique=True, max_length=64)
    created_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Customer(SQLModel, table=True):
    __tablename__ = "customers"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    name: str
    email: str = ""
    language: str = "fr"
    address: str = ""
    siren: str = ""
    vat_number: str = ""
    created_at: datetime = Field(sa_type=UtcTime)

"""Money that came in, the accounts it comes through, and every attempt to pay. The ledger is append-only."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import IsoDate, UtcTime, new_id


class Payment(SQLModel, table=True):
    """A line of the ledger, in minor units of `currency`: money in, or, negative, money given back.

    `method` is how it came, or the provider it came through; then `reference` is the provider's name for it, and
    the id is made of both, so that one payment is one row whoever tells of it.
    """

    __tablename__ = "payments"
    __table_args__ = (Index("ix_payments_document", "document_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    method: str
    paid_on: date = Field(sa_type=IsoDate)
    reference: str = ""
    at: datetime = Field(sa_type=UtcTime)


class StoredReceipt(SQLModel, table=True):
    """The receipt of a payment: rendered at the first need, then only served."""

    __tablename__ = "stored_receipts"

    payment_id: str = Field(primary_key=True, foreign_key="payments.id", max_length=32)
    document_id: str = Field(foreign_key="documents.id")
    company_id: str = Field(foreign_key="companies.id", index=True)
    sha256: str
    data: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcTime)


class PaymentAccount(SQLModel, table=True):
    """A company's account at a provider, test or live. Its id is part of the address webhooks come to."""

    __tablename__ = "payment_accounts"
    __table_args__ = (UniqueConstraint("company_id", "provider", "mode"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    provider: str
    mode: str  # test, live
    hint: str = ""  # the end of a key, so that a person knows which one it is
    secrets: str = Field(sa_type=Text)  # encrypted: see services/vault
    enabled: bool = True
    error: str = ""  # why it no longer works
    created_at: datetime = Field(sa_type=UtcTime)
    checked_at: datetime = Field(sa_type=UtcTime)
    payouts_at: datetime | None = Field(default=None, sa_type=UtcTime)  # last asked about
    payouts_error: str = ""  # why they cannot be read


class PaymentAttempt(SQLModel, table=True):
    """One person's try to pay one bill through one account. Written before the provider is asked anything."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        Index("ix_payment_attempts_document", "document_id", "created_at"),
        Index("ix_payment_attempts_reference", "account_id", "reference"),
        Index("ix_payment_attempts_next", "next_check_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id")
    document_id: str = Field(foreign_key="documents.id")
    account_id: str = Field(foreign_key="payment_accounts.id")
    link_id: str
    link_version: int | None = None  # the link as it was then; None: begun before that was written down
    language: str = ""  # the one the page was read in, if not the document's
    return_id: str = Field(unique=True, max_length=64)
    provider: str
    mode: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    due_minor: int = Field(sa_type=BigInteger)  # what was due when it began
    state: str = "created"  # created, then domain/payments.AttemptWord
    reference: str = ""  # the provider's name for the attempt
    captured_id: str = ""  # and for the money
    receipt_url: str = ""
    fee_minor: int | None = Field(
        default=None, sa_type=BigInteger
    )  # what the provider kept, where it says so
    url: str = Field(default="", sa_type=Text)
    form: str = Field(default="", sa_type=Text)  # a signed form's address and fields, as JSON
    heard: str = Field(default="", sa_type=Text)  # what signed answers said so far, each once
    refunded_minor: int = Field(default=0, sa_type=BigInteger)
    reason: str = ""
    dispute: str = ""
    expires_at: datetime = Field(sa_type=UtcTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcTime)
    next_check_at: datetime | None = Field(default=None, sa_type=UtcTime)
    returned_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)


class WebhookEvent(SQLModel, table=True):
    """A provider's notice whose signature was good, as it came. Only a processed one is a duplicate."""

    __tablename__ = "webhook_events"

    account_id: str = Field(foreign_key="payment_accounts.id", primary_key=True)
    event_id: str = Field(primary_key=True, max_length=200)
    body: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(sa_type=UtcTime)
    processed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = ""


class PaymentSerial(SQLModel, table=True):
    """How many numbers an account has taken on a UTC day (`20261124`): providers without names of their own ask for one."""

    __tablename__ = "payment_serials"

    account_id: str = Field(foreign_key="payment_accounts.id", primary_key=True)
    day: str = Field(primary_key=True, max_length=8)
    taken: int = 0

"""Answers: a decision is a row that says who, when and why, and all that proves it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import IsoDate, UtcTime, new_id


class DecisionRow(SQLModel, table=True):
    """One answer to one version. The latest row is the document's answer; earlier ones (a hold) stay.

    `amount_minor` is what was answered to, with the options that were chosen. `evidence` is canonical JSON,
    see services/evidence.py. `recorded_by` names the user who noted an answer given elsewhere.
    """

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_document", "document_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    version: int
    decision: str
    name: str
    quality: str = ""
    reason: str = Field(default="", sa_type=Text)
    until: date | None = Field(default=None, sa_type=IsoDate)
    options: str = Field(default="[]", sa_type=Text)  # canonical JSON: ids of the lines chosen
    link_id: str | None = None
    nonce: str = ""
    content_sha256: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    address: str = ""  # network address of the answer, by the proxies that are trusted
    user_agent: str = ""
    recorded_by: str = ""
    evidence: str = Field(default="{}", sa_type=Text)
    signature: bytes | None = Field(default=None, sa_type=LargeBinary)  # PNG, as it was drawn
    signature_sha256: str = ""
    at: datetime = Field(sa_type=UtcTime)


class DecisionCode(SQLModel, table=True):
    """A one-time code mailed before an acceptance; its SHA-256 is kept, and how often it was tried."""

    __tablename__ = "decision_codes"
    __table_args__ = (Index("ix_decision_codes_link", "document_id", "link_id", "sent_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    link_id: str
    email: str
    code_hash: str = Field(max_length=64)
    attempts: int = 0
    sent_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    verified_at: datetime | None = Field(default=None, sa_type=UtcTime)
    verified_for: str = ""  # the nonce of the answer it was given with


class Certificate(SQLModel, table=True):
    """The proof of an answer as both sides get it: written once at the first need, then only served.

    `event_id` is the decision.* event it tells up to: reopening an answer makes for another certificate.
    """

    __tablename__ = "certificates"

    event_id: str = Field(primary_key=True, max_length=32)
    format: str = Field(primary_key=True, max_length=4)  # "json", "pdf"
    company_id: str = Field(foreign_key="companies.id", index=True)
    sha256: str
    data: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcTime)

"""Answers: a decision is a row that says who, when and why."""

from datetime import date, datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import IsoDate, UtcTime, new_id


class DecisionRow(SQLModel, table=True):
    """One answer to one version. The latest row is the document's answer; earlier ones (a hold) stay."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_document", "document_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    version: int
    decision: str
    name: str
    reason: str = Field(default="", sa_type=Text)
    until: date | None = Field(default=None, sa_type=IsoDate)
    link_id: str | None = None
    nonce: str = ""
    content_sha256: str
    amount_minor: int
    currency: str
    address: str = ""  # network address of the answer, by the proxies that are trusted
    user_agent: str = ""
    at: datetime = Field(sa_type=UtcTime)

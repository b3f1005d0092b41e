"""Money that came in. Append-only: a correction is another row."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import IsoDate, UtcTime, new_id


class Payment(SQLModel, table=True):
    """A payment taken elsewhere and recorded by hand; minor units of `currency`."""

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

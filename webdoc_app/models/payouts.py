"""Money the providers sent to the companies' banks, as they tell of it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import IsoDate, UtcTime


class Payout(SQLModel, table=True):
    """A sum on its way to a bank, in minor units of `currency`. The id is made of the account and `reference`."""

    __tablename__ = "payouts"
    __table_args__ = (Index("ix_payouts_company", "company_id", "arrives_on"),)

    id: str = Field(primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id")
    account_id: str = Field(foreign_key="payment_accounts.id")
    provider: str
    mode: str
    reference: str  # the provider's name for it
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    state: str  # integrations/payments/payouts.PayoutState
    is_itemized: bool = False  # its lines are all here
    arrives_on: date = Field(sa_type=IsoDate)
    sent_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)


class PayoutLine(SQLModel, table=True):
    """What a payout is made of. `payment_id` is the ledger's line it should be, which may not be here; or empty."""

    __tablename__ = "payout_lines"
    __table_args__ = (Index("ix_payout_lines_payment", "payment_id"),)

    id: str = Field(primary_key=True, max_length=32)
    payout_id: str = Field(foreign_key="payouts.id", index=True)
    kind: str  # integrations/payments/payouts.LineKind
    payment_id: str = ""
    reference: str = ""
    gross_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)

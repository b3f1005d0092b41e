"""Other software that wants to know: where to, and each event on its way there."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class Webhook(SQLModel, table=True):
    """An address events are posted to. Secrets are encrypted; the one before signs along until `old_secret_until`.

    One worker posts to it at a time (`leased_until`); `failures` in a row make for growing pauses (`paused_until`).
    """

    __tablename__ = "webhooks"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    url: str
    secret: str
    old_secret: str = ""
    old_secret_until: datetime | None = Field(default=None, sa_type=UtcTime)
    failures: int = 0
    paused_until: datetime | None = Field(default=None, sa_type=UtcTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class WebhookDelivery(SQLModel, table=True):
    """An event for one address, written with the event, posted by a worker afterwards."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_due", "state", "next_at"),
        Index("ix_webhook_deliveries_waiting", "webhook_id", "state", "next_at"),
        Index("ix_webhook_deliveries_newest", "webhook_id", "created_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    webhook_id: str = Field(foreign_key="webhooks.id")
    seq: int = 0  # the event's place in its company's history
    type: str
    body: str = Field(sa_type=Text)
    state: str = "queued"  # queued, sent, dead
    attempts: int = 0
    next_at: datetime = Field(sa_type=UtcTime)
    status: int | None = None  # the last answer's
    last_error: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)

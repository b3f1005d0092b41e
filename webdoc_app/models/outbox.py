"""What must still reach the world, and answers already given to programs that ask twice."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id

UNREACHED = ("dead", "bounced")
"""States of a mail nobody will read."""


class OutboxMail(SQLModel, table=True):
    """A mail to one recipient, written with the change it tells of, sent by a worker afterwards."""

    __tablename__ = "outbox_mails"
    __table_args__ = (
        Index("ix_outbox_due", "state", "next_at"),
        Index("ix_outbox_sent", "company_id", "sent_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str | None = Field(default=None, foreign_key="companies.id", index=True)
    document_id: str | None = Field(default=None, index=True)
    link_id: str | None = None  # whose link it brings
    purpose: str
    to_name: str = ""
    to_email: str
    from_name: str = ""
    reply_to: str = ""
    subject: str
    text_body: str = Field(sa_type=Text)
    html_body: str = Field(sa_type=Text)
    attachments: str = Field(default="[]", sa_type=Text)  # canonical JSON, see services/attachments.py
    message_id: str
    state: str = "queued"  # queued, sent, bounced, dead
    attempts: int = 0
    next_at: datetime = Field(sa_type=UtcTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcTime)
    given_up_at: datetime | None = Field(default=None, sa_type=UtcTime)  # set by a retry by hand
    last_error: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcTime)  # where a provider tells


class IdempotentAnswer(SQLModel, table=True):
    """The answer to a POST with an Idempotency-Key: the same key and body get it again."""

    __tablename__ = "idempotent_answers"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    key: str = Field(primary_key=True, max_length=255)
    request_sha256: str
    status: int
    body: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcTime)

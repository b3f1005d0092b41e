"""Mails that came in."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class IncomingMail(SQLModel, table=True):
    """An answer by mail, once, by whatever way and however often it comes.

    `state` is posted (it is a message), held (a person decides), automatic (an answering machine, to be read and put
    away), accepted or discarded. What was said is kept while somebody must still decide, and no longer.
    """

    __tablename__ = "incoming_mails"
    __table_args__ = (Index("ix_incoming_mails_thread", "document_id", "state"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    link_id: str | None = None
    digest: str = Field(unique=True, max_length=64)
    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    words: str = Field(default="", sa_type=Text)
    files: str = Field(default="[]", sa_type=Text)  # canonical JSON: their names
    raw: bytes | None = Field(default=None, sa_type=LargeBinary)
    state: str
    why: str = ""  # held: sender, link, unsigned, unproven; automatic: the mark it bears
    at: datetime = Field(sa_type=UtcTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    decided_by: str = ""


class Claim(SQLModel, table=True):
    """What one worker does at a time: until when it is taken, and by whom."""

    __tablename__ = "claims"

    name: str = Field(primary_key=True, max_length=64)
    owner: str = ""
    until: datetime = Field(sa_type=UtcTime)

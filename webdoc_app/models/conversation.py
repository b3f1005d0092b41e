"""The thread of a document: messages both sides read, and notes that never leave the company."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class Message(SQLModel, table=True):
    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_thread", "document_id", "internal", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    author: str  # "merchant" or "client"
    author_name: str
    user_id: str | None = None
    link_id: str | None = None
    internal: bool = False
    body: str = Field(sa_type=Text)
    line_id: str | None = None  # the line of the document it is about, and its words as they were then
    line_quote: str = ""
    at: datetime = Field(sa_type=UtcTime)

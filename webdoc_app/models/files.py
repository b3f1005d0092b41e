"""Files sent along: with a message, or laid beside a document."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class StoredFile(SQLModel, table=True):
    """A checked file, in the database like the PDFs: written in one transaction with its message, and backed up with it.

    `visible` says whether the client gets it: with a message as the message, beside a document when it is shown.
    """

    __tablename__ = "files"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id", index=True)
    message_id: str | None = Field(default=None, foreign_key="messages.id")
    author: str  # "merchant" or "client"
    visible: bool = False
    name: str
    media_type: str
    size: int
    sha256: str
    data: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UtcTime)

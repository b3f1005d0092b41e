"""Who has read a conversation up to where."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime


class ReadMark(SQLModel, table=True):
    """The newest message of the other side that a reader has seen, and when. Moves forward only.

    `reader_id` is a link's id on the client's side, a user's on the merchant's.
    """

    __tablename__ = "read_marks"

    document_id: str = Field(foreign_key="documents.id", primary_key=True)
    side: str = Field(primary_key=True)  # "merchant" or "client"
    reader_id: str = Field(primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    message_at: datetime = Field(sa_type=UtcTime)
    at: datetime = Field(sa_type=UtcTime)

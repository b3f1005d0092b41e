"""Links and what was seen through them."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class ShareLink(SQLModel, table=True):
    """A recipient's way to a document. The token in the address is signed and holds this id and `version`."""

    __tablename__ = "share_links"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id", index=True)
    purpose: str = "view"
    recipient_name: str = ""
    recipient_email: str = ""
    version: int = 1
    is_main: bool = True
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class Opening(SQLModel, table=True):
    """A visit: views of one document through one link from one device, close in time, are one row.

    `opening_class` is one of domain/tracking; `counts` says whether it is the client's ("Consulté"), by its class
    and signals or by a person's correction. Address and agent are truncated after twelve months.
    What came beyond a link's hour is one row that says how many it stands for (services/crowds.py).
    """

    __tablename__ = "openings"
    __table_args__ = (
        Index("ix_openings_document", "document_id", "opening_class", "last_at"),
        Index("ix_openings_last", "last_at"),
        Index("ix_openings_class_last", "opening_class", "last_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    link_id: str | None = None
    opening_class: str
    counts: bool = False
    views: int = 1
    gathered: int = 0  # how many openings it stands for, none of which has a row; 0 for one visit
    visible_seconds: int = 0
    device: str = ""  # keyed hash of address and agent
    device_label: str = ""
    address: str = ""
    network: str = ""  # keyed hash of the address's network
    user_agent: str = ""
    signals: str = Field(default="[]", sa_type=Text)  # canonical JSON: why it is what it is
    corrected_by: str = ""
    corrected_at: datetime | None = Field(default=None, sa_type=UtcTime)
    first_at: datetime = Field(sa_type=UtcTime)
    last_at: datetime = Field(sa_type=UtcTime)


class UsedNonce(SQLModel, table=True):
    """A form's nonce, spent. `outcome` is what it brought, so that the same form sent twice finds it again."""

    __tablename__ = "used_nonces"

    nonce: str = Field(primary_key=True, max_length=64)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id", index=True)
    purpose: str
    outcome: str = ""
    at: datetime = Field(sa_type=UtcTime)

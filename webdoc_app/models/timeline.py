"""The append-only history of a company, each event chained to the one before it by its hash."""

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class TimelineEvent(SQLModel, table=True):
    """All columns are texts and numbers as they are hashed: `at` a UTC text, `data` canonical JSON.

    `bound` (canonical JSON) says what rows of record the same transaction wrote, see services/bindings.py. `mac` is the
    keyed signature of the hash, see services/history.py; events from before it existed have neither.
    """

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_document", "document_id", "seq"),)

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    seq: int = Field(primary_key=True)
    id: str = Field(unique=True, max_length=32)
    document_id: str | None = None
    type: str
    at: str
    actor_kind: str  # "user", "client", "api", "system"
    actor_id: str = ""
    actor_name: str = ""
    data: str = Field(sa_type=Text)
    bound: str = Field(default="", sa_type=Text)
    previous_hash: str
    hash: str
    mac: str = ""


class TimelineHead(SQLModel, table=True):
    """The last event of a company: the lock its writers queue at, and the witness of a cut-off tail.

    `mac` signs the place and the hash of the end, so that an earlier event cannot be made the end. `sealed_seq` is the
    first event that is signed; 0 until the history is sealed. `mailed_month` (`2026-11`) is the last one mailed.
    """

    __tablename__ = "event_heads"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    seq: int = 0
    hash: str = ""
    mac: str = ""
    sealed_seq: int = 0
    mailed_month: str = ""


class HistoryKey(SQLModel, table=True):
    """A key once used, `history.1` or `seal.…`, locked up with the installation's secret: see services/history_keys.py."""

    __tablename__ = "history_keys"

    name: str = Field(primary_key=True, max_length=80)
    wrapped: str = Field(sa_type=Text)
    created_at: str


class Notification(SQLModel, table=True):
    """News for the company's people, or for one of them: written in the transaction of the fact it tells of."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_newest", "company_id", "at"),
        Index("ix_notifications_at", "at"),
    )

    id: str = Field(primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id")
    document_id: str = Field(foreign_key="documents.id")
    user_id: str | None = None  # for this user alone
    type: str
    data: str = Field(sa_type=Text)
    at: str

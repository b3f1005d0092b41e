"""Which news each user wants by mail, and what was told."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime


class NoticeChoice(SQLModel, table=True):
    """A user's choices, see domain/notices; without a row the usual ones hold. Hours are `22:00`, Paris time."""

    __tablename__ = "notice_choices"

    user_id: str = Field(foreign_key="users.id", primary_key=True)
    company_id: str = Field(foreign_key="companies.id", index=True)
    decisions: str
    payments: str
    messages: str
    openings: str
    quiet_from: str = ""
    quiet_to: str = ""


class NoticeSent(SQLModel, table=True):
    """News that a user was mailed, or that is not for their mail: once for each."""

    __tablename__ = "notices_sent"

    notification_id: str = Field(foreign_key="notifications.id", primary_key=True)
    user_id: str = Field(foreign_key="users.id", primary_key=True)
    at: datetime = Field(sa_type=UtcTime)

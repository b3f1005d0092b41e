"""Following up: what a company wants to be sent when, and what was sent or skipped."""

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class FollowupRule(SQLModel, table=True):
    """A scenario as a company has set it; without a row it is off. Empty words stand for the usual ones."""

    __tablename__ = "followup_rules"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    scenario: str = Field(primary_key=True)
    enabled: bool = False
    delay_days: int = 0
    working_days: bool = True
    subject_fr: str = ""
    body_fr: str = Field(default="", sa_type=Text)
    subject_en: str = ""
    body_en: str = Field(default="", sa_type=Text)
    since: datetime | None = Field(default=None, sa_type=UtcTime)  # what fell earlier is not made up for


class ReminderStop(SQLModel, table=True):
    """An address that wants no more reminders of a company; `link_id` is the link whose reminder it was said through."""

    __tablename__ = "reminder_stops"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    email: str = Field(primary_key=True)  # in lower case
    link_id: str
    at: datetime = Field(sa_type=UtcTime)


class Followup(SQLModel, table=True):
    """One follow-up of one document: sent or skipped, once for each scenario and occurrence (a version, a due date)."""

    __tablename__ = "followups"
    __table_args__ = (UniqueConstraint("document_id", "scenario", "occurrence"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id")
    scenario: str
    occurrence: str
    state: str = "sent"  # sent, skipped
    mail_id: str | None = None
    by_name: str = ""
    at: datetime = Field(sa_type=UtcTime)

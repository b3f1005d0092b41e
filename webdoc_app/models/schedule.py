"""What is to be done later: each task is done by one worker, once."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class ScheduledTask(SQLModel, table=True):
    """`kind` says which use case, `subject_id` what it is about; done in the transaction that marks it so."""

    __tablename__ = "scheduled_tasks"
    __table_args__ = (Index("ix_scheduled_tasks_due", "state", "due_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    company_id: str = Field(foreign_key="companies.id", index=True)
    document_id: str = Field(foreign_key="documents.id", index=True)
    kind: str
    subject_id: str = ""
    state: str = "waiting"  # waiting, done, dropped
    due_at: datetime = Field(sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)

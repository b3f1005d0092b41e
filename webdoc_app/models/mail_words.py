"""What a company's mails say in its own words."""

from sqlalchemy import Text
from sqlmodel import Field, SQLModel


class MailWording(SQLModel, table=True):
    """A kind of mail in one language, as the company words it. Empty texts, and no row, stand for the usual ones."""

    __tablename__ = "mail_wordings"

    company_id: str = Field(foreign_key="companies.id", primary_key=True)
    kind: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    subject: str = ""
    body: str = Field(default="", sa_type=Text)

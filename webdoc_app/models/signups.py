"""Companies that are to be, until their address is confirmed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime


class Signup(SQLModel, table=True):
    """What was asked for. The mailed link holds the secret, the table its SHA-256."""

    __tablename__ = "signups"

    id: str = Field(primary_key=True, max_length=64)
    name: str
    user_name: str
    email: str
    password_hash: str
    language: str
    expires_at: datetime = Field(sa_type=UtcTime)

"""The second step of signing in: a code of the user's telephone, or one of those kept for the day it is lost."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from webdoc_app.models.columns import UtcTime, new_id


class SecondFactor(SQLModel, table=True):
    """A user's TOTP secret (RFC 6238), encrypted. It counts once a code has confirmed it."""

    __tablename__ = "second_factors"

    user_id: str = Field(foreign_key="users.id", primary_key=True)
    secret: str  # see services/vault.py
    last_step: int = Field(
        default=0, sa_type=BigInteger
    )  # of the newest code that was used: none before it is good
    created_at: datetime = Field(sa_type=UtcTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcTime)


class RecoveryCode(SQLModel, table=True):
    """A code that is good once in the place of the telephone's; its scrypt hash is kept."""

    __tablename__ = "recovery_codes"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    user_id: str = Field(foreign_key="users.id", index=True)
    code_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)


class LoginStep(SQLModel, table=True):
    """A password was right, the code is still to come. The browser's cookie holds the secret, the table its SHA-256."""

    __tablename__ = "login_steps"

    id: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="users.id", index=True)
    expires_at: datetime = Field(sa_type=UtcTime)
    spent_at: datetime | None = Field(default=None, sa_type=UtcTime)

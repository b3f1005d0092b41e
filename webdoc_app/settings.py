"""Environment -> one typed object. Every setting is optional; its default is the one-machine install."""

import functools
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may set, as `WEBDOC_<NAME>`; names and defaults are a public contract."""

    model_config = SettingsConfigDict(env_prefix="WEBDOC_", env_ignore_empty=True, frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(3000, ge=1, le=65535)
    public_url: str = ""
    data_dir: Path = Path("data")
    database_url: str = ""
    redis_url: str | None = None
    workers: int = Field(1, ge=1, le=64)
    secret_keys: str = ""
    smtp_url: str | None = None
    reply_address: str = ""
    imap_url: str | None = None
    inbound_secret: SecretStr = SecretStr("")
    inbound_authserv: str = ""
    metrics_token: SecretStr = SecretStr("")
    demo: bool = True
    signup: Literal["closed", "open"] = "closed"
    stripe_api_base: str | None = None
    paypal_api_base: str | None = None
    payzen_api_base: str | None = None
    trusted_proxies: int = Field(0, ge=0, le=16)
    limits: bool = True

    @field_validator("public_url")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like https://documents.example.fr")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must be an origin, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value:
            return value
        if not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must start with postgresql+psycopg:// or sqlite:///")
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            database = make_url(value).database
        except (ArgumentError, ValueError):
            raise ValueError("must look like postgresql+psycopg://user:password@host:5432/name") from None
        if value.startswith("sqlite") and database in (None, "", ":memory:"):
            raise ValueError("must name a file, like sqlite:////srv/webdoc/webdoc.sqlite3")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: str | None) -> str | None:
        return _address(value, ("redis", "rediss"), "redis://localhost:6379/0")

    @field_validator("smtp_url")
    @classmethod
    def _smtp_address(cls, value: str | None) -> str | None:
        return _address(value, ("smtp", "smtps"), "smtp://user:password@mail.example.fr:587?starttls=1")

    @field_validator("imap_url")
    @classmethod
    def _imap_address(cls, value: str | None) -> str | None:
        return _address(value, ("imap", "imaps"), "imaps://user:password@mail.example.fr/INBOX")

    @field_validator("reply_address")
    @classmethod
    def _short_address(cls, value: str) -> str:
        """Its local part is followed by a sign of 49 characters: 64 is the most a mail server takes (RFC 5321)."""
        plain = value.strip().lower()
        if plain and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,14}@[a-z0-9][a-z0-9.-]{1,200}[a-z0-9]", plain):
            raise ValueError("must look like reply@mail.example.fr, with at most 15 characters before the @")
        return plain

    @field_validator("inbound_secret", "metrics_token")
    @classmethod
    def _long_secret(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("is too short: 16 characters at least")
        return value

    @field_validator("stripe_api_base", "paypal_api_base", "payzen_api_base")
    @classmethod
    def _api_address(cls, value: str | None) -> str | None:
        return _address(value, ("http", "https"), "http://127.0.0.1:4001")

    @field_validator("secret_keys")
    @classmethod
    def _keys_where_set(cls, value: str) -> str:
        if value and not value.replace(",", "").strip():
            raise ValueError("holds no key: give one, or leave it unset to use the data folder's")
        return value

    @model_validator(mode="after")
    def _workers_need_redis(self) -> "Settings":
        if self.workers > 1 and not self.redis_url:
            raise ValueError("WEBDOC_WORKERS above 1 needs WEBDOC_REDIS_URL")
        return self

    @property
    def origin(self) -> str:
        """The public origin every link is built from, without a trailing slash."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def origins(self) -> list[str]:
        """Origins a browser may speak from: with the default public URL localhost and 127.0.0.1 are one."""
        if self.public_url:
            return [self.public_url]
        return [f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"]

    @property
    def payment_apis(self) -> dict[str, str]:
        """Where a payment provider's API is not at its own address, by the provider's name."""
        bases = {
            "stripe": self.stripe_api_base,
            "paypal": self.paypal_api_base,
            "payzen": self.payzen_api_base,
        }
        return {name: base.rstrip("/") for name, base in bases.items() if base}

    @property
    def secure_cookies(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def database(self) -> str:
        """SQLAlchemy URL without an async driver: `sqlite:///…` or `postgresql+psycopg://…`."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'webdoc.sqlite3').absolute()}"


@functools.cache
def settings() -> Settings:
    """The environment's settings, read once. Raises ValidationError: see `faults_of`."""
    return Settings()


def database_setting(ours: Settings) -> str:
    """The setting that says where the database is, to be named when it cannot be used."""
    return "WEBDOC_DATABASE_URL" if ours.database_url else f"WEBDOC_DATA_DIR ({ours.data_dir})"


def faults_of(refused: ValidationError) -> str:
    """Every setting at fault and why, in one line that holds no value: one may be a password."""
    return "; ".join(_fault(list(error["loc"]), error["msg"]) for error in refused.errors())


def _fault(place: list[int | str], message: str) -> str:
    reason = message.removeprefix("Value error, ")
    return f"WEBDOC_{str(place[0]).upper()}: {reason}" if place else reason


def _address(value: str | None, schemes: tuple[str, ...], example: str) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(f"must look like {example}")
    return value

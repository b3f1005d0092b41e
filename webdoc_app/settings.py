"""Environment -> one typed object. Every setting is optional; its default is the one-machine install."""

import functools
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
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
        if value and not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must start with postgresql+psycopg:// or sqlite:///")
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
    def secure_cookies(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def database(self) -> str:
        """SQLAlchemy URL without an async driver: `sqlite:///…` or `postgresql+psycopg://…`."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'webdoc.sqlite3').absolute()}"


@functools.cache
def settings() -> Settings:
    return Settings()

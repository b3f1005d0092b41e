"""Column types that read the same on every database: texts a person and an auditor can read raw.

Times are kept as fixed-width UTC texts, dates as ISO texts, prices and quantities as exact decimal texts.
SQLite has no type for any of them, floats lose cents, and the audit hashes raw columns: one writing on
SQLite and PostgreSQL means one hash.
"""

import re
import secrets
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from webdoc_app.domain.money import decimal_text

_ID = re.compile("[0-9a-f]{32}")
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def new_id() -> str:
    """A random 128-bit id, 32 hex digits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether a text from outside can be an id at all: PostgreSQL takes no NUL, no database half a character."""
    return _ID.fullmatch(text) is not None


def time_text(moment: datetime) -> str:
    """`2026-11-24T03:51:00.000000Z`: sorts as it reads."""
    return moment.astimezone(UTC).strftime(TIME_FORMAT)


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


class UtcTime(TypeDecorator[datetime]):
    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else time_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else parse_time(value)


class IsoDate(TypeDecorator[date]):
    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


class ExactDecimal(TypeDecorator[Decimal]):
    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else decimal_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)

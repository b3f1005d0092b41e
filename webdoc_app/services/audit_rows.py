"""Raw rows as the audit reads them: nothing they hold makes a check fall over."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]


def name_of(document: Row) -> str:
    return f"document {document['number'] or document['id']}"


def group(rows: list[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def sums_by(rows: list[Row], key: str, amount: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[key]] = sums.get(row[key], 0) + int_of(row[amount])
    return sums


def json_of(value: Any) -> dict[str, Any]:
    try:
        data = json.loads(value)
    except (TypeError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def hash_or_none(compute: Callable[[], str]) -> str | None:
    try:
        return compute()
    except (TypeError, ValueError, KeyError, UnicodeError):
        return None


def sha256_or_empty(data: Any) -> str:
    if data is None:
        return ""
    return hashlib.sha256(bytes(data) if not isinstance(data, str) else data.encode()).hexdigest()


def int_of(value: Any) -> int:
    return value if isinstance(value, int) else -1

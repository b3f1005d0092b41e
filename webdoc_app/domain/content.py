"""The frozen content of an issued document, and its hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_json(value: Any) -> str:
    """One writing for one value: sorted keys, no blanks, plain UTF-8. Only str, int, bool, None, list, dict."""
    return _ENCODER.encode(value)


# Made once: the audit writes some hundred thousand values.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(value: Any) -> str:
    """Hex SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def event_hash(row: Mapping[str, Any]) -> str:
    """Hash of a timeline event: every column but the hash itself, the previous event's hash among them.

    The keyed signature of the hash stands beside it, and an event that binds no rows is hashed as before there was a
    column for them: what was hashed then, in the database and in certificates, keeps its hash.
    """
    return sha256_of(
        {
            name: value
            for name, value in row.items()
            if name not in ("hash", "mac") and (name, value) != ("bound", "")
        }
    )

"""Reads what stands in the editor's fields, as a person types it: commas, blanks, lines not yet finished."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from webdoc_app.domain import text
from webdoc_app.domain.documents import MAX_LINES, Kind
from webdoc_app.domain.errors import FieldError, Invalid
from webdoc_app.domain.money import parse_decimal
from webdoc_app.locales import LANGUAGES
from webdoc_app.services.documents import LineInput

T = TypeVar("T")
_LINE = re.compile(r"line\.([0-9a-z-]{1,40})\.([a-z_]+)")
_HUNDRED = Decimal(100)


@dataclass
class TypedDocument:
    """`changes` as services take them; `nets` aligns with `lines`: the line's key. `errors` name what to mend."""

    changes: dict[str, Any] = field(default_factory=dict)
    lines: list[LineInput] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    def insist(self) -> None:
        """Raises Invalid unless all of it could be read."""
        if self.errors:
            raise Invalid(self.errors)


def read_document(data: Mapping[str, Any]) -> TypedDocument:
    """Everything that can be read, and every reason why the rest cannot."""
    typed = TypedDocument()
    for name, read in _FIELDS.items():
        if name in data:
            _keep(typed, name, read, str(data[name]))
    for number, (key, fields) in enumerate(typed_lines(data).items(), start=1):
        _read_line(typed, number, key, fields)
    return typed


def typed_lines(data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The fields of each line by its key, in the order they stand on the page."""
    lines: dict[str, dict[str, str]] = {}
    for name, value in data.items():
        if (found := _LINE.fullmatch(str(name))) and len(lines) <= MAX_LINES:
            lines.setdefault(found[1], {})[found[2]] = str(value)
    return lines


def is_blank(fields: Mapping[str, str]) -> bool:
    """A line nobody has written in yet."""
    return not (fields.get("description", "").strip() or fields.get("unit_price", "").strip())


def _keep(typed: TypedDocument, name: str, read: Callable[[str], Any], value: str) -> None:
    try:
        typed.changes[name] = read(value)
    except Invalid as invalid:
        typed.errors.extend(invalid.errors)


def _read_line(typed: TypedDocument, number: int, key: str, fields: Mapping[str, str]) -> None:
    if is_blank(fields):
        return
    try:
        line = LineInput(
            description=text.clean(
                fields.get("description", ""), field="description", limit=text.TEXT, required=True
            ),
            unit_price=_number(fields, "unit_price"),
            quantity=_number(fields, "quantity", "1"),
            discount_percent=_number(fields, "discount_percent", "0", most=_HUNDRED),
            vat_rate=_number(fields, "vat_rate", "0", most=_HUNDRED),
            unit=text.clean_line(fields.get("unit", ""), field="unit", limit=text.NAME),
            is_optional=bool(fields.get("optional")),
            id=key if re.fullmatch(r"[0-9a-f]{32}", key) else None,
        )
    except Invalid as invalid:
        typed.errors.extend(FieldError(f"line.{number}", e.sentence, e.params) for e in invalid.errors)
        return
    typed.lines.append(line)
    typed.keys.append(key)


def _number(
    fields: Mapping[str, str], name: str, default: str = "", *, most: Decimal = Decimal(10) ** 9
) -> Decimal:
    value = "".join(fields.get(name, "").split()).removesuffix("€").removesuffix("%") or default
    return parse_decimal(value, field=name, most=most)


def _kind(value: str) -> Kind:
    if value not in Kind.__members__.values():
        raise Invalid.one("kind", "Ce type de document n’existe pas.")
    return Kind(value)


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise Invalid.one("language", "Cette langue n’est pas proposée.")
    return value


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise Invalid.one("date", "Cette date n’est pas lisible.") from None


def _percent(value: str) -> Decimal | None:
    compact = "".join(value.split()).removesuffix("%")
    return parse_decimal(compact, field="deposit_percent", most=_HUNDRED) if compact else None


_FIELDS: dict[str, Callable[[str], Any]] = {
    "kind": _kind,
    "customer_id": str,
    "title": lambda value: text.clean_line(value, field="title", limit=text.TITLE),
    "notes": lambda value: text.clean(value, field="notes", limit=text.TEXT),
    "valid_until": _day,
    "due_date": _day,
    "deposit_percent": _percent,
    "language": _language,
}

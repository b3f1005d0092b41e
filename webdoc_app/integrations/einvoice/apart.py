"""An e-invoice read in a child process: what was read, or what it is refused for, as data that is checked again."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from webdoc_app.integrations.einvoice import read_einvoice
from webdoc_app.integrations.einvoice.errors import EInvoiceError, Param, Phrase, Term
from webdoc_app.integrations.einvoice.types import ImportedInvoice

READ = f"{__name__}:read_apart"


def read_apart(data: bytes, *, filename: str) -> tuple[dict[str, Any], bytes]:
    """`read_einvoice` for a child process; the XML is the answer's bytes."""
    try:
        invoice = read_einvoice(data, filename)
    except EInvoiceError as error:
        params = {name: _tagged(value) for name, value in error.params.items()}
        return {"refused": [error.field, error.msgid, params, error.line]}, b""
    told = json.loads(_adapter().dump_json(invoice, exclude={"xml", "pdf"}))
    return {"invoice": told, "is_pdf": invoice.pdf is not None}, invoice.xml


def invoice_of(answer: Mapping[str, Any], xml: bytes, data: bytes) -> ImportedInvoice:
    """The invoice a child has read in `data`. Raises EInvoiceError where it has refused it."""
    if "refused" in answer:
        field, msgid, params, line = answer["refused"]
        raise EInvoiceError(field, msgid, {name: _untagged(value) for name, value in params.items()}, line)
    own = {"xml": xml, "pdf": data if answer["is_pdf"] else None}
    return _adapter().validate_python({**answer["invoice"], **own})


@cache
def _adapter() -> TypeAdapter[ImportedInvoice]:
    return TypeAdapter(ImportedInvoice)


def _tagged(value: Param) -> list[Any]:
    if isinstance(value, Term):
        return ["term", value.code]
    if isinstance(value, Phrase):
        return ["phrase", value.msgid]
    return ["decimal", str(value)] if isinstance(value, Decimal) else ["plain", value]


def _untagged(value: list[Any]) -> Param:
    tag, plain = value
    makers: dict[str, Any] = {"term": Term, "phrase": Phrase, "decimal": Decimal}
    made: Param = makers[tag](plain) if tag in makers else plain
    return made

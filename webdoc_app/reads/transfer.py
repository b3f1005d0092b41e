"""Paying by transfer: what to type into one's bank, and the same as a code its application scans."""

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from webdoc_app.domain.money import from_minor
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Document

NAME, TEXT = 70, 140
"""How long the beneficiary and the reference may be in the code."""
MOST = Decimal("999999999.99")


@dataclass(frozen=True)
class Transfer:
    """Texts to copy. `qr` is the address of the code, `alt` says what is in it; empty where there can be none."""

    name: str = ""
    iban: str = ""
    bic: str = ""
    amount: str = ""
    reference: str = ""
    qr: str = ""
    alt: str = ""


def transfer_of(document: Document, due: int, path: str, language: str) -> Transfer:
    """How to pay `due` (minor units) of a bill; empty where nothing is due or no account was known at issue."""
    seller = json.loads(document.seller or "{}")
    iban = "".join((seller.get("iban") or "").split())
    if due <= 0 or not iban:
        return Transfer()
    amount = money(due, document.currency, language)
    reference = reference_of(json.loads(document.extras or "{}"), document.number)
    words = {"amount": amount, "name": seller.get("name", ""), "reference": reference}
    has_code = bool(transfer_svg(document, due))
    return Transfer(
        name=seller.get("name", ""),
        iban=" ".join(iban[i : i + 4] for i in range(0, len(iban), 4)),
        bic=seller.get("bic") or "",
        amount=amount,
        reference=reference,
        # What is due is part of the address: another amount is another picture.
        qr=f"{path}/transfer.svg?due={due}" if has_code else "",
        alt=translate("Code QR de virement : %(amount)s à %(name)s, référence %(reference)s", language, words)
        if has_code
        else "",
    )


def reference_of(extras: Mapping[str, Any], number: str | None) -> str:
    """What the seller wants to read on the transfer: an imported file's own reference, else the number."""
    return str(extras.get("payment_reference") or number or "")


def transfer_svg(document: Document, due: int) -> str:
    """The code as SVG, for what is due now. Empty where the standard has no code for it."""
    seller = json.loads(document.seller or "{}")
    extras = json.loads(document.extras or "{}")
    return epc_svg(seller, document.currency, due, reference_of(extras, document.number))


def epc_svg(seller: Mapping[str, Any], currency: str, due: int, reference: str) -> str:
    """The EPC069-12 version 002 code of a SEPA credit transfer as SVG.

    Empty where it is not in euros, the amount (minor units) is outside 0,01 to 999 999 999,99, the IBAN is not
    sound, or the texts do not fit into its 331 bytes.
    """
    amount = from_minor(due, currency)
    if currency != "EUR" or not 0 < amount <= MOST:
        return ""
    name = _one_line(seller.get("name") or "")[:NAME]
    iban, bic = ("".join((seller.get(key) or "").split()).upper() for key in ("iban", "bic"))
    return _drawn(name, iban, bic, amount, _one_line(reference)[:TEXT])


@functools.lru_cache(500)
def _drawn(name: str, iban: str, bic: str, amount: Decimal, reference: str) -> str:
    from segno import helpers
    from stdnum import bic as bics
    from stdnum import iban as ibans
    from stdnum import iso11649

    if not ibans.is_valid(iban):
        return ""
    is_creditor_reference = iso11649.is_valid(reference)
    try:
        code = helpers.make_epc_qr(
            name,
            iban,
            amount,
            text=None if is_creditor_reference else reference,
            reference=iso11649.compact(reference) if is_creditor_reference else None,
            bic=bic if bics.is_valid(bic) else None,
            encoding="utf-8",
        )
    except ValueError:
        return ""
    out = io.BytesIO()
    code.save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue().decode()


def _one_line(text: str) -> str:
    """A line of the code ends at a line feed, and nothing invisible goes to a bank."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())

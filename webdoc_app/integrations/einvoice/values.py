"""Taking typed values out of CII elements: each refusal names the business term at fault."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from lxml import etree

from webdoc_app.integrations.einvoice.errors import N_, EInvoiceError, refuse_term

NAME_LENGTH = 200
TEXT_LENGTH = 5000
MAX_DECIMALS = 6
MAX_INTEGER_DIGITS = 12
# Above this a single file would keep a worker busy for too long, and fill pages nobody reads.
MAX_REPEATS = 5000

REQUIRED = N_("%(term)s est obligatoire.")
TOO_LONG = N_("%(term)s dépasse %(limit)s caractères.")
CONTROL = N_("%(term)s contient un caractère de contrôle.")
NOT_A_NUMBER = N_("%(term)s n’est pas un nombre\u00a0: «\u00a0%(value)s\u00a0».")
TOO_MANY_DECIMALS = N_("%(term)s a plus de %(limit)s décimales\u00a0: %(value)s.")
AMOUNT_DECIMALS = N_("%(term)s a plus de décimales que la devise %(currency)s\u00a0: %(value)s.")
TOO_LARGE = N_("%(term)s dépasse la valeur admise\u00a0: %(value)s.")
NOT_A_DATE = N_("%(term)s n’est pas une date valable (AAAAMMJJ)\u00a0: «\u00a0%(value)s\u00a0».")
NOT_A_RATE = N_("%(term)s doit être compris entre 0 et 100\u00a0%%\u00a0: %(value)s.")
TOO_MANY = N_("Le XML répète plus de %(limit)s fois l’élément «\u00a0%(element)s\u00a0».")
OTHER_CURRENCY = N_("%(term)s est en %(other)s alors que la facture est en %(currency)s.")

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
# Line and tab are white space here; the other C0 and C1 controls and DEL have no place in a text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Node:
    """An element with what its refusals need: the invoice line it is in, the currency and its decimals.

    Paths are local names below the element ("PostalTradeAddress/CityName"); schemas check the namespaces.
    """

    element: etree._Element
    line: str = ""
    currency: str = ""
    digits: int = 2

    def child(self, path: str) -> "Node | None":
        """The first element at this path."""
        found = self.element.find(_spaced(path))
        return None if found is None else replace(self, element=found)

    def children(self, path: str) -> "Iterator[Node]":
        """All elements at this path, in order; 5000 at most."""
        for count, found in enumerate(self.element.iterfind(_spaced(path))):
            if count == MAX_REPEATS:
                element = path.rsplit("/", 1)[-1]
                raise EInvoiceError("file", TOO_MANY, {"limit": MAX_REPEATS, "element": element})
            yield replace(self, element=found)

    def raw(self, path: str) -> str:
        """The element's text, trimmed; empty where it is absent."""
        found = self.element.find(_spaced(path)) if path else self.element
        return "" if found is None else (found.text or "").strip()

    def attribute(self, path: str, name: str) -> str:
        """An attribute of the element at this path, trimmed; empty where absent."""
        found = self.element.find(_spaced(path)) if path else self.element
        return "" if found is None else found.get(name, "").strip()

    def name(self, path: str, term: str, *, required: bool = False) -> str:
        """One line of at most 200 characters."""
        return self._checked(re.sub(r"[ \t\r\n]+", " ", self.raw(path)), term, NAME_LENGTH, required)

    def text(self, path: str, term: str, *, required: bool = False) -> str:
        """Text of at most 5000 characters; line ends become LF."""
        text = self.raw(path).replace("\r\n", "\n").replace("\r", "\n")
        return self._checked(text, term, TEXT_LENGTH, required)

    def _checked(self, text: str, term: str, limit: int, required: bool) -> str:
        if required and not text:
            raise refuse_term(term, REQUIRED, self.line)
        if _CONTROL.search(text):
            raise refuse_term(term, CONTROL, self.line)
        if len(text) > limit:
            raise refuse_term(term, TOO_LONG, self.line, limit=limit)
        return text

    def decimal(self, path: str, term: str) -> Decimal | None:
        """An exact number of up to 6 decimals, None where absent. Zeros at the end do not count."""
        raw = self.raw(path)
        if not raw:
            return None
        if len(raw) > 40 or not _NUMBER.fullmatch(raw):
            raise refuse_term(term, NOT_A_NUMBER, self.line, value=_short(raw))
        number = _exact(raw)
        if number and number.adjusted() >= MAX_INTEGER_DIGITS:
            raise refuse_term(term, TOO_LARGE, self.line, value=_short(raw))
        if _decimals(number) > MAX_DECIMALS:
            raise refuse_term(term, TOO_MANY_DECIMALS, self.line, limit=MAX_DECIMALS, value=_short(raw))
        return number

    def required_decimal(self, path: str, term: str) -> Decimal:
        """As `decimal`, refused where absent."""
        number = self.decimal(path, term)
        if number is None:
            raise refuse_term(term, REQUIRED, self.line)
        return number

    def rate(self, path: str, term: str) -> Decimal:
        """A percentage from 0 to 100; 0 where absent (VAT categories without a rate)."""
        rate = self.decimal(path, term) or Decimal(0)
        if not 0 <= rate <= 100:
            raise refuse_term(term, NOT_A_RATE, self.line, value=_short(self.raw(path)))
        return rate

    def amount(self, path: str, term: str) -> int | None:
        """An amount in minor units of the invoice currency, None where absent."""
        other = self.attribute(path, "currencyID")
        if other and other != self.currency:
            raise refuse_term(term, OTHER_CURRENCY, self.line, other=_short(other), currency=self.currency)
        number = self.decimal(path, term)
        if number is None:
            return None
        minor = number.scaleb(self.digits)
        if minor != minor.to_integral_value():
            raise refuse_term(
                term, AMOUNT_DECIMALS, self.line, currency=self.currency, value=_short(self.raw(path))
            )
        return int(minor)

    def required_amount(self, path: str, term: str) -> int:
        """As `amount`, refused where absent."""
        amount = self.amount(path, term)
        if amount is None:
            raise refuse_term(term, REQUIRED, self.line)
        return amount

    def day(self, path: str, term: str) -> date | None:
        """A date in format 102 (YYYYMMDD), the only one EN 16931 allows; None where absent."""
        raw = self.raw(path)
        if not raw:
            return None
        try:
            if not re.fullmatch(r"[0-9]{8}", raw) or self.attribute(path, "format") not in ("", "102"):
                raise ValueError(raw)
            return date(int(raw[:4]), int(raw[4:6]), int(raw[6:]))
        except ValueError as wrong:
            raise refuse_term(term, NOT_A_DATE, self.line, value=_short(raw)) from wrong


def _spaced(path: str) -> str:
    return "/".join("{*}" + step for step in path.split("/"))


def _exact(raw: str) -> Decimal:
    """The number without the zeros that end its decimals (its constructor never rounds)."""
    whole, _, decimals = raw.partition(".")
    return Decimal(f"{whole}.{decimals.rstrip('0')}" if decimals.rstrip("0") else whole or "0")


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _short(value: str) -> str:
    """What a message quotes of the file: one short printable piece."""
    piece = "".join(letter if letter.isprintable() else "\ufffd" for letter in value[:40])
    return piece + ("…" if len(value) > 40 else "")

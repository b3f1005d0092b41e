"""The document as a sheet of paper: texts that are ready to be shown, in the order they are read.

Every text is plain: whoever shows it escapes it. An amount is one text, never cut in two.
"""

from dataclasses import dataclass

from webdoc_app.domain.colors import Accent


@dataclass(frozen=True)
class Labelled:
    """A text and what it is: `Échéance`, `24 décembre 2026`. Without a label the text stands alone."""

    label: str
    text: str


@dataclass(frozen=True)
class Party:
    """Seller, buyer or place of delivery: `address` and `identity` are one text a line."""

    role: str
    name: str
    address: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetLine:
    """A line: `name` is the description's first line, `details` the others, `remarks` discounts and charges.

    `option` is the word for an optional line, `counts` whether it is in the totals; `option_id` is the id of one
    that can be chosen now.
    """

    name: str
    details: str
    remarks: tuple[str, ...]
    quantity: str
    price: str
    vat_rate: str
    net: str
    option: str = ""
    option_id: str = ""
    counts: bool = True


@dataclass(frozen=True)
class TotalRow:
    """`strong` marks the row that closes a group (Total TTC where something is deducted after it)."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True)
class Stamp:
    """What was decided or paid, as a stamp on the sheet. `tone` is `ok`, `no` or `wait`."""

    word: str
    detail: str
    tone: str = "ok"


@dataclass(frozen=True)
class Sheet:
    """A document, ready to show in `language`. `number` is None for drafts, `logo` a data URI or empty."""

    language: str
    kind: str
    kind_label: str
    number: str | None
    title: str
    logo: str
    accent: Accent
    seller: Party
    parties: tuple[Party, ...]
    facts: tuple[Labelled, ...]
    lines: tuple[SheetLine, ...]
    totals: tuple[TotalRow, ...]
    net: TotalRow
    payment: tuple[Labelled, ...]
    notes: str
    small_print: tuple[Labelled, ...]

    @property
    def column_widths(self) -> tuple[int, ...]:
        """What quantity, price, VAT rate and total of the lines need beside their descriptions, in characters."""
        columns = (
            ([line.quantity for line in self.lines], 9, 16),
            ([line.price for line in self.lines], 9, 18),
            ([line.vat_rate for line in self.lines], 6, 10),
            ([line.net for line in self.lines], 9, 22),
        )
        return tuple(min(max([least, *(len(t) + 1 for t in texts)]), most) for texts, least, most in columns)

    @property
    def name(self) -> str:
        """`Devis D-2026-00012`."""
        return f"{self.kind_label} {self.number}" if self.number else self.kind_label

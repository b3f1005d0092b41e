"""Why a PDF is not taken."""

from typing import Literal

Kind = Literal["broken", "locked", "active", "files"]


class PdfFault(Exception):
    """`kind`: it cannot be read, asks for a password, starts something, or brings files along that are not taken."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind

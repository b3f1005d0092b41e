"""Drawn signatures: a picture from the client's page, decoded apart and written anew."""

import base64
import binascii
from dataclasses import dataclass

from webdoc_app.domain.errors import Invalid, Refusal
from webdoc_app.services.decoding import PICTURE_APART, Sender, decoded

PREFIX = "data:image/png;base64,"
MAX_CHARACTERS = 400_000


@dataclass(frozen=True)
class Drawing:
    """A signature, or why it is refused: that is said in its turn, after what is judged before it."""

    png: bytes | None = None
    refusal: Refusal | None = None

    def insist(self) -> bytes | None:
        """The PNG; None where nothing was drawn. Raises Invalid on `signature`, TooMany."""
        if self.refusal:
            raise self.refusal
        return self.png


async def read_signature(field: str, sender: Sender) -> Drawing:
    """The PNG of a `data:image/png;base64,…` field, at most 600 px wide. Nothing but its pixels is kept."""
    if not field.strip():
        return Drawing()
    try:
        return Drawing(png=await _redrawn(field, sender))
    except Refusal as refusal:
        return Drawing(refusal=refusal)


async def _redrawn(field: str, sender: Sender) -> bytes:
    unreadable = Invalid.one("signature", "Cette signature n’est pas lisible. Effacez-la et recommencez.")
    if not field.startswith(PREFIX) or len(field) > MAX_CHARACTERS:
        raise unreadable
    try:
        data = base64.b64decode(field.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise unreadable from None
    answer, png = await decoded(sender, PICTURE_APART, data, {"maker": "signature"}, unreadable)
    if "refused" in answer:
        raise unreadable
    return png

"""Drawn signatures: a picture from the client's page, decoded and written anew."""

import base64
import binascii
import io

from webdoc_app.domain.errors import Invalid

PREFIX = "data:image/png;base64,"
MAX_CHARACTERS = 400_000
MAX_PIXELS = 2_000_000
WIDTH = 600


def read_signature(field: str) -> bytes | None:
    """The PNG of a `data:image/png;base64,…` field, at most 600 px wide; None for an empty field.

    Nothing of what was sent but its pixels is kept. Raises Invalid on `signature`.
    """
    if not field.strip():
        return None
    if not field.startswith(PREFIX) or len(field) > MAX_CHARACTERS:
        raise Invalid.one("signature", "Cette signature n’est pas lisible. Effacez-la et recommencez.")
    try:
        return _redraw(base64.b64decode(field.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        raise Invalid.one(
            "signature", "Cette signature n’est pas lisible. Effacez-la et recommencez."
        ) from None


def _redraw(data: bytes) -> bytes:
    """Black on white. Raises ValueError for what is no PNG picture of a sensible size."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError("too large")
            drawn = image.convert("RGBA")
            paper = Image.new("RGBA", drawn.size, "white")
            paper.alpha_composite(drawn)
            picture = paper.convert("L")
            picture.thumbnail((WIDTH, WIDTH))
            out = io.BytesIO()
            picture.save(out, "PNG", optimize=True)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("not a picture") from error

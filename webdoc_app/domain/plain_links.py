"""Addresses in a plain text, found so that a page can make links of them. Nothing else of the text is ever markup."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# ASCII alone: look-alike letters and bidirectional controls end an address instead of hiding in it.
_ADDRESS = re.compile(r"(?<![A-Za-z0-9])https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "["}
LONGEST = 2_000


@dataclass(frozen=True)
class Piece:
    """A run of text; `href` is empty unless the text is an address of the web."""

    text: str
    href: str = ""


def pieces_of(text: str) -> tuple[Piece, ...]:
    """The text cut where its http and https addresses begin and end; joined, the pieces are the text again."""
    pieces: list[Piece] = []
    done = 0
    for match in _ADDRESS.finditer(text):
        address = _without_sentence_end(match[0])
        if not _leads_somewhere(address):
            continue
        if match.start() > done:
            pieces.append(Piece(text[done : match.start()]))
        pieces.append(Piece(address, address))
        done = match.start() + len(address)
    if done < len(text):
        pieces.append(Piece(text[done:]))
    return tuple(pieces)


def _without_sentence_end(address: str) -> str:
    """The point, the comma or the bracket around an address is the sentence's."""
    while address:
        last = address[-1]
        unopened = last in _CLOSING and address.count(last) > address.count(_CLOSING[last])
        if last not in ".,;:!?'*" and not unopened:
            break
        address = address[:-1]
    return address


def _leads_somewhere(address: str) -> bool:
    """A host, and no name before it: `https://bank.example@evil.example` leads elsewhere than it reads."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and "@" not in parts.netloc and len(address) <= LONGEST
    except ValueError:
        return False

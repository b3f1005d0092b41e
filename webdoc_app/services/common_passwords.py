"""Passwords that are tried first: the most common ones (zxcvbn's list), the same sign again and again, rows of signs,
and what everybody knows of their owner.

Nothing is judged by strength: whoever chooses a password nobody else has may keep it.
"""

import functools
import unicodedata

MOST_COMMON = 3_000
"""Refused everywhere (OWASP ASVS 5.0, 6.2.4); what a person chooses in a form is compared with the whole list."""

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)


def is_common(password: str, *, known: tuple[str, ...] = (), whole_list: bool = True) -> bool:
    """Whether it would be among the first to be tried; `known` is what anybody knows of its owner."""
    plain = _plain(password)
    return (
        len(set(plain)) <= 1
        or any(plain in row or plain in row[::-1] for row in _ROWS)
        or _rank(plain) < (len(_list()) if whole_list else MOST_COMMON)
        or plain in {_plain(part) for word in known for part in (word, word.partition("@")[0])}
    )


def _plain(text: str) -> str:
    """As a guesser writes it: no case, no accents, no blanks."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in bare if not unicodedata.combining(sign) and not sign.isspace())


def _rank(password: str) -> int:
    return _list().get(password, len(_list()))


@functools.cache
def _list() -> dict[str, int]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return {password: place for place, password in enumerate(FREQUENCY_LISTS["passwords"])}

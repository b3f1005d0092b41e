"""Words of the merchant's pages. Each page is compiled once per language: its words are plain texts by then.

French pages live at their own address, English ones below `/en`. Whatever depends on data (labels of states,
dates, amounts) is written by the server in the member's language instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from webdoc_app.locales import translate

_language: ContextVar[str] = ContextVar("language", default="fr")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Pages built inside speak `language`."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def t(sentence: str, **params: object) -> str:
    """The French sentence in the language of the page being compiled."""
    return translate(sentence, _language.get(), params)


def path(address: str) -> str:
    """The address of a merchant page in the language of the page being compiled."""
    return localized(address, _language.get())


def localized(address: str, language: str) -> str:
    """`/app/documents` -> `/en/app/documents` for English."""
    return address if language == "fr" else f"/{language}{address}"

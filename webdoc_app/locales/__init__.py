"""Words in the reader's language. The msgid is the French text, so French needs no catalogue."""

import functools
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("fr", "en")


def known_language(language: str | None) -> str:
    return language if language in LANGUAGES else "fr"


def translate(sentence: str, language: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence in `language`, its `%(name)s` filled in. An unknown msgid stays French."""
    text = sentence if language == "fr" else _catalogue(language).get(sentence, sentence)
    return text % params if params else text


@functools.cache
def _catalogue(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    with (Path(__file__).parent / language / "LC_MESSAGES" / "webdoc.po").open("rb") as file:
        return {
            m.id: m.string
            for m in read_po(file)
            if isinstance(m.id, str) and isinstance(m.string, str) and m.string
        }

"""Words in the reader's language. The msgid is the French text, so French needs no catalogue."""

import functools
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("fr", "en")
_CONTEXT = "\x04"  # as in gettext's own files


def known_language(language: str | None) -> str:
    return language if language in LANGUAGES else "fr"


def in_context(context: str, sentence: str) -> str:
    """A msgid for a French word that has several English ones (msgctxt in the catalogue)."""
    return f"{context}{_CONTEXT}{sentence}"


def translate(sentence: str, language: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence in `language`, its `%(name)s` filled in. An unknown msgid stays French."""
    text = "" if language == "fr" else _catalogue(language).get(sentence, "")
    text = text or sentence.rpartition(_CONTEXT)[2]
    return text % params if params else text


@functools.cache
def _catalogue(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    with (Path(__file__).parent / language / "LC_MESSAGES" / "webdoc.po").open("rb") as file:
        return {
            in_context(m.context, m.id) if m.context else m.id: m.string
            for m in read_po(file)
            if isinstance(m.id, str) and isinstance(m.string, str) and m.string
        }

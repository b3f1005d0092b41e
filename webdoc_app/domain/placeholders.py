"""Variables in texts a company writes: `%(name)s`, filled by name and never by `%`, for people write "30 %" too."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from webdoc_app.domain.errors import Invalid

_PLACE = re.compile(r"%\((\w*)\)s")
_STRAY = re.compile(r"%\(")
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")


@dataclass(frozen=True)
class Wording:
    subject: str
    body: str


def place_of(name: str) -> str:
    """How a text holds the variable."""
    return f"%({name})s"


def insist_places(text: str, known: Collection[str], *, field: str, needed: Collection[str] = ()) -> str:
    """The text. Raises Invalid naming `field`: a variable nobody will fill, half of one, one of `needed` missing."""
    found = _PLACE.findall(text)
    for name in found:
        if name not in known:
            raise Invalid.one(
                field, "« %(name)s » n’est pas une variable de ce message.", name=place_of(name)
            )
    if _STRAY.search(_PLACE.sub("", text)):
        raise Invalid.one(
            field,
            "Une variable n’est pas complète : elle s’écrit par exemple %(example)s.",
            example=place_of("number"),
        )
    for name in needed:
        if name not in found:
            raise Invalid.one(field, "Ce message a besoin de la variable %(name)s.", name=place_of(name))
    return text


def fill(text: str, values: Mapping[str, str]) -> str:
    """Each variable replaced once: what a value holds is never read as a variable."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def filled(words: Wording, values: Mapping[str, str]) -> Wording:
    """Both texts filled; a subject stays on one line, whatever a value holds."""
    return Wording(_BREAKS.sub(" ", fill(words.subject, values)).strip(), fill(words.body, values))

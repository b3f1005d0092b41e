"""What somebody wrote in a mail, without what they answer to: what is quoted, and the telephone's advertisement."""

import re

MOST_LINES, MOST_CHARACTERS, LONGEST_LINE = 1_000, 60_000, 2_000
MOST_HTML = 300_000

_BLANKS = re.compile("[ \u00a0\u202f\u2007\u2009]")
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\ud800-\udfff\ufffc]")
_SIGNATURE = re.compile(r"--\s*")
_TELEPHONE = re.compile(
    r"(envoyé (de|depuis) (mon|ma|mes|l[’']|outlook|yahoo)|sent (from|with) (my|outlook|yahoo|mail)|"
    r"télécharge[rz] outlook|obtenir outlook|get outlook for|provenance\s*: (courrier|mail)).{0,80}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[_\-=*]{10,}")
_HISTORY = re.compile(
    r"-{3,} ?(message d.origine|message transféré|original message|forwarded message) ?-{3,}", re.I
)
_SENT = re.compile(r"^(\**)(envoyé|sent)( ?(?:le)?)(\**) ?:", re.I)


def words_of_text(text: str) -> str:
    """Looks at the first thousand lines: quoting that long is answered above it."""
    from quotequail import unwrap

    lines = [
        _BLANKS.sub(" ", line.rstrip())[:LONGEST_LINE]
        for line in _INVISIBLE.sub("", text[:MOST_CHARACTERS]).replace("\r\n", "\n").split("\n")[:MOST_LINES]
    ]
    lines = _above_history(lines)
    found = unwrap("\n".join(_known_headers(lines)))
    if found is None:
        return _without_signature(lines)
    if found["type"] == "forward" and "text_top" not in found:
        return _without_signature(lines)  # sent on without a word: what is sent on is what is said
    above = found.get("text_top", "").split("\n")
    below = [line for line in found.get("text_bottom", "").split("\n") if not line.startswith(">")]
    return (
        _without_signature([*above, "", *_without_intro(below)]) if any(below) else _without_signature(above)
    )


def words_of_html(html: str) -> str:
    """The HTML as text, quoted parts gone. Empty for what cannot be read."""
    from lxml.etree import LxmlError
    from quotequail import unwrap_html

    html = html[:MOST_HTML]
    if not html.strip():
        return ""
    try:
        found = unwrap_html(html)
        own = found.get("html_top", "") + found.get("html_bottom", "") if found else ""
        text = _text_of(own or html)
    except (LxmlError, ValueError, RecursionError, AttributeError, TypeError, IndexError):
        text = re.sub(r"<[^<>]{0,2000}>", " ", html)
    tidy = "\n".join(line.strip() for line in text.split("\n"))
    return words_of_text(re.sub(r"\n{3,}", "\n\n", tidy))


def _text_of(html: str) -> str:
    """Without styles and sizes, which could ask for a million blanks."""
    from inscriptis import Inscriptis
    from lxml.html import HTMLParser, fromstring

    tree = fromstring(html.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    for element in tree.iter():
        element.attrib.clear()
    return str(Inscriptis(tree).get_text())


def _above_history(lines: list[str]) -> list[str]:
    """Outlook's line between an answer and what came before, in French too."""
    for place, line in enumerate(lines):
        if _HISTORY.fullmatch(line.strip()) and any(each.strip() for each in lines[:place]):
            return lines[:place]
    return lines


def _known_headers(lines: list[str]) -> list[str]:
    """« Envoyé : » as the library knows it."""
    return [_SENT.sub(r"\1Date\4:", line) for line in lines]


def _without_intro(lines: list[str]) -> list[str]:
    """Below a quote there may stand another one's first line: « Le … a écrit : »."""
    return [line for line in lines if not re.fullmatch(r"(Le|On) .{5,300} (a écrit ?|wrote):", line.strip())]


def _without_signature(lines: list[str]) -> str:
    end = next(
        (n for n, line in enumerate(lines) if _SIGNATURE.fullmatch(line) and any(lines[:n])), len(lines)
    )
    own = [line for line in lines[:end] if not line.startswith(">")]
    while own and (
        not own[-1].strip() or _TELEPHONE.fullmatch(own[-1].strip()) or _RULE.fullmatch(own[-1].strip())
    ):
        own.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()

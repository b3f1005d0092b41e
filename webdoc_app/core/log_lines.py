"""The log: one line for each thing told, which nobody outside can forge, fill, or read a secret from.

What a stranger sends may end in a message, of ours or of a library's. So control and bidirectional characters are
escaped, lines are cut, addresses of links lose their token, libraries' messages lose what they quote, and each place
in the code says so much a minute and no more.
"""

import logging
import re
import sys
import time
from collections.abc import Callable

A_MINUTE = 20
"""Lines from one place in the code."""
LONGEST_LINE = 2_000
MOST_TRACE_LINES = 60

_LINK = re.compile(r"(/d/)[^\s/:?#)\"'<>\\]+")
_SECRETS = re.compile(r"(?i)\b((?:token|cookie|authorization|webdoc|secret|password)\"?'?\s*[=:]\s*)\S+")
_DATA = re.compile(r"(?is)\b((?:event )?data|with value|parameters)\b\s*:?.*")
_QUOTED = re.compile(r"'[^']*'?|\"[^\"]*\"?")
_NAMED = re.compile(r"(?=\w*[0-9])[\w.-]{16,}")

# Libraries that tell what they were sent. Of theirs only the words of the message are kept.
STRANGERS = ("reflex", "reflex_base", "socketio", "engineio", "asyncio", "_granian")
# Libraries whose tracebacks say nothing but that somebody sent them rubbish.
CHATTY = ("socketio", "engineio")


def plain(text: str, longest: int = LONGEST_LINE) -> str:
    """The text as one line: nothing in it ends the line, turns it around (bidirectional controls), or hides."""
    shown = "".join(c if c.isprintable() else _escaped(c) for c in text[: longest + 1])
    return shown if len(shown) <= longest else shown[:longest] + "…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def told(text: str, *, by_stranger: bool = False) -> str:
    """What of a message may stand in the log."""
    text = text[: LONGEST_LINE * 2]
    text = _SECRETS.sub(r"\1…", _LINK.sub(r"\1…", text))
    if by_stranger:
        text = _NAMED.sub("…", _QUOTED.sub(_short, _DATA.sub(r"\1…", text)))
    return plain(text)


def _short(quoted: re.Match[str]) -> str:
    mark = quoted[0][0]
    return quoted[0] if len(quoted[0]) <= 5 else mark + "…" + mark


def _is_of(record: logging.LogRecord, names: tuple[str, ...]) -> bool:
    return record.name.partition(".")[0] in names


class OneLine(logging.Formatter):
    """A record as one line. A traceback follows it, each line of it marked, so that none passes for a record."""

    def format(self, record: logging.LogRecord) -> str:
        by_stranger = _is_of(record, STRANGERS)
        lines = [f"{record.levelname} {record.name}: {told(record.getMessage(), by_stranger=by_stranger)}"]
        if left_out := getattr(record, "left_out", 0):
            lines[0] += f" ({left_out} more like this were left out)"
        if record.exc_info and _is_of(record, CHATTY):
            lines[0] += f" {getattr(record.exc_info[0], '__name__', '')}"
        elif record.exc_info:
            trace = self.formatException(record.exc_info).splitlines()
            lines += [f"  | {told(line, by_stranger=by_stranger)}" for line in trace[-MOST_TRACE_LINES:]]
        return "\n".join(lines)


class SoMuchAMinute(logging.Filter):
    """Each place in the code has so many lines a minute; the first of the next says how many were left out."""

    def __init__(self, most: int = A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._said: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, now = (record.pathname, record.lineno), self._clock()
        since, said = self._said.get(place, (now, 0))
        if now - since >= 60:
            record.left_out = max(0, said - self._most)
            since, said = now, 0
        self._said[place] = (since, said + 1)
        return said < self._most


def log_in_plain_lines() -> None:
    """Everything this process logs goes through one handler to stderr. Called when all libraries are loaded."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    handler.addFilter(SoMuchAMinute())
    root = logging.getLogger()
    root.handlers = [handler]
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and (logger.handlers or not logger.propagate):
            logger.handlers, logger.propagate = [], True
        if name.partition(".")[0] in STRANGERS and isinstance(logger, logging.Logger):
            # A library's every event is nobody's news.
            logger.setLevel(max(logger.level, logging.WARNING))

"""Anchors of the history: the end of a company's chain, signed with its time, kept where the database is not.

`heads.log` of the data folder has one a line (JSON), added to and never written again; the same line is mailed and
fetched. Anyone checks one with the public key alone: it signs, with Ed25519, the text `webdoc head`, a line feed, and the
canonical JSON of `at`, `company_id`, `hash`, `seq`.
"""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from webdoc_app.domain.content import canonical_json
from webdoc_app.models.columns import parse_time, time_text
from webdoc_app.services.seals import seal_holds, seal_with

LOG = "heads.log"
PAUSE = timedelta(hours=12)
"""An end that moved on is anchored anew by the daily round once its last anchor is this old."""
_OBJECT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Anchor:
    """`hash` is that of the event at `seq`; `at` when it was signed. `key` is the public key, empty where not told."""

    company_id: str
    seq: int
    hash: str
    at: str
    signature: str
    key: str = ""

    def holds(self, key: str, company_id: str = "") -> bool:
        words = _words(self.company_id or company_id, self.seq, self.hash, self.at)
        return seal_holds(key, words, self.signature)

    @property
    def line(self) -> str:
        return canonical_json(asdict(self))


def _words(company_id: str, seq: int, hash_: str, at: str) -> str:
    fields = {"company_id": company_id, "seq": seq, "hash": hash_, "at": at}
    return f"webdoc head\n{canonical_json(fields)}"


def make_anchor(secret: str, company_id: str, seq: int, hash_: str, moment: datetime) -> Anchor:
    at = time_text(moment)
    seal = seal_with(secret, _words(company_id, seq, hash_, at))
    return Anchor(company_id, seq, hash_, at, seal.signature, seal.key)


Heads = Iterable[tuple[str, int, str]]
"""(company, seq, hash) of the ends of histories."""


def keep_anchors(
    data_dir: Path, secret: str, heads: Heads, moment: datetime, *, pause: timedelta = timedelta(0)
) -> list[Anchor]:
    """Signs each end and adds it to the folder's log; returns what was added.

    An end anchored already is not again, nor one that moved on within `pause` of its last anchor: of several workers at
    once one adds it. Raises OSError where the file cannot be written; then nothing is left of what was begun.
    """
    with _locked(data_dir) as handle:
        last = {anchor.company_id: anchor for anchor in _anchors_in(_whole(handle)) if anchor}
        made = [
            make_anchor(secret, company_id, seq, hash_, moment)
            for company_id, seq, hash_ in heads
            if seq and _is_wanted(last.get(company_id), seq, hash_, moment - pause)
        ]
        _add(handle, [anchor.line for anchor in made])
    return made


def _is_wanted(last: Anchor | None, seq: int, hash_: str, before: datetime) -> bool:
    if last is None:
        return True
    return (last.seq, last.hash) != (seq, hash_) and parse_time(last.at) <= before


def add_lines(data_dir: Path, text: str) -> None:
    """Adds the lines of another log, of a backup for instance, that this one has not."""
    with _locked(data_dir) as handle:
        here = set(_whole(handle).splitlines())
        _add(handle, [line for line in text.splitlines() if line and line not in here])


@contextmanager
def _locked(data_dir: Path) -> Iterator[int]:
    path = data_dir / LOG
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
    if is_new:
        _sync_folder(data_dir)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _whole(handle: int) -> str:
    parts, offset = [], 0
    while part := os.pread(handle, 1 << 20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts).decode("utf-8", "replace")


def _add(handle: int, lines: list[str]) -> None:
    """All of the lines, on the disk, or none of them: half a line would be read as an altered one."""
    if not lines:
        return
    size = os.fstat(handle).st_size
    ends = not size or os.pread(handle, 1, size - 1) == b"\n"
    left = memoryview((("" if ends else "\n") + "\n".join(lines) + "\n").encode())
    try:
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def read_log(data_dir: Path | None) -> list[Anchor | int]:
    """The folder's anchors, oldest first; of a line that is none, its number. Empty where there is no log."""
    path = data_dir / LOG if data_dir else None
    if path is None or not path.exists():
        return []
    text = path.read_bytes().decode("utf-8", "replace")
    return [anchor or place for place, anchor in enumerate(_anchors_in(text), 1)]


def _anchors_in(text: str) -> Iterator[Anchor | None]:
    return (_anchor(line) for line in text.splitlines())


def _anchor(line: str) -> Anchor | None:
    try:
        found = json.loads(line)
        anchor = Anchor(
            found.get("company_id", ""),
            found["seq"],
            found["hash"],
            found["at"],
            found["signature"],
            found.get("key", ""),
        )
        parse_time(anchor.at)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    texts = (anchor.company_id, anchor.hash, anchor.signature, anchor.key)
    is_sound = type(anchor.seq) is int and all(isinstance(value, str) for value in texts)
    return anchor if is_sound else None


def read_given(data: bytes) -> list[Anchor]:
    """The anchors in a file that was kept elsewhere: lines, answers of the address, or mails, quoted and wrapped too."""
    texts = [data.decode("utf-8", "replace"), *_parts_of_mail(data)]
    found: list[Anchor] = []
    for text in texts:
        for match in _OBJECT.findall(re.sub(r"\n[> \t]*", "", text.replace("\r", ""))):
            # No value of an anchor has a blank: what a mail program put in was put in on its way.
            anchor = _anchor(re.sub(r"\s", "", match))
            if anchor and anchor not in found:
                found.append(anchor)
    return found


def _parts_of_mail(data: bytes) -> list[str]:
    message = message_from_bytes(data, policy=policy.default)
    parts = []
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            content: Any = part.get_payload(decode=True)
            parts.append((content or b"").decode("utf-8", "replace"))
    return parts


def signed_by_us(anchor: Anchor, keys: Iterable[str], companies: Callable[[], Iterable[str]]) -> str | None:
    """The company an anchor is of, if one of our keys signed it; None if none did.

    What the address answers names no company: it is looked for among ours.
    """
    for company_id in [anchor.company_id] if anchor.company_id else companies():
        if any(anchor.holds(key, company_id) for key in keys):
            return company_id
    return None

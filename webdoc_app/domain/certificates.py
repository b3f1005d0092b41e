"""Certificates: the proof of an answer as a file anyone can check without us.

A certificate is a list of facts, one a line of the file, each with its own SHA-256, under a root hash that is
sealed. So an alteration is not only noticed but named.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webdoc_app.domain.content import canonical_json, event_hash, sha256_of

FORMAT = "webdoc-certificate-1"
SEAL_LINE = b"%Webdoc-Seal "

Holds = Callable[[str, str, str], bool]
"""(public key, message, seal), all hex or text -> whether the seal is that key's."""


@dataclass(frozen=True)
class Fact:
    """`value` is any JSON value without floats."""

    name: str
    value: Any

    @property
    def sha256(self) -> str:
        return sha256_of([self.name, self.value])


@dataclass(frozen=True)
class Seal:
    """An Ed25519 public key and its signature of the root, in hex."""

    key: str
    signature: str


def root_of(facts: Sequence[Fact]) -> str:
    return sha256_of([FORMAT, [fact.sha256 for fact in facts]])


def certificate_text(facts: Sequence[Fact], seal: Seal) -> str:
    """The file: JSON, one fact a line, one writing only."""
    rows = [{"name": fact.name, "sha256": fact.sha256, "value": fact.value} for fact in facts]
    return _write(rows, root_of(facts), seal.key, seal.signature)


def _write(rows: Sequence[Mapping[str, Any]], root: str, key: str, signature: str) -> str:
    lines = ",\n".join(canonical_json(row) for row in rows)
    head = f'{{"format":{canonical_json(FORMAT)},\n"facts":[\n{lines}\n],\n'
    tail = f'"root":{canonical_json(root)},\n"key":{canonical_json(key)},\n"seal":{canonical_json(signature)}}}\n'
    return head + tail


def faults_of(data: bytes, holds: Holds) -> list[str]:
    """What was altered in a certificate's JSON, one line each, in French; empty when it is as it was made."""
    try:
        text = data.decode("utf-8")
        content = json.loads(text)
        rows, root = content["facts"], content["root"]
        key, signature = content["key"], content["seal"]
        written = _write(rows, root, key, signature)
        facts = [Fact(row["name"], row["value"]) for row in rows]
    except UnicodeDecodeError as error:
        return [f"ligne {data.count(NEWLINE, 0, error.start) + 1} : caractères illisibles"]
    except json.JSONDecodeError as error:
        return [f"ligne {error.lineno} : altérée, ce n’est plus du JSON"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return [_first_difference(data) or "la structure du fichier est altérée"]
    faults = [
        f"ligne {place} ({fact.name}) : altérée"
        for place, (fact, row) in enumerate(zip(facts, rows, strict=True), start=FIRST_FACT)
        if fact.sha256 != row.get("sha256")
    ]
    faults += _other_writing(text, written) if not faults else []
    faults += list(_contradictions(facts)) if not faults else []
    last = FIRST_FACT + len(rows)
    if not faults and root_of(facts) != root:
        faults.append(f"ligne {last + 1} (root) : altérée, ou des faits ont été ajoutés, ôtés ou déplacés")
    if not faults and not holds(key, root, signature):
        faults.append(f"lignes {last + 2} et {last + 3} (key, seal) : le sceau n’est pas celui de ce contenu")
    return faults


NEWLINE = b"\n"
FIRST_FACT = 3
"""Line of the file the first fact stands on."""


def _other_writing(text: str, written: str) -> list[str]:
    """The same values written otherwise: another blank, a key twice, a number in another form."""
    if text == written:
        return []
    pairs = zip([*text.split("\n"), ""], [*written.split("\n"), ""], strict=False)
    place = next((n for n, (found, expected) in enumerate(pairs, 1) if found != expected), 1)
    return [f"ligne {place} : écrite autrement qu’à l’origine"]


def _first_difference(data: bytes) -> str:
    """The first line that is not one of ours, for a file whose parts are missing."""
    expected = (b'{"format":"webdoc-certificate-1",', b'"facts":[')
    for place, (found, line) in enumerate(zip(data.split(NEWLINE), expected, strict=False), 1):
        if found != line:
            return f"ligne {place} : altérée"
    rows = data.split(NEWLINE)[2:]
    for place, line in enumerate(rows, FIRST_FACT):
        stripped = line.rstrip(b",")
        if not stripped or stripped in (b"]", b"}"):
            continue
        starts = (b'{"name":"', b'"root":"', b'"key":"', b'"seal":"')
        if not stripped.startswith(starts) or (stripped[:1] == b"{" and b'"sha256":"' not in stripped):
            return f"ligne {place} : altérée"
        if stripped[:1] == b"{" and b'"value":' not in stripped:
            return f"ligne {place} : altérée"
    return ""


def _contradictions(facts: Sequence[Fact]) -> Iterator[str]:
    """Facts that don't bear one another out: the content and its hash, the events and theirs, the drawing and its."""
    values = {fact.name: fact.value for fact in facts}
    if sha256_of(content_in(values)) != values.get("decision.content_sha256"):
        yield "content : le contenu n’est pas celui de l’empreinte"
    for name, value in values.items():
        if name.startswith("events.") and _event_hash_or_none(value) != value.get("hash"):
            yield f"{name} : l’événement n’est pas celui de son empreinte"
    drawn = values.get("decision.signature")
    if drawn and hashlib.sha256(base64.b64decode(drawn)).hexdigest() != values.get(
        "decision.signature_sha256"
    ):
        yield "decision.signature : la signature dessinée n’est pas celle de son empreinte"


def content_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """The document's frozen content put together again from its facts."""
    prefix, lines = "content.", "content.lines."
    content = {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix) and not name.startswith(lines)
    }
    rows = [
        (int(name.removeprefix(lines)), value) for name, value in values.items() if name.startswith(lines)
    ]
    return {**content, "lines": [value for _, value in sorted(rows, key=lambda row: row[0])]}


def content_facts(content: Mapping[str, Any]) -> Iterator[Fact]:
    """A frozen content, one fact a field and one a line, so that an altered line is named."""
    for name, value in content.items():
        if name != "lines":
            yield Fact(f"content.{name}", value)
    for place, line in enumerate(content["lines"]):
        yield Fact(f"content.lines.{place}", line)


def _event_hash_or_none(row: Any) -> str | None:
    try:
        return event_hash(row)
    except (TypeError, ValueError, AttributeError):
        return None


def seal_pdf(pdf: bytes, sign: Callable[[str], Seal]) -> bytes:
    """The PDF with its seal in a comment before `startxref`, where a PDF may hold one (ISO 32000-1, 7.2.3)."""
    place = pdf.rindex(b"startxref")
    seal = sign(hashlib.sha256(pdf).hexdigest())
    return pdf[:place] + SEAL_LINE + f"{seal.key} {seal.signature}\n".encode() + pdf[place:]


def pdf_faults_of(data: bytes, holds: Holds) -> list[str]:
    """What is wrong with a certificate's PDF as a file; what it says is checked by its own facts."""
    start = data.rfind(SEAL_LINE)
    end = data.find(NEWLINE, start)
    if start < 0 or end < 0:
        return ["le sceau du PDF manque ou est altéré"]
    try:
        key, signature = data[start + len(SEAL_LINE) : end].decode("ascii").split(" ")
    except ValueError:
        return ["le sceau du PDF est altéré"]
    digest = hashlib.sha256(data[:start] + data[end + 1 :]).hexdigest()
    if not holds(key, digest, signature):
        return ["le fichier PDF n’est plus celui qui a été scellé"]
    return []


def key_of(data: bytes) -> str:
    """The public key a certificate (JSON or PDF) says it is sealed with; empty where it cannot be read."""
    start = data.rfind(SEAL_LINE)
    if start >= 0:
        return data[start + len(SEAL_LINE) :].split(b" ", 1)[0].decode("ascii", "replace")
    try:
        key = json.loads(data)["key"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return key if isinstance(key, str) else ""

"""Checking what cannot have changed: the chain of events, frozen contents, answers, payments, numbers, PDFs.

Rows are read raw, as texts and numbers: a value that cannot be decoded is a fault with a name, not a crash.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from webdoc_app.domain.content import event_hash, sha256_of
from webdoc_app.domain.money import amount_text
from webdoc_app.domain.numbering import number as number_of
from webdoc_app.services.content import content_of
from webdoc_app.services.work import runtime

Row = Mapping[str, Any]


async def verify() -> list[str]:
    """One line a fault, in French; an empty list when all is as it was written."""
    async with runtime().engine.connect() as connection:
        rows = {name: await _all(connection, name) for name in _TABLES}
    faults: list[str] = []
    for check in _CHECKS:
        faults.extend(check(rows))
    return faults


_TABLES = [
    "companies",
    "documents",
    "document_lines",
    "document_versions",
    "stored_pdfs",
    "events",
    "event_heads",
    "decisions",
    "certificates",
    "payments",
    "stored_receipts",
    "payment_attempts",
    "openings",
    "number_counters",
]


_PARTS = {
    "openings": "SELECT id, document_id, opening_class, counts, first_at, last_at, corrected_at FROM openings"
    " WHERE counts OR corrected_at IS NOT NULL"
}
"""Of a table with a row for every machine that looked in, what the checks need."""


async def _all(connection: AsyncConnection, table: str) -> list[Row]:
    query = _PARTS.get(table, f"SELECT * FROM {table}")
    return [dict(row) for row in (await connection.execute(text(query))).mappings()]


def _check_events(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    heads = {row["company_id"]: row for row in rows["event_heads"]}
    by_company: dict[str, list[Row]] = {company_id: [] for company_id in heads}
    for row in rows["events"]:
        by_company.setdefault(row["company_id"], []).append(row)
    for company_id, events in by_company.items():
        yield from _check_chain(
            company_id, sorted(events, key=lambda e: _int(e["seq"])), heads.get(company_id)
        )


def _check_chain(company_id: str, events: list[Row], head: Row | None) -> Iterator[str]:
    previous, expected = "", 1
    for event in events:
        name = f"événement {event['seq']} de l’entreprise {company_id}"
        if event["seq"] != expected:
            yield f"{name} : il manque l’événement {expected}"
        elif event["previous_hash"] != previous:
            yield f"{name} : la chaîne est rompue"
        if _hash_or_none(lambda event=event: event_hash(event)) != event["hash"]:  # type: ignore[misc]
            yield f"{name} : contenu altéré"
        previous, expected = event["hash"], _int(event["seq"]) + 1
    if head is None or head["seq"] != expected - 1 or head["hash"] != previous:
        yield f"entreprise {company_id} : la fin de la chaîne d’événements manque ou diffère"


def _check_contents(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    lines = _group(rows["document_lines"], "document_id")
    versions = {(row["document_id"], row["version"]): row for row in rows["document_versions"]}
    proofs = _proofs(rows["events"])
    for document in rows["documents"]:
        name = _name(document)
        if document["state"] == "draft":
            if document["number"] is not None:
                yield f"{name} : un brouillon porte un numéro"
            continue
        own = sorted(lines.get(document["id"], []), key=lambda r: (_int(r["position"]), str(r["id"])))
        actual = _hash_or_none(lambda d=document, o=own: sha256_of(content_of(d, o)))  # type: ignore[misc]
        if actual is None:
            yield f"{name} : contenu illisible"
        elif actual != document["content_sha256"]:
            yield f"{name} : contenu altéré"
        if (document["id"], document["version"]) not in versions:
            yield f"{name} : la version {document['version']} n’est pas conservée"
        if proofs.get((document["id"], document["version"])) != document["content_sha256"]:
            yield f"{name} : l’empreinte diffère de celle de son événement"
    for (document_id, version), row in versions.items():
        name = f"document {document_id}, version {version}"
        kept = _hash_or_none(lambda row=row: sha256_of(json.loads(row["content"])))  # type: ignore[misc]
        if kept != row["content_sha256"] or proofs.get((document_id, version)) != row["content_sha256"]:
            yield f"{name} : contenu conservé altéré"
    yield from _check_missing(rows, proofs)


def _check_missing(rows: Mapping[str, list[Row]], proofs: Mapping[tuple[str, int], str]) -> Iterator[str]:
    known = {row["id"] for row in rows["documents"]}
    versions = {(row["document_id"], row["version"]) for row in rows["document_versions"]}
    for document_id, version in proofs:
        if document_id not in known:
            yield f"document {document_id} : émis, mais absent"
        if (document_id, version) not in versions:
            yield f"document {document_id} : la version {version} est absente"


def _proofs(events: list[Row]) -> dict[tuple[str, int], str]:
    """The content hash each issuing, revising or importing event swore to."""
    proofs = {}
    for event in events:
        if event["type"] in ("document.issued", "document.revised", "document.imported"):
            data = _json(event["data"])
            proofs[(event["document_id"], data.get("version"))] = data.get("content_sha256")
    return proofs  # type: ignore[return-value]


_STATES = {
    "document.issued": "issued",
    "document.imported": "issued",
    "decision.accepted": "accepted",
    "decision.refused": "refused",
    "decision.held": "on_hold",
    "decision.reopened": "sent",
    "document.closed": "closed",
}


def _check_states(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """A document's cached state, payments and credits against the events and rows they come from."""
    states: dict[str, str] = {}
    for event in sorted(rows["events"], key=lambda e: _int(e["seq"])):
        document_id, type_ = event["document_id"], event["type"]
        if type_ in _STATES:
            states[document_id] = _STATES[type_]
        elif type_ == "document.sent" and states.get(document_id) == "issued":
            states[document_id] = "sent"
    paid = _sums(rows["payments"], "document_id", "amount_minor")
    credits_ = _sums(
        [d for d in rows["documents"] if d["kind"] == "credit" and d["state"] != "draft"],
        "origin_id",
        "gross_minor",
    )
    for document in rows["documents"]:
        name, id_ = _name(document), document["id"]
        if states.get(id_, "draft") != document["state"]:
            yield f"{name} : son état diffère de ses événements"
        if paid.get(id_, 0) != document["paid_minor"]:
            yield f"{name} : le montant payé diffère de ses paiements"
        if credits_.get(id_, 0) != document["credited_minor"]:
            yield f"{name} : le montant crédité diffère de ses avoirs"


def _check_openings(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """A document's visits against its openings that count, and those against the events that told of them."""
    counted = _group([row for row in rows["openings"] if row["counts"]], "document_id")
    told: dict[str, int] = {}
    corrected: dict[str, Mapping[str, Any]] = {}
    for event in sorted(rows["events"], key=lambda e: _int(e["seq"])):
        data = _json(event["data"])
        if event["type"] == "opening.confirmed":
            told[event["document_id"]] = told.get(event["document_id"], 0) + 1
        elif event["type"] == "opening.corrected":
            change = int(data.get("counts") is True) - int(data.get("counted") is True)
            told[event["document_id"]] = told.get(event["document_id"], 0) + change
            corrected[str(data.get("opening_id"))] = data
    for document in rows["documents"]:
        visits = counted.get(document["id"], [])
        first, last = _ends([row["first_at"] for row in visits]), _ends([row["last_at"] for row in visits])
        cached = (document["visits"], document["opened_at"], document["last_visit_at"])
        if cached != (len(visits), first[0], last[1]):
            yield f"{_name(document)} : ses consultations diffèrent de ses ouvertures"
        if told.get(document["id"], 0) != len(visits):
            yield f"{_name(document)} : ses consultations diffèrent de ses événements"
    for row in rows["openings"]:
        said = corrected.get(row["id"])
        if (said is not None) != (row["corrected_at"] is not None) or (
            said and said.get("now") != row["opening_class"]
        ):
            yield f"ouverture {row['id']} : sa correction diffère de son événement"


def _ends(values: list[Any]) -> tuple[Any, Any]:
    texts = [str(value) for value in values]
    return (min(texts), max(texts)) if texts else (None, None)


def _check_money(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """What of a bill's money was given back, is under way or contested, against the rows it comes from."""
    given_back = _sums(
        [p for p in rows["payments"] if _int(p["amount_minor"]) < 0], "document_id", "amount_minor"
    )
    attempts = rows["payment_attempts"]
    waiting = _sums([a for a in attempts if a["state"] == "processing"], "document_id", "amount_minor")
    disputed = _sums([a for a in attempts if a["dispute"] == "open"], "document_id", "amount_minor")
    for document in rows["documents"]:
        name, id_ = _name(document), document["id"]
        if given_back.get(id_, 0) != -document["refunded_minor"]:
            yield f"{name} : le montant remboursé diffère de ses paiements"
        if waiting.get(id_, 0) != document["processing_minor"]:
            yield f"{name} : le montant en cours diffère de ses paiements en cours"
        if disputed.get(id_, 0) != document["disputed_minor"]:
            yield f"{name} : le montant contesté diffère de ses paiements contestés"


def _check_decisions(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    sworn = _sworn(rows["events"], "decision_id", ("decision.accepted", "decision.refused", "decision.held"))
    outer = ["id", "company_id", "document_id", "at"]
    for row in rows["decisions"]:
        event = sworn.pop(row["id"], None)
        columns = {name: value for name, value in row.items() if name != "signature"}
        if event is None or not _same(columns, event, outer, "decision_id"):
            yield f"décision {row['id']} : elle diffère de son événement"
        elif _sha256_or_empty(row["signature"]) != row["signature_sha256"]:
            yield f"décision {row['id']} : la signature dessinée est altérée"
    for decision_id in sworn:
        yield f"décision {decision_id} : la ligne a disparu"


def _check_options(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """The options a document counts are those of the acceptance in force."""
    latest: dict[str, Row] = {}
    for row in sorted(rows["decisions"], key=lambda r: str(r["at"])):
        latest[row["document_id"]] = row
    for document in rows["documents"]:
        decision = latest.get(document["id"])
        accepted = document["state"] == "accepted" and decision is not None
        if document["options"] != (decision["options"] if accepted and decision else "[]"):
            yield f"{_name(document)} : les options retenues diffèrent de la réponse"
        if accepted and decision and decision["amount_minor"] != _agreed(document):
            yield f"{_name(document)} : le montant accepté diffère de la réponse"


def _agreed(document: Row) -> int:
    return sum(_int(document[name]) for name in ("gross_minor", "options_net_minor", "options_vat_minor"))


def _check_certificates(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for row in rows["certificates"]:
        if _sha256_or_empty(row["data"]) != row["sha256"]:
            yield f"attestation de l’événement {row['event_id']} ({row['format']}) : fichier altéré"


def _check_payments(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    types = ("payment.recorded", "payment.settled", "payment.refunded", "payment.refund_failed")
    sworn = _sworn(rows["events"], "payment_id", types)
    for row in rows["payments"]:
        event = sworn.pop(row["id"], None)
        if event is None or not _same(row, event, ["id", "company_id", "document_id", "at"], "payment_id"):
            yield f"paiement {row['id']} : il diffère de son événement"
        elif _json(event["data"]).get("amount") != amount_text(
            _int(row["amount_minor"]), str(row["currency"])
        ):
            yield f"paiement {row['id']} : son montant diffère"
    for payment_id in sworn:
        yield f"paiement {payment_id} : la ligne a disparu"


def _sworn(events: list[Row], key: str, types: tuple[str, ...]) -> dict[str, Row]:
    return {str(_json(e["data"]).get(key)): e for e in events if e["type"] in types}


def _same(row: Row, event: Row, outer: list[str], key: str) -> bool:
    """Every column of the row against its event: the outer ones stand in the event's own columns."""
    data = _LATER_COLUMNS | _json(event["data"])
    inner = {name: value for name, value in row.items() if name not in outer}
    return (
        data.get(key) == row["id"]
        and all(event[name] == row[name] for name in outer if name != "id")
        and all(name in data and data[name] == value for name, value in inner.items())
    )


_LATER_COLUMNS = {
    "quality": "",
    "options": "[]",
    "recorded_by": "",
    "evidence": "{}",
    "signature_sha256": "",
}
"""What an event written before these columns existed swears to about them."""


def _check_numbers(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """Gapless: as many documents as the counter gave numbers, each with its own."""
    given: dict[tuple[str, str, int], list[int]] = {}
    for document in rows["documents"]:
        if document["series"] is not None:
            key = (document["company_id"], document["series"], document["year"])
            given.setdefault(key, []).append(_int(document["sequence"]))
            if document["number"] != _number_or_none(document):
                yield f"{_name(document)} : le numéro diffère de sa série"
    counters = {(r["company_id"], r["series"], r["year"]): _int(r["last"]) for r in rows["number_counters"]}
    for key in given.keys() | counters.keys():
        if sorted(given.get(key, [])) != list(range(1, counters.get(key, 0) + 1)):
            yield f"série {key[1]}-{key[2]} de l’entreprise {key[0]} : la numérotation a un trou ou un doublon"


def _number_or_none(document: Row) -> str | None:
    try:
        return number_of(document["kind"], document["year"], _int(document["sequence"]))
    except (KeyError, ValueError, TypeError):
        return None


def _check_pdfs(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for row in rows["stored_pdfs"]:
        data = (
            bytes(row["data"]) if isinstance(row["data"], (bytes, memoryview)) else str(row["data"]).encode()
        )
        if hashlib.sha256(data).hexdigest() != row["sha256"]:
            yield f"PDF du document {row['document_id']}, version {row['version']} : fichier altéré"

    for row in rows["stored_receipts"]:
        if _sha256_or_empty(row["data"]) != row["sha256"]:
            yield f"reçu du paiement {row['payment_id']} : fichier altéré"


_CHECKS: tuple[Callable[[Mapping[str, list[Row]]], Iterator[str]], ...] = (
    _check_events,
    _check_contents,
    _check_states,
    _check_openings,
    _check_money,
    _check_decisions,
    _check_options,
    _check_certificates,
    _check_payments,
    _check_numbers,
    _check_pdfs,
)


def _name(document: Row) -> str:
    return f"document {document['number'] or document['id']}"


def _group(rows: list[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _sums(rows: list[Row], key: str, amount: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[key]] = sums.get(row[key], 0) + _int(row[amount])
    return sums


def _json(value: Any) -> dict[str, Any]:
    try:
        data = json.loads(value)
    except (TypeError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _hash_or_none(compute: Callable[[], str]) -> str | None:
    try:
        return compute()
    except (TypeError, ValueError, KeyError, UnicodeError):
        return None


def _sha256_or_empty(data: Any) -> str:
    if data is None:
        return ""
    return hashlib.sha256(bytes(data) if not isinstance(data, str) else data.encode()).hexdigest()


def _int(value: Any) -> int:
    return value if isinstance(value, int) else -1

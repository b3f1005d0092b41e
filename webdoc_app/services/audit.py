"""Checking what cannot have changed: the chain of events, frozen contents, answers, payments, numbers, PDFs.

Rows are read raw, as texts and numbers: a value that cannot be decoded is a fault with a name, not a crash.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from webdoc_app.domain.content import event_hash, sha256_of
from webdoc_app.domain.money import amount_text
from webdoc_app.domain.numbering import number as number_of
from webdoc_app.domain.of_record import BOUND
from webdoc_app.services.anchors import LOG, Anchor, read_log
from webdoc_app.services.audit_files import check_files, raw_connection
from webdoc_app.services.audit_history import RowCheck, check_anchors, read_history, restored_in_place
from webdoc_app.services.audit_rows import (
    Row,
    group,
    hash_or_none,
    int_of,
    json_of,
    name_of,
    sha256_or_empty,
)
from webdoc_app.services.audit_sums import check_money, check_openings, check_states
from webdoc_app.services.bindings import columns_sql
from webdoc_app.services.content import content_of
from webdoc_app.services.history_keys import stored_keyring
from webdoc_app.services.work import runtime


@dataclass(frozen=True)
class Findings:
    """`faults` are what nobody may do unseen; `notes` what was done openly, and is to be known."""

    faults: list[str]
    notes: list[str]


async def verify() -> list[str]:
    """One line a fault, in French; an empty list when all is as it was written."""
    return (await examine()).faults


async def examine(given: Sequence[Anchor] = ()) -> Findings:
    """The same, with notes; `given` are anchors kept elsewhere, beside those of the data folder."""
    async with raw_connection() as connection:
        keys = await stored_keyring(connection)
        rows = {name: await _all(connection, name) for name in _TABLES}
        files = [fault async for fault in check_files(connection, keys.seals)]
        events = sorted(rows["events"], key=lambda e: (str(e["company_id"]), int_of(e["seq"])))
        history = read_history(events, rows["event_heads"], keys)
        of_record = RowCheck(history)
        for table in BOUND:
            of_record.table(table, rows[table])
    found = [fault for check in _CHECKS for fault in check(rows)]
    sealed = [*history.faults, *of_record.faults, *of_record.seals()]
    told = check_anchors(history, [*read_log(runtime().data_dir)], LOG)
    elsewhere = check_anchors(history, given, "ancre donnée")
    notes = dict.fromkeys(
        [*history.notes, *told.notes, *elsewhere.notes, *restored_in_place(history, told.explained)]
    )
    faults = dict.fromkeys([*found, *files, *sealed, *told.faults, *elsewhere.faults])
    return Findings(list(faults), list(notes))


_TABLES = [
    "companies",
    "documents",
    "document_lines",
    "document_versions",
    "events",
    "event_heads",
    "decisions",
    "payments",
    "payment_attempts",
    "openings",
    "number_counters",
    *(table for table in BOUND if table not in ("documents", "payment_attempts")),
]


_PARTS = {
    "openings": "SELECT id, document_id, opening_class, counts, first_at, last_at, corrected_at FROM openings"
    " WHERE counts OR corrected_at IS NOT NULL"
}
"""Of a table with a row for every machine that looked in, what the checks need."""


async def _all(connection: AsyncConnection, table: str) -> list[Row]:
    # Files' bytes are read one after the other, by `check_files`.
    columns = columns_sql(table) if table in BOUND and "data" in BOUND[table].checked else "*"
    query = _PARTS.get(table, f"SELECT {columns} FROM {table}")
    return [dict(row) for row in (await connection.execute(text(query))).mappings()]


def _check_events(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    heads = {row["company_id"]: row for row in rows["event_heads"]}
    by_company: dict[str, list[Row]] = {company_id: [] for company_id in heads}
    for row in rows["events"]:
        by_company.setdefault(row["company_id"], []).append(row)
    for company_id, events in by_company.items():
        yield from _check_chain(
            company_id, sorted(events, key=lambda e: int_of(e["seq"])), heads.get(company_id)
        )


def _check_chain(company_id: str, events: list[Row], head: Row | None) -> Iterator[str]:
    previous, expected = "", 1
    for event in events:
        name = f"événement {event['seq']} de l’entreprise {company_id}"
        if event["seq"] != expected:
            yield f"{name} : il manque l’événement {expected}"
        elif event["previous_hash"] != previous:
            yield f"{name} : la chaîne est rompue"
        if hash_or_none(lambda event=event: event_hash(event)) != event["hash"]:  # type: ignore[misc]
            yield f"{name} : contenu altéré"
        previous, expected = event["hash"], int_of(event["seq"]) + 1
    if head is None or head["seq"] != expected - 1 or head["hash"] != previous:
        yield f"entreprise {company_id} : la fin de la chaîne d’événements manque ou diffère"


def _check_contents(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    lines = group(rows["document_lines"], "document_id")
    versions = {(row["document_id"], row["version"]): row for row in rows["document_versions"]}
    proofs = _proofs(rows["events"])
    for document in rows["documents"]:
        name = name_of(document)
        if document["state"] == "draft":
            if document["number"] is not None:
                yield f"{name} : un brouillon porte un numéro"
            continue
        own = sorted(lines.get(document["id"], []), key=lambda r: (int_of(r["position"]), str(r["id"])))
        if any(line["company_id"] != document["company_id"] for line in own):
            yield f"{name} : une ligne est d’une autre entreprise"
        actual = hash_or_none(lambda d=document, o=own: sha256_of(content_of(d, o)))  # type: ignore[misc]
        if actual is None:
            yield f"{name} : contenu illisible"
        elif actual != document["content_sha256"]:
            yield f"{name} : contenu altéré"
        if (document["id"], document["version"]) not in versions:
            yield f"{name} : la version {document['version']} n’est pas conservée"
        if proofs.get((document["id"], document["version"])) != document["content_sha256"]:
            yield f"{name} : l’empreinte diffère de celle de son événement"
    yield from _check_versions(versions, proofs, _versions_told(rows["events"]))
    yield from _check_missing(rows, proofs)


def _check_versions(
    versions: Mapping[tuple[str, int], Row],
    proofs: Mapping[tuple[str, int], str],
    told: Mapping[tuple[str, Any], tuple[str, str]],
) -> Iterator[str]:
    for (document_id, version), row in versions.items():
        name = f"document {document_id}, version {version}"
        kept = hash_or_none(lambda row=row: sha256_of(json.loads(row["content"])))  # type: ignore[misc]
        if kept != row["content_sha256"] or proofs.get((document_id, version)) != row["content_sha256"]:
            yield f"{name} : contenu conservé altéré"
        if told.get((document_id, version), ()) != (row["company_id"], row["created_at"]):
            yield f"{name} : son entreprise ou son heure diffère de son événement"


def _check_missing(rows: Mapping[str, list[Row]], proofs: Mapping[tuple[str, int], str]) -> Iterator[str]:
    known = {row["id"] for row in rows["documents"]}
    versions = {(row["document_id"], row["version"]) for row in rows["document_versions"]}
    for document_id, version in proofs:
        if document_id not in known:
            yield f"document {document_id} : émis, mais absent"
        if (document_id, version) not in versions:
            yield f"document {document_id} : la version {version} est absente"


_PROVING = ("document.issued", "document.revised", "document.imported")


def _proofs(events: list[Row]) -> dict[tuple[str, int], str]:
    """The content hash each issuing, revising or importing event swore to."""
    proofs = {}
    for event in events:
        if event["type"] in _PROVING:
            data = json_of(event["data"])
            proofs[(event["document_id"], data.get("version"))] = data.get("content_sha256")
    return proofs  # type: ignore[return-value]


def _versions_told(events: list[Row]) -> dict[tuple[str, Any], tuple[str, str]]:
    """Whose each version is and when it was frozen, as its event has it."""
    return {
        (event["document_id"], json_of(event["data"]).get("version")): (event["company_id"], event["at"])
        for event in events
        if event["type"] in _PROVING
    }


def _check_decisions(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    sworn = _sworn(rows["events"], "decision_id", ("decision.accepted", "decision.refused", "decision.held"))
    outer = ["id", "company_id", "document_id", "at"]
    for row in rows["decisions"]:
        event = sworn.pop(row["id"], None)
        columns = {name: value for name, value in row.items() if name != "signature"}
        if event is None or not _same(columns, event, outer, "decision_id"):
            yield f"décision {row['id']} : elle diffère de son événement"
        elif sha256_or_empty(row["signature"]) != row["signature_sha256"]:
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
            yield f"{name_of(document)} : les options retenues diffèrent de la réponse"
        if not accepted and (document["options_net_minor"], document["options_vat_minor"]) != (0, 0):
            yield f"{name_of(document)} : des options sont comptées sans avoir été acceptées"
        if accepted and decision and decision["amount_minor"] != _agreed(document):
            yield f"{name_of(document)} : le montant accepté diffère de la réponse"


def _agreed(document: Row) -> int:
    return sum(int_of(document[name]) for name in ("gross_minor", "options_net_minor", "options_vat_minor"))


def _check_payments(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    types = ("payment.recorded", "payment.settled", "payment.refunded", "payment.refund_failed")
    sworn = _sworn(rows["events"], "payment_id", types)
    for row in rows["payments"]:
        event = sworn.pop(row["id"], None)
        if event is None or not _same(row, event, ["id", "company_id", "document_id", "at"], "payment_id"):
            yield f"paiement {row['id']} : il diffère de son événement"
        elif json_of(event["data"]).get("amount") != amount_text(
            int_of(row["amount_minor"]), str(row["currency"])
        ):
            yield f"paiement {row['id']} : son montant diffère"
    for payment_id in sworn:
        yield f"paiement {payment_id} : la ligne a disparu"


def _sworn(events: list[Row], key: str, types: tuple[str, ...]) -> dict[str, Row]:
    return {str(json_of(e["data"]).get(key)): e for e in events if e["type"] in types}


def _same(row: Row, event: Row, outer: list[str], key: str) -> bool:
    """Every column of the row against its event: the outer ones stand in the event's own columns."""
    data = _LATER_COLUMNS | json_of(event["data"])
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
            given.setdefault(key, []).append(int_of(document["sequence"]))
            if document["number"] != _number_or_none(document):
                yield f"{name_of(document)} : le numéro diffère de sa série"
    counters = {(r["company_id"], r["series"], r["year"]): int_of(r["last"]) for r in rows["number_counters"]}
    for key in given.keys() | counters.keys():
        if sorted(given.get(key, [])) != list(range(1, counters.get(key, 0) + 1)):
            yield f"série {key[1]}-{key[2]} de l’entreprise {key[0]} : la numérotation a un trou ou un doublon"


def _number_or_none(document: Row) -> str | None:
    try:
        return number_of(document["kind"], document["year"], int_of(document["sequence"]))
    except (KeyError, ValueError, TypeError):
        return None


_CHECKS: tuple[Callable[[Mapping[str, list[Row]]], Iterator[str]], ...] = (
    _check_events,
    _check_contents,
    check_states,
    check_openings,
    check_money,
    _check_decisions,
    _check_options,
    _check_payments,
    _check_numbers,
)

"""Checking what documents keep of other rows: states, sums of money, visits."""

from collections.abc import Iterator, Mapping
from typing import Any

from webdoc_app.domain.tracking import OpeningClass
from webdoc_app.services.audit_rows import Row, group, int_of, json_of, name_of, sums_by

_STATES = {
    "document.issued": "issued",
    "document.imported": "issued",
    "decision.accepted": "accepted",
    "decision.refused": "refused",
    "decision.held": "on_hold",
    "decision.reopened": "sent",
    "document.closed": "closed",
}


def check_states(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """A document's cached state, payments and credits against the events and rows they come from."""
    states: dict[str, str] = {}
    for event in sorted(rows["events"], key=lambda e: int_of(e["seq"])):
        document_id, type_ = event["document_id"], event["type"]
        if type_ in _STATES:
            states[document_id] = _STATES[type_]
        elif type_ == "document.sent" and states.get(document_id) == "issued":
            states[document_id] = "sent"
    paid = sums_by(rows["payments"], "document_id", "amount_minor")
    credits_ = sums_by(
        [d for d in rows["documents"] if d["kind"] == "credit" and d["state"] != "draft"],
        "origin_id",
        "gross_minor",
    )
    for document in rows["documents"]:
        name, id_ = name_of(document), document["id"]
        if states.get(id_, "draft") != document["state"]:
            yield f"{name} : son état diffère de ses événements"
        if paid.get(id_, 0) != document["paid_minor"]:
            yield f"{name} : le montant payé diffère de ses paiements"
        if credits_.get(id_, 0) != document["credited_minor"]:
            yield f"{name} : le montant crédité diffère de ses avoirs"


def check_openings(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """A document's visits against its openings that count, and those against the events that told of them."""
    counted = group([row for row in rows["openings"] if row["counts"]], "document_id")
    told: dict[str, int] = {}
    corrected: dict[str, Mapping[str, Any]] = {}
    for event in sorted(rows["events"], key=lambda e: int_of(e["seq"])):
        data = json_of(event["data"])
        if event["type"] == "opening.confirmed":
            told[event["document_id"]] = told.get(event["document_id"], 0) + 1
        elif event["type"] == "opening.corrected":
            change = int(data.get("counts") is True) - int(data.get("counted") is True)
            told[event["document_id"]] = told.get(event["document_id"], 0) + change
            corrected[str(data.get("opening_id"))] = data | {"at": event["at"]}
    for document in rows["documents"]:
        visits = counted.get(document["id"], [])
        first, last = _ends([row["first_at"] for row in visits]), _ends([row["last_at"] for row in visits])
        cached = (document["visits"], document["opened_at"], document["last_visit_at"])
        if cached != (len(visits), first[0], last[1]):
            yield f"{name_of(document)} : ses consultations diffèrent de ses ouvertures"
        if told.get(document["id"], 0) != len(visits):
            yield f"{name_of(document)} : ses consultations diffèrent de ses événements"
    for row in rows["openings"]:
        if row["counts"] and row["opening_class"] not in (OpeningClass.ENGAGED, OpeningClass.RENDERED):
            yield f"ouverture {row['id']} : elle compte, et sa classe ne compte pas"
        said = corrected.get(row["id"])
        if (said is not None) != (row["corrected_at"] is not None) or (
            said and (said.get("now"), said["at"]) != (row["opening_class"], row["corrected_at"])
        ):
            yield f"ouverture {row['id']} : sa correction diffère de son événement"


def _ends(values: list[Any]) -> tuple[Any, Any]:
    texts = [str(value) for value in values]
    return (min(texts), max(texts)) if texts else (None, None)


def check_money(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """What of a bill's money was given back, is under way or contested, against the rows it comes from."""
    given_back = sums_by(
        [p for p in rows["payments"] if int_of(p["amount_minor"]) < 0], "document_id", "amount_minor"
    )
    attempts = rows["payment_attempts"]
    waiting = sums_by([a for a in attempts if a["state"] == "processing"], "document_id", "amount_minor")
    disputed = sums_by([a for a in attempts if a["dispute"] == "open"], "document_id", "amount_minor")
    for document in rows["documents"]:
        name, id_ = name_of(document), document["id"]
        if given_back.get(id_, 0) != -document["refunded_minor"]:
            yield f"{name} : le montant remboursé diffère de ses paiements"
        if waiting.get(id_, 0) != document["processing_minor"]:
            yield f"{name} : le montant en cours diffère de ses paiements en cours"
        if disputed.get(id_, 0) != document["disputed_minor"]:
            yield f"{name} : le montant contesté diffère de ses paiements contestés"

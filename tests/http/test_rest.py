"""Documents over REST: what is answered, what is refused and by which name, and what stays another company's."""

import sqlite3
from typing import Any

import pytest

from tests.http.conftest import Rest

LINE = {"description": "Meuble", "unit_price": "1000.00", "quantity": "1.2"}


def quote(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "quote",
        "customer": {"name": "Claire", "email": "c@example.org"},
        "lines": [LINE],
        **changes,
    }


async def issued(rest: Rest, **changes: Any) -> dict[str, Any]:
    draft = (await rest.ours.post("/documents", json=quote(**changes))).json()
    return dict((await rest.ours.post(f"/documents/{draft['id']}/issue")).json())


async def test_a_quote_is_drafted_issued_sent_and_revised(rest: Rest) -> None:
    draft = await rest.ours.post("/documents", json=quote())
    assert (draft.status_code, draft.json()["status"], draft.json()["webdocument_url"]) == (
        201,
        "draft",
        None,
    )
    assert draft.json()["totals"]["gross"] == "1440.00"
    path = f"/documents/{draft.json()['id']}"
    document = (await rest.ours.post(f"{path}/issue")).json()
    assert (document["number"].startswith("D-"), document["number"][-5:], document["status"]) == (
        True,
        "00001",
        "issued",
    )
    assert (await rest.ours.post(f"{path}/send")).json()["status"] == "sent"
    revised = (await rest.ours.post(f"{path}/revise", json={"title": "Cuisine"})).json()
    assert (revised["number"], revised["version"], revised["title"]) == (document["number"], 2, "Cuisine")
    for method, address in (("PATCH", path), ("DELETE", path), ("POST", f"{path}/issue")):
        assert (await rest.ours.request(method, address, json={})).status_code == 409


@pytest.mark.parametrize("address", ["", "/issue", "/send", "/events", "/messages", "/pdf", "/link/rotate"])
async def test_another_companys_document_is_not_found(rest: Rest, address: str) -> None:
    document = await issued(rest)
    method = "GET" if address in ("", "/events", "/messages", "/pdf") else "POST"
    answer = await rest.theirs.request(method, f"/documents/{document['id']}{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("kind", quote(kind="zz")),
        ("currency", quote(currency="ZZZ")),
        ("customer_id", {"kind": "quote", "lines": [LINE]}),
        ("customer.name", quote(customer={"name": "x" * 201})),
        ("lines", quote(lines=[])),
        ("lines", {"kind": "quote", "customer": {"name": "A"}}),
        ("lines", quote(lines=[{**LINE, "unit_price": "999999999", "quantity": "999999999"}])),
        ("lines.0.unit_price", quote(lines=[{**LINE, "unit_price": "-1"}])),
        ("lines.0.unit_price", quote(lines=[{**LINE, "unit_price": 1.5}])),
        ("lines.0.quantity", quote(lines=[{**LINE, "quantity": "1.1234567"}])),
        ("lines.0.description", quote(lines=[{**LINE, "description": "a\x00"}])),
        ("title", quote(title="t" * 301)),
        ("deposit_percent", quote(deposit_percent="101")),
        ("unknown", quote(unknown=1)),
    ],
)
async def test_bad_input_names_its_field_and_stores_nothing(
    rest: Rest, field: str, body: dict[str, Any]
) -> None:
    answer = await rest.ours.post("/documents", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    with sqlite3.connect(rest.database) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("documents", "customers")
        ]
    connection.close()
    assert counts == [0, 0]


@pytest.mark.parametrize(
    "raw", [b"{", b"null", b"[" * 100_000, b'{"kind":"\\ud800"}', b'{"\\ud800":1}', b"\xff"]
)
async def test_unreadable_json_is_a_plain_refusal(rest: Rest, raw: bytes) -> None:
    answer = await rest.ours.post("/documents", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


async def test_the_same_key_and_body_get_the_same_answer(rest: Rest) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await rest.ours.post("/customers", json={"name": "A"}, headers=headers)
    again = await rest.ours.post("/customers", json={"name": "A"}, headers=headers)
    other = await rest.ours.post("/customers", json={"name": "B"}, headers=headers)
    assert (first.json(), first.status_code) == (again.json(), again.status_code)
    assert other.status_code == 422


async def test_payments_move_an_invoice_from_due_to_overpaid(rest: Rest) -> None:
    invoice = await issued(rest, kind="invoice")
    path = f"/documents/{invoice['id']}"
    words = []
    for amount in ("100.00", "1340.00", "5.00"):
        body = {"amount": amount, "method": "transfer", "paid_on": "2026-01-02"}
        assert (await rest.ours.post(f"{path}/payments", json=body)).status_code == 201
        words.append((await rest.ours.get(path)).json()["status"])
    assert words == ["partially_paid", "paid", "overpaid"]


async def test_partial_deliveries_keep_what_remains(rest: Rest) -> None:
    order = await issued(rest, kind="order", lines=[{**LINE, "quantity": "10"}])
    convert = f"/documents/{order['id']}/convert"
    first = (await rest.ours.post(convert, json={"to": "delivery"})).json()
    line = {**LINE, "quantity": "4", "id": first["lines"][0]["id"]}
    await rest.ours.patch(f"/documents/{first['id']}", json={"lines": [line]})
    await rest.ours.post(f"/documents/{first['id']}/issue")
    assert (await rest.ours.get(f"/documents/{order['id']}")).json()["status"] == "issued"
    second = (await rest.ours.post(convert, json={"to": "delivery"})).json()
    assert second["lines"][0]["quantity"] == "6"
    await rest.ours.post(f"/documents/{second['id']}/issue")
    assert (await rest.ours.get(f"/documents/{order['id']}")).json()["status"] == "delivered"
    assert (await rest.ours.post(convert, json={"to": "delivery"})).status_code == 409


async def test_a_message_may_be_about_a_line(rest: Rest) -> None:
    first, other = [
        (
            await rest.ours.post(
                "/documents", json={"kind": "quote", "lines": [LINE], "customer": {"name": "Claire"}}
            )
        ).json()
        for _ in range(2)
    ]
    line, path = first["lines"][0], f"/documents/{first['id']}/messages"
    note = {"body": "Marge", "internal": True}
    posted = await rest.ours.post(path, json={**note, "line_id": line["id"]})
    assert (posted.status_code, posted.json()["line_id"]) == (201, line["id"])
    assert posted.json()["quote"].startswith("1. ")
    refused = await rest.ours.post(path, json={**note, "line_id": other["lines"][0]["id"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "line_id")
    plain = (await rest.ours.post(path, json=note)).json()
    assert (plain["line_id"], plain["quote"]) == (None, "")
    assert [item["line_id"] for item in (await rest.ours.get(path)).json()["items"]] == [line["id"], None]

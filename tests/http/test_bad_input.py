"""Bad input at every address of REST and every form: a 4xx that names the field, and nothing stored."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest_asyncio
from sqlalchemy import text
from sqlmodel import SQLModel

from webdoc_app.http.app import create_api
from webdoc_app.models.columns import new_id
from webdoc_app.services import accounts, companies, conversation, database, decisions
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import Runtime, configure, runtime

LINE = {"description": "Meuble", "unit_price": "1000.00"}
QUOTE = {"kind": "quote", "customer": {"name": "Claire", "email": "c@example.org"}, "lines": [LINE]}
CONTROLS = ["a\x00b", "a\x07", "a\x7f", "a\x85", "\ud800", "a\udfffb"]
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
BODY_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True)
class Site:
    client: httpx.AsyncClient
    draft: str
    invoice: str
    quote: str
    token: str

    async def counts(self) -> dict[str, int]:
        """How many rows each table has; remembered answers are none of what was asked for."""
        tables = [name for name in SQLModel.metadata.tables if name != "idempotent_answers"]
        query = ", ".join(f"(SELECT count(*) FROM {name})" for name in tables)
        async with runtime().engine.connect() as connection:
            return dict(zip(tables, (await connection.execute(text(f"SELECT {query}"))).one(), strict=True))

    async def refused(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Asks, and insists on a problem in words that stored nothing."""
        before = await self.counts()
        answer = await self.client.request(method, f"/api/v1{path}", **request)
        assert 400 <= answer.status_code < 500, (method, path, answer.status_code, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"]
        assert await self.counts() == before
        return answer


@pytest_asyncio.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    engine = database.async_engine(database_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    company_id, _ = await companies.create_company("Morel", "m@example.org", "motdepasse")
    headers = {"Authorization": f"Bearer {await accounts.create_api_key(company_id, 'test')}"}
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:

        async def issued(kind: str) -> dict[str, Any]:
            draft = (await client.post("/api/v1/documents", json={**QUOTE, "kind": kind})).json()
            return dict((await client.post(f"/api/v1/documents/{draft['id']}/issue")).json())

        draft = (await client.post("/api/v1/documents", json=QUOTE)).json()["id"]
        quote, invoice = await issued("quote"), await issued("invoice")
        token = quote["webdocument_url"].rpartition("/")[2]
        yield Site(client, draft, invoice["id"], quote["id"], token)
    configure(None)
    await engine.dispose()


def faults(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in answer.json().get("errors", [])]


def a_line(**changes: Any) -> dict[str, Any]:
    return {**QUOTE, "lines": [{**LINE, **changes}]}


def table() -> list[tuple[str, Any]]:
    """The field at fault, and a body for a new document."""
    rows: list[tuple[str, Any]] = [
        *((name, {k: v for k, v in QUOTE.items() if k != name}) for name in ("kind", "lines")),
        *((f"lines.0.{name}", {**QUOTE, "lines": [{k: v for k, v in LINE.items() if k != name}]}) for name in LINE),
        *((name, {**QUOTE, name: value}) for name in ("title", "notes") for value in (*CONTROLS, 5, [], {}, True)),
        *((f"lines.0.{name}", a_line(**{name: text})) for name in ("description", "unit") for text in CONTROLS),
        *(("customer.name", {**QUOTE, "customer": {"name": text}}) for text in (*CONTROLS, "", " ", "x" * 201, 5, None)),
        *(("customer.email", {**QUOTE, "customer": {"name": "A", "email": e}}) for e in ("a", "a@b", "a b@c.fr", "a@b.fr\nBcc: x@y.fr")),
        *(("kind", {**QUOTE, "kind": value}) for value in ("zz", "", 5, None, [], "QUOTE", "quote\x00")),
        *(("currency", {**QUOTE, "currency": value}) for value in ("eur", "EURO", "ZZZ", "", 5, "E\x00R", "EUR\n")),
        *(("language", {**QUOTE, "language": value}) for value in ("de", "", 5, "fr\x00")),
        *((day, {**QUOTE, day: value}) for day in ("valid_until", "due_date") for value in ("", "demain", "2026-02-30", "0001-01-01", "9999-12-31", -1, 10**30, [], True, "2026-12-24T00:00:00+99:99")),
        *(("deposit_percent", {**QUOTE, "deposit_percent": value}) for value in ("0", "-1", "100.000001", "x", "1e1", 1.5, [], "٣")),
        *(("lines", {**QUOTE, "lines": value}) for value in ([], None, {}, "x", [LINE] * 1001)),
        *(("lines.0", {**QUOTE, "lines": [value]}) for value in (None, 5, "x", [])),
        *((f"lines.0.{name}", a_line(**{name: value}))
          for name in ("quantity", "unit_price", "vat_rate", "discount_percent", "base_quantity")
          for value in ("-1", "", "x", "1e3", "NaN", "Infinity", "0x10", "1_000", "1 000", "1.1234567", "9" * 40, 1.5, True, None, [], {}, "1\x00", "٣")),
        ("lines.0.base_quantity", a_line(base_quantity="0")),
        ("lines.0.vat_rate", a_line(vat_rate="100.1")),
        ("lines.0.discount_percent", a_line(discount_percent="101")),
        ("lines.0.unit_price", a_line(unit_price="1000000000.1")),
        ("lines", a_line(unit_price="999999999", quantity="999999999")),
        ("lines.0.description", a_line(description="x" * 5_001)),
        ("title", {**QUOTE, "title": "x" * 301}),
        ("notes", {**QUOTE, "notes": "x" * 5_001}),
        ("customer_id", {**QUOTE, "customer": None}),
        ("customer_id", {**QUOTE, "customer_id": "0" * 32}),
        ("customer_id", {"kind": "quote", "customer_id": "a\x00", "lines": [LINE]}),
        ("customer_id", {"kind": "quote", "customer_id": "\ud800", "lines": [LINE]}),
        ("customer_id", {"kind": "quote", "customer_id": "0" * 32, "lines": [LINE]}),
        ("customer.nom", {**QUOTE, "customer": {"name": "A", "nom": "B"}}),
        ("number", {**QUOTE, "number": "D-1"}),
        ("lines.0.net", a_line(net="0.00")),
    ]  # fmt: skip
    return rows


async def test_a_new_document_names_what_is_wrong_and_stores_nothing(site: Site) -> None:
    for field, body in table():
        answer = await site.refused("POST", "/documents", content=json.dumps(body), headers=BODY_TYPE)
        assert answer.status_code == 422
        assert field in faults(answer), (field, body, answer.text)


async def test_each_other_call_names_what_is_wrong(site: Site) -> None:
    draft, quote, invoice = (f"/documents/{id_}" for id_ in (site.draft, site.quote, site.invoice))
    pay = {"amount": "1.00", "method": "cash", "paid_on": "2026-01-02"}
    calls: list[tuple[str, str, str, Any]] = [
        *(("POST", "/customers", "name", {"name": value}) for value in (*CONTROLS, None, "", 5, "x" * 201)),
        *(("POST", "/customers", name, {"name": "A", name: value})
          for name in ("email", "address", "siren", "vat_number", "language") for value in (*CONTROLS, 5, "x" * 5_001)),
        *(("PATCH", draft, name, {name: value}) for name in ("title", "notes") for value in CONTROLS),
        ("PATCH", draft, "customer_id", {"customer_id": "a\x00"}),
        ("PATCH", draft, "customer_id", {"customer_id": "0" * 32}),
        ("PATCH", draft, "currency", {"currency": "ZZZ"}),
        ("PATCH", draft, "kind", {"kind": "zz"}),
        ("PATCH", draft, "state", {"state": "accepted"}),
        ("PATCH", draft, "lines", {"lines": []}),
        ("PATCH", draft, "lines", {"lines": [{**LINE, "unit_price": "999999999", "quantity": "999999999"}]}),
        *(("PATCH", draft, "lines.0.id", {"lines": [{**LINE, "id": value}]}) for value in ("a\x00", "\ud800", 5)),
        ("POST", f"{quote}/revise", "lines", {"lines": []}),
        ("POST", f"{quote}/revise", "title", {"title": "\x00"}),
        *(("POST", f"{quote}/send", name, {name: value}) for name in ("to", "subject", "message") for value in (*CONTROLS, 5)),
        ("POST", f"{quote}/send", "to", {"to": "a@b.fr\r\nBcc: c@d.fr"}),
        *(("POST", f"{quote}/convert", "to", {"to": value}) for value in ("zz", None, 5, "", "order\x00")),
        ("POST", f"{quote}/convert", "to", {}),
        *(("POST", f"{quote}/messages", "body", {"body": value}) for value in (*CONTROLS, None, "", " \n", 5, "x" * 10_001)),
        *(("POST", f"{quote}/messages", name, {"body": "A", name: "peut-être"}) for name in ("internal", "notify")),
        *(("POST", f"{quote}/link/{act}", "link_id", {"link_id": value})
          for act in ("rotate", "revoke", "disable", "enable") for value in ("a\x00", "\ud800", 5)),
        *(("POST", f"{quote}/send", "link_id", {"link_id": value}) for value in ("a\x00", "\ud800", 5)),
        *(("POST", f"{quote}/links", "name", {"name": value}) for value in (*CONTROLS, 5, None, "", "x" * 201)),
        *(("POST", f"{quote}/links", "email", {"name": "A", "email": value}) for value in (*CONTROLS, 5, "x", "a@b.fr\r\nBcc: c@d.fr")),
        *(("POST", f"{quote}/links", "expires_at", {"name": "A", "expires_at": value})
          for value in ("", "x", 5, True, "2020-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1\x00")),
        *(("POST", f"{invoice}/payments", "amount", {**pay, "amount": value})
          for value in ("0", "-1", "1.001", "", "x", "9" * 30, 5, None, "1e3", "1\x00", "٣")),
        *(("POST", f"{invoice}/payments", "method", {**pay, "method": value}) for value in ("gold", "", None, 5)),
        *(("POST", f"{invoice}/payments", "paid_on", {**pay, "paid_on": value}) for value in ("2999-01-01", "", "x", 5, None, "0001-01-01")),
        *(("POST", f"{invoice}/payments", "reference", {**pay, "reference": value}) for value in (*CONTROLS, 5, "x" * 201)),
    ]  # fmt: skip
    for method, path, field, body in calls:
        answer = await site.refused(method, path, content=json.dumps(body), headers=BODY_TYPE)
        assert answer.status_code == 422, (path, body, answer.text)
        assert field in faults(answer), (path, field, body, answer.text)


ODD_IDS = [
    "x",
    "0" * 32,
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "é",
    "%2e%2e%2f",
    "'",
    "0" * 5_000,
    "%0a",
    "null",
]


async def test_odd_ids_and_queries_are_not_found_or_named(site: Site) -> None:
    for odd in ODD_IDS:
        for method, tail in (
            ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/issue"), ("POST", "/send"), ("POST", "/revise"),
            ("GET", "/pdf"), ("GET", "/events"), ("GET", "/messages"), ("POST", "/link/rotate"),
            ("POST", "/links"), ("PATCH", "/links/x"),
        ):  # fmt: skip
            body = {} if method in ("PATCH", "POST") else None
            answer = await site.refused(method, f"/documents/{odd}{tail}", json=body)
            assert answer.status_code in (404, 405, 422), (odd, tail)
    for field, query in (
        ("kind", "kind=zz"), ("kind", "kind=%00"), ("status", "status=zz"), ("status", "status=%00"),
        ("limit", "limit=0"), ("limit", "limit=201"), ("limit", "limit=x"), ("limit", "limit=" + "9" * 30),
        *(("cursor", f"cursor={value}") for value in ("x", "%00", "é", "A" * 5_000, "MjAyNi0wMS0wMXwA", "fA",
          "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHx4", "OTk5OS0xMi0zMVQyMzo1OTo1OS0xNDowMHx4", "MjAyNnwyMDI2fDIwMjY")),
    ):  # fmt: skip
        assert field in faults(await site.refused("GET", f"/documents?{query}")), query
    for query in (
        "q=%00",
        "q=%ff",
        "q=" + "x" * 5_000,
        "q=%25%5C_%27",
        "q=%ed%a0%80",
        "unknown=1",
        "limit=1&limit=2",
    ):
        assert (await site.client.get(f"/api/v1/documents?{query}")).status_code == 200, query
    for cursor in ("x", "MjAyNi0wMS0wMXwA", "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHx4"):
        assert faults(await site.refused("GET", f"/documents/{site.quote}/messages?cursor={cursor}")) == [
            "cursor"
        ]


RAW = {
    "nothing": b"", "a word": b"quote", "not JSON": b"{", "a list": b"[]", "null": b"null", "a number": b"1e999",
    "not UTF-8": b'{"kind":"\xff\xfe"}', "NaN": b'{"kind": NaN}',
    "deep": b"[" * 50_000, "deep closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "a huge number": b'{"kind":"quote","lines":[{"description":"x","unit_price":' + b"9" * 5_000 + b"}]}",
    "half a pair": rb'{"kind":"quote","customer":{"name":"\ud800"},"lines":[]}',
    "a key of half a pair": rb'{"\ud800":1}', "twice": b'{"kind":"quote","kind":5}',
}  # fmt: skip


async def test_bytes_that_are_no_document_are_refused(site: Site) -> None:
    for what, content in RAW.items():
        for method, path in (
            ("POST", "/documents"),
            ("PATCH", f"/documents/{site.draft}"),
            ("POST", f"/documents/{site.quote}/messages"),
        ):
            for headers in (BODY_TYPE, {**BODY_TYPE, "Idempotency-Key": new_id()}):
                answer = await site.refused(method, path, content=content, headers=headers)
                assert answer.status_code in (400, 422), what


async def test_ten_megabytes_are_too_large_everywhere(site: Site) -> None:
    huge = "x" * 10_000_000
    for path in ("/documents", "/customers", f"/documents/{site.quote}/messages", "/imports"):
        body = json.dumps({"body": huge, "name": huge}) + "x" * 100_000
        assert (await site.refused("POST", path, content=body, headers=BODY_TYPE)).status_code == 413
    before = await site.counts()
    for way in ("messages", "decision", "code"):
        answer = await site.client.post(f"/d/{site.token}/{way}", data={"body": huge, "nonce": "x"})
        assert answer.status_code == 413
    assert await site.counts() == before


def forms(site: Site) -> list[tuple[str, int, Any]]:
    """Way, expected status, and fields; what a good form holds is kept but for the fault."""

    def answer(**changes: Any) -> dict[str, Any]:
        nonce = new_nonce(site.quote, decisions.PURPOSE)
        return {"decision": "accept", "version": "1", "nonce": nonce, "name": "Claire", **changes}

    def message(**changes: Any) -> dict[str, Any]:
        return {"body": "Bonjour", "nonce": new_nonce(site.quote, conversation.PURPOSE), **changes}

    # A form holds no half character: bytes that are no UTF-8 arrive as U+FFFD.
    controls = [text for text in CONTROLS if text.isascii() or text == "a\x85"]
    return [
        *(("decision", 422, answer(name=value)) for value in (*controls, "", " ", "x" * 201, "x" * 10_000)),
        *(("decision", 422, answer(decision=value)) for value in ("", "zz", "ACCEPT", "accept\x00", "accept ")),
        *(("decision", 422, answer(version=value)) for value in ("", "x", "-1", "1.0", "١", "1\x00")),
        *(("decision", 409, answer(version=value)) for value in ("0", "2", "9" * 400)),
        *(("decision", 422, answer(reason=value)) for value in (*controls, "x" * 2_001)),
        *(("decision", 422, answer(decision="hold", until=value)) for value in ("x", "2020-01-01", "2026-02-30", "0000-00-00", "\x00")),
        *(("decision", 422, answer(option=value)) for value in ("x", "0" * 32, "\x00")),
        *(("decision", 422, answer(quality=value)) for value in (*controls, "x" * 201)),
        *(("decision", 422, answer(signature=value)) for value in ("x", "data:image/png;base64,", "data:image/png;base64,é", "data:image/png;base64,iVBORw0KGgo=", "data:image/svg+xml;base64,AAAA", "data:image/png;base64," + "A" * 500_000)),
        ("decision", 422, answer(nonce="")),
        *(("decision", 403, answer(nonce=value)) for value in ("x", "é", "\x00", "x" * 10_000, new_nonce(site.invoice, "decision"), new_nonce(site.quote, "message"))),
        *(("messages", 422, message(body=value)) for value in (*controls, "", " \r\n ", "x" * 10_001)),
        ("messages", 422, message(nonce="")),
        *(("messages", 403, message(nonce=value)) for value in ("x", "\x00", new_nonce(site.invoice, "message"), new_nonce(site.quote, "decision"))),
        *(("messages", 422, {name: value}) for name in ("body", "other") for value in controls),
    ]  # fmt: skip


async def test_forms_answer_in_words_and_store_nothing(site: Site) -> None:
    before = await site.counts()
    for way, status, fields in forms(site):
        content = urlencode(fields)
        answer = await site.client.post(f"/d/{site.token}/{way}", content=content, headers=FORM_TYPE)
        assert answer.status_code == status, (way, fields, answer.text[-300:])
        assert answer.headers["content-type"].startswith("text/html")
    raw = {
        "application/x-www-form-urlencoded": b"%ff=%00&=&&a=%",
        "multipart/form-data; boundary=x": b"--x\r\n\xff",
    }
    raw |= {"multipart/form-data": b"--", "application/json": b"{}", "": b"\x00", "text/plain": b"a" * 1_000}
    raw["application/x-www-form-urlencoded;x=y"] = b"&".join(b"a%d=1" % i for i in range(2_000))
    for way in ("decision", "messages", "code"):
        for kind, content in raw.items():
            sent = {"content-type": kind}
            answer = await site.client.post(f"/d/{site.token}/{way}", content=content, headers=sent)
            assert 400 <= answer.status_code < 500, (way, kind)
    assert await site.counts() == before

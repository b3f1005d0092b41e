"""Mails that come in over HTTP: with the secret alone, in each of the forms, and never a failure."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text

from tests.factories import mails
from tests.http.conftest import Rest
from webdoc_app.http import incoming
from webdoc_app.http.app import create_api
from webdoc_app.services import limits
from webdoc_app.services.work import runtime
from webdoc_app.settings import Settings

SECRET = "s" * 20
BEARER = {"Authorization": f"Bearer {SECRET}"}
INBOUND, EVENTS = "/hooks/mail/inbound", "/hooks/mail/events"


@dataclass(frozen=True)
class Door:
    client: httpx.AsyncClient
    address: str
    message_id: str

    async def knock(
        self, content: bytes = b"", kind: str = "message/rfc822", **headers: str
    ) -> tuple[int, str]:
        given = {"Content-Type": kind, **BEARER, **headers}
        answer = await self.client.post(INBOUND, content=content, headers=given)
        return answer.status_code, answer.text


async def rows(query: str) -> list[object]:
    async with runtime().engine.connect() as connection:
        return list((await connection.execute(text(query))).scalars())


@pytest_asyncio.fixture
async def door(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr(limits, "_by_loop", {})
    ours = Settings(inbound_secret=SecretStr(SECRET))
    monkeypatch.setattr(incoming, "settings", lambda: ours)
    runtime().reply_address = "reply@in.example.fr"
    customer = {"name": "Claire Fontaine", "email": "claire@fontaine.example"}
    body = {"kind": "quote", "lines": [{"description": "Table", "unit_price": "100"}], "customer": customer}
    draft = (await rest.ours.post("/documents", json=body)).json()
    for act in ("issue", "send"):
        assert (await rest.ours.post(f"/documents/{draft['id']}/{act}", json={})).status_code == 200
    async with runtime().engine.connect() as connection:
        row = (await connection.execute(text("SELECT reply_to, message_id FROM outbox_mails"))).one()
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield Door(client, *row)


async def test_each_form_a_provider_sends_is_taken_once(door: Door) -> None:
    raw = mails.mail(door.address)
    assert await door.knock(raw) == (200, "posted")
    for form in (
        {"files": {"email": ("mail.eml", raw, "message/rfc822")}},
        {"files": {"body-mime": (None, raw.decode())}, "data": {"recipient": door.address}},
        {"data": {"email": raw.decode(), "envelope": json.dumps({"to": [door.address], "from": "x@y.fr"})}},
    ):
        answer = await door.client.post(INBOUND, headers=BEARER, **form)  # type: ignore[arg-type]
        assert (answer.status_code, answer.text) == (200, "again")
    assert 'webdoc_incoming_mails{state="posted"} 1.0' in (await door.client.get("/metrics")).text
    assert await rows("SELECT body FROM messages") == ["Oui, c’est parfait pour nous.\nMerci"]


async def test_the_envelope_alone_names_the_conversation_too(door: Door) -> None:
    raw = mails.mail("undisclosed@example.org")
    assert await door.knock(raw) == (200, "dropped")
    form = {"data": {"email": raw.decode(), "envelope": json.dumps({"to": [door.address]})}}
    assert (await door.client.post(INBOUND, headers=BEARER, **form)).text == "posted"  # type: ignore[arg-type]


async def test_without_the_secret_there_is_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = mails.mail(door.address)
    basic = "Basic " + base64.b64encode(f"webdoc:{SECRET}".encode()).decode()
    for wrong in (
        "",
        "Bearer",
        "Bearer x",
        f"Bearer {SECRET}x",
        "Basic !",
        "Basic " + base64.b64encode(b"\xff").decode(),
        SECRET,
    ):
        assert await door.knock(raw, Authorization=wrong) == (403, "forbidden")
    assert (await door.client.post(EVENTS, json={})).status_code == 403
    assert await rows("SELECT body FROM messages") == []
    assert await door.knock(raw, Authorization=basic) == (200, "posted")
    monkeypatch.setattr(incoming, "settings", Settings)
    assert await door.knock(raw) == (404, "not_found")
    assert (await door.client.post(EVENTS, json={}, headers=BEARER)).status_code == 404


async def test_whatever_comes_the_answer_is_a_word_and_nothing_fails(door: Door) -> None:
    forged = mails.mail(door.address.replace("+", "+b"), id_="<f@x.fr>")
    bomb = b"From: a@b.fr\nContent-Type: multipart/mixed; boundary=B\n\n" + b"--B\n\n" * 200_000
    long = mails.mail(door.address, "mot " * 400_000, id_="<long@x.fr>")
    for raw, word in (
        (forged, "dropped"),
        (b"", "dropped"),
        (b"\x00\xff" * 99, "dropped"),
        (bomb, "dropped"),
        (long, "posted"),
    ):
        assert await door.knock(raw) == (200, word)
    assert (await door.knock(b"x" * 21_000_000))[0] == 413
    assert (await door.knock(b"not a form", "multipart/form-data"))[0] in (400, 422)
    assert (await door.knock(b"a=b", "application/x-www-form-urlencoded"))[0] == 422
    forged_envelope = {"data": {"email": forged.decode(), "envelope": '{"to": ' + "[" * 4_000}}
    assert (await door.client.post(INBOUND, headers=BEARER, **forged_envelope)).text == "dropped"  # type: ignore[arg-type]


async def test_a_flood_is_told_to_come_later(door: Door) -> None:
    answers = [(await door.knock(mails.mail(door.address, id_=f"<{n}@x.fr>")))[0] for n in range(40)]
    assert answers == [200] * 30 + [429] * 10


async def test_a_providers_events_are_noted_and_wrong_ones_refused_by_field(door: Door) -> None:
    async def tell(content: object) -> tuple[int, dict[str, object]]:
        answer = await door.client.post(EVENTS, content=json.dumps(content), headers=BEARER)
        return answer.status_code, answer.json()

    bounced = {"message_id": door.message_id, "event": "bounced", "reason": "no such mailbox"}
    assert await tell([bounced, {"message_id": "<a@b>", "event": "bounced"}]) == (200, {"known": 1})
    assert await rows("SELECT state FROM outbox_mails") == ["bounced"]
    for wrong, field in (
        ({}, "message_id"),
        ({"message_id": "<a@b>"}, "event"),
        ([1], "message_id"),
        ({**bounced, "event": "x"}, "event"),
    ):
        status, problem = await tell(wrong)
        assert (status, problem["field"]) == (422, field)
    broken = await door.client.post(EVENTS, content=b"{" * 5_000, headers=BEARER)
    assert broken.status_code == 422

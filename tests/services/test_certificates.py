"""A certificate of an answer verifies as it was made; whatever is altered in it is named."""

import asyncio
import json
import random

import pytest

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.certificates import SEAL_LINE
from webdoc_app.domain.errors import NotFound
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.services import answers_by_merchant, audit, decisions
from webdoc_app.services.certificate_check import faults_of_file
from webdoc_app.services.certificates import certificate
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import runtime

PHONE = Visitor("192.0.2.1", "phone")
DRAWN = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def accept(world: World, **fields: object) -> None:
    nonce = new_nonce(world.quote_id, decisions.PURPOSE)
    form = decisions.DecisionForm("accept", "1", nonce, "Jeanne Morel", "Gérante", signature=DRAWN, **fields)  # type: ignore[arg-type]
    await decisions.decide_with_token(world.token, form, PHONE)


async def test_nothing_answered_has_no_certificate(world: World) -> None:
    with pytest.raises(NotFound):
        await certificate(world.company_id, world.quote_id, "json")


async def test_it_is_made_once_and_verifies(world: World) -> None:
    await accept(world, timezone="Europe/Paris")
    first, second = await asyncio.gather(
        *(certificate(world.company_id, world.quote_id, "json") for _ in range(2))
    )
    assert first == second
    assert faults_of_file(first) == []
    facts = {fact["name"]: fact["value"] for fact in json.loads(first)["facts"]}
    assert facts["decision.name"] == "Jeanne Morel"
    assert facts["decision.quality"] == "Gérante"
    assert facts["decision.signature"]
    assert facts["evidence.timezone"] == "Europe/Paris"
    assert "obligation de paiement" in facts["evidence.wording"]
    assert facts["content.lines.0"]["description"] == "Meuble"
    assert await audit.verify() == []
    await execute("UPDATE certificates SET sha256 = 'x'")
    assert await audit.verify() != []


async def test_one_flipped_byte_anywhere_is_named(world: World) -> None:
    await accept(world)
    data = await certificate(world.company_id, world.quote_id, "json")
    lines = data.split(b"\n")
    for place in random.Random(3).sample(range(len(data)), 1_200):
        altered = bytearray(data)
        altered[place] ^= 1 << (place % 7)
        faults = faults_of_file(bytes(altered))
        line = data.count(b"\n", 0, place) + 1
        assert faults, (place, lines[line - 1][:60])
        named = [fault for fault in faults if f"ligne {line} " in fault or f" {line} " in fault]
        # A line's end belongs to both lines it parts.
        named += [fault for fault in faults if data[place] == 10 and f"ligne {line + 1} " in fault]
        assert named, (place, line, bytes(altered).split(b"\n")[line - 1][:80], faults)


async def test_a_fact_taken_away_or_added_is_noticed(world: World) -> None:
    await accept(world)
    lines = (await certificate(world.company_id, world.quote_id, "json")).split(b"\n")
    assert faults_of_file(b"\n".join(lines[:3] + lines[4:])) != []
    assert faults_of_file(b"\n".join([*lines[:3], lines[2], *lines[3:]])) != []


async def test_its_pdf_carries_the_facts_and_is_sealed(world: World) -> None:
    renderer = PdfRenderer(pdf_page)
    runtime().render_pdf = renderer.render
    try:
        await accept(world)
        data = await certificate(world.company_id, world.quote_id, "pdf")
    finally:
        renderer.close()
    assert faults_of_file(data) == []
    chance = random.Random(7)
    places = {*chance.sample(range(len(data)), 60), data.rfind(SEAL_LINE) + 20, len(data) - 1}
    for place in places:
        altered = bytearray(data)
        altered[place] ^= 4
        assert faults_of_file(bytes(altered)) != [], place


async def test_an_answer_by_phone_says_who_noted_it_and_a_reopened_one_that_it_no_longer_holds(
    world: World,
) -> None:
    fields = decisions.AnswerFields("accept", "Jeanne Morel", reason="Au téléphone")
    await answers_by_merchant.record_answer(world.company_id, world.quote_id, fields, ACTOR)
    noted = json.loads(await certificate(world.company_id, world.quote_id, "json"))
    facts = {fact["name"]: fact["value"] for fact in noted["facts"]}
    assert (facts["evidence.channel"], facts["decision.recorded_by"]) == ("recorded", "Lucas")
    await answers_by_merchant.reopen_decision(world.company_id, world.quote_id, "Erreur", ACTOR)
    reopened = await certificate(world.company_id, world.quote_id, "json")
    facts = {fact["name"]: fact["value"] for fact in json.loads(reopened)["facts"]}
    assert facts["standing"] == "reopened"
    assert faults_of_file(reopened) == []
    await accept(world)
    assert await execute("SELECT count(*) FROM decisions") == 2
    assert await audit.verify() == []

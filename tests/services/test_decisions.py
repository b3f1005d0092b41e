"""Exactly one answer wins; the audit names what was altered."""

import asyncio

import pytest

from tests.services.conftest import World, execute
from webdoc_app.domain.errors import AlreadyDecided, NotFound
from webdoc_app.services import audit, decisions
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor

PHONE = Visitor("192.0.2.1", "phone")


def form(world: World, answer: str) -> decisions.DecisionForm:
    return decisions.DecisionForm(answer, "1", new_nonce(world.quote_id, decisions.PURPOSE), "Claire")


async def test_of_many_answers_at_once_exactly_one_wins(world: World) -> None:
    answers = [form(world, "accept" if i % 2 else "refuse") for i in range(20)]
    outcomes = await asyncio.gather(
        *(decisions.decide_with_token(world.token, answer, PHONE) for answer in answers),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyDecided) for outcome in outcomes) == 19
    counts = [
        await execute("SELECT count(*) FROM decisions"),
        await execute("SELECT count(*) FROM events WHERE type LIKE 'decision.%'"),
        await execute("SELECT count(*) FROM notifications WHERE type LIKE 'decision.%'"),
    ]
    assert counts == [1, 1, 1]


async def test_the_same_form_twice_is_one_answer(world: World) -> None:
    answer = form(world, "accept")
    await decisions.decide_with_token(world.token, answer, PHONE)
    await decisions.decide_with_token(world.token, answer, PHONE)
    assert await audit.verify() == []


@pytest.mark.parametrize("change", ["x", "A", "=", "."])
async def test_a_lengthened_token_opens_nothing(world: World, change: str) -> None:
    with pytest.raises(NotFound):
        await decisions.decide_with_token(world.token + change, form(world, "accept"), PHONE)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE decisions SET name = 'Quelqu''un'",
        "UPDATE document_lines SET unit_price = '1'",
        "UPDATE documents SET gross_minor = 1 WHERE number IS NOT NULL",
        "UPDATE events SET actor_name = 'Quelqu''un' WHERE seq = 2",
        "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
        "UPDATE number_counters SET last = 7",
    ],
)
async def test_the_audit_names_what_was_altered(world: World, tampering: str) -> None:
    await decisions.decide_with_token(world.token, form(world, "accept"), PHONE)
    assert await audit.verify() == []
    await execute(tampering)
    assert await audit.verify() != []

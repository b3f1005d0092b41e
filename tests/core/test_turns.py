"""Fair turns: one of each owner, the urgent first, no place lost by whoever gives up."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webdoc_app.core.turns import FairTurns, NoTurn


async def _settle() -> None:
    """Lets every task that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_of_each_owner_in_turn_however_many_one_has_waiting():
    turns, order = FairTurns(1), []

    async def one(owner: str) -> None:
        async with turns.turn(owner):
            order.append(owner)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(one(owner)) for owner in ["A"] * 6 + ["B", "C"]]
    await asyncio.gather(*tasks)
    assert order[:4] == ["A", "A", "B", "C"], order
    assert Counter(order) == {"A": 6, "B": 1, "C": 1}


async def test_what_a_person_waits_for_goes_first():
    turns, order = FairTurns(1), []

    async def one(name: str, urgent: bool) -> None:
        async with turns.turn(name, urgent=urgent):
            order.append(name)
            await asyncio.sleep(0)

    async with turns.turn("now"):
        tasks = [asyncio.create_task(one("later", False)), asyncio.create_task(one("person", True))]
        await _settle()
    await asyncio.gather(*tasks)
    assert order == ["person", "later"]


async def test_one_owner_has_only_so_many_places_and_so_many_waiting():
    turns = FairTurns(2, each=1, waiting=1)
    async with turns.turn("A"):
        second = asyncio.create_task(turns.turn("A").__aenter__())
        await _settle()
        assert not second.done() and turns.waiting("A") == 1
        with pytest.raises(NoTurn):
            await turns.turn("A").__aenter__()
        async with turns.turn("B"):
            pass
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
    assert turns.waiting("A") == 0


@settings(max_examples=100, deadline=None)
@given(st.data())
async def test_no_place_is_lost_nor_given_twice_whoever_gives_up_whenever(data):
    places = data.draw(st.integers(1, 3))
    turns = FairTurns(places, each=data.draw(st.integers(1, 3)))
    inside = 0

    async def one(owner: str, steps: int) -> None:
        nonlocal inside
        async with turns.turn(owner, urgent=steps % 2 == 0):
            inside += 1
            assert inside <= places
            try:
                for _ in range(steps):
                    await asyncio.sleep(0)
            finally:
                inside -= 1

    tasks = [
        asyncio.create_task(one(data.draw(st.sampled_from("ABC")), data.draw(st.integers(0, 3))))
        for _ in range(data.draw(st.integers(1, 12)))
    ]
    for index in data.draw(st.lists(st.integers(0, len(tasks) - 1), max_size=4)):
        await asyncio.sleep(0)
        tasks[index].cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, return_exceptions=True)
        async with turns.turn("A"):
            assert inside == 0
    assert all(task.done() for task in tasks)
    assert turns.waiting("A") == turns.waiting("B") == turns.waiting("C") == 0


async def test_a_brief_turn_is_given_back_once_however_long_the_work_takes() -> None:
    turns = FairTurns(1, each=1)
    # Still at work, and another's turn has come: later than the longest, and long before this one ends.
    async with turns.brief_turn("a", longest=0.01), asyncio.timeout(5), turns.turn("b"):
        pass
    async with asyncio.timeout(5), turns.turn("c"):
        assert turns.waiting("a") == 0
    async with turns.brief_turn("a", longest=60), asyncio.timeout(5):
        waits = asyncio.create_task(_hold(turns, "b"))
        await asyncio.sleep(0)
        assert turns.waiting("b") == 1
    await waits


async def _hold(turns: FairTurns, owner: str) -> None:
    async with turns.turn(owner):
        pass

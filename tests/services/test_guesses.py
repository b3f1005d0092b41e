"""Guesses of passwords: slowed by account, by network and by both; their owner always gets in."""

import asyncio
import time
from collections import Counter

import pytest
from limits import RateLimitItemPerSecond

from tests.services.conftest import World
from webdoc_app.domain.errors import Invalid, TooMany
from webdoc_app.services import accounts, companies, guesses, limits
from webdoc_app.services.common_passwords import is_common
from webdoc_app.services.work import reading

OWNER, PASSWORD = "lucas@atelier.example", "motdepasse"
PAUSE = 0.5
FREE = 2


@pytest.fixture(autouse=True)
def few_and_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third wrong guess waits, half a second; and no other test's guesses count."""
    monkeypatch.setattr(limits, "_by_loop", {})
    monkeypatch.setattr(guesses, "WRONG", RateLimitItemPerSecond(FREE, 900))
    monkeypatch.setattr(guesses, "PAUSE_SECONDS", PAUSE)


async def guess(address: str = "192.0.2.1", email: str = OWNER, password: str = "presque") -> str:
    """What became of it: in, wrong or full."""
    try:
        await accounts.sign_in(email, password, address=address, user_agent="x")
    except accounts.WrongPassword:
        return "wrong"
    except TooMany:
        return "full"
    return "in"


async def seconds(*given: asyncio.Future[str]) -> tuple[float, Counter[str]]:
    started = time.monotonic()
    outcomes = Counter(await asyncio.gather(*given))
    return time.monotonic() - started, outcomes


async def some(flood: list[asyncio.Future[str]], outcome: str, number: int) -> None:
    """Waits until so many ended so."""
    for done in asyncio.as_completed(flood):
        number -= await done == outcome
        if not number:
            return


async def test_guesses_at_one_account_come_one_after_the_other_and_the_owner_gets_in(world: World) -> None:
    flood = [asyncio.ensure_future(guess()) for _ in range(30)]
    waiting = asyncio.ensure_future(seconds(*flood))
    await some(flood, "full", 1)
    assert await guess("198.51.100.7", password=PASSWORD) == "in"
    assert not waiting.done()
    took, outcomes = await waiting
    slowed = outcomes["wrong"] - FREE
    assert 5 <= slowed <= 9
    assert outcomes["full"] == 30 - outcomes["wrong"]
    assert took >= (slowed - 2) * PAUSE
    # The right one from the very network that guessed: it waits its turn, and enters.
    took, outcomes = await seconds(asyncio.ensure_future(guess(password=PASSWORD)))
    assert outcomes == Counter({"in": 1})
    assert took >= PAUSE


async def test_one_account_from_many_addresses_is_slowed_but_not_for_where_its_owner_comes_from(
    world: World,
) -> None:
    assert await guess("198.51.100.7", password=PASSWORD) == "in"
    flood = [asyncio.ensure_future(guess(f"203.0.113.{n}")) for n in range(24)]
    waiting = asyncio.ensure_future(seconds(*flood))
    await some(flood, "wrong", FREE)
    assert await guess("198.51.100.7", password=PASSWORD) == "in"
    assert not waiting.done()
    took, outcomes = await waiting
    assert outcomes["wrong"] == 24
    # Five at a time, so at least four rounds of those that were not free.
    assert took >= 4 * PAUSE
    assert await guess("203.0.113.99", password=PASSWORD) == "in"


async def test_many_accounts_from_one_address_are_slowed(world: World) -> None:
    for n in range(FREE):
        await guess(email=f"person{n}@example.org")
    took, _ = await seconds(asyncio.ensure_future(guess(email="another@example.org")))
    assert took >= PAUSE


async def test_a_whole_ipv6_subscriber_is_one_address(world: World) -> None:
    for n in range(FREE):
        await guess(f"2001:db8:7:8::{n + 1}", email=f"person{n}@example.org")
    took, _ = await seconds(asyncio.ensure_future(guess("2001:db8:7:8:ffff::9", email="third@example.org")))
    assert took >= PAUSE


async def test_limits_lifted_slow_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBDOC_LIMITS", "0")
    monkeypatch.setattr(guesses, "PAUSE_SECONDS", 60)
    for _ in range(FREE + 2):
        assert await guess() == "wrong"


COMMON = [
    "password",
    "12345678",
    "aaaaaaaa",
    "Password",
    "azertyuiop",
    "poiuytreza",
    "abcdefgh",
    "        ",
    "motdepasse",
    "Atelier Morel",
    "atelier morel",
    OWNER,
]
FINE = ["correct horse battery", "mot-de-passe-1", "sapin-neuf-12", "chêne-massif-34", "vélo bleu"]


async def test_a_common_password_is_refused_in_words_that_name_the_field(world: World) -> None:
    me = await _me()
    for password in COMMON:
        with pytest.raises(Invalid) as refused:
            await accounts.change_own_password(me, PASSWORD, password)
        [error] = refused.value.errors
        assert (error.field, "premiers que l’on essaie" in error.sentence) == ("password", True), password
    assert await guess(password=PASSWORD) == "in"  # though it is one: it was there before


@pytest.mark.parametrize("password", FINE)
def test_what_is_merely_simple_is_taken(password: str) -> None:
    assert not is_common(password, known=("Atelier Morel", OWNER))


async def test_an_operator_is_held_to_the_most_common_ones_alone(world: World) -> None:
    """Whoever creates a company at the command line may be a script of old: the three thousand first are refused."""
    for password in ("password", "12345678", "aaaaaaaa", "x@example.org"):
        with pytest.raises(Invalid):
            await companies.create_company("X", "x@example.org", password)
    await companies.create_company("X", "x@example.org", "motdepasse")


async def _me() -> accounts.Member:
    secret = await accounts.sign_in(OWNER, PASSWORD, address="192.0.2.9", user_agent="x")
    async with reading() as session:
        member = await accounts.member_of(session, secret)
    assert member
    return member

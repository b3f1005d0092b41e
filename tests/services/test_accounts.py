"""Passwords and keys of people and programs that are signed in."""

import pytest

from tests.services.conftest import World
from webdoc_app.services import accounts
from webdoc_app.services.work import reading


async def sign_in(password: str) -> str:
    return await accounts.sign_in("lucas@atelier.example", password, address="192.0.2.1", user_agent="x")


async def member(secret: str) -> accounts.Member | None:
    async with reading() as session:
        return await accounts.member_of(session, secret)


async def test_a_new_password_ends_every_other_session_and_keeps_this_one(world: World) -> None:
    here, elsewhere = await sign_in("motdepasse"), await sign_in("motdepasse")
    me = await member(here)
    assert me is not None
    await accounts.change_own_password(me, "motdepasse", "autre-mot-de-passe")
    assert await member(here) is not None
    assert await member(elsewhere) is None
    assert await member(await sign_in("autre-mot-de-passe")) is not None


async def test_the_current_password_must_be_known(world: World) -> None:
    me = await member(await sign_in("motdepasse"))
    assert me is not None
    with pytest.raises(accounts.WrongPassword):
        await accounts.change_own_password(me, "presque", "autre-mot-de-passe")
    assert await sign_in("motdepasse")


async def test_a_revoked_key_opens_nothing_and_another_company_cannot_revoke_it(world: World) -> None:
    key = await accounts.create_api_key(world.company_id, "Robot")
    async with reading() as session:
        row = await accounts.program_of(session, key)
    assert row is not None
    await accounts.revoke_api_key("f" * 32, row.id)
    async with reading() as session:
        assert await accounts.program_of(session, key) is not None
    await accounts.revoke_api_key(world.company_id, row.id)
    async with reading() as session:
        assert await accounts.program_of(session, key) is None

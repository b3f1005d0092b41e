"""The second factor: on by a code, asked at each sign-in, each code good once, and a way in for its owner always."""

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from limits import RateLimitItemPerHour
from sqlmodel import select

from tests.postgres import programs
from tests.services.conftest import World, execute
from webdoc_app.core.errands import all_run
from webdoc_app.domain.errors import Conflict, NotFound, TooMany
from webdoc_app.models import OutboxMail
from webdoc_app.services import accounts, audit, limits, second_factor, sessions, signups
from webdoc_app.services.backup import backup, restore
from webdoc_app.services.database import async_engine
from webdoc_app.services.keys import load_keys
from webdoc_app.services.login_steps import STEP_LIFE, CodeNeeded, StepOver
from webdoc_app.services.work import reading, runtime

EMAIL, PASSWORD = "lucas@atelier.example", "motdepasse"


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Phone:
    """The telephone of whoever has the secret."""

    secret: str
    clock: Clock

    def code(self, steps: int = 0) -> str:
        """Of now, or of so many steps later."""
        step = int(self.clock.now.timestamp()) // 30 + steps
        return pyotp.TOTP(self.secret).generate_otp(step)

    def next_code(self) -> str:
        self.clock.now += timedelta(seconds=30)
        return self.code()


@pytest.fixture
def pg_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PATH has no `pg_dump`, the server's own folder has one."""
    if found := programs():
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{found}")


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    monkeypatch.setattr(limits, "_by_loop", {})
    clock = Clock(datetime.now(UTC))
    runtime().clock = clock
    yield clock


async def enter(password: str = PASSWORD) -> str:
    return await accounts.sign_in(EMAIL, password, address="192.0.2.1", user_agent="x")


async def step(password: str = PASSWORD) -> str:
    with pytest.raises(CodeNeeded) as needed:
        await enter(password)
    return needed.value.step


async def finish(secret: str, code: str) -> str:
    return await second_factor.finish_sign_in(secret, code, address="192.0.2.1", user_agent="x")


async def member(secret: str) -> accounts.Member:
    async with reading() as session:
        found = await accounts.member_of(session, secret)
    assert found
    return found


async def switched_on(clock: Clock) -> tuple[accounts.Member, Phone, list[str]]:
    me = await member(await enter())
    setup = await second_factor.begin_setup(me, PASSWORD)
    phone = Phone(setup.secret.replace(" ", ""), clock)
    assert f"secret={phone.secret}" in setup.address
    return me, phone, await second_factor.confirm_setup(me, phone.code())


async def test_it_counts_once_a_code_confirmed_it(world: World, clock: Clock) -> None:
    me = await member(await enter())
    with pytest.raises(accounts.WrongPassword):
        await second_factor.begin_setup(me, "presque")
    setup = await second_factor.begin_setup(me, PASSWORD)
    phone = Phone(setup.secret.replace(" ", ""), clock)
    with pytest.raises(second_factor.WrongCode):
        await second_factor.confirm_setup(me, phone.code(5))
    assert await enter()
    codes = await second_factor.confirm_setup(me, phone.code())
    assert len(set(codes)) == 10
    secret = await step()
    assert (await member(await finish(secret, phone.next_code()))).two_factor
    with pytest.raises(Conflict):
        await second_factor.begin_setup(me, PASSWORD)
    assert await audit.verify() == []


async def test_nothing_readable_is_kept(world: World, clock: Clock) -> None:
    _, phone, codes = await switched_on(clock)
    async with runtime().engine.connect() as connection:
        rows = [
            str(row)
            for table in (
                "second_factors",
                "recovery_codes",
                "login_steps",
                "login_sessions",
                "events",
                "outbox_mails",
            )
            for row in (await connection.exec_driver_sql(f"SELECT * FROM {table}")).all()
        ]
    stored = re.sub(r"\s", "", "".join(rows))
    assert phone.secret not in stored
    assert not any(code.replace(" ", "") in stored for code in codes)


async def test_a_code_is_good_once_and_thirty_seconds_early_or_late(world: World, clock: Clock) -> None:
    _, phone, _ = await switched_on(clock)
    clock.now += timedelta(minutes=5)
    for steps in (-2, 2):
        with pytest.raises(second_factor.WrongCode):
            await finish(await step(), phone.code(steps))
    assert await finish(await step(), phone.code(-1))
    assert await finish(await step(), phone.code())
    for steps in (0, -1):  # used, and older than one that was used
        with pytest.raises(second_factor.WrongCode):
            await finish(await step(), phone.code(steps))
    assert await finish(await step(), f" {phone.code(1)[:3]} {phone.code(1)[3:]} ")


async def test_a_step_is_good_once_for_ten_minutes_and_for_its_password(world: World, clock: Clock) -> None:
    _, phone, _ = await switched_on(clock)
    first = await step()
    await finish(first, phone.next_code())
    with pytest.raises(StepOver):
        await finish(first, phone.next_code())
    late = await step()
    clock.now += STEP_LIFE
    with pytest.raises(StepOver):
        await finish(late, phone.code())
    stale = await step()
    await accounts.set_password(EMAIL, "autre-mot-de-passe")
    with pytest.raises(StepOver):
        await finish(stale, phone.next_code())
    for made_up in ("", "x", "\x00", "é" * 50):
        with pytest.raises(StepOver):
            await finish(made_up, phone.code())


async def test_a_recovery_code_stands_in_once_and_a_new_set_voids_the_former(
    world: World, clock: Clock
) -> None:
    me, phone, codes = await switched_on(clock)
    assert await finish(await step(), codes[0])
    assert (await second_factor.standing_of(me.user_id)).codes_left == 9
    with pytest.raises(second_factor.WrongCode):
        await finish(await step(), codes[0])
    others = await second_factor.renew_recovery_codes(me, phone.next_code())
    with pytest.raises(second_factor.WrongCode):
        await finish(await step(), codes[1])
    assert await finish(await step(), others[1].replace(" ", "-"))


async def test_whoever_guesses_codes_is_stopped_and_the_owner_never(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, phone, codes = await switched_on(clock)
    monkeypatch.setattr(second_factor, "WRONG_CODES", RateLimitItemPerHour(3))
    for _ in range(3):
        with pytest.raises(second_factor.WrongCode):
            await finish(await step(), "000000" if phone.code() != "000000" else "111111")
    with pytest.raises(TooMany):
        await finish(await step(), phone.next_code())
    assert await finish(await step(), codes[0])


async def test_it_goes_off_by_password_and_code_and_its_owner_is_told(world: World, clock: Clock) -> None:
    me, phone, codes = await switched_on(clock)
    with pytest.raises(accounts.WrongPassword):
        await second_factor.switch_off(me, "presque", codes[0])
    with pytest.raises(second_factor.WrongCode):
        await second_factor.switch_off(me, PASSWORD, phone.code())  # used to switch it on
    await second_factor.switch_off(me, PASSWORD, phone.next_code())
    assert await enter()
    assert await execute("SELECT count(*) FROM second_factors") == 0
    assert await execute("SELECT count(*) FROM recovery_codes") == 0
    assert await execute("SELECT count(*) FROM events WHERE type LIKE 'account.two_factor%'") == 2
    async with reading() as session:
        mails = (await session.exec(select(OutboxMail).where(OutboxMail.purpose == "account"))).all()
    assert [mail.to_email for mail in mails] == [EMAIL, EMAIL]
    assert "désactivée" in mails[-1].text_body or "désactivée" in mails[0].text_body


async def test_the_operator_switches_it_off_and_a_lost_password_does_not(world: World, clock: Clock) -> None:
    me, _, _ = await switched_on(clock)
    await accounts.set_password(EMAIL, "autre-mot-de-passe")
    await step("autre-mot-de-passe")
    with pytest.raises(NotFound):
        await second_factor.switch_off_by_operator("nobody@example.org")
    await second_factor.switch_off_by_operator(EMAIL.upper())
    assert await enter("autre-mot-de-passe")
    with pytest.raises(Conflict):
        await second_factor.switch_off_by_operator(EMAIL)
    async with reading() as session:
        assert await accounts.member_of(session, me.session_id) is None


async def test_a_proof_is_good_for_a_quarter_of_an_hour_and_only_asked_where_there_is_a_second_factor(
    world: World, clock: Clock
) -> None:
    plain = await enter()
    clock.now += timedelta(days=1)
    second_factor.insist_proof(await member(plain))
    elsewhere = await enter()
    _, phone, codes = await switched_on(clock)
    with pytest.raises(second_factor.ProofNeeded):  # it knows no code, however fresh it is
        second_factor.insist_proof(await member(elsewhere))
    secret = await finish(await step(), phone.next_code())
    second_factor.insist_proof(await member(secret))
    clock.now += timedelta(minutes=15)
    with pytest.raises(second_factor.ProofNeeded):
        second_factor.insist_proof(await member(secret))
    with pytest.raises(second_factor.ProofNeeded):
        second_factor.insist_proof(await member(plain))
    with pytest.raises(second_factor.WrongCode):
        await second_factor.prove(await member(secret), "123")
    await second_factor.prove(await member(secret), codes[0])
    second_factor.insist_proof(await member(secret))


async def test_with_a_new_key_codes_go_on_and_are_written_anew(world: World, clock: Clock) -> None:
    _, phone, codes = await switched_on(clock)
    runtime().keys.append("n" * 32)
    assert await finish(await step(), phone.next_code())
    assert await second_factor.renew_secrets() == 1
    runtime().keys.pop(0)
    assert await finish(await step(), phone.next_code())
    assert await finish(await step(), codes[0])


async def test_sessions_are_listed_and_ended_one_by_one_or_all_others(world: World, clock: Clock) -> None:
    news = []

    async def publish(changes: list) -> None:
        news.extend(change.topic for change in changes)

    runtime().publish = publish
    secrets_ = [await enter() for _ in range(4)]
    here, lost, *_ = [await member(secret) for secret in secrets_]
    rows = await sessions.sessions_of(here.user_id, here.session_id)
    assert [row.is_this for row in rows] == [True, False, False, False]
    assert {row.address for row in rows} == {"192.0.2.*"}
    await sessions.end_session("f" * 32, sessions.handle_of(lost.session_id))
    await sessions.end_session(here.user_id, "%")
    await sessions.end_session(here.user_id, "%" * 16)
    assert len(await sessions.sessions_of(here.user_id, here.session_id)) == 4
    await sessions.end_session(here.user_id, sessions.handle_of(lost.session_id))
    async with reading() as session:
        assert await accounts.member_of(session, secrets_[1]) is None
    assert news == [f"session:{lost.session_id}"]
    await sessions.end_others(here.user_id, here.session_id)
    assert [row.is_this for row in await sessions.sessions_of(here.user_id, here.session_id)] == [True]
    assert len(news) == 3


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("192.0.2.17", "192.0.2.*"),
        ("2001:db8:7:8::1", "2001:db8:7::/48"),
        ("2001:db8::1", "2001:db8::/48"),
        ("", ""),
    ],
)
def test_an_address_is_shown_coarsely(address: str, words: str) -> None:
    assert sessions.coarse(address) == words


async def test_a_backup_brings_it_back(
    world: World, clock: Clock, other_database_url: str, tmp_path: Path, pg_programs: None
) -> None:
    _, phone, codes = await switched_on(clock)
    data_dir = tmp_path / "data"
    load_keys("", data_dir)
    backup(world.url, data_dir, tmp_path / "saved.tar.gz")
    restore(other_database_url, tmp_path / "elsewhere", tmp_path / "saved.tar.gz")
    engine = runtime().engine
    try:
        runtime().engine = async_engine(other_database_url)
        assert await finish(await step(), phone.next_code())
        assert await finish(await step(), codes[0])
        await runtime().engine.dispose()
    finally:
        runtime().engine = engine


async def test_a_link_that_confirms_a_sign_up_founds_one_company(world: World, clock: Clock) -> None:
    await signups.ask_to_confirm(
        "Neuf", "Ana", "ana@neuf.example", "chêne-massif-34", language="fr", address=""
    )
    await all_run()
    async with reading() as session:
        query = select(OutboxMail.text_body).where(OutboxMail.to_email == "ana@neuf.example")
        [words] = (await session.exec(query)).all()
    secret = words.partition("/signup/confirm/")[2].split()[0]
    both = await asyncio.gather(
        *(signups.confirm(secret, address="", user_agent="") for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in both) == ["NotFound", "str"]
    assert await execute("SELECT count(*) FROM companies") == 2


async def test_a_sign_up_is_good_for_a_day(world: World, clock: Clock) -> None:
    await signups.ask_to_confirm(
        "Neuf", "Ana", "ana@neuf.example", "chêne-massif-34", language="en", address=""
    )
    await all_run()
    async with reading() as session:
        [words] = (
            await session.exec(select(OutboxMail.text_body).where(OutboxMail.purpose == "account"))
        ).all()
    secret = words.partition("/signup/confirm/")[2].split()[0]
    assert await signups.is_waiting(secret)
    clock.now += signups.LIFE
    assert not await signups.is_waiting(secret)
    with pytest.raises(NotFound):
        await signups.confirm(secret, address="", user_agent="")

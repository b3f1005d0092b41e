"""A company sends so many mails an hour and a day; the others wait, nothing is lost, and others' are not held."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.services.conftest import World
from webdoc_app.models import Company, OutboxMail
from webdoc_app.reads.outbox import mails_of
from webdoc_app.services import companies, outbox
from webdoc_app.services.mails import queue_account_mail
from webdoc_app.services.work import reading, runtime, work
from webdoc_app.settings import settings


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    monkeypatch.setattr(outbox, "QUOTAS", ((3, timedelta(hours=1)), (5, timedelta(days=1))))
    clock = Clock(datetime.now(UTC))
    runtime().clock = clock
    yield clock


async def write(company_id: str, number: int, purpose: str = "document") -> None:
    async with work() as w:
        company = await w.session.get_one(Company, company_id)
        for n in range(number):
            mail = queue_account_mail(
                w, to=("", f"{company.name}-{n}@example.org"), company=company, language="fr",
                subject="S", sentence="S", button="B", path="/", footer="F",
            )  # fmt: skip
            mail.purpose = purpose


async def carried() -> int:
    """How many leave now."""
    left: list[OutboxMail] = []

    async def deliver(mail: OutboxMail) -> None:
        left.append(mail)

    while await outbox.deliver_due(deliver):
        pass
    return len(left)


async def waiting(company_id: str) -> list[OutboxMail]:
    async with reading() as session:
        query = select(OutboxMail).where(OutboxMail.company_id == company_id, OutboxMail.state == "queued")
        return list((await session.exec(query)).all())


async def test_what_is_above_the_quota_waits_and_says_so(world: World, clock: Clock) -> None:
    await write(world.company_id, 7)
    assert await carried() == 3
    held = await waiting(world.company_id)
    assert {mail.next_at for mail in held} == {clock.now + timedelta(hours=1)}
    async with reading() as session:
        rows, _ = await mails_of(session, world.company_id, "", "fr")
    assert sum("attend son tour" in row.error for row in rows) == 4
    clock.now += timedelta(minutes=59)
    assert await carried() == 0
    clock.now += timedelta(minutes=1)
    assert await carried() == 2  # then the day's
    clock.now += timedelta(hours=2)
    assert await carried() == 0
    clock.now += timedelta(hours=22)
    assert await carried() == 2
    assert await waiting(world.company_id) == []
    async with reading() as session:
        assert {mail.state for mail in (await session.exec(select(OutboxMail))).all()} == {"sent"}


async def test_neither_another_company_nor_its_own_people_wait_with_it(world: World, clock: Clock) -> None:
    other, _ = await companies.create_company("Voisin", "v@example.org", "sapin-neuf-12")
    await write(world.company_id, 40)
    await write(other, 2)
    for purpose in outbox.OWN_PURPOSES:
        await write(world.company_id, 1, purpose)
    assert await carried() == 3 + 2 + 3
    assert len(await waiting(world.company_id)) == 37


async def test_limits_lifted_hold_nothing(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBDOC_LIMITS", "0")
    settings.cache_clear()
    await write(world.company_id, 7)
    assert await carried() == 7

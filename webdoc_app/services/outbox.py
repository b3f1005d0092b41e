"""The outbox: mails waiting, sent by whichever worker claims them first. At least once, one Message-ID each."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col, or_, select

from webdoc_app.models import OutboxMail
from webdoc_app.services.work import reading, runtime, work

Deliver = Callable[[OutboxMail], Awaitable[None]]
LEASE = timedelta(seconds=90)
FIRST_DELAYS = (2, 5, 15, 60)
LONGEST_DELAY, GIVE_UP_AFTER = timedelta(hours=1), timedelta(hours=48)


def retry_delay(attempts: int) -> timedelta:
    """2, 5, 15, 60 s, then doubling up to an hour."""
    if attempts <= len(FIRST_DELAYS):
        return timedelta(seconds=FIRST_DELAYS[max(attempts, 1) - 1])
    return min(timedelta(seconds=60 * 2 ** min(attempts - len(FIRST_DELAYS), 10)), LONGEST_DELAY)


async def deliver_due(deliver: Deliver, limit: int = 20) -> int:
    """Sends the mails whose time has come. Returns how many were tried."""
    tried = 0
    for mail_id in await _due(limit):
        mail = await _claim(mail_id)
        if mail is None:
            continue
        tried += 1
        try:
            await deliver(mail)
        except Exception as error:  # noqa: BLE001 - whatever the way out does, the mail stays and says why
            await _failed(mail, f"{type(error).__name__}: {error}"[:500])
        else:
            await _sent(mail)
    return tried


async def _due(limit: int) -> list[str]:
    moment = runtime().clock()
    async with reading() as session:
        query = select(OutboxMail.id).where(
            OutboxMail.state == "queued",
            col(OutboxMail.next_at) <= moment,
            or_(col(OutboxMail.leased_until).is_(None), col(OutboxMail.leased_until) <= moment),
        )
        return list((await session.exec(query.order_by(col(OutboxMail.next_at)).limit(limit))).all())


async def _claim(mail_id: str) -> OutboxMail | None:
    """Takes the mail for a while: of several workers one gets it, and a dead one's lease runs out."""
    async with work() as w:
        claimed = await w.session.execute(
            update(OutboxMail)
            .where(
                col(OutboxMail.id) == mail_id,
                col(OutboxMail.state) == "queued",
                or_(col(OutboxMail.leased_until).is_(None), col(OutboxMail.leased_until) <= w.at),
            )
            .values(leased_until=w.at + LEASE, attempts=OutboxMail.attempts + 1)
        )
        return await w.session.get(OutboxMail, mail_id) if claimed.rowcount else None  # type: ignore[attr-defined]


async def _sent(mail: OutboxMail) -> None:
    async with work() as w:
        await w.session.execute(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail.id)
            .values(state="sent", sent_at=w.at, leased_until=None, last_error="")
        )


async def _failed(mail: OutboxMail, why: str) -> None:
    async with work() as w:
        dead = w.at - mail.created_at > GIVE_UP_AFTER
        await w.session.execute(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail.id)
            .values(
                state="dead" if dead else "queued",
                next_at=w.at + retry_delay(mail.attempts),
                leased_until=None,
                last_error=why,
            )
        )

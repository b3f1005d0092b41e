"""The outbox: mails waiting, sent by whichever worker claims them first. At least once, one Message-ID each."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.models import Document, OutboxMail
from webdoc_app.models.columns import is_id
from webdoc_app.services.purging import WORKING_ONCE, without_secrets
from webdoc_app.services.work import Work, reading, runtime, work
from webdoc_app.settings import settings


class Undeliverable(Exception):
    """The mail will never be taken: it is not tried again by itself."""


Deliver = Callable[[OutboxMail], Awaitable[None]]
OWN_PURPOSES = ("password", "account", "news")
"""Mails to a company's own people: a quota neither counts nor holds them."""
QUOTAS = ((300, timedelta(hours=1)), (2_000, timedelta(days=1)))
"""So many mails of a company leave in so long; the others wait, and leave as soon as there is room again."""
QUOTA_REACHED = "quota"
"""Why a mail waits that the company's quota holds."""
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
        except Undeliverable as refused:
            await _failed(mail, str(refused)[:500], for_good=True)
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
    """Takes the mail for a while: of several workers one gets it, and a dead one's lease runs out.

    None where another has it, and where its company's quota is used up.
    """
    async with work() as w:
        if await _is_held(w, mail_id):
            return None
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


async def _is_held(w: Work, mail_id: str) -> bool:
    """Whether the company's quota is used up: then all that wait are put off until there is room."""
    mail = await w.session.get(OutboxMail, mail_id)
    if mail is None or not mail.company_id or mail.purpose in OWN_PURPOSES or not settings().limits:
        return False
    until = await _room_from(w, mail.company_id)
    if until is None:
        return False
    await w.session.execute(
        update(OutboxMail)
        .where(
            col(OutboxMail.company_id) == mail.company_id,
            col(OutboxMail.state) == "queued",
            col(OutboxMail.purpose).not_in(OWN_PURPOSES),
            col(OutboxMail.next_at) < until,
            or_(col(OutboxMail.leased_until).is_(None), col(OutboxMail.leased_until) <= w.at),
        )
        .values(next_at=until, given_up_at=until + GIVE_UP_AFTER, last_error=QUOTA_REACHED)
    )
    w.publish_to(f"company:{mail.company_id}", "mail", "")
    return True


async def _room_from(w: Work, company_id: str) -> datetime | None:
    """When the company may send again; None where it may now."""
    for most, span in QUOTAS:
        query = (
            select(OutboxMail.sent_at)
            .where(
                OutboxMail.company_id == company_id,
                col(OutboxMail.sent_at) > w.at - span,
                col(OutboxMail.purpose).not_in(OWN_PURPOSES),
            )
            .order_by(col(OutboxMail.sent_at).desc())
            .offset(most - 1)
            .limit(1)
        )
        oldest = (await w.session.exec(query)).first()
        if oldest is not None:
            return oldest + span
    return None


def _spent(mail: OutboxMail) -> dict[str, str]:
    """A mail whose secret works once has served: what is kept of it opens nothing."""
    if mail.purpose not in WORKING_ONCE:
        return {}
    return {"text_body": without_secrets(mail.text_body, mail.purpose), "html_body": ""}


async def _sent(mail: OutboxMail) -> None:
    async with work() as w:
        await w.session.execute(
            update(OutboxMail)
            .where(
                col(OutboxMail.id) == mail.id, col(OutboxMail.state) == "queued"
            )  # it may have come back already
            .values(state="sent", sent_at=w.at, leased_until=None, last_error="", **_spent(mail))
        )
        _tell(w, mail)


async def _failed(mail: OutboxMail, why: str, *, for_good: bool = False) -> None:
    """Back to the queue, or dead: refused for good, or tried for 48 hours. A dead letter of a document is news."""
    async with work() as w:
        until = mail.given_up_at or mail.created_at + GIVE_UP_AFTER
        dead = for_good or w.at > until
        await w.session.execute(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail.id, col(OutboxMail.state) == "queued")
            .values(
                state="dead" if dead else "queued",
                next_at=w.at + retry_delay(mail.attempts),
                leased_until=None,
                last_error=why,
            )
        )
        _tell(w, mail)
        document = await w.session.get(Document, mail.document_id) if mail.document_id else None
        if dead and document:
            w.notify("mail.failed", document, {"name": mail.to_email, "number": document.number})


def _tell(w: Work, mail: OutboxMail) -> None:
    if mail.company_id:
        w.publish_to(f"company:{mail.company_id}", "mail", mail.document_id or "")


async def dead_letters(session: AsyncSession) -> list[OutboxMail]:
    """What was given up, of all companies, oldest first."""
    query = select(OutboxMail).where(OutboxMail.state == "dead").order_by(col(OutboxMail.created_at))
    return list((await session.exec(query)).all())


async def retry(mail_id: str, company_id: str = "") -> None:
    """Puts a dead letter back into the queue, for another 48 hours; of any company where none is named.

    Raises NotFound; Conflict where the mail is not dead.
    """
    async with work() as w:
        mail = await w.session.get(OutboxMail, mail_id) if is_id(mail_id) else None
        if mail is None or (company_id and mail.company_id != company_id):
            raise NotFound("Ce courriel n’existe pas.")
        again = await w.session.execute(
            update(OutboxMail)
            .where(col(OutboxMail.id) == mail_id, col(OutboxMail.state) == "dead")
            .values(
                state="queued", attempts=0, next_at=w.at, given_up_at=w.at + GIVE_UP_AFTER, leased_until=None
            )
        )
        if not again.rowcount:  # type: ignore[attr-defined]
            raise Conflict("Ce courriel n’est pas abandonné : il part de lui-même.")
        _tell(w, mail)

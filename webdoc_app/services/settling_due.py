"""The attempts no webhook and no return told of: their providers are asked once their time has come."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col, select

from webdoc_app.integrations.payments.contract import PaymentsError
from webdoc_app.models import PaymentAttempt
from webdoc_app.services.settling import settle
from webdoc_app.services.work import reading, runtime, work


async def settle_due(limit: int = 20) -> int:
    """Asks about those that are due. Returns how many."""
    asked = 0
    for attempt_id in await _due(limit):
        if await _put_off(attempt_id):
            asked += 1
            with suppress(PaymentsError):
                await settle(attempt_id)
    return asked


async def _due(limit: int) -> list[str]:
    async with reading() as session:
        query = select(PaymentAttempt.id).where(col(PaymentAttempt.next_check_at) <= runtime().clock())
        return list(
            (await session.exec(query.order_by(col(PaymentAttempt.next_check_at)).limit(limit))).all()
        )


async def _put_off(attempt_id: str) -> bool:
    """Of several workers one asks; where the provider does not answer, it is asked again later."""
    async with work() as w:
        claimed = await w.session.execute(
            update(PaymentAttempt)
            .where(col(PaymentAttempt.id) == attempt_id, col(PaymentAttempt.next_check_at) <= w.at)
            .values(next_check_at=w.at + timedelta(minutes=2))
        )
        return bool(claimed.rowcount)  # type: ignore[attr-defined]

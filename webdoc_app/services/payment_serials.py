"""Names of attempts for providers that make none: one after the other on a UTC day, never twice."""

from sqlalchemy import update
from sqlmodel import col

from webdoc_app.integrations.payments.payzen_form import reference_of
from webdoc_app.models import PaymentSerial
from webdoc_app.services.work import insert_once, work


async def take_reference(account_id: str) -> str:
    """The account's next name of today. Raises Declined once the day's are used up."""
    async with work() as w:
        day = f"{w.at:%Y%m%d}"
        await insert_once(w.session, PaymentSerial, {"account_id": account_id, "day": day, "taken": 0})
        counted = await w.session.execute(
            update(PaymentSerial)
            .where(col(PaymentSerial.account_id) == account_id, col(PaymentSerial.day) == day)
            .values(taken=col(PaymentSerial.taken) + 1)
            .returning(col(PaymentSerial.taken))
        )
        return reference_of(w.at, int(counted.scalar_one()) - 1)

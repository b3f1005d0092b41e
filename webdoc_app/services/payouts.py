"""What the providers paid out to the companies' banks: asked about every hour, and kept beside the ledger.

Nothing here moves money or changes a bill: a payout tells which payments arrived together, and what they cost.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import update
from sqlmodel import col, or_, select

from webdoc_app.integrations.payments.contract import Declined, PaymentsError
from webdoc_app.integrations.payments.payouts import LineKind, PaidOut, PaidOutLine, PayoutTeller
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.models import Payment, PaymentAccount, PaymentAttempt, Payout, PayoutLine
from webdoc_app.services.payment_accounts import provider_of
from webdoc_app.services.settling import settle
from webdoc_app.services.settling_case import ledger_id
from webdoc_app.services.work import Work, insert_once, now, reading, work

logger = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
AT_MOST = timedelta(seconds=5)
"""How soon a person may have them read again."""
LOOKS_BACK = timedelta(days=45)
"""A payout may fail days after it was sent."""
REFUSED = "refused"
"""Kept of an account whose keys may not read payouts."""
TELLERS = [kind.name for kind in KINDS.values() if kind.tells_payouts]


async def read_due_payouts() -> int:
    """Asks about the accounts whose hour has come. Returns how many."""
    async with reading() as session:
        query = select(PaymentAccount.id).where(*_due(EVERY)).order_by(col(PaymentAccount.payouts_at))
        due = (await session.exec(query)).all()
    return sum([await _read_if_due(account_id, EVERY) for account_id in due])


async def read_payouts_of(company_id: str) -> int:
    """The same for one company, because someone asks. Returns how many accounts were asked about."""
    async with reading() as session:
        query = select(PaymentAccount.id).where(PaymentAccount.company_id == company_id, *_due(AT_MOST))
        due = (await session.exec(query)).all()
    return sum([await _read_if_due(account_id, AT_MOST) for account_id in due])


def _due(pause: timedelta) -> tuple[Any, ...]:
    asked = col(PaymentAccount.payouts_at)
    return (
        col(PaymentAccount.provider).in_(TELLERS),
        PaymentAccount.error == "",
        or_(asked.is_(None), asked <= now() - pause),
    )


async def _read_if_due(account_id: str, pause: timedelta) -> bool:
    """Of several workers one asks; where the provider does not answer, the next hour's is the next try."""
    async with work() as w:
        claimed = await w.session.execute(
            update(PaymentAccount)
            .where(col(PaymentAccount.id) == account_id, *_due(pause))
            .values(payouts_at=w.at)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            return False
        account = await w.session.get_one(PaymentAccount, account_id)
    try:
        await _read(account)
        await _note(account, "")
    except Declined:
        await _note(account, REFUSED)
    except (PaymentsError, KeyError, ValueError, TypeError, AttributeError) as failed:
        # Also an answer of another shape than is known: nothing is concluded from it.
        logger.warning("payouts of account %s: %s", account_id, type(failed).__name__)
    return True


async def _note(account: PaymentAccount, error: str) -> None:
    async with work() as w:
        fresh = await w.session.get_one(PaymentAccount, account.id)
        fresh.payouts_error = error
        w.session.add(fresh)
        w.publish_to(f"company:{account.company_id}", "payouts", "")


async def _read(account: PaymentAccount) -> None:
    provider = cast(PayoutTeller, provider_of(account))
    moment = now()
    for payout in await provider.payouts(moment - LOOKS_BACK, moment):
        id_ = ledger_id(account.id, payout.id)
        is_new = payout.is_itemized and not await _is_itemized(id_)
        lines = await provider.payout_lines(payout.id) if is_new else []
        await _settle_missed(account, lines)
        async with work() as w:
            await _keep(w, account, payout, id_)
            for line in lines:
                await _keep_line(w, account, line, id_)


async def _is_itemized(payout_id: str) -> bool:
    async with reading() as session:
        known = await session.get(Payout, payout_id)
        return known is not None and known.is_itemized


async def _keep(w: Work, account: PaymentAccount, payout: PaidOut, id_: str) -> None:
    told = {
        "amount_minor": payout.amount_minor,
        "state": payout.state.value,
        "arrives_on": payout.arrives_on,
        "updated_at": w.at,
    }
    first = {
        "id": id_,
        "company_id": account.company_id,
        "account_id": account.id,
        "provider": account.provider,
        "mode": account.mode,
        "reference": payout.id,
        "currency": payout.currency,
        "is_itemized": payout.is_itemized,
        "sent_at": payout.sent_at,
    }
    if not await insert_once(w.session, Payout, told | first):
        if payout.is_itemized:
            told["is_itemized"] = True
        await w.session.execute(update(Payout).where(col(Payout.id) == id_).values(**told))


async def _keep_line(w: Work, account: PaymentAccount, line: PaidOutLine, payout_id: str) -> None:
    values = {
        "id": ledger_id(account.id, line.id),
        "payout_id": payout_id,
        "kind": line.kind.value,
        "payment_id": ledger_id(account.id, line.name) if line.name else "",
        "reference": line.name.rpartition(":")[2] or line.id,
        "gross_minor": line.gross_minor,
        "fee_minor": line.fee_minor,
    }
    await insert_once(w.session, PayoutLine, values)
    if line.kind is LineKind.PAYMENT and line.name:
        # Where the payment was booked before its fee was known. In a balance of another currency it says nothing.
        query = select(PaymentAttempt).where(
            PaymentAttempt.account_id == account.id,
            PaymentAttempt.captured_id == line.name,
            col(PaymentAttempt.fee_minor).is_(None),
            PaymentAttempt.amount_minor == line.gross_minor,
            PaymentAttempt.currency == await _currency(w, payout_id),
        )
        for attempt in (await w.session.exec(query.with_for_update())).all():
            attempt.fee_minor = line.fee_minor
            w.session.add(attempt)


async def _currency(w: Work, payout_id: str) -> str:
    return (await w.session.get_one(Payout, payout_id)).currency


async def _settle_missed(account: PaymentAccount, lines: Sequence[PaidOutLine]) -> None:
    """Our own attempts whose money is in the payout, and that no notice, return or question told of yet."""
    named = {ledger_id(account.id, line.name): line.attempt_id for line in lines if line.attempt_id}
    async with reading() as session:
        booked = set((await session.exec(select(Payment.id).where(col(Payment.id).in_(named)))).all())
        wanted = [attempt_id for payment_id, attempt_id in named.items() if payment_id not in booked]
        ours = select(PaymentAttempt.id).where(
            PaymentAttempt.account_id == account.id, col(PaymentAttempt.id).in_(wanted)
        )
        missed = (await session.exec(ours)).all()
    for attempt_id in missed:
        with suppress(PaymentsError):
            await settle(attempt_id)

"""Money that goes back, and comes home again: refunds, payments called off, disputes, each a line of the ledger once."""

from sqlmodel import func, select

from webdoc_app.integrations.payments.contract import UNDISPUTED, Captured, Dispute, DisputeState, Refunded
from webdoc_app.models import Payment, PaymentAttempt
from webdoc_app.services.payments import receipt_of
from webdoc_app.services.settling_case import Case, ledger_id, ledger_row, tell
from webdoc_app.services.work import insert_once, reading


async def given_back(attempt_id: str) -> int:
    """What of an attempt's money is given back, as far as we know, in minor units."""
    async with reading() as session:
        return (await session.get_one(PaymentAttempt, attempt_id)).refunded_minor


async def book_refunds(case: Case, captured: Captured) -> None:
    """Each refund once, as a negative line; one that failed after all comes home as a line of its own."""
    for refund in captured.refunds:
        if refund.failed:
            await _take_again(case, refund)
        elif refund.of_dispute and (await _booked_back(case, _disputed(captured)))[0]:
            continue
        elif refund.amount_minor <= captured.amount_minor - case.attempt.refunded_minor:
            # What goes beyond is the money of a lost dispute, told of a second time.
            await _book_back(case, refund.amount_minor, refund.id)
    if not captured.withdrawn_minor:
        return
    name = f"{captured.id}:withdrawn"
    # Never the other way: less than is booked is what was said before.
    if (more := captured.withdrawn_minor - (await _booked_back(case, name))[0]) > 0:
        await _book_back(case, more, name, f"{name}:{captured.withdrawn_minor}")


async def _book_back(
    case: Case, amount_minor: int, name: str, key: str = "", notice: str = "payment.refunded"
) -> None:
    """A negative line, once for each `key`, which is the name where a name has one line."""
    row = ledger_row(case, -amount_minor, name, key or name)
    if await insert_once(case.w.session, Payment, row.model_dump()):
        case.document.paid_minor -= amount_minor
        case.document.refunded_minor += amount_minor
        case.attempt.refunded_minor += amount_minor
        case.w.record("payment.refunded", case.document, case.client, receipt_of(row))
        tell(case, notice, amount_minor)


async def _take_again(case: Case, refund: Refunded) -> None:
    """A refund the bank sent back: only one that was booked matters."""
    if await _is_booked(case, refund.id) and await _have_again(
        case, refund.amount_minor, refund.id, f"failed:{refund.id}"
    ):
        tell(case, "payment.refund_failed", refund.amount_minor)


async def _have_again(case: Case, amount_minor: int, name: str, key: str) -> bool:
    """Money that had gone is here again: a line of its own, once for each `key`. Returns whether it is new."""
    row = ledger_row(case, amount_minor, name, key)
    if not await insert_once(case.w.session, Payment, row.model_dump()):
        return False
    case.document.paid_minor += amount_minor
    case.attempt.refunded_minor -= amount_minor
    case.w.record("payment.refund_failed", case.document, case.client, receipt_of(row))
    return True


async def _is_booked(case: Case, name: str) -> bool:
    return await case.w.session.get(Payment, ledger_id(case.attempt.account_id, name)) is not None


async def _booked_back(case: Case, name: str) -> tuple[int, int]:
    """What went back under a name so far, and in how many lines."""
    query = select(func.coalesce(func.sum(Payment.amount_minor), 0), func.count()).where(
        Payment.document_id == case.document.id, Payment.reference == name
    )
    amount, lines = (await case.w.session.exec(query)).one()
    return -int(amount), int(lines)


def _disputed(captured: Captured) -> str:
    """The name of what a payment's disputes took."""
    return f"dispute:{captured.id}"


async def book_dispute(case: Case, captured: Captured) -> None:
    """An open dispute is shown and keeps the balance; a lost one is money gone, and the bill is due again."""
    attempt, document, dispute = case.attempt, case.document, captured.dispute
    if dispute is None or (dispute == UNDISPUTED and not attempt.dispute):
        return
    await _lose(case, captured, dispute)
    if dispute.state.value == attempt.dispute:
        return
    was_open, is_open = attempt.dispute == DisputeState.OPEN, dispute.state is DisputeState.OPEN
    document.disputed_minor += captured.amount_minor * (int(is_open) - int(was_open))
    attempt.dispute = dispute.state.value
    if is_open:
        tell(case, "payment.disputed", dispute.amount_minor)
    elif dispute.state is DisputeState.WON:
        tell(case, "payment.dispute_won", dispute.amount_minor)


async def _lose(case: Case, captured: Captured, dispute: Dispute) -> None:
    """Books what disputes took; what was given back meanwhile is not lost again, what comes home is here again."""
    name = _disputed(captured)
    booked, lines = await _booked_back(case, name)
    elsewhere = [r.amount_minor for r in captured.refunds if r.of_dispute and await _is_booked(case, r.id)]
    left = captured.amount_minor - (case.attempt.refunded_minor - booked)
    more = min(dispute.lost_minor - sum(elsewhere), left) - booked
    key = f"{name}:{lines}" if lines else name
    if more > 0:
        await _book_back(case, more, name, key, notice="payment.dispute_lost")
    elif more < 0:
        await _have_again(case, -more, name, key)

"""What a provider says becomes what we know: one way for webhooks, returns and the poller, as often as they like.

Nothing that comes in is believed: the provider is asked, and each payment and refund it tells of becomes one
row of the ledger, whose id is made of its name. Rows, event, notice and mail are one transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, func, select

from webdoc_app.domain.money import amount_text
from webdoc_app.domain.payments import UNFINISHED, AttemptWord, next_word
from webdoc_app.integrations.payments.contract import (
    AttemptState,
    BadCredentials,
    Captured,
    PaymentsError,
    Provider,
    Snapshot,
    Told,
    Unreachable,
)
from webdoc_app.models import Company, Document, Payment, PaymentAccount, PaymentAttempt, ShareLink
from webdoc_app.services.documents import find_document
from webdoc_app.services.mails import queue_receipt_mail
from webdoc_app.services.payment_accounts import note_broken, provider_of
from webdoc_app.services.payment_attempts import balance, turn
from webdoc_app.services.payments import receipt_of
from webdoc_app.services.settling_back import book_dispute, book_refunds
from webdoc_app.services.settling_case import Case, ledger_row, tell
from webdoc_app.services.settling_told import heard
from webdoc_app.services.work import Work, insert_once, reading, runtime, work

Also = Callable[[Work], Awaitable[None]]
ASKING_SECONDS = 30.0
"""How long a provider is waited for, all its answers about one attempt together."""
SECOND = "second"
"""The reason of an attempt through which money came twice: one try is one payment, a person looks at the other."""


@dataclass(frozen=True)
class _Cause:
    """Why an attempt is looked at; see `settle`."""

    returned: bool = False
    cancelled: bool = False
    disputes: bool = False
    close: bool = False
    told: Told | None = None
    also: Also | None = None


async def settle(
    attempt_id: str,
    *,
    returned: bool = False,
    cancelled: bool = False,
    disputes: bool = False,
    close: bool = False,
    told: Told | None = None,
    also: Also | None = None,
) -> str:
    """Asks the provider about an attempt and writes down what is new. Returns the attempt's word.

    `returned`: the person came back; `cancelled`: by the way out; `disputes`: a dispute may have begun; `close`:
    a page still open is to end; `told`: what a provider that cannot be asked has signed; `also` writes more in the same transaction. Raises PaymentsError where
    the provider cannot be asked now.
    """
    async with turn(attempt_id):
        cause = _Cause(returned, cancelled, disputes, close, told, also)
        word, siblings = await _settle(attempt_id, cause)
    for sibling in siblings:
        # One that cannot be closed now is met again by the poller. Their own siblings are these: two that stay as
        # they are, as forms do, would otherwise be asked about by turns for ever.
        with suppress(PaymentsError):
            async with turn(sibling):
                await _settle(sibling, _Cause())
    return word


async def _settle(attempt_id: str, cause: _Cause) -> tuple[str, list[str]]:
    async with reading() as session:
        query = (
            select(PaymentAttempt, PaymentAccount, Document)
            .join(PaymentAccount, col(PaymentAccount.id) == col(PaymentAttempt.account_id))
            .join(Document, col(Document.id) == col(PaymentAttempt.document_id))
            .where(PaymentAttempt.id == attempt_id)
        )
        attempt, account, document = (await session.exec(query)).one()
    if not attempt.reference:
        return attempt.state, []
    snapshot: Snapshot | None = None
    try:
        provider = provider_of(account)
        if provider.answers:
            async with asyncio.timeout(ASKING_SECONDS):
                snapshot = await _ask(provider, attempt, balance(document).due, cause)
    except TimeoutError:
        raise Unreachable(f"{account.provider}: no answer in {ASKING_SECONDS:.0f} s") from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as strange:
        # An answer of another shape than is known: nothing is concluded from it.
        raise Unreachable(f"{account.provider}: {type(strange).__name__}") from None
    except BadCredentials as refused:
        await note_broken(account.id, str(refused))
        raise
    async with work() as w:
        case = await _case(w, attempt)
        known = snapshot or heard(case.attempt, cause.told, w.at, is_over=cause.close)
        siblings = await _apply(case, known, cause)
        if cause.also:
            await cause.also(w)
    return case.attempt.state, siblings


async def _ask(provider: Provider, attempt: PaymentAttempt, due: int, cause: _Cause) -> Snapshot:
    """Money that only waits to be taken is not taken when the bill no longer asks for it; an open page is closed."""
    wanted = due >= attempt.amount_minor
    snapshot = await provider.fetch(
        attempt.id,
        attempt.reference,
        capture=wanted,
        # What was won or lost may be judged again, and listed as a refund late.
        disputes=cause.disputes or attempt.dispute != "",
    )
    is_over = cause.close or not wanted or attempt.expires_at <= runtime().clock()
    if is_over and snapshot.state is AttemptState.OPEN:
        await provider.expire(attempt.reference)
        # Between the two it may have been paid.
        snapshot = await provider.fetch(attempt.id, attempt.reference, capture=wanted)
    if is_over and snapshot.state in (AttemptState.OPEN, AttemptState.CANCELED):
        snapshot = Snapshot(AttemptState.EXPIRED, reason=snapshot.reason)
    return snapshot


async def _case(w: Work, attempt: PaymentAttempt) -> Case:
    """The bill's row first: whoever settles anything of a bill queues there."""
    document = await find_document(w.session, attempt.company_id, attempt.document_id, lock=True)
    query = (
        select(PaymentAttempt, Company, ShareLink)
        .join(Company, col(Company.id) == col(PaymentAttempt.company_id))
        .outerjoin(ShareLink, col(ShareLink.id) == col(PaymentAttempt.link_id))
        .where(PaymentAttempt.id == attempt.id)
    )
    fresh, company, link = (await w.session.exec(query)).one()
    return Case(w, fresh, document, company, link)


async def _apply(case: Case, snapshot: Snapshot, cause: _Cause) -> list[str]:
    before = (case.attempt.state, case.document.paid_minor, case.document.disputed_minor)
    matching = [captured for captured in snapshot.captured if _is_asked(captured, case.attempt)]
    with case.w.session.no_autoflush:  # what is read here is written at once, by insert_once
        kept = [captured for captured in matching if await _book(case, captured, cause)]
        for captured in kept:
            _note_fee(case.attempt, captured)
            await book_refunds(case, captured)
            await book_dispute(case, captured)
    if snapshot.captured and len(matching) < len(snapshot.captured):
        _flag(case, "amount")
    elif snapshot.state is not AttemptState.PAID or kept:
        _move(case, snapshot, cause)
    attempt = case.attempt
    attempt.updated_at = case.w.at
    if cause.returned:
        attempt.returned_at = case.w.at
    attempt.next_check_at = next_check(attempt, case.w.at)
    case.w.session.add(attempt)
    if AttemptWord.PROCESSING in (before[0], attempt.state):
        await _count_processing(case)
    if cause.returned or before != (attempt.state, case.document.paid_minor, case.document.disputed_minor):
        case.document.updated_at = case.w.at
        case.w.session.add(case.document)
        case.w.publish(case.document, "payment")
    return await _siblings(case) if balance(case.document).due <= 0 else []


def _is_asked(captured: Captured, attempt: PaymentAttempt) -> bool:
    """Compared before anything is changed: the amount, and the currency it is in."""
    return (captured.amount_minor, captured.currency) == (attempt.amount_minor, attempt.currency)


async def _book(case: Case, captured: Captured, cause: _Cause) -> bool:
    """Money in, once, and once an attempt. Returns whether it is in.

    What was called off before anyone knew of it never was. Nor will it be, where signed answers are all there is: what
    a browser was given before is signed for ever, and may come again.
    """
    attempt = case.attempt
    row = ledger_row(case, captured.amount_minor, captured.id)
    if (known := await case.w.session.get(Payment, row.id)) is not None:
        return known.document_id == attempt.document_id and attempt.captured_id != ""
    if captured.withdrawn_minor >= captured.amount_minor:
        if cause.told and not attempt.captured_id:
            attempt.captured_id = captured.id
        return False
    if attempt.captured_id:
        if attempt.captured_id != captured.id:
            _flag(case, SECOND)
        return False
    if not await insert_once(case.w.session, Payment, row.model_dump()):
        return True
    attempt.captured_id, attempt.receipt_url = captured.id, captured.receipt_url[:2_000]
    case.document.paid_minor += captured.amount_minor
    case.w.record("payment.settled", case.document, case.client, receipt_of(row))
    tell(case, "payment.settled", captured.amount_minor)
    if (over := -balance(case.document).due) > 0:
        tell(case, "payment.overpaid", over)
    if case.link and case.link.recipient_email:
        await queue_receipt_mail(case.w, case.document, case.company, case.link, row)
    return True


def _note_fee(attempt: PaymentAttempt, captured: Captured) -> None:
    """Some providers know what they keep only a while after the money."""
    if attempt.fee_minor is None and attempt.captured_id == captured.id:
        attempt.fee_minor = captured.fee_minor


def _flag(case: Case, reason: str) -> None:
    """What came is not what was asked for, or comes a second time: it is not settled, a person looks at it."""
    attempt = case.attempt
    is_second_to_paid = attempt.state == AttemptWord.PAID and reason == SECOND
    if attempt.state == AttemptWord.FLAGGED or attempt.reason == SECOND:
        return
    if attempt.state != AttemptWord.PAID or is_second_to_paid:
        attempt.state = attempt.state if is_second_to_paid else AttemptWord.FLAGGED.value
        attempt.reason = reason
        tell(case, "payment.flagged", attempt.amount_minor)


def _move(case: Case, snapshot: Snapshot, cause: _Cause) -> None:
    attempt = case.attempt
    before, told = AttemptWord(attempt.state), AttemptWord(snapshot.state.value)
    if told is AttemptWord.OPEN and cause.cancelled:
        told = AttemptWord.CANCELED
    after = next_word(before, told)
    if after is AttemptWord.FAILED and before is not AttemptWord.FAILED:
        data = {
            "attempt_id": attempt.id,
            "amount": amount_text(attempt.amount_minor, attempt.currency),
            "currency": attempt.currency,
            "provider": attempt.provider,
        }
        case.w.record("payment.failed", case.document, case.client, data)
        tell(case, "payment.failed", attempt.amount_minor)
    attempt.state = after.value
    if attempt.reason != SECOND:
        attempt.reason = snapshot.reason[:200]


async def _count_processing(case: Case) -> None:
    query = select(func.coalesce(func.sum(PaymentAttempt.amount_minor), 0)).where(
        PaymentAttempt.document_id == case.document.id, PaymentAttempt.state == AttemptWord.PROCESSING.value
    )
    case.document.processing_minor = int((await case.w.session.exec(query)).one())
    case.w.session.add(case.document)


async def _siblings(case: Case) -> list[str]:
    """Other pages of a bill that asks for nothing more: nobody should pay there."""
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.document_id == case.document.id,
        PaymentAttempt.id != case.attempt.id,
        col(PaymentAttempt.state).in_([AttemptWord.OPEN.value, AttemptWord.CANCELED.value]),
    )
    return list((await case.w.session.exec(query)).all())


def next_check(attempt: PaymentAttempt, moment: datetime) -> datetime | None:
    """When the poller asks again; None once nothing more is to come by itself."""
    if AttemptWord(attempt.state) not in UNFINISHED:
        return None
    age = moment - attempt.created_at
    if age < timedelta(minutes=10):
        return moment + timedelta(seconds=20)
    return moment + (timedelta(minutes=2) if age < timedelta(hours=2) else timedelta(hours=1))

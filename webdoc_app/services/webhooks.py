"""Notices of payment providers: checked, kept as they came, and taken as a reason to ask."""

import hashlib
from collections.abc import Mapping

from sqlalchemy import update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import NotFound, Refusal
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.integrations.payments.contract import BadSignature, Notice, PaymentsError, Unreachable
from webdoc_app.models import PaymentAccount, PaymentAttempt, WebhookEvent
from webdoc_app.models.columns import is_id
from webdoc_app.services.notice_gate import gate_of
from webdoc_app.services.payment_accounts import provider_of
from webdoc_app.services.payment_attempts import turn
from webdoc_app.services.settling import settle
from webdoc_app.services.settling_told import is_its_own
from webdoc_app.services.work import Work, insert_once, now, reading, work

UNKNOWN = "unknown"
"""Kept of a notice that speaks of no attempt of ours: nothing failed, and nothing came of it."""


class NotSigned(Refusal):
    """Not from the provider, not for this account, or not now."""

    code, status = "not_signed", 400


class AskLater(Refusal):
    """The notice is kept; its provider could not be asked, and may send it again."""

    code, status = "ask_later", 503


async def receive(
    provider: str, account_id: str, body: bytes, headers: Mapping[str, str], address: str = ""
) -> None:
    """Takes a webhook from a network address. A processed one coming again changes nothing; one that failed is done again.

    Raises NotFound for an address that is none, NotSigned, AskLater, TooMany where checking it would cost a call more.
    """
    async with reading() as session:
        account = await session.get(PaymentAccount, account_id) if is_id(account_id) else None
    if account is None or account.provider != provider:
        raise NotFound
    try:
        gate = gate_of(account.id, address, lambda hint: _is_about_ours(account, hint))
        notice = await provider_of(account).read_webhook(body, headers, now(), gate)
    except BadSignature:
        raise NotSigned("La signature n’est pas bonne.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotSigned("Ce message ne se lit pas.") from None
    except PaymentsError:
        raise AskLater("Le prestataire de paiement ne répond pas. Réessayez dans un instant.") from None
    event_id = hashlib.sha256(notice.event_id.encode()).hexdigest()
    async with turn(f"{account.id}:{event_id}"):
        await _process(account, event_id, notice, body)


async def _process(account: PaymentAccount, event_id: str, notice: Notice, body: bytes) -> None:
    async with work() as w:
        attempts = await _attempts(w.session, account, notice)
        if notice.told and not all(is_its_own(attempt, notice.told) for attempt in attempts):
            raise NotSigned("La signature n’est pas bonne.")
        values = {
            "account_id": account.id,
            "event_id": event_id,
            "body": body,
            "received_at": w.at,
            "processed_at": None,
            "error": "",
        }
        if not await insert_once(w.session, WebhookEvent, values):
            known = await w.session.get_one(WebhookEvent, (account.id, event_id))
            if known.processed_at is not None:
                return
    error = note = ""
    noted: list[str] = []

    async def note_processed(w: Work) -> None:
        await _note(w, account, event_id, "", is_processed=True)
        noted.append(event_id)

    try:
        note = "" if attempts else UNKNOWN
        for rank, attempt in enumerate(attempts, 1):
            # In the transaction of the last one: done is done, and a transaction less is a payment seen sooner.
            also = note_processed if rank == len(attempts) else None
            word = await settle(attempt.id, disputes=notice.of_dispute, told=notice.told, also=also)
            if word == AttemptWord.CREATED:
                # Another worker is just being told the page's address: soon there is something to ask about.
                raise Unreachable("the attempt is being made")
    except PaymentsError as failed:
        error = str(failed)[:200]
    if error or not noted:
        async with work() as w:
            await _note(w, account, event_id, error or note, is_processed=not error)
    if error:
        raise AskLater("Le prestataire de paiement ne répond pas. Réessayez dans un instant.")


async def _note(w: Work, account: PaymentAccount, event_id: str, error: str, *, is_processed: bool) -> None:
    await w.session.execute(
        update(WebhookEvent)
        .where(col(WebhookEvent.account_id) == account.id, col(WebhookEvent.event_id) == event_id)
        .values(error=error, processed_at=w.at if is_processed else None)
    )


async def _is_about_ours(account: PaymentAccount, hint: Notice) -> bool:
    async with reading() as session:
        return bool(await _attempts(session, account, hint))


async def _attempts(session: AsyncSession, account: PaymentAccount, notice: Notice) -> list[PaymentAttempt]:
    """The account's own attempts the notice speaks of. None: it is about something that is not ours."""
    names = list(notice.references)
    query = select(PaymentAttempt).where(
        PaymentAttempt.account_id == account.id,
        or_(PaymentAttempt.reference != "", col(PaymentAttempt.claimed_until) > now()),
        or_(
            col(PaymentAttempt.id).in_(notice.attempt_ids),
            col(PaymentAttempt.reference).in_(names),
            col(PaymentAttempt.captured_id).in_(names),
        ),
    )
    return list((await session.exec(query)).all())

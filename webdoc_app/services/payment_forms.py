"""Attempts at a provider that is reached by a signed form: their numbers, their page, and what a browser brings back."""

from collections.abc import Mapping
from typing import cast

from webdoc_app.domain.errors import NotFound
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.integrations.payments.contract import (
    FormProvider,
    PayForm,
    PaymentsError,
    Snapshot,
)
from webdoc_app.models import Document, PaymentAccount, PaymentAttempt
from webdoc_app.services.payment_accounts import provider_of
from webdoc_app.services.payment_attempts import balance, checkout_of
from webdoc_app.services.work import now, reading


async def pay_form(attempt_id: str, language: str) -> tuple[PayForm, PaymentAttempt, Document]:
    """The form of an attempt that can still be paid, in a language, if not the document's.

    Raises NotFound where nothing is to be paid that way any more.
    """
    async with reading() as session:
        attempt = await session.get_one(PaymentAttempt, attempt_id)
        account = await session.get_one(PaymentAccount, attempt.account_id)
        document = await session.get_one(Document, attempt.document_id)
    is_open = attempt.state == AttemptWord.OPEN and now() < attempt.expires_at
    if not is_open or balance(document).due < attempt.amount_minor:
        raise NotFound
    try:
        provider = provider_of(account)
        if provider.answers:
            raise NotFound
        return cast(FormProvider, provider).form(await checkout_of(attempt, language)), attempt, document
    except PaymentsError:
        raise NotFound from None


async def brought_back(attempt_id: str, fields: Mapping[str, str]) -> Snapshot | None:
    """What a browser brings back of an attempt, signed; None where it brings nothing that holds."""
    if "signature" not in fields:
        return None
    async with reading() as session:
        attempt = await session.get_one(PaymentAttempt, attempt_id)
        account = await session.get_one(PaymentAccount, attempt.account_id)
    try:
        provider = provider_of(account)
        if provider.answers:
            return None
        notice = cast(FormProvider, provider).read_fields(fields)
    except (PaymentsError, ValueError, KeyError):
        return None
    return notice.told if notice.attempt_ids == (attempt_id,) else None

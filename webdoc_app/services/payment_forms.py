"""Attempts at a provider that is reached by a signed form: their numbers, their page, and what a browser brings back."""

import json
from collections.abc import Sequence
from typing import cast

from webdoc_app.domain.errors import NotFound
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.integrations.payments.contract import (
    FormProvider,
    PayForm,
    PaymentsError,
    Told,
)
from webdoc_app.models import Document, PaymentAccount, PaymentAttempt
from webdoc_app.services.payment_accounts import provider_of
from webdoc_app.services.payment_attempts import balance
from webdoc_app.services.settling_told import is_its_own
from webdoc_app.services.work import now, reading


async def pay_form(attempt_id: str) -> tuple[PayForm, PaymentAttempt, Document]:
    """The form of an attempt that can still be paid, as it was signed when the attempt began: one signature, once.

    Raises NotFound where nothing is to be paid that way any more.
    """
    async with reading() as session:
        attempt = await session.get_one(PaymentAttempt, attempt_id)
        account = await session.get_one(PaymentAccount, attempt.account_id)
        document = await session.get_one(Document, attempt.document_id)
    is_open = attempt.state == AttemptWord.OPEN and now() < attempt.expires_at
    if not (attempt.form and is_open) or balance(document).due < attempt.amount_minor:
        raise NotFound
    try:
        if provider_of(account).answers:
            raise NotFound
    except PaymentsError:
        raise NotFound from None
    made = json.loads(attempt.form)
    return PayForm(made["action"], made["fields"]), attempt, document


async def brought_back(attempt_id: str, fields: Sequence[tuple[str, str]]) -> Told | None:
    """What a browser brings back of an attempt, signed; None where it brings nothing that holds."""
    if not any(name == "signature" for name, _ in fields):
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
    if notice.told is None or notice.attempt_ids != (attempt_id,) or not is_its_own(attempt, notice.told):
        return None
    return notice.told

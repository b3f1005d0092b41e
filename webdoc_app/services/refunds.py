"""Money given back by the company, through the provider it came through."""

from sqlmodel import func, select

from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.integrations.payments.contract import Declined, PaymentsError
from webdoc_app.models import Payment, PaymentAccount, PaymentAttempt
from webdoc_app.models.columns import is_id
from webdoc_app.services.payment_accounts import provider_of
from webdoc_app.services.payment_attempts import turn
from webdoc_app.services.settling import settle
from webdoc_app.services.settling_back import given_back
from webdoc_app.services.work import reading


async def refund(company_id: str, payment_id: str, amount_minor: int, already_minor: int) -> None:
    """Gives back `amount_minor` of a payment taken online; `already_minor` is what the asker knew to be given back.

    The provider is read again first, and after: a refund whose answer was lost is found, not made twice. Raises
    NotFound, Invalid on `amount`, Conflict where more was given back meanwhile, or the provider does not answer.
    """
    attempt, account = await _online(company_id, payment_id)
    async with turn(f"refund:{attempt.id}"):
        try:
            await settle(attempt.id)
            before = await given_back(attempt.id)
            if before != already_minor:
                raise Conflict("Un remboursement a déjà été fait. Vérifiez le montant.")
            if not 0 < amount_minor <= attempt.amount_minor - before:
                raise Invalid.one("amount", "Ce montant dépasse ce qui peut être remboursé.")
            # The ledger's length: after one that failed, the same amount is another refund.
            key = f"{payment_id}:{before}:{amount_minor}:{await _lines(attempt)}"
            await provider_of(account).refund(attempt.captured_id, amount_minor, attempt.currency, key)
            await settle(attempt.id)
        except Declined:
            raise Conflict("Le prestataire de paiement refuse ce remboursement.") from None
        except PaymentsError:
            raise Conflict("Le prestataire de paiement ne répond pas. Réessayez dans un instant.") from None


async def _lines(attempt: PaymentAttempt) -> int:
    async with reading() as session:
        query = select(func.count()).where(Payment.document_id == attempt.document_id)
        return int((await session.exec(query)).one())


async def _online(company_id: str, payment_id: str) -> tuple[PaymentAttempt, PaymentAccount]:
    async with reading() as session:
        payment = await session.get(Payment, payment_id) if is_id(payment_id) else None
        if payment is None or payment.company_id != company_id or payment.amount_minor <= 0:
            raise NotFound("Ce paiement n’existe pas.")
        query = select(PaymentAttempt).where(
            PaymentAttempt.document_id == payment.document_id,
            PaymentAttempt.provider == payment.method,
            PaymentAttempt.captured_id == payment.reference,
        )
        attempt = (await session.exec(query)).first() if payment.reference else None
        if attempt is None:
            raise NotFound("Ce paiement n’a pas été pris en ligne.")
        return attempt, await session.get_one(PaymentAccount, attempt.account_id)

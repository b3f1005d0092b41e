"""A company's payment accounts as settings show them: never a key, only the end of one."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.models import PaymentAccount
from webdoc_app.services.payment_accounts import accounts_of, tests_ended, webhook_addresses


@dataclass(frozen=True)
class AccountRow:
    """`problem` says why an account is not offered, if so."""

    id: str
    label: str
    mode: str
    hint: str
    problem: str
    enabled: bool


async def account_rows(session: AsyncSession, company_id: str, language: str) -> list[AccountRow]:
    modes = {"live": "Réel", "test": "Test"}
    accounts = await accounts_of(session, company_id)
    return [
        AccountRow(
            id=account.id,
            label=KINDS[account.provider].label,
            mode=translate(modes[account.mode], language),
            hint=f"…{account.hint}",
            problem=translate(_problem(account, tests_ended(accounts)), language),
            enabled=account.enabled,
        )
        for account in accounts
    ]


def _problem(account: PaymentAccount, are_tests_ended: bool) -> str:
    if account.error:
        return "Les clés ne sont plus acceptées."
    if account.mode == "test" and account.enabled and are_tests_ended:
        return "Un compte réel est connecté : les comptes de test ne sont plus proposés."
    return ""


async def webhook_rows(session: AsyncSession, company_id: str) -> dict[str, str]:
    """`{"stripe-live": address, …}`: known before an account is connected, because providers ask for it first."""
    return await webhook_addresses(session, company_id)

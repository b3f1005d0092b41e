"""A company's payment accounts as settings show them: never a key, only the end of one."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.services.payment_accounts import accounts_of, webhook_addresses


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
    return [
        AccountRow(
            id=account.id,
            label=KINDS[account.provider].label,
            mode=translate(modes[account.mode], language),
            hint=f"…{account.hint}",
            problem=translate("Les clés ne sont plus acceptées.", language) if account.error else "",
            enabled=account.enabled,
        )
        for account in await accounts_of(session, company_id)
    ]


async def webhook_rows(session: AsyncSession, company_id: str) -> dict[str, str]:
    """`{"stripe-live": address, …}`: known before an account is connected, because providers ask for it first."""
    return await webhook_addresses(session, company_id)

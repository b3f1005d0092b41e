"""A company's accounts at payment providers: connected, checked, switched off, and their keys, never shown again."""

import re
from collections.abc import Mapping, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import Conflict, FieldError, Invalid, NotFound
from webdoc_app.integrations.payments.contract import BadCredentials, PaymentsError, Provider
from webdoc_app.integrations.payments.registry import KINDS, MODES, page_origins, provider
from webdoc_app.models import Company, PaymentAccount
from webdoc_app.services import keys as signing
from webdoc_app.services import vault
from webdoc_app.services.work import now, runtime, work

_KEY = re.compile(r"[\x21-\x7e]{1,500}")


async def connect(company_id: str, name: str, mode: str, keys: Mapping[str, str]) -> str:
    """Keeps the account's keys, once its provider has taken them. Returns its id, the last part of its webhook address.

    Connected again, it keeps its id. Raises Invalid on `provider`, `mode` or a key; Conflict where the provider
    does not answer.
    """
    clean = _read_keys(name, mode, keys)
    try:
        await provider(name, clean, mode, runtime().payment_apis.get(name)).check()
    except BadCredentials:
        raise Invalid.one(KINDS[name].keys[0], "Ces clés ne sont pas acceptées dans ce mode.") from None
    except PaymentsError:
        raise Conflict("Le prestataire de paiement ne répond pas. Réessayez dans un instant.") from None
    async with work() as w:
        # Locked: of two who connect the same account at once, the second finds the first one's.
        if await w.session.get(Company, company_id, with_for_update=True) is None:
            raise NotFound("Cette entreprise n’existe pas.")
        found = await _account(w.session, company_id, name, mode)
        account = found or PaymentAccount(
            id=_id_for(company_id, name, mode),
            company_id=company_id,
            provider=name,
            mode=mode,
            secrets="",
            created_at=w.at,
            checked_at=w.at,
        )
        account.secrets = vault.lock_up(_place(account), clean)
        account.hint = clean[KINDS[name].keys[0]][-4:]
        account.enabled, account.error, account.checked_at = True, "", w.at
        w.session.add(account)
    return account.id


def _read_keys(name: str, mode: str, keys: Mapping[str, str]) -> dict[str, str]:
    if name not in KINDS:
        raise Invalid.one("provider", "Ce prestataire n’est pas connu.")
    if mode not in MODES:
        raise Invalid.one("mode", "Choisissez le mode test ou réel.")
    clean = {key: str(keys.get(key) or "").strip() for key in KINDS[name].keys}
    faults = [
        FieldError(
            key, "Cette information est nécessaire." if not value else "Cette clé ne semble pas correcte."
        )
        for key, value in clean.items()
        if not _KEY.fullmatch(value)
    ]
    for option, values in KINDS[name].options.items():
        if given := str(keys.get(option) or ""):
            clean[option] = given
            if given not in values:
                faults.append(FieldError(option, "Ce choix n’existe pas."))
    if faults:
        raise Invalid(faults)
    return clean


async def switch(company_id: str, account_id: str, *, on: bool) -> None:
    """Takes the account's button off the bills, or puts it back. Raises NotFound."""
    async with work() as w:
        account = await w.session.get(PaymentAccount, account_id)
        if account is None or account.company_id != company_id:
            raise NotFound("Ce compte n’existe pas.")
        account.enabled = on
        w.session.add(account)


async def accounts_of(session: AsyncSession, company_id: str) -> list[PaymentAccount]:
    """All of a company's, by provider."""
    query = select(PaymentAccount).where(PaymentAccount.company_id == company_id)
    return list(
        (await session.exec(query.order_by(col(PaymentAccount.provider), col(PaymentAccount.mode)))).all()
    )


async def webhook_addresses(session: AsyncSession, company_id: str) -> dict[str, str]:
    """Where each account's notices go, `{"stripe-live": address, …}`, connected already or not."""
    known = {(a.provider, a.mode): a.id for a in await accounts_of(session, company_id)}
    return {
        f"{name}-{mode}": f"{runtime().origin}/hooks/{name}/{known.get((name, mode)) or _id_for(company_id, name, mode)}"
        for name in KINDS
        for mode in MODES
    }


def _id_for(company_id: str, name: str, mode: str) -> str:
    """An account's id, not to be guessed, and known before it is: providers ask for the address first."""
    return signing.keyed_hash("payment account", f"{company_id}:{name}:{mode}")


async def usable_accounts(session: AsyncSession, company_id: str) -> list[PaymentAccount]:
    """One account a provider that works, in the order they are offered."""
    accounts = await accounts_of(session, company_id)
    ended = tests_ended(accounts)
    found = {
        a.provider: a for a in accounts if a.enabled and not a.error and not (ended and a.mode == "test")
    }
    return [found[name] for name in KINDS if name in found]


def tests_ended(accounts: Sequence[PaymentAccount]) -> bool:
    """Once a live account is connected, working or not: with a test card anyone could have a real bill paid."""
    return any(account.mode == "live" for account in accounts)


def provider_of(account: PaymentAccount) -> Provider:
    """The provider, with the account's keys in it. Raises BadCredentials where they cannot be read."""
    try:
        keys = vault.take_out(_place(account), account.secrets)
    except vault.Unreadable:
        raise BadCredentials("the keys cannot be read") from None
    return provider(account.provider, keys, account.mode, runtime().payment_apis.get(account.provider))


def origins_of(accounts: list[PaymentAccount]) -> tuple[str, ...]:
    """Where the hosted pages of these accounts are."""
    bases = runtime().payment_apis
    found = [page_origins(account.provider, bases.get(account.provider)) for account in accounts]
    return tuple(dict.fromkeys(origin for origins in found for origin in origins))


async def note_broken(account_id: str, why: str) -> None:
    """The provider no longer takes the keys: the account's button goes, and settings say why."""
    async with work() as w:
        account = await w.session.get_one(PaymentAccount, account_id)
        account.error, account.checked_at = why[:200], now()
        w.session.add(account)


async def rotate_keys() -> int:
    """Encrypts every account's keys with the newest secret. Returns how many. Raises vault.Unreadable."""
    async with work() as w:
        accounts = (await w.session.exec(select(PaymentAccount))).all()
        for account in accounts:
            account.secrets = vault.renew(account.secrets)
            w.session.add(account)
    return len(accounts)


async def _account(session: AsyncSession, company_id: str, name: str, mode: str) -> PaymentAccount | None:
    query = select(PaymentAccount).where(
        PaymentAccount.company_id == company_id, PaymentAccount.provider == name, PaymentAccount.mode == mode
    )
    return (await session.exec(query.with_for_update())).first()


def _place(account: PaymentAccount) -> dict[str, str]:
    return {"company": account.company_id, "provider": account.provider, "mode": account.mode}

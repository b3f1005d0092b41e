"""Payment accounts: keys go in encrypted, bound to their place, and outlive a rotation; nobody else's work."""

import asyncio
import re

import pytest
from sqlalchemy import text

from tests.emulators.running import KEYS, STRIPE_KEY
from tests.payments.cases import things
from tests.payments.conftest import Shop, on_both
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.models import PaymentAccount
from webdoc_app.reads.payment_accounts import account_rows
from webdoc_app.services import companies, payment_accounts, vault
from webdoc_app.services.work import reading, runtime, work


async def test_keys_are_not_readable_in_the_database_nor_shown(shop: Shop) -> None:
    async with reading() as session:
        accounts = await payment_accounts.accounts_of(session, shop.company_id)
        shown = repr(await account_rows(session, shop.company_id, "fr"))
    stored = "".join(account.model_dump_json() for account in accounts)
    secrets = [value for keys in KEYS.values() for name, value in keys.items() if name != "shop_id"]
    assert [value for value in secrets if value in stored or value in shown] == []


async def test_a_row_swapped_with_another_one_is_of_no_use(shop: Shop) -> None:
    other, _ = await companies.create_company("Voisin", "v@example.org", "motdepasse")
    theirs = await payment_accounts.connect(other, "stripe", "test", KEYS["stripe"])
    async with runtime().engine.begin() as connection:
        swap = "UPDATE payment_accounts SET secrets = (SELECT secrets FROM payment_accounts WHERE id = :a) WHERE id = :b"
        await connection.execute(text(swap), {"a": theirs, "b": shop.accounts["stripe"]})
    bill = await shop.bill()
    assert (await bill.press("stripe")).status_code == 409
    assert (await bill.press("paypal")).status_code == 303


async def test_after_a_rotation_the_old_secret_may_go(shop: Shop) -> None:
    runtime().keys = ["k" * 32, "n" * 32]
    assert await payment_accounts.rotate_keys() == 3
    runtime().keys = ["n" * 32]
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    await bill.is_settled_once()
    runtime().keys = ["k" * 32]
    async with work() as w:
        account = await w.session.get_one(PaymentAccount, shop.accounts["stripe"])
    with pytest.raises(vault.Unreadable):
        vault.renew(account.secrets)


@pytest.mark.parametrize(
    ("provider", "mode", "changes", "fields"),
    [
        ("stripe", "live", {}, ["secret_key"]),
        ("stripe", "test", {"secret_key": "sk_test_of_nobody"}, ["secret_key"]),
        ("stripe", "test", {"webhook_secret": ""}, ["webhook_secret"]),
        ("stripe", "test", {"webhook_secret": "x\ny"}, ["webhook_secret"]),
        ("paypal", "test", {"client_secret": "wrong"}, ["client_id"]),
        ("payzen", "live", {}, ["shop_id"]),
        ("payzen", "test", {"password": "testpassword_wrong"}, ["shop_id"]),
        ("payzen", "both", {}, ["mode"]),
        ("nobody", "test", {}, ["provider"]),
    ],
)
async def test_keys_that_are_not_good_are_not_kept(
    shop: Shop, provider: str, mode: str, changes: dict[str, str], fields: list[str]
) -> None:
    keys = KEYS.get(provider, {}) | changes
    with pytest.raises(Invalid) as refused:
        await payment_accounts.connect(shop.company_id, provider, mode, keys)
    assert [error.field for error in refused.value.errors] == fields
    assert await shop.count("SELECT count(*) FROM payment_accounts") == 3


async def test_a_provider_that_is_away_is_said_to_be(shop: Shop) -> None:
    shop.providers.payzen.faults.before = 9
    with pytest.raises(Conflict):
        await payment_accounts.connect(shop.company_id, "payzen", "test", KEYS["payzen"])


async def live_too(shop: Shop, provider: str) -> str:
    """A live account of the company's, with keys the emulators take."""
    live = {"shop_id": "11112222", "password": "prodpassword_1"}
    shop.providers.payzen.accounts[live["shop_id"]] = live["password"]
    keys = live if provider == "payzen" else KEYS["paypal"]
    return await payment_accounts.connect(shop.company_id, provider, "live", keys)


@pytest.mark.parametrize("provider", ["payzen", "paypal"])
async def test_a_test_card_pays_nothing_once_a_live_account_is_there(shop: Shop, provider: str) -> None:
    """Not beside it, and not in its place when it is switched off or its keys are refused."""
    bill = await shop.bill()
    account = await live_too(shop, provider)
    for on, error in ((True, ""), (False, ""), (True, "refused")):
        async with work() as w:
            row = await w.session.get_one(PaymentAccount, account)
            row.enabled, row.error = on, error
            w.session.add(row)
        page = (await shop.http.get(f"/d/{bill.token}")).text
        offered = re.findall(r'data-testid="pay-(stripe|paypal|payzen)"', page)
        assert offered == ([provider] if on and not error else [])
        assert "Mode test" not in page
        assert (await bill.press("stripe")).status_code == 409
    async with reading() as session:
        rows = await account_rows(session, shop.company_id, "fr")
    assert [row.mode for row in rows if "ne sont plus proposés" in row.problem] == ["Test"] * 3


@on_both
async def test_connected_twice_at_once_it_is_one_account(shop: Shop) -> None:
    other, _ = await companies.create_company("Voisin", "v@example.org", "motdepasse")
    many = (payment_accounts.connect(other, "stripe", "test", KEYS["stripe"]) for _ in range(4))
    assert len(set(await asyncio.gather(*many))) == 1


async def test_a_key_that_may_not_read_disputes_is_refused_and_later_stops_nothing_else(shop: Shop) -> None:
    bill, emulator = await shop.bill(), shop.providers.stripe
    await bill.come_back(await bill.pay("stripe"))
    emulator.restricted.add(STRIPE_KEY)
    try:
        with pytest.raises(Invalid):
            await payment_accounts.connect(shop.company_id, "stripe", "test", KEYS["stripe"])
        emulator.run(emulator.dispute(things(shop, "stripe")[-1], "needs_response"))
        assert 503 in await shop.deliver_all("stripe")
        assert (await (await shop.bill()).press("stripe")).status_code == 303
    finally:
        emulator.restricted.clear()


async def test_what_is_switched_off_takes_no_payment_and_stays_its_companys(shop: Shop) -> None:
    bill = await shop.bill()
    other, _ = await companies.create_company("Voisin", "v@example.org", "motdepasse")
    with pytest.raises(NotFound):
        await payment_accounts.switch(other, shop.accounts["stripe"], on=False)
    await payment_accounts.switch(shop.company_id, shop.accounts["stripe"], on=False)
    assert (await bill.press("stripe")).status_code == 409
    await payment_accounts.switch(shop.company_id, shop.accounts["stripe"], on=True)
    assert (await bill.press("stripe")).status_code == 303

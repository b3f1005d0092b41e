"""Payment accounts: keys go in encrypted, bound to their place, and outlive a rotation; nobody else's work."""

import pytest
from sqlalchemy import text

from tests.emulators.running import KEYS
from tests.payments.conftest import Shop
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


async def test_what_is_switched_off_takes_no_payment_and_stays_its_companys(shop: Shop) -> None:
    bill = await shop.bill()
    other, _ = await companies.create_company("Voisin", "v@example.org", "motdepasse")
    with pytest.raises(NotFound):
        await payment_accounts.switch(other, shop.accounts["stripe"], on=False)
    await payment_accounts.switch(shop.company_id, shop.accounts["stripe"], on=False)
    assert (await bill.press("stripe")).status_code == 409
    await payment_accounts.switch(shop.company_id, shop.accounts["stripe"], on=True)
    assert (await bill.press("stripe")).status_code == 303

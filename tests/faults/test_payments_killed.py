"""Killed while webhooks and returns come in by the hundred: one payment, one receipt, one notice, and the books agree."""

import asyncio
import base64
import itertools
import json
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.emulators.base import Sent
from tests.emulators.running import KEYS, Emulators, emulators
from tests.faults.sites import Site, rows, site_in
from tests.payments.conftest import settled

COPIES = 100
RETURNS = 10
BILL = {
    "kind": "invoice",
    "customer": {"name": "Claire", "email": "claire@example.org"},
    "lines": [{"description": "Meuble", "unit_price": "100.00", "vat_rate": "20"}],
}


SECRETS = [
    value
    for keys in KEYS.values()
    for name, value in keys.items()
    if name not in ("client_id", "shop_id", "webhook_id")
]
SECRETS += [
    base64.b64encode(f"{name}:{secret}".encode()).decode()
    for name, secret in (
        (KEYS["paypal"]["client_id"], KEYS["paypal"]["client_secret"]),
        (KEYS["payzen"]["shop_id"], KEYS["payzen"]["password"]),
    )
]


@dataclass
class Shop:
    site: Site
    providers: Emulators
    key: str

    def bill(self) -> tuple[str, str]:
        """An issued bill of 120 €: its id and the path of its page."""
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=f"{self.site.origin}/api/v1", headers=headers, timeout=30) as client:
            id_ = client.post("/documents", json=BILL).json()["id"]
            issued = client.post(f"/documents/{id_}/issue").json()
        return id_, httpx.URL(issued["webdocument_url"]).path

    def pay(self, provider: str, path: str) -> str:
        """To the end of the provider's page. Returns where the browser goes then; it has not gone."""
        with httpx.Client(base_url=self.site.origin, timeout=30) as client:
            page = self.press(client, path, provider).headers["location"]
        return httpx.post(page, data={"act": "pay"}, trust_env=False).headers["location"]

    def press(self, client: httpx.Client, path: str, provider: str) -> httpx.Response:
        form = client.get(path).text.split(f"/pay/{provider}", 1)[1]
        nonce = re.search(r'name="nonce" value="([^"]+)"', form)
        assert nonce
        return client.post(f"{path}/pay/{provider}", data={"nonce": nonce[1]})

    def all_sent(self) -> dict[str, list[Sent]]:
        return {name: emulator.sent for name, emulator in self.providers.all.items()}

    def webhooks(self, provider: str) -> list[Sent]:
        """All that were sent, whether or not they arrived."""
        emulator = self.providers.all[provider]
        emulator.run(settled(emulator))
        return list({sent.body: sent for sent in emulator.sent}.values())

    def kill_at_call(self, provider: str, number: int) -> None:
        """Killed while it waits for that answer of the provider's: whatever else is on its way is cut too."""
        emulator = self.providers.all[provider]
        left = itertools.count(number, -1)

        def called() -> None:
            if next(left) == 1:
                emulator.on_call = None
                self.site.kill()

        emulator.on_call = called

    async def rush(self, sent: list[Sent], address: str, chance: random.Random) -> list[int]:
        """Every webhook a hundred times, and people coming back, all at once and in any order: the answers."""
        limits = httpx.Limits(max_connections=None)
        answers: list[int] = []

        async def one(client: httpx.AsyncClient, each: Sent | None) -> None:
            try:
                answer = (
                    await client.post(each.url, content=each.body, headers=each.headers)
                    if each
                    else await client.get(address)
                )
            except httpx.TransportError:
                return
            answers.append(answer.status_code)

        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:
            many: list[Sent | None] = [*sent * COPIES, *[None] * RETURNS]
            chance.shuffle(many)
            await asyncio.gather(*(one(client, each) for each in many))
        return answers

    def let_the_poller_ask(self) -> None:
        """Of whatever is not settled, at once: it would wait for twenty seconds."""
        with (
            closing(sqlite3.connect(self.site.folder / "webdoc.sqlite3", timeout=20)) as connection,
            connection,
        ):
            connection.execute(
                "UPDATE payment_attempts SET next_check_at = '2026-01-01T00:00:00.000000Z'"
                " WHERE next_check_at IS NOT NULL"
            )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with (
        emulators() as providers,
        site_in(tmp_path_factory.mktemp("killed"), WEBDOC_LIMITS="0", **providers.environment) as site,
    ):
        company = json.loads(
            site.run(
                "company", "create", "--name", "A", "--email", "a@example.org", "--password", "motdepasse"
            ).stdout
        )["company_id"]
        key = json.loads(site.run("apikey", "create", "--company", company, "--name", "t").stdout)["key"]
        addresses = {}
        for name, keys in KEYS.items():
            options = ("--company", company, "--provider", name, "--mode", "test")
            told = site.run("payments", "connect", *options, told=json.dumps(keys))
            addresses[name] = json.loads(told.stdout)["webhook_url"]
            providers.all[name].faults.drop = True
        providers.know(addresses)
        site.start()
        yield Shop(site, providers, key)


@pytest.mark.parametrize("provider", ["stripe", "paypal", "payzen"])
async def test_killed_in_a_rush_of_webhooks_and_returns_there_is_one_payment(
    shop: Shop, provider: str
) -> None:
    chance = random.Random(f"2026 {provider}")
    id_, path = await asyncio.to_thread(shop.bill)
    address = await asyncio.to_thread(shop.pay, provider, path)
    shop.kill_at_call(provider, chance.randint(1, 6))
    cut = await shop.rush(shop.webhooks(provider), address, chance)
    assert len(cut) < COPIES + RETURNS
    shop.let_the_poller_ask()
    await asyncio.to_thread(shop.site.start)
    known = shop.webhooks(provider)
    again = await shop.rush(known, address, chance)
    assert len(again) == len(known) * COPIES + RETURNS
    assert set(again) == {200, 303}
    # What PayPal says once the money is taken is a webhook of its own.
    new = [sent for sent in shop.webhooks(provider) if sent not in known]
    assert set(await shop.rush(new, address, chance)) <= {200, 303}
    is_settled_once(shop, provider, id_)


def is_settled_once(shop: Shop, provider: str, id_: str) -> None:
    for counted in (
        f"payments WHERE document_id = '{id_}'",
        f"events WHERE type = 'payment.settled' AND document_id = '{id_}'",
        f"notifications WHERE type = 'payment.settled' AND document_id = '{id_}'",
        f"outbox_mails WHERE purpose = 'receipt' AND document_id = '{id_}'",
    ):
        assert rows(shop.site, f"SELECT count(*) FROM {counted}") == [(1,)], counted
    ledger = rows(
        shop.site, f"SELECT coalesce(sum(amount_minor), 0) FROM payments WHERE method = '{provider}'"
    )
    assert ledger == [(taken_by(shop.providers, provider),)]


def test_and_the_audit_is_content(shop: Shop) -> None:
    verified = shop.site.run("verify")
    assert (verified.returncode, verified.stderr) == (0, ""), verified.stdout


def taken_by(providers: Emulators, provider: str) -> int:
    """What the provider itself says came in, in minor units."""
    emulator: Any = providers.all[provider]
    if provider == "stripe":
        return sum(t.get("amount_received", 0) for t in emulator.things.values())
    if provider == "paypal":
        return sum(round(float(c["amount"]["value"]) * 100) for c in emulator.captures.values())
    return sum(t["amount"] for order in emulator.orders.values() for t in order["transactions"])


def test_the_command_encrypts_every_accounts_keys_anew(shop: Shop) -> None:
    before = rows(shop.site, "SELECT secrets FROM payment_accounts")
    rotated = shop.site.run("keys", "rotate")
    assert (rotated.returncode, json.loads(rotated.stdout)) == (0, {"accounts": len(KEYS)})
    assert not set(before) & set(rows(shop.site, "SELECT secrets FROM payment_accounts"))


def test_no_secret_is_in_a_log_a_page_an_error_or_the_clear_of_the_database(shop: Shop) -> None:
    _, path = shop.bill()
    seen = [shop.site.run("verify").stdout]
    with httpx.Client(base_url=shop.site.origin, timeout=30) as client:
        hooks = {name: httpx.URL(sent[0].url).path for name, sent in shop.all_sent().items()}
        for name, hook in hooks.items():
            emulator = shop.providers.all[name]
            shop.pay(name, path)
            sent = shop.webhooks(name)[-1]
            emulator.faults.before = 99  # the provider is away
            seen.append(client.post(hook, content=sent.body, headers=sent.headers).text)
            seen.append(shop.press(client, path, name).text)
            emulator.faults.before = 0
            seen += [client.post(hook, content=body).text for body in (b"", b"{", b"\xff", b"kr-answer=x")]
        shop.providers.stripe.accounts.clear()  # and no longer takes the keys
        seen.append(shop.press(client, path, "stripe").text)
        for address in (path, "/app/settings", "/hooks/stripe/x", "/d/unknown", "/api/v1/documents"):
            answer = client.get(address)
            seen += [answer.text, str(answer.headers)]
    seen += [file.read_bytes().decode("latin-1") for file in shop.site.folder.rglob("*") if file.is_file()]
    assert len(seen) > 25
    assert [secret for secret in SECRETS for text in seen if secret in text] == []

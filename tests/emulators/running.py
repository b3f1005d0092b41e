"""The emulators, each on a port of its own, in one thread."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from tests.emulators.base import Emulator
from tests.emulators.paypal import PayPalEmulator
from tests.emulators.payzen import PayZenEmulator
from tests.emulators.stripe import StripeEmulator

STRIPE_KEY, STRIPE_SECRET = "sk_test_emulated_0001", "whsec_emulated_0001"
PAYPAL_ID, PAYPAL_SECRET, PAYPAL_WEBHOOK = "emulated-client", "emulated-secret", "0EH40505U7160970P"
PAYZEN_SHOP, PAYZEN_PASSWORD = "12345678", "testpassword_emulated0001"
PAYZEN_FORM_SHOP, PAYZEN_FORM_KEY = "87654321", "1122334455667788"

FORM_KEYS = {"shop_id": PAYZEN_FORM_SHOP, "password": PAYZEN_FORM_KEY, "way": "form"}
"""Of a PayZen shop without REST."""
KEYS = {
    "stripe": {"secret_key": STRIPE_KEY, "webhook_secret": STRIPE_SECRET},
    "paypal": {"client_id": PAYPAL_ID, "client_secret": PAYPAL_SECRET, "webhook_id": PAYPAL_WEBHOOK},
    "payzen": {"shop_id": PAYZEN_SHOP, "password": PAYZEN_PASSWORD},
}
"""What a company connects with."""


@dataclass
class Emulators:
    stripe: StripeEmulator = field(default_factory=StripeEmulator)
    paypal: PayPalEmulator = field(default_factory=PayPalEmulator)
    payzen: PayZenEmulator = field(default_factory=PayZenEmulator)

    @property
    def all(self) -> dict[str, Emulator]:
        return {"stripe": self.stripe, "paypal": self.paypal, "payzen": self.payzen}

    @property
    def apis(self) -> dict[str, str]:
        return {name: emulator.origin for name, emulator in self.all.items()}

    @property
    def environment(self) -> dict[str, str]:
        return {f"WEBDOC_{name.upper()}_API_BASE": origin for name, origin in self.apis.items()}

    def know(self, addresses: dict[str, str] | None = None) -> None:
        """The accounts of KEYS; `addresses` are where their webhooks go, by provider."""
        found = addresses or {}
        self.stripe.accounts[STRIPE_KEY] = (found.get("stripe", ""), STRIPE_SECRET)
        self.paypal.accounts[PAYPAL_ID] = (PAYPAL_SECRET, found.get("paypal", ""), PAYPAL_WEBHOOK)
        self.payzen.accounts[PAYZEN_SHOP] = PAYZEN_PASSWORD
        self.payzen.forms[PAYZEN_FORM_SHOP] = PAYZEN_FORM_KEY

    def second(self, provider: str) -> dict[str, str]:
        """Another merchant's keys at the same provider, known to it from now on."""
        keys = {name: f"{value}9" for name, value in KEYS[provider].items()}
        self.stripe.accounts[f"{STRIPE_KEY}9"] = ("", f"{STRIPE_SECRET}9")
        self.paypal.accounts[f"{PAYPAL_ID}9"] = (f"{PAYPAL_SECRET}9", "", f"{PAYPAL_WEBHOOK}9")
        self.payzen.accounts[f"{PAYZEN_SHOP}9"] = f"{PAYZEN_PASSWORD}9"
        return keys


@contextmanager
def emulators() -> Iterator[Emulators]:
    """Running, on free ports of 127.0.0.1, with the accounts of KEYS."""
    found = Emulators()
    servers: list[uvicorn.Server] = []
    sockets: dict[str, socket.socket] = {}
    for name, emulator in found.all.items():
        sockets[name] = _listening()
        emulator.origin = f"http://127.0.0.1:{sockets[name].getsockname()[1]}"
    found.know()
    ready = threading.Event()

    async def serve() -> None:
        runs = []
        for name, emulator in found.all.items():
            emulator.loop = asyncio.get_running_loop()
            config = uvicorn.Config(
                emulator.app(), log_level="error", lifespan="off", timeout_graceful_shutdown=2
            )
            server = uvicorn.Server(config)
            servers.append(server)
            runs.append(server.serve(sockets=[sockets[name]]))
        # The sockets listen already: whoever connects now is answered in a moment.
        ready.set()
        await asyncio.gather(*runs)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield found
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(10)
        for one in sockets.values():
            one.close()


def _listening() -> socket.socket:
    """On a free port. Of named protocol, or asyncio would leave Nagle's waiting on: 40 ms an answer."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.bind(("127.0.0.1", 0))
    found.listen(128)
    return found

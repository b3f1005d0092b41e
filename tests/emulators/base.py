"""What the three emulators share: a hosted page, webhooks that are sent again, and faults on demand."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000000000000002"
TRIES = 3


@dataclass
class Sent:
    """A webhook as it went, to be sent again by whoever wants. `at` is when it left, in seconds since 1970."""

    url: str
    body: bytes
    headers: dict[str, str]
    status: int = 0
    at: float = 0.0


@dataclass
class Faults:
    """What goes wrong next. `before` answers 503 and does nothing, `after` acts and then loses the answer."""

    before: int = 0
    after: int = 0
    drop: bool = False  # webhooks are not sent
    copies: int = 1
    only: str = ""  # the end of the addresses `before` and `after` are for
    delay: float = 0.0  # seconds before a webhook goes
    tamper: bool = False


@dataclass
class Emulator:
    """A provider. `accounts` are its merchants, by key; times are shifted by `shift`."""

    name: str
    origin: str = ""
    faults: Faults = field(default_factory=Faults)
    sent: list[Sent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    shift: timedelta = timedelta(0)
    settles_after: float | None = None  # seconds after which a delayed payment succeeds by itself
    on_call: Callable[[], None] | None = None  # before an API call is answered
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop | None = None
    held: asyncio.Event | None = None  # while it is there, calls wait for it
    held_key: str = ""  # only those of this account, where one is named

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def app(self) -> ASGIApp:
        return _Faulty(Starlette(routes=self.routes()), self)

    def later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Sends a webhook, some copies of it, and again while it is not taken."""
        if self.faults.drop or not url:
            self.sent.append(Sent(url, body, headers))
            return
        await asyncio.sleep(self.faults.delay)
        if self.faults.tamper:
            body += b" "
        # Plain HTTP: the certificates a client would read take longer than the call.
        async with httpx.AsyncClient(timeout=30, trust_env=False, verify=False) as client:
            await asyncio.gather(*(self._send(client, url, body, headers) for _ in range(self.faults.copies)))

    async def _send(self, client: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str]) -> None:
        for _ in range(TRIES):
            sent = Sent(url, body, headers)
            self.sent.append(sent)
            sent.at = time.time()
            try:
                sent.status = (await client.post(url, content=body, headers=headers)).status_code
            except httpx.HTTPError:
                sent.status = -1
            if 200 <= sent.status < 400 or sent.status in (400, 404, 413):
                return
            await asyncio.sleep(0.3)

    def fails_next(self, path: str, fault: str) -> None:
        """The next call of an address that ends so: `before` it does anything, or `after`."""
        self.faults.only = path
        setattr(self.faults, fault, 1)

    def hangs(self, key: str = "") -> Callable[[], None]:
        """From another thread: takes calls, of one account or of all, and answers them once the result is called."""
        held = asyncio.Event()
        self.held, self.held_key = held, key

        def free() -> None:
            self.held = None
            assert self.loop is not None
            self.loop.call_soon_threadsafe(held.set)

        return free

    def account_of(self, authorization: str) -> str:
        """Whose call that is, by its header."""
        return authorization

    def run(self, work: Any) -> Any:
        """From another thread: runs a coroutine where the emulator lives."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


class _Faulty:
    def __init__(self, app: ASGIApp, emulator: Emulator) -> None:
        self.app, self.emulator = app, emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/pay/"):
            await self.app(scope, receive, send)
            return
        if (held := self.emulator.held) is not None and self._is_meant(scope):
            await held.wait()
        faults = self.emulator.faults
        self.emulator.calls.append(f"{scope['method']} {scope['path']}")
        if self.emulator.on_call:
            self.emulator.on_call()
        is_meant = scope["path"].endswith(faults.only)
        if faults.before and is_meant:
            faults.before -= 1
            await PlainTextResponse("unavailable", 503)(scope, receive, send)
        elif faults.after and is_meant:
            faults.after -= 1
            await self.app(scope, receive, _nowhere)
            await PlainTextResponse("bad gateway", 502)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_meant(self, scope: Scope) -> bool:
        headers = {name: value.decode() for name, value in scope["headers"]}
        account = self.emulator.account_of(headers.get(b"authorization", ""))
        return not self.emulator.held_key or account == self.emulator.held_key


async def _nowhere(_: Any) -> None:
    return None


def new(prefix: str) -> str:
    return prefix + secrets.token_hex(12)


def amount_in_words(minor: int, currency: str) -> str:
    """`12000` -> `120,00 €`."""
    whole = f"{minor // 100:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    sign = "€" if currency.upper() == "EUR" else currency.upper()
    return f"{whole},{minor % 100:02}\N{NO-BREAK SPACE}{sign}"


def hosted_page(provider: str, amount: str, what: str, problem: str = "") -> Response:
    """A page to pay on: the amount, a good card filled in, and what a person may do. Its first button pays."""
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    return HTMLResponse(
        f"""<!doctype html><html lang="fr"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><title>{provider} (émulateur)</title>
<style>body{{font:16px/1.5 system-ui;margin:2rem auto;max-width:24rem;padding:0 1rem}}
button,input{{display:block;width:100%;min-height:3rem;margin:.5rem 0;font:inherit}}</style></head><body>
<p>{provider} · émulateur, aucun argent</p><h1>{amount}</h1><p>{escape(what)}</p>{alert}
<form method="post"><label>Carte <input name="card" value="{GOOD_CARD}"></label>
<button name="act" value="pay">Payer</button>
<button name="act" value="delay">Prélèvement SEPA (confirmé plus tard)</button>
<button name="act" value="cancel">Annuler</button></form></body></html>"""
    )


def ended_page(what: str) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><h1>{escape(what)}</h1></html>', 410
    )


async def act_of(request: Request) -> str:
    """What was clicked: pay, decline (pay with a card that is refused), delay, cancel."""
    form = await request.form()
    act = str(form.get("act", "pay"))
    card = "".join(str(form.get("card", "")).split())
    return "decline" if act == "pay" and card == DECLINED_CARD else act

"""PayPal: Orders v2 through its own SDK, which is synchronous and knows no webhooks.

PayPal shows its page and takes the person's agreement; the money comes once we capture the order.
"""

import asyncio
import functools
import json
import re
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from webdoc_app.core.turns import FairTurns
from webdoc_app.integrations.payments import paypal_certificates, paypal_payouts
from webdoc_app.integrations.payments.connections import TIMEOUT_SECONDS, kept
from webdoc_app.integrations.payments.contract import (
    AttemptState,
    BadCredentials,
    BadSignature,
    Captured,
    Checkout,
    Declined,
    Gate,
    Notice,
    Refunded,
    Snapshot,
    Started,
    Unreachable,
    no_gate,
)
from webdoc_app.integrations.payments.payouts import PaidOut, PaidOutLine
from webdoc_app.integrations.payments.paypal_amounts import from_paypal, to_paypal
from webdoc_app.integrations.payments.paypal_disputes import with_disputes
from webdoc_app.integrations.payments.paypal_http import call

APIS = {"live": "https://api-m.paypal.com", "test": "https://api-m.sandbox.paypal.com"}
PAGES = ("https://www.paypal.com", "https://www.sandbox.paypal.com")
KEYS = ("client_id", "client_secret", "webhook_id")
OPTIONS = {"webhook_check": ("api", "certificate")}
"""Whether PayPal is asked about each notification, or its certificate is checked here. Neither stands in for the other."""
TRANSMISSION = ("id", "time", "sig")
TOLERANCE_SECONDS = 4 * 24 * 3600
"""PayPal tries for three days, each time with the first one's time."""
FUTURE_SECONDS = 300
THREADS, OF_ONE = 16, 4
"""Calls at once, in threads of their own, and those of one account: one whose calls hang holds up nobody else's."""

_ORDER_ID = re.compile(r"[A-Z0-9]{10,36}")


def transmission_message(transmission_id: str, transmission_time: str, webhook_id: str, body: bytes) -> bytes:
    """What PayPal signs of a notification: `id|time|our webhook's id|CRC-32 of the raw body, in decimal`."""
    return f"{transmission_id}|{transmission_time}|{webhook_id}|{zlib.crc32(body)}".encode()


class PayPal:
    """See contract.Provider and payouts.PayoutTeller."""

    answers = True

    def __init__(self, keys: Mapping[str, str], mode: str, base: str = "") -> None:
        self._keys, self._mode = keys, mode
        self._base = base or APIS[mode]

    async def check(self) -> None:
        await self._asked(lambda client: client.oauth_2.fetch_token())

    async def start(self, checkout: Checkout) -> Started:
        order = await self._asked(
            lambda client: client.orders.create_order(
                {
                    "body": _order(checkout),
                    "paypal_request_id": f"{checkout.attempt_id}:create",
                    "prefer": "return=representation",
                }
            )
        )
        links = {link["rel"]: link["href"] for link in order.get("links", [])}
        url = links.get("payer-action") or links.get("approve")
        if not url:
            raise Declined("paypal: no page to pay on")
        return Started(order["id"], url)

    async def fetch(
        self, attempt_id: str, reference: str, *, capture: bool, disputes: bool = False
    ) -> Snapshot:
        """An order says nothing of disputes: they are asked about apart, where there is a reason to."""
        snapshot = await self._fetch(attempt_id, reference, capture=capture)
        if not disputes:
            return snapshot
        captured = [await with_disputes(self._keys, self._base, each) for each in snapshot.captured]
        return replace(snapshot, captured=tuple(captured))

    async def _fetch(self, attempt_id: str, reference: str, *, capture: bool) -> Snapshot:
        order = await self._asked(lambda client: client.orders.get_order({"id": reference}))
        if order["id"] != reference or any(
            unit.get("custom_id", attempt_id) != attempt_id for unit in order.get("purchase_units", [])
        ):
            raise Unreachable("paypal: the order of another attempt")
        if order.get("status") == "APPROVED" and capture:
            try:
                order = await self._capture(attempt_id, reference)
            except Declined as refused:
                # Taken already, or refused at the last moment: the order itself knows the one.
                if "INSTRUMENT_DECLINED" in str(refused):
                    return Snapshot(AttemptState.FAILED, reason="INSTRUMENT_DECLINED")
                order = await self._asked(lambda client: client.orders.get_order({"id": reference}))
        return snapshot_of(order)

    async def expire(self, reference: str) -> None:
        """An order cannot be closed; one that is agreed to late is not captured: see `fetch`."""

    async def refund(self, captured_id: str, amount_minor: int, currency: str, key: str) -> Refunded:
        value = to_paypal(amount_minor, currency)
        made = await self._asked(
            lambda client: client.payments.refund_captured_payment(
                {
                    "capture_id": captured_id,
                    "paypal_request_id": f"refund:{key}",
                    "prefer": "return=representation",
                    "body": {"amount": value},
                }
            )
        )
        return Refunded(made["id"], amount_minor)

    async def payouts(self, since: datetime, until: datetime) -> list[PaidOut]:
        found: list[PaidOut] = []
        for asked in paypal_payouts.searches(since, until):
            page = pages = 1
            while page <= pages:
                answer = await self._asked(partial(_search, asked | {"page": page}))
                found += paypal_payouts.withdrawals(answer)
                page, pages = page + 1, int(answer.get("total_pages") or 0)
        return found

    async def payout_lines(self, payout_id: str) -> list[PaidOutLine]:
        """A withdrawal is a sum of the balance, not of payments."""
        return []

    async def read_webhook(
        self, body: bytes, headers: Mapping[str, str], moment: datetime, gate: Gate = no_gate
    ) -> Notice:
        """Nothing of it is used before the signature holds, over the raw bytes as they came."""
        sent = {name: headers.get(f"paypal-transmission-{name}", "") for name in TRANSMISSION}
        if not all(sent.values()) or not _is_timely(sent["time"], moment):
            raise BadSignature
        try:
            event = json.loads(body)
            notice = _notice(str(event["id"]), event["resource"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadSignature from None
        if self._keys.get("webhook_check") == "certificate":
            message = transmission_message(sent["id"], sent["time"], self._keys["webhook_id"], body)
            await paypal_certificates.check(headers, message, self._mode, moment, lambda: gate(notice))
            return notice
        async with gate(notice):
            if not await self._is_genuine(sent, headers, body):
                raise BadSignature
        return notice

    async def _is_genuine(self, sent: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
        asked = {
            "auth_algo": headers.get("paypal-auth-algo", ""),
            "cert_url": headers.get("paypal-cert-url", ""),
            "transmission_id": sent["id"],
            "transmission_sig": sent["sig"],
            "transmission_time": sent["time"],
            "webhook_id": self._keys["webhook_id"],
        }
        # Written anew, `1.0` would become `1`, and the signature would be another's.
        spliced = json.dumps(asked)[:-1].encode() + b', "webhook_event": ' + body + b"}"
        answer = await call(
            self._keys, f"{self._base}/v1/notifications/verify-webhook-signature", content=spliced
        )
        if answer.status_code in (400, 422):
            return False
        try:
            return bool(answer.raise_for_status().json()["verification_status"] == "SUCCESS")
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as failed:
            raise Unreachable(f"paypal: {type(failed).__name__}") from None

    async def _capture(self, attempt_id: str, reference: str) -> dict[str, Any]:
        return await self._asked(
            lambda client: client.orders.capture_order(
                {
                    "id": reference,
                    "paypal_request_id": f"{attempt_id}:capture",
                    "prefer": "return=representation",
                }
            )
        )

    async def _asked(self, call: Callable[[Any], Any]) -> dict[str, Any]:
        """A place is held until the thread is done, however early whoever asked has given up."""
        turns: FairTurns = kept("paypal turns", lambda: FairTurns(THREADS, each=OF_ONE))

        async def in_turn() -> dict[str, Any]:
            async with turns.turn(self._keys["client_id"]):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(_threads, _ask, call, self._keys, self._base)

        task = asyncio.create_task(in_turn())
        task.add_done_callback(_looked_at)
        return await asyncio.shield(task)


_threads = ThreadPoolExecutor(THREADS, "paypal")


def _looked_at(task: "asyncio.Task[dict[str, Any]]") -> None:
    """What fails after whoever asked has left is no news to anybody."""
    if not task.cancelled():
        task.exception()


def _search(asked: Mapping[str, Any], client: Any) -> Any:
    return client.transaction_search.search_transactions(dict(asked))


def _ask(call: Callable[[Any], Any], keys: Mapping[str, str], base: str) -> dict[str, Any]:
    """One call of the SDK, and its answer as the JSON it was. A token that has died is replaced once."""
    from apimatic_core.exceptions.auth_validation_exception import AuthValidationException
    from paypalserversdk.exceptions.api_exception import ApiException
    from requests import RequestException

    for is_last in (False, True):
        try:
            answer = call(_client(keys["client_id"], keys["client_secret"], base))
        except ApiException as refused:
            code = refused.response_code
            if code == 401:
                _client.cache_clear()
                if not is_last:
                    continue
                raise BadCredentials("paypal: 401") from None
            if code >= 500 or code == 429:
                raise Unreachable(f"paypal: {code}") from None
            raise Declined(f"paypal: {_issue(refused)}") from None
        except AuthValidationException:
            # The SDK says so too where the token's address was only away: asked for alone, it tells which.
            _client.cache_clear()
            if is_last:
                raise Unreachable("paypal: no token") from None
            _ask(lambda client: client.oauth_2.fetch_token(), keys, base)
            continue
        except RequestException as failed:
            raise Unreachable(f"paypal: {type(failed).__name__}") from None
        found: dict[str, Any] = json.loads(answer.text) if getattr(answer, "text", None) else {}
        return found
    raise BadCredentials("paypal: 401")


@functools.lru_cache(maxsize=64)
def _client(client_id: str, client_secret: str, base: str) -> Any:
    """Kept, with its token. The SDK has no setting for the address."""
    from paypalserversdk.configuration import Configuration, Environment, Server
    from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
    from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

    class Ours(Configuration):
        def get_base_uri(self, server: Server = Server.DEFAULT) -> str:
            return base

    credentials = ClientCredentialsAuthCredentials(
        o_auth_client_id=client_id, o_auth_client_secret=client_secret
    )
    return PaypalServersdkClient(
        config=Ours(
            environment=Environment.SANDBOX,
            timeout=TIMEOUT_SECONDS,
            client_credentials_auth_credentials=credentials,
        )
    )


def snapshot_of(order: Mapping[str, Any]) -> Snapshot:
    """An order, its captures and their refunds."""
    payments = [unit.get("payments") or {} for unit in order.get("purchase_units", [])]
    captures = [capture for each in payments for capture in each.get("captures") or []]
    refunds = [refund for each in payments for refund in each.get("refunds") or []]
    taken = [c for c in captures if c["status"] in ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")]
    if taken:
        return Snapshot(AttemptState.PAID, tuple(_captured(c, refunds) for c in taken))
    if any(capture["status"] == "PENDING" for capture in captures):
        return Snapshot(AttemptState.PROCESSING)
    if captures:
        return Snapshot(AttemptState.FAILED, reason=str(captures[-1]["status"]))
    if order["status"] == "VOIDED":
        return Snapshot(AttemptState.CANCELED)
    return Snapshot(AttemptState.OPEN)


def _captured(capture: Mapping[str, Any], refunds: list[dict[str, Any]]) -> Captured:
    currency = capture["amount"]["currency_code"]
    fee = (capture.get("seller_receivable_breakdown") or {}).get("paypal_fee") or {}
    return Captured(
        id=capture["id"],
        amount_minor=from_paypal(capture["amount"]),
        currency=currency,
        refunds=tuple(
            Refunded(r["id"], from_paypal(r["amount"]), r["status"] != "COMPLETED", _moment(r))
            for r in refunds
            if r["status"] in ("COMPLETED", "FAILED", "CANCELLED") and _parent(r) in ("", capture["id"])
        ),
        fee_minor=from_paypal(fee) if fee else None,
        dispute=None,
    )


def _moment(refund: Mapping[str, Any]) -> datetime | None:
    made = refund.get("create_time")
    return datetime.fromisoformat(made) if made else None


def _parent(refund: Mapping[str, Any]) -> str:
    """The capture a refund gives back, as its link `up` tells."""
    ups = [link["href"] for link in refund.get("links", []) if link.get("rel") == "up"]
    return str(ups[0]).rstrip("/").rsplit("/", 1)[-1] if ups else ""


def _order(checkout: Checkout) -> dict[str, Any]:
    return {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "custom_id": checkout.attempt_id,
                # Unique in the account: two attempts at one bill are two of these.
                "invoice_id": f"{checkout.description[:80]}-{checkout.attempt_id[:12]}",
                "description": checkout.description[:127],
                "amount": to_paypal(checkout.amount_minor, checkout.currency),
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": checkout.return_url,
                    "cancel_url": checkout.cancel_url,
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                    "locale": "en-GB" if checkout.language == "en" else "fr-FR",
                    "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
                    "brand_name": checkout.company_name[:127],
                }
            }
        },
    }


def _notice(event_id: str, thing: Mapping[str, Any]) -> Notice:
    units = thing.get("purchase_units") or [{}]
    attempt = thing.get("custom_id") or units[0].get("custom_id") or ""
    related = ((thing.get("supplementary_data") or {}).get("related_ids") or {}).get("order_id")
    disputed = [t.get("seller_transaction_id") for t in thing.get("disputed_transactions") or []]
    names = [thing.get("id"), related, *disputed, _parent(thing)]
    references = tuple(name for name in names if isinstance(name, str) and _ORDER_ID.fullmatch(name))
    attempts = (attempt,) if isinstance(attempt, str) and attempt else ()
    return Notice(event_id, attempts, references, of_dispute="dispute_id" in thing)


def _is_timely(text: str, moment: datetime) -> bool:
    try:
        age = (moment - datetime.fromisoformat(text)).total_seconds()
    except (ValueError, TypeError):
        return False
    return -FUTURE_SECONDS <= age <= TOLERANCE_SECONDS


def _issue(refused: Any) -> str:
    """The name of what PayPal finds wrong; never its words, which may repeat what was sent."""
    try:
        told = json.loads(refused.response.text)
        details = told.get("details") or [{}]
        return str(details[0].get("issue") or told.get("name"))[:60]
    except (ValueError, AttributeError, TypeError):
        return str(refused.response_code)

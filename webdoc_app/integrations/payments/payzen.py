"""PayZen (Lyra): payment orders of its REST V4, and the signatures of both of its ways.

The shop's mode is that of its key. Errors come with HTTP 200: the envelope's `status` is what counts.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx

from webdoc_app.integrations.payments.connections import http_client
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

API = "https://api.payzen.eu"
PAGES = ("https://secure.payzen.eu",)
KEYS = ("shop_id", "password")
OPTIONS = {"way": ("rest", "form")}
"""A shop whose contract has no REST pays by form: see payzen_form. `password` is then the form's key."""

_PAID = frozenset({"AUTHORISED", "CAPTURED"})
_UNDONE = frozenset({"CANCELLED", "EXPIRED", "CAPTURE_FAILED"})
"""What an authorised payment may still become: the money never leaves the person's account."""
_RUNNING = frozenset(
    {
        "WAITING_AUTHORISATION",
        "UNDER_VERIFICATION",
        "INITIAL",
        "AUTHORISED_TO_VALIDATE",
        "WAITING_AUTHORISATION_TO_VALIDATE",
    }
)
_ORDERS = {
    "RUNNING": AttemptState.OPEN,
    "PAID": AttemptState.PROCESSING,  # until a transaction says that money came in
    "REFUSED": AttemptState.FAILED,
    "EXPIRED": AttemptState.EXPIRED,
    "CANCELED": AttemptState.CANCELED,
    "CANCELLED": AttemptState.CANCELED,
}
_PREFIXES = {"test": "testpassword_", "live": "prodpassword_"}
_MODES = {"test": "TEST", "live": "PRODUCTION"}
_WRONG_LOGIN = frozenset({"INT_902", "INT_905", "INT_906", "INT_907"})


def vads_signature(fields: Mapping[str, str], key: str) -> str:
    """The signature of a payment form: base64 of HMAC-SHA-256 over all `vads_*` values, blank ones too.

    Sorted by name, joined by `+`, the key at the end as well as as the key.
    """
    values = [fields[name] for name in sorted(fields) if name.startswith("vads_")]
    message = "+".join([*values, key])
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a notice, the blank ones too. Raises ValueError, BadSignature where there are too many."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=500)
    except ValueError:
        raise BadSignature("not the fields of a notice") from None


def rest_hash(answer: str, key: str) -> str:
    """`kr-hash` of a `kr-answer` exactly as it came: hexadecimal HMAC-SHA-256."""
    return hmac.new(key.encode(), answer.encode(), hashlib.sha256).hexdigest()


class PayZen:
    """See contract.Provider. `key` of the notifications is the REST password."""

    answers = True

    def __init__(self, keys: Mapping[str, str], mode: str, base: str = "") -> None:
        self._shop, self._password, self._mode = keys["shop_id"], keys["password"], mode
        self._base = base or API

    async def check(self) -> None:
        if not self._password.startswith(_PREFIXES[self._mode]):
            raise BadCredentials("the password is not of this mode")
        await self._call("Charge/SDKTest", {"value": "webdoc"})

    async def start(self, checkout: Checkout) -> Started:
        """Nothing here is idempotent: the caller asks once, and looks before it asks again."""
        order = await self._call(
            "Charge/CreatePaymentOrder",
            {
                "amount": checkout.amount_minor,
                "currency": checkout.currency,
                "orderId": checkout.attempt_id,
                "channelOptions": {"channelType": "URL"},
                "expirationDate": checkout.expires_at.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
                "locale": "en_GB" if checkout.language == "en" else "fr_FR",
                "customer": {"email": checkout.email} if checkout.email else {},
                "returnUrl": checkout.return_url,
                "returnMode": "GET",
                "ipnTargetUrl": checkout.webhook_url,
                "metadata": {"description": checkout.description},
            },
        )
        return Started(order["paymentOrderId"], order["paymentURL"])

    async def fetch(
        self, attempt_id: str, reference: str, *, capture: bool, disputes: bool = False
    ) -> Snapshot:
        """PayZen tells of no disputes: they are followed in its back office."""
        order, found = await asyncio.gather(
            self._call("Charge/PaymentOrder/Get", {"paymentOrderId": reference}),
            self._order(attempt_id),
        )
        if any(each.get("orderId", attempt_id) != attempt_id for each in (order, found)):
            raise Unreachable("payzen: the order of another attempt")
        return snapshot_of(order, found["transactions"])

    async def _order(self, attempt_id: str) -> dict[str, Any]:
        """An order's transactions; nobody has tried to pay yet where PayZen knows none."""
        try:
            return await self._call("Order/Get", {"orderId": attempt_id})
        except Declined as none:
            if "PSP_010" not in str(none):
                raise
            return {"transactions": []}

    async def expire(self, reference: str) -> None:
        try:
            await self._call("Charge/PaymentOrder/Cancel", {"paymentOrderId": reference})
        except Declined:
            return

    async def refund(self, captured_id: str, amount_minor: int, currency: str, key: str) -> Refunded:
        """Until the bank has taken the money there is nothing to give back: it is asked for less, or not at all."""
        known = await self._call("Transaction/Get", {"uuid": captured_id})
        which = {"uuid": captured_id}
        if known["detailedStatus"] == "CAPTURED":
            body = {"amount": amount_minor, "currency": currency, "resolutionMode": "REFUND_ONLY"}
            made = await self._call("Transaction/CancelOrRefund", which | body)
        elif amount_minor == known["amount"]:
            made = await self._call(
                "Transaction/CancelOrRefund", which | {"resolutionMode": "CANCELLATION_ONLY"}
            )
        else:
            rest = {"amount": known["amount"] - amount_minor, "currency": currency}
            made = await self._call("Transaction/Update", which | {"cardUpdate": rest})
        return Refunded(made["uuid"], amount_minor)

    async def read_webhook(
        self, body: bytes, headers: Mapping[str, str], moment: datetime, gate: Gate = no_gate
    ) -> Notice:
        """There is no time in the hash: an old notice is only a reason to ask again."""
        pairs = fields_of(body)
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise BadSignature("a field comes twice")
        answer = fields.get("kr-answer", "")
        family = (fields.get("kr-hash-algorithm"), fields.get("kr-hash-key"))
        expected = rest_hash(answer, self._password)
        given = fields.get("kr-hash", "")
        if family != ("sha256_hmac", "password") or not hmac.compare_digest(
            expected.encode(), given.encode("utf-8", "replace")
        ):
            raise BadSignature
        told = json.loads(answer)
        order = told.get("orderDetails") or {}
        if str(told.get("shopId")) != self._shop or order.get("mode") != _MODES[self._mode]:
            raise BadSignature("the shop or the mode is another")
        states = [f"{t['uuid']}:{t['detailedStatus']}" for t in told.get("transactions") or []]
        print_ = hashlib.sha256("+".join([*states, str(told.get("orderStatus"))]).encode()).hexdigest()
        return Notice(print_, (str(order.get("orderId") or ""),))

    async def _call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        url = f"{self._base}/api-payment/V4/{method}"
        try:
            answer = await http_client().post(url, json=body, auth=(self._shop, self._password))
            told = answer.json()
            status, found = told["status"], told["answer"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as failed:
            raise Unreachable(f"payzen: {type(failed).__name__}") from None
        if status == "SUCCESS":
            return dict(found)
        code = str(found.get("errorCode"))
        if answer.status_code == 401 or code in _WRONG_LOGIN:
            raise BadCredentials(f"payzen: {code}")
        if code.startswith("INT_9"):
            raise Unreachable(f"payzen: {code}")
        raise Declined(f"payzen: {code}")


def snapshot_of(order: Mapping[str, Any], transactions: list[dict[str, Any]]) -> Snapshot:
    """An order's state and its transactions: several may have been refused before one was taken."""
    debits = [t for t in transactions if t["operationType"] == "DEBIT"]
    taken = [t for t in debits if t["detailedStatus"] in _PAID]
    undone = [t for t in debits if t["detailedStatus"] in _UNDONE and _authorised(t)]
    captured = tuple(_captured(t, transactions) for t in taken + undone)
    if taken:
        return Snapshot(AttemptState.PAID, captured)
    if any(t["detailedStatus"] in _RUNNING for t in debits):
        return Snapshot(AttemptState.PROCESSING, captured)
    reason = str(debits[-1].get("errorCode") or debits[-1]["detailedStatus"]) if debits else ""
    if undone:
        return Snapshot(AttemptState.FAILED, captured, reason)
    state = _ORDERS.get(order["paymentOrderStatus"], AttemptState.OPEN)
    return Snapshot(state, reason=reason)


def _authorised(debit: Mapping[str, Any]) -> int:
    """What the bank agreed to, in minor units: the transaction's own amount is what is left of it."""
    card = (debit.get("transactionDetails") or {}).get("cardDetails") or {}
    return int((card.get("authorizationResponse") or {}).get("amount") or 0)


def _captured(debit: Mapping[str, Any], transactions: list[dict[str, Any]]) -> Captured:
    credits_ = [
        t
        for t in transactions
        if t.get("operationType") == "CREDIT"
        and (t.get("transactionDetails") or {}).get("parentTransactionUuid") == debit["uuid"]
    ]
    amount = max(_authorised(debit), debit["amount"])
    return Captured(
        id=debit["uuid"],
        amount_minor=amount,
        currency=debit["currency"],
        refunds=tuple(
            Refunded(t["uuid"], t["amount"], failed=t["detailedStatus"] not in _PAID)
            for t in credits_
            if t["detailedStatus"] in _PAID | _UNDONE | {"REFUSED"}
        ),
        withdrawn_minor=amount if debit["detailedStatus"] in _UNDONE else amount - debit["amount"],
    )

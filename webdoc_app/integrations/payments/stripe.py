"""Stripe: Checkout Sessions, through its own SDK."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from webdoc_app.integrations.payments import stripe_payouts
from webdoc_app.integrations.payments.connections import kept, stripe_client
from webdoc_app.integrations.payments.contract import (
    AttemptState,
    BadCredentials,
    BadSignature,
    Captured,
    Checkout,
    Declined,
    DisputeState,
    Gate,
    Notice,
    Refunded,
    Snapshot,
    Started,
    Unreachable,
    no_gate,
    sum_of,
)
from webdoc_app.integrations.payments.payouts import PaidOut, PaidOutLine
from webdoc_app.integrations.payments.stripe_amounts import from_stripe, to_stripe

API = "https://api.stripe.com"
PAGES = ("https://checkout.stripe.com",)
KEYS = ("secret_key", "webhook_secret")
TOLERANCE_SECONDS = 300
ATTEMPT = "attempt_id"
REFUNDS = "payment_intent.latest_charge.refunds"
FEE = "payment_intent.latest_charge.balance_transaction"

_DISPUTES = {
    "won": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
    "lost": DisputeState.LOST,
}


class Stripe:
    """See contract.Provider and payouts.PayoutTeller."""

    answers = True

    def __init__(self, keys: Mapping[str, str], mode: str, base: str = "") -> None:
        import stripe

        self._keys, self._mode = keys, mode
        # Where no number of retries is given, StripeClient makes none.
        self._client = stripe.StripeClient(
            keys["secret_key"],
            base_addresses={"api": base or API},
            max_network_retries=2,
            http_client=stripe_client(),
        )

    async def check(self) -> None:
        prefixes = tuple(f"{kind}_{self._mode}_" for kind in ("sk", "rk"))
        if not self._keys["secret_key"].startswith(prefixes):
            raise BadCredentials("the key is not of this mode")
        if not self._keys["webhook_secret"].startswith("whsec_"):
            raise BadCredentials("the webhook secret begins with whsec_")
        await _asked(self._client.v1.balance.retrieve_async())
        self._without_fees().discard(self._keys["secret_key"])
        # A restricted key that may not read disputes would only tell so at the first of them.
        try:
            await _asked(self._client.v1.disputes.list_async({"limit": 1}))
        except BadCredentials:
            raise
        except Declined:
            return  # nothing about the key

    async def start(self, checkout: Checkout) -> Started:
        session = await _asked(
            self._client.v1.checkout.sessions.create_async(
                _session(checkout),  # type: ignore[arg-type]
                {"idempotency_key": f"{checkout.attempt_id}:create"},
            )
        )
        return Started(session["id"], session["url"])

    async def fetch(
        self, attempt_id: str, reference: str, *, capture: bool, disputes: bool = False
    ) -> Snapshot:
        """The charge tells whether there are disputes to ask about."""
        session = await self._session(reference)
        self._insist_on(session, attempt_id, reference)
        return snapshot_of(session, await self._disputes(session))

    async def _session(self, reference: str) -> dict[str, Any]:
        """With the fee, unless the key may not read the balance's movements: that is no reason to know nothing."""
        retrieve = self._client.v1.checkout.sessions.retrieve_async
        if self._keys["secret_key"] not in self._without_fees():
            try:
                return await _asked(retrieve(reference, {"expand": [REFUNDS, FEE]}))
            except Declined:
                session = await _asked(retrieve(reference, {"expand": [REFUNDS]}))
                self._without_fees().add(self._keys["secret_key"])
                return session
        return await _asked(retrieve(reference, {"expand": [REFUNDS]}))

    def _insist_on(self, session: Mapping[str, Any], attempt_id: str, reference: str) -> None:
        """The attempt's own page, of this mode. Raises Unreachable: nothing is concluded from another's."""
        is_live = session["livemode"] is True
        if (session["id"], is_live) != (reference, self._mode == "live"):
            raise Unreachable("stripe: the page of another mode or attempt")
        if session["client_reference_id"] != attempt_id:
            raise Unreachable("stripe: the page of another attempt")

    @staticmethod
    def _without_fees() -> set[str]:
        """The keys that may not read fees, until they are checked anew or the worker ends."""
        found: set[str] = kept("stripe keys that read no fees", set)
        return found

    async def _disputes(self, session: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A charge only says whether it was ever disputed."""
        intent = session.get("payment_intent")
        charge = intent.get("latest_charge") if isinstance(intent, dict) else None
        if not (isinstance(intent, dict) and isinstance(charge, dict) and charge.get("disputed")):
            return []
        try:
            found = await _asked(self._client.v1.disputes.list_async({"payment_intent": intent["id"]}))
        except BadCredentials as refused:
            # The key took the session's question: it is good, and goes on taking payments.
            raise Declined("stripe: disputes may not be read") from refused
        return list(found["data"])

    async def expire(self, reference: str) -> None:
        try:
            await _asked(self._client.v1.checkout.sessions.expire_async(reference))
        except Declined:
            return

    async def refund(self, captured_id: str, amount_minor: int, currency: str, key: str) -> Refunded:
        made = await _asked(
            self._client.v1.refunds.create_async(
                {"payment_intent": captured_id, "amount": to_stripe(amount_minor, currency)},
                {"idempotency_key": f"refund:{key}"},
            )
        )
        return Refunded(made["id"], amount_minor)

    async def payouts(self, since: datetime, until: datetime) -> list[PaidOut]:
        with _told_as_ours():
            return await stripe_payouts.payouts(self._client, since, until)

    async def payout_lines(self, payout_id: str) -> list[PaidOutLine]:
        with _told_as_ours():
            return await stripe_payouts.payout_lines(self._client, payout_id)

    async def read_webhook(
        self, body: bytes, headers: Mapping[str, str], moment: datetime, gate: Gate = no_gate
    ) -> Notice:
        secret = self._keys["webhook_secret"]
        if not signature_holds(body, headers.get("stripe-signature", ""), secret, moment):
            raise BadSignature
        event = json.loads(body)
        if event.get("livemode") is not (self._mode == "live"):
            raise BadSignature("an event of the other mode")
        thing = event["data"]["object"]
        attempt = (thing.get("metadata") or {}).get(ATTEMPT, "")
        about = [thing.get("id"), thing.get("payment_intent"), thing.get("charge")]
        return Notice(
            event["id"],
            (attempt,) if isinstance(attempt, str) and attempt else (),
            tuple(name for name in about if isinstance(name, str)),
        )


def signature_holds(body: bytes, header: str, secret: str, moment: datetime) -> bool:
    """Whether one of the header's `v1` signs `t.body`, less than five minutes from now on either side.

    The SDK's own check lets any time in the future pass.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if not secret or len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
        return False
    if abs(moment.timestamp() - int(times[0][:12])) > TOLERANCE_SECONDS:
        return False
    expected = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    given = [value for name, _, value in parts if name == "v1"]
    return any(hmac.compare_digest(expected.encode(), value.encode("utf-8", "replace")) for value in given)


def snapshot_of(session: Mapping[str, Any], disputes: Sequence[Mapping[str, Any]] = ()) -> Snapshot:
    """What a Checkout Session says, its payment intent's latest charge expanded."""
    intent = session.get("payment_intent")
    intent = intent if isinstance(intent, dict) else {}
    if session["payment_status"] == "paid":
        return Snapshot(AttemptState.PAID, (_captured(intent, disputes),))
    if session["status"] == "complete":
        if intent.get("status") in ("requires_payment_method", "canceled"):
            return Snapshot(AttemptState.FAILED, reason=_reason(intent))
        return Snapshot(AttemptState.PROCESSING)
    if session["status"] == "expired":
        return Snapshot(AttemptState.EXPIRED)
    return Snapshot(AttemptState.OPEN, reason=_reason(intent))


def _captured(intent: Mapping[str, Any], disputes: Sequence[Mapping[str, Any]]) -> Captured:
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    refunds = (charge.get("refunds") or {}).get("data") or []
    currency = str(intent["currency"]).upper()
    return Captured(
        id=intent["id"],
        amount_minor=from_stripe(intent["amount_received"], currency),
        currency=currency,
        receipt_url=charge.get("receipt_url") or "",
        refunds=tuple(
            Refunded(r["id"], from_stripe(r["amount"], currency), failed=r["status"] != "succeeded")
            for r in refunds
            if r["status"] in ("succeeded", "failed", "canceled")
        ),
        dispute=sum_of(
            [
                (_DISPUTES.get(d["status"], DisputeState.OPEN), from_stripe(d["amount"], currency))
                for d in disputes
            ]
        ),
        fee_minor=_fee(charge, currency),
    )


def _fee(charge: Mapping[str, Any], currency: str) -> int | None:
    """What Stripe keeps, where the balance is in the payment's currency. A charge may be seconds older than it."""
    movement = charge.get("balance_transaction")
    if isinstance(movement, dict) and str(movement["currency"]).upper() == currency:
        return from_stripe(movement["fee"], currency)
    return None


def _reason(intent: Mapping[str, Any]) -> str:
    error = intent.get("last_payment_error") or {}
    return str(error.get("decline_code") or error.get("code") or "")


def _session(checkout: Checkout) -> dict[str, Any]:
    metadata = {ATTEMPT: checkout.attempt_id}
    session: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": checkout.attempt_id,
        "locale": checkout.language,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": checkout.currency.lower(),
                    "unit_amount": to_stripe(checkout.amount_minor, checkout.currency),
                    "product_data": {"name": checkout.description},
                },
            }
        ],
        "success_url": checkout.return_url,
        "cancel_url": checkout.cancel_url,
        # Of the attempt: computed anew, the same key would come with other parameters.
        "expires_at": int(checkout.expires_at.timestamp()),
        "metadata": metadata,
        # The amount is ours, in our currency.
        "adaptive_pricing": {"enabled": False},
        "payment_intent_data": {"description": checkout.description, "metadata": metadata},
    }
    if checkout.email:
        session["customer_email"] = checkout.email
    return session


async def _asked(call: Any) -> dict[str, Any]:
    """The answer as a plain dictionary: the SDK's objects are not."""
    with _told_as_ours():
        found: dict[str, Any] = (await call).to_dict()
        return found


@contextmanager
def _told_as_ours() -> Iterator[None]:
    """The SDK's errors become those of the contract. Their own words stay out: they may repeat what was sent."""
    import stripe

    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as refused:
        raise BadCredentials(f"stripe: {type(refused).__name__}") from None
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as refused:
        raise Declined(f"stripe: {refused.code or type(refused).__name__}") from None
    except stripe.StripeError as failed:
        raise Unreachable(f"stripe: {type(failed).__name__}") from None

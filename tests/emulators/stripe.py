"""Stripe's API as far as Checkout Sessions, their payments, refunds and disputes go; signed events."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.emulators.base import Emulator, act_of, amount_in_words, ended_page, hosted_page, new
from tests.emulators.stripe_balance import DISPUTE_FEE, Balance, fee_of

_KNOWN = re.compile(
    r"mode|client_reference_id|locale|customer_email|success_url|cancel_url|expires_at|metadata\[\w+\]"
    r"|adaptive_pricing\[enabled\]|payment_intent_data\[(description|receipt_email|metadata\]\[\w+)\]"
    r"|line_items\[0\]\[(quantity|price_data\]\[(currency|unit_amount|product_data\]\[name))\]"
)
FEE = "payment_intent.latest_charge.balance_transaction"

_STEPS = {"isk": 100, "ugx": 100} | dict.fromkeys(["bhd", "jod", "kwd", "omr", "tnd"], 10)
"""Currencies whose amounts must be multiples of something."""


@dataclass
class StripeEmulator(Emulator):
    """`accounts`: secret key -> (webhook address, webhook secret). `blind` keys read no movement of the balance, no payout.

    `fees_later`: a charge does not know its fee yet; `pays_out_when_asked`: who asks for payouts finds a new one.
    """

    name: str = "Stripe"
    accounts: dict[str, tuple[str, str]] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    restricted: set[str] = field(default_factory=set)  # keys that may not read disputes
    kept: dict[tuple[str, str], tuple[str, int, dict[str, Any]]] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)
    fees_later: bool = False
    pays_out_when_asked: bool = False
    balance: Balance = field(init=False)

    def __post_init__(self) -> None:
        self.balance = Balance(self.now)

    def routes(self) -> list[Route]:
        post, get = ["POST"], ["GET"]
        return [
            Route("/v1/balance", self._api(self._balance), methods=get),
            Route("/v1/checkout/sessions", self._api(self._create), methods=post),
            Route("/v1/checkout/sessions/{id}", self._api(self._session), methods=get),
            Route("/v1/checkout/sessions/{id}/expire", self._api(self._expire), methods=post),
            Route("/v1/refunds", self._api(self._refund), methods=post),
            Route("/v1/disputes", self._api(self._disputes), methods=get),
            Route("/v1/payouts", self._api(self._payouts), methods=get),
            Route("/v1/balance_transactions", self._api(self._movements), methods=get),
            Route("/pay/{id}", self._page, methods=get),
            Route("/pay/{id}", self._act, methods=post),
        ]

    def _api(self, act: Any) -> Any:
        """Keys, idempotency, and errors as Stripe writes them."""

        async def answer(request: Request) -> Response:
            key = request.headers.get("authorization", "").removeprefix("Bearer ")
            if key not in self.accounts:
                return _error(401, "invalid_request_error", "Invalid API Key provided", "")
            form = {name: str(value) for name, value in (await request.form()).items()}
            again = request.headers.get("idempotency-key")
            print_ = hashlib.sha256(json.dumps([request.url.path, sorted(form.items())]).encode()).hexdigest()
            if again and (known := self.kept.get((key, again))):
                if known[0] != print_:
                    return _error(400, "idempotency_error", "Keys for idempotent requests…", "")
                return JSONResponse(known[2], known[1], headers={"Idempotent-Replayed": "true"})
            response: Response = act(request, form, key)
            if again and response.status_code < 500:
                self.kept[(key, again)] = (print_, response.status_code, json.loads(bytes(response.body)))
            return response

        return answer

    def _balance(self, request: Request, form: dict[str, str], key: str) -> Response:
        return JSONResponse({"object": "balance", "available": [], "livemode": "_live_" in key})

    def _create(self, request: Request, form: dict[str, str], key: str) -> Response:
        for name in form:
            if not _KNOWN.fullmatch(name):
                return _error(400, "invalid_request_error", f"unknown parameter {name}", "parameter_unknown")
        lives = int(form["expires_at"]) - self.now().timestamp()
        if form["mode"] != "payment" or not 29 * 60 <= lives <= 24 * 3600:
            return _error(400, "invalid_request_error", "mode or expires_at", "parameter_invalid")
        id_ = new("cs_test_")
        price = "line_items[0][price_data]"
        if int(form[f"{price}[unit_amount]"]) % _STEPS.get(form[f"{price}[currency]"], 1):
            return _error(400, "invalid_request_error", "Invalid amount", "invalid_charge_amount")
        self.owners[id_] = key
        self.things[id_] = {
            "id": id_,
            "object": "checkout.session",
            "url": f"{self.origin}/pay/{id_}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(form[f"{price}[unit_amount]"]),
            "currency": form[f"{price}[currency]"],
            "client_reference_id": form.get("client_reference_id"),
            "metadata": {"attempt_id": form["metadata[attempt_id]"]},
            "livemode": False,
            "locale": form.get("locale"),
            "expires_at": int(form["expires_at"]),
            "success_url": form["success_url"],
            "cancel_url": form["cancel_url"],
            "description": form.get(f"{price}[product_data][name]", ""),
        }
        return JSONResponse(self.things[id_])

    def _session(self, request: Request, form: dict[str, str], key: str) -> Response:
        session = self._owned(request.path_params["id"], key)
        if session is None:
            return _error(404, "invalid_request_error", "No such checkout.session", "resource_missing")
        self._let_expire(session)
        expand = set(request.query_params.values())
        if unknown := expand - {
            "payment_intent",
            "payment_intent.latest_charge",
            "payment_intent.latest_charge.refunds",
            FEE,
        }:
            return _error(400, "invalid_request_error", f"cannot expand {unknown}", "")
        if FEE in expand and key in self.blind:
            return _not_permitted("rak_balance_transaction_source_read")
        return JSONResponse(self._expanded(session, FEE in expand) if expand else session)

    def _payouts(self, request: Request, form: dict[str, str], key: str) -> Response:
        if key in self.blind:
            return _not_permitted("rak_payout_read")
        if self.pays_out_when_asked:
            self.balance.pay_out(key)
        query = request.query_params
        found = self.balance.listed(key, int(query["created[gte]"]), int(query["created[lte]"]))
        return _page(found, request)

    def _movements(self, request: Request, form: dict[str, str], key: str) -> Response:
        if key in self.blind:
            return _not_permitted("rak_balance_read")
        found = self.balance.held_by(key, request.query_params["payout"])
        if "data.source" in request.query_params.values():
            found = [each | {"source": self.things.get(each["source"], each["source"])} for each in found]
        return _page(found, request)

    def _expanded(self, session: dict[str, Any], with_fee: bool) -> dict[str, Any]:
        if session["payment_intent"] is None:
            return session
        intent = dict(self.things[session["payment_intent"]])
        if intent["latest_charge"]:
            charge = dict(self.things[intent["latest_charge"]])
            refunds = [
                t for t in self.things.values() if t["object"] == "refund" and t["charge"] == charge["id"]
            ]
            movement = None if self.fees_later else self.balance.of(charge["id"])
            charge["balance_transaction"] = movement if with_fee else (movement or {}).get("id")
            intent["latest_charge"] = {**charge, "refunds": {"object": "list", "data": refunds}}
        return {**session, "payment_intent": intent}

    def _expire(self, request: Request, form: dict[str, str], key: str) -> Response:
        session = self._owned(request.path_params["id"], key)
        if session is None or session["status"] != "open":
            return _error(400, "invalid_request_error", "This Session cannot be expired", "")
        session["status"] = "expired"
        return JSONResponse(session)

    def _refund(self, request: Request, form: dict[str, str], key: str) -> Response:
        intent = self.things[form["payment_intent"]]
        charge = self.things[intent["latest_charge"]]
        amount = int(form.get("amount", charge["amount"]))
        if amount > charge["amount"] - charge["amount_refunded"]:
            return _error(
                400, "invalid_request_error", "greater than unrefunded amount", "charge_already_refunded"
            )
        refund = self.refund_now(charge, amount)
        self.later(self._event(key, "charge.refunded", charge))
        return JSONResponse(refund)

    def refund_now(self, charge: dict[str, Any], amount: int) -> dict[str, Any]:
        charge["amount_refunded"] += amount
        refund = {
            "id": new("re_"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "status": "succeeded",
            "currency": charge["currency"],
        }
        self.things[refund["id"]] = refund
        self.balance.move(self._key_of(charge), "refund", -amount, charge["currency"], refund["id"])
        return refund

    async def give_back(self, session: dict[str, Any], amount: int) -> None:
        """A refund made at Stripe's own dashboard."""
        charge = self.things[self.things[session["payment_intent"]]["latest_charge"]]
        self.refund_now(charge, amount)
        await self._event(self.owners[session["id"]], "charge.refunded", charge)

    async def refund_fails(self, session: dict[str, Any]) -> None:
        """The person's bank sends the last refund back."""
        refund = [
            t
            for t in self.things.values()
            if t["object"] == "refund" and t["payment_intent"] == session["payment_intent"]
        ][-1]
        refund["status"] = "failed"
        charge = self.things[refund["charge"]]
        charge["amount_refunded"] -= refund["amount"]
        key = self._key_of(charge)
        self.balance.move(key, "refund_failure", refund["amount"], refund["currency"], refund["id"])
        await self._event(self.owners[session["id"]], "refund.failed", refund)

    def _disputes(self, request: Request, form: dict[str, str], key: str) -> Response:
        if key in self.restricted:
            return _error(403, "invalid_request_error", "The provided key does not have access", "")
        wanted = request.query_params.get("payment_intent")
        found = [
            t for t in self.things.values() if t["object"] == "dispute" and t["payment_intent"] == wanted
        ]
        return JSONResponse({"object": "list", "data": found, "has_more": False, "url": "/v1/disputes"})

    async def dispute(self, session: dict[str, Any], status: str, amount: int = 0) -> None:
        """Opens a dispute (`needs_response`) about all of it or `amount`, or ends that one (`won`, `lost`)."""
        intent = self.things[session["payment_intent"]]
        self.things[intent["latest_charge"]]["disputed"] = True
        found = [
            t
            for t in self.things.values()
            if t["object"] == "dispute"
            and t["payment_intent"] == intent["id"]
            and t["amount"] == (amount or intent["amount"])
        ]
        dispute = (
            found[0] if found else {"id": new("dp_"), "object": "dispute", "payment_intent": intent["id"]}
        )
        dispute |= {"status": status, "charge": intent["latest_charge"], "amount": amount or intent["amount"]}
        self.things[dispute["id"]] = dispute
        if status != "lost":
            # The money goes when the dispute is opened, and comes back when it is won; its fee does not.
            sign, fee = (-1, DISPUTE_FEE) if status == "needs_response" else (1, 0)
            key, amount = self.owners[session["id"]], sign * intent["amount"]
            self.balance.move(key, "adjustment", amount, intent["currency"], dispute["id"], fee)
        word = "created" if status == "needs_response" else "closed"
        await self._event(self.owners[session["id"]], f"charge.dispute.{word}", dispute)

    async def _page(self, request: Request) -> Response:
        session = self.things.get(request.path_params["id"], {"status": ""})
        self._let_expire(session)
        if session["status"] != "open":
            return ended_page("Cette page de paiement n’est plus ouverte.")
        return hosted_page(
            self.name, amount_in_words(session["amount_total"], session["currency"]), session["description"]
        )

    async def _act(self, request: Request) -> Response:
        session = self.things[request.path_params["id"]]
        act = await act_of(request)
        if act == "cancel":
            return RedirectResponse(session["cancel_url"], 303)
        if session["status"] != "open":
            return ended_page("Cette page de paiement n’est plus ouverte.")
        if act == "decline":
            self._intent(session, "requires_payment_method")
            amount = amount_in_words(session["amount_total"], session["currency"])
            return hosted_page(self.name, amount, session["description"], "Votre carte a été refusée.")
        await self.pay(session, delayed=act == "delay")
        return RedirectResponse(session["success_url"], 303)

    async def pay(self, session: dict[str, Any], *, delayed: bool = False) -> None:
        """The person pays; the event goes its own way."""
        self._intent(session, "processing" if delayed else "succeeded")
        session["status"] = "complete"
        session["payment_status"] = "unpaid" if delayed else "paid"
        self.later(self._event(self.owners[session["id"]], "checkout.session.completed", session))
        if delayed and self.settles_after is not None:
            self.later(self._finish_later(session))

    async def _finish_later(self, session: dict[str, Any]) -> None:
        import asyncio

        await asyncio.sleep(self.settles_after or 0)
        await self.finish(session)

    async def finish(self, session: dict[str, Any], *, well: bool = True) -> None:
        """What a delayed payment becomes."""
        self._intent(session, "succeeded" if well else "requires_payment_method")
        session["payment_status"] = "paid" if well else "unpaid"
        word = "succeeded" if well else "failed"
        await self._event(self.owners[session["id"]], f"checkout.session.async_payment_{word}", session)

    def _intent(self, session: dict[str, Any], status: str) -> None:
        paid = status == "succeeded"
        id_ = session["payment_intent"] or new("pi_")
        charge_id = new("ch_") if paid else None
        session["payment_intent"] = id_
        self.things[id_] = {
            "id": id_,
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": session["amount_total"] if paid else 0,
            "currency": session["currency"],
            "status": status,
            "latest_charge": charge_id,
            "metadata": session["metadata"],
            "last_payment_error": {"code": "card_declined", "decline_code": "generic_decline"}
            if status == "requires_payment_method"
            else None,
        }
        if charge_id:
            self.things[charge_id] = {
                "id": charge_id,
                "object": "charge",
                "payment_intent": id_,
                "amount": session["amount_total"],
                "amount_refunded": 0,
                "currency": session["currency"],
                "disputed": False,
                "metadata": session["metadata"],
                "receipt_url": f"https://pay.stripe.com/receipts/{charge_id}",
            }
            amount, key = session["amount_total"], self.owners[session["id"]]
            self.balance.move(key, "charge", amount, session["currency"], charge_id, fee_of(amount))

    async def _event(self, key: str, type_: str, thing: dict[str, Any]) -> None:
        event = {
            "id": new("evt_"),
            "object": "event",
            "type": type_,
            "api_version": "2026-10-28.endive",
            "created": int(self.now().timestamp()),
            "livemode": False,
            "data": {"object": thing},
        }
        url, secret = self.accounts[key]
        body = json.dumps(event, indent=2).encode()
        await self.deliver(url, body, {"Stripe-Signature": self.sign(body, secret)})

    def sign(self, body: bytes, secret: str) -> str:
        moment = str(int(self.now().timestamp()))
        mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={mac}"

    def _key_of(self, charge: dict[str, Any]) -> str:
        """Whose account a charge is in."""
        intent = charge["payment_intent"]
        sessions = [t for t in self.things.values() if t["object"] == "checkout.session"]
        return next(self.owners[each["id"]] for each in sessions if each["payment_intent"] == intent)

    def _owned(self, id_: str, key: str) -> dict[str, Any] | None:
        return self.things.get(id_) if self.owners.get(id_) == key else None

    def _let_expire(self, session: dict[str, Any]) -> None:
        if session["status"] == "open" and session["expires_at"] <= self.now().timestamp():
            session["status"] = "expired"


def _error(status: int, type_: str, message: str, code: str) -> Response:
    return JSONResponse({"error": {"type": type_, "message": message, "code": code}}, status)


def _not_permitted(right: str) -> Response:
    message = f"The provided key does not have the required permissions. Having the '{right}' permission would allow it."
    return _error(403, "invalid_request_error", message, "")


def _page(found: list[dict[str, Any]], request: Request) -> Response:
    """A page of a list, as cursors ask for it."""
    after, limit = request.query_params.get("starting_after"), int(request.query_params.get("limit", 10))
    if after:
        found = found[[each["id"] for each in found].index(after) + 1 :]
    path = request.url.path
    return JSONResponse(
        {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": path}
    )

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

_KNOWN = re.compile(
    r"mode|client_reference_id|locale|customer_email|success_url|cancel_url|expires_at|metadata\[\w+\]"
    r"|adaptive_pricing\[enabled\]|payment_intent_data\[(description|receipt_email|metadata\]\[\w+)\]"
    r"|line_items\[0\]\[(quantity|price_data\]\[(currency|unit_amount|product_data\]\[name))\]"
)


@dataclass
class StripeEmulator(Emulator):
    """`accounts`: secret key -> (webhook address, webhook secret)."""

    name: str = "Stripe"
    accounts: dict[str, tuple[str, str]] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    kept: dict[tuple[str, str], tuple[str, int, dict[str, Any]]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        post, get = ["POST"], ["GET"]
        return [
            Route("/v1/balance", self._api(self._balance), methods=get),
            Route("/v1/checkout/sessions", self._api(self._create), methods=post),
            Route("/v1/checkout/sessions/{id}", self._api(self._session), methods=get),
            Route("/v1/checkout/sessions/{id}/expire", self._api(self._expire), methods=post),
            Route("/v1/refunds", self._api(self._refund), methods=post),
            Route("/v1/disputes", self._api(self._disputes), methods=get),
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
        }:
            return _error(400, "invalid_request_error", f"cannot expand {unknown}", "")
        return JSONResponse(self._expanded(session) if expand else session)

    def _expanded(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"] is None:
            return session
        intent = dict(self.things[session["payment_intent"]])
        if intent["latest_charge"]:
            charge = dict(self.things[intent["latest_charge"]])
            refunds = [
                t for t in self.things.values() if t["object"] == "refund" and t["charge"] == charge["id"]
            ]
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
        self.things[refund["charge"]]["amount_refunded"] -= refund["amount"]
        await self._event(self.owners[session["id"]], "refund.failed", refund)

    def _disputes(self, request: Request, form: dict[str, str], key: str) -> Response:
        wanted = request.query_params.get("payment_intent")
        found = [
            t for t in self.things.values() if t["object"] == "dispute" and t["payment_intent"] == wanted
        ]
        return JSONResponse({"object": "list", "data": found, "has_more": False, "url": "/v1/disputes"})

    async def dispute(self, session: dict[str, Any], status: str) -> None:
        """Opens a dispute (`needs_response`), or ends it (`won`, `lost`)."""
        intent = self.things[session["payment_intent"]]
        self.things[intent["latest_charge"]]["disputed"] = True
        found = [
            t
            for t in self.things.values()
            if t["object"] == "dispute" and t["payment_intent"] == intent["id"]
        ]
        dispute = (
            found[0] if found else {"id": new("dp_"), "object": "dispute", "payment_intent": intent["id"]}
        )
        dispute |= {"status": status, "charge": intent["latest_charge"], "amount": intent["amount"]}
        self.things[dispute["id"]] = dispute
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

    def _owned(self, id_: str, key: str) -> dict[str, Any] | None:
        return self.things.get(id_) if self.owners.get(id_) == key else None

    def _let_expire(self, session: dict[str, Any]) -> None:
        if session["status"] == "open" and session["expires_at"] <= self.now().timestamp():
            session["status"] = "expired"


def _error(status: int, type_: str, message: str, code: str) -> Response:
    return JSONResponse({"error": {"type": type_, "message": message, "code": code}}, status)

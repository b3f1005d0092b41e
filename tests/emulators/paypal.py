"""PayPal's Orders v2, captures, refunds and signed notifications."""

import base64
import json
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.emulators.base import Emulator, act_of, amount_in_words, ended_page, hosted_page, new

_CURRENCIES = [
    "AUD",
    "BRL",
    "CAD",
    "CHF",
    "CNY",
    "CZK",
    "DKK",
    "EUR",
    "GBP",
    "HKD",
    "HUF",
    "ILS",
    "JPY",
    "MXN",
    "MYR",
    "NOK",
    "NZD",
    "PHP",
    "PLN",
    "SEK",
    "SGD",
    "THB",
    "TWD",
    "USD",
]


@dataclass
class PayPalEmulator(Emulator):
    """`accounts`: client id -> (secret, webhook address, webhook id). `searchable`: transactions may be searched."""

    name: str = "PayPal"
    accounts: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    captures: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    kept: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    intended: dict[str, str] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    searchable: bool = True
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    certificate: bytes = b""  # what the certificate's address answers

    def routes(self) -> list[Route]:
        post, get = ["POST"], ["GET"]
        return [
            Route("/v1/oauth2/token", self._token, methods=post),
            Route("/v2/checkout/orders", self._api(self._create), methods=post),
            Route("/v2/checkout/orders/{id}", self._api(self._order), methods=get),
            Route("/v2/checkout/orders/{id}/capture", self._api(self._capture), methods=post),
            Route("/v2/payments/captures/{id}/refund", self._api(self._refund), methods=post),
            Route("/v1/customer/disputes", self._api(self._disputes), methods=get),
            Route("/v1/customer/disputes/{id}", self._api(self._dispute), methods=get),
            Route("/v1/reporting/transactions", self._api(self._search), methods=get),
            Route("/v1/notifications/certs/{id}", self._certificate, methods=get),
            Route("/v1/notifications/verify-webhook-signature", self._verify, methods=post),
            Route("/pay/{id}", self._page, methods=get),
            Route("/pay/{id}", self._act, methods=post),
        ]

    async def _token(self, request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        id_, _, secret = base64.b64decode(given or "").decode().partition(":")
        if scheme != "Basic" or self.accounts.get(id_, ("",))[0] != secret or not secret:
            return JSONResponse({"error": "invalid_client", "error_description": "no"}, 401)
        token = secrets.token_hex(16)
        self.tokens[token] = id_
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 32_400})

    def account_of(self, authorization: str) -> str:
        return self.tokens.get(authorization.removeprefix("Bearer "), "")

    def _client(self, request: Request) -> str | None:
        return self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    def _api(self, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            client = self._client(request)
            if client is None:
                return _error(401, "AUTHENTICATION_FAILURE", "INVALID_TOKEN")
            again = request.headers.get("paypal-request-id", "")
            place = (request.method, request.url.path, again)
            if again and place in self.kept:
                return JSONResponse(self.kept[place], 200)
            raw = await request.body()
            response: Response = act(request, json.loads(raw) if raw else {}, client)
            if again and response.status_code < 300:
                self.kept[place] = json.loads(bytes(response.body))
            return response

        return answer

    def _create(self, request: Request, body: dict[str, Any], client: str) -> Response:
        unit = body["purchase_units"][0]
        if any(o["purchase_units"][0]["invoice_id"] == unit["invoice_id"] and self.owners[o["id"]] == client
               for o in self.orders.values()):  # fmt: skip
            return _error(422, "UNPROCESSABLE_ENTITY", "DUPLICATE_INVOICE_ID")
        if unit["amount"]["currency_code"] not in _CURRENCIES:
            return _error(422, "UNPROCESSABLE_ENTITY", "CURRENCY_NOT_SUPPORTED")
        if unit["amount"]["currency_code"] in ("HUF", "JPY", "TWD") and "." in unit["amount"]["value"]:
            return _error(422, "UNPROCESSABLE_ENTITY", "DECIMALS_NOT_SUPPORTED")
        if body["intent"] != "CAPTURE" or not isinstance(unit["amount"]["value"], str):
            return _error(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
        id_ = secrets.token_hex(9).upper()[:17]
        context = body["payment_source"]["paypal"]["experience_context"]
        self.owners[id_] = client
        self.orders[id_] = {
            "id": id_,
            "intent": "CAPTURE",
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [{**unit, "reference_id": "default"}],
            "create_time": self.now().isoformat(),
            "links": [
                {"href": f"{self.origin}/v2/checkout/orders/{id_}", "rel": "self", "method": "GET"},
                {"href": f"{self.origin}/pay/{id_}", "rel": "payer-action", "method": "GET"},
            ],
        }
        self.intended[id_] = json.dumps(context)
        return JSONResponse(self.orders[id_], 201)

    def _order(self, request: Request, body: dict[str, Any], client: str) -> Response:
        id_ = request.path_params["id"]
        if self.owners.get(id_) != client:
            return _error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return JSONResponse(self.orders[id_])

    def _capture(self, request: Request, body: dict[str, Any], client: str) -> Response:
        order = self.orders[request.path_params["id"]]
        if order["status"] == "COMPLETED":
            return _error(422, "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            return _error(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
        act = self.intended[order["id"]]
        if act == "decline":
            return _error(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED")
        unit = order["purchase_units"][0]
        fee = {"currency_code": unit["amount"]["currency_code"], "value": "1.00"}
        capture = {
            "id": secrets.token_hex(9).upper()[:17],
            "status": "PENDING" if act == "delay" else "COMPLETED",
            "amount": unit["amount"],
            "custom_id": unit["custom_id"],
            "invoice_id": unit["invoice_id"],
            "final_capture": True,
            "seller_receivable_breakdown": {"paypal_fee": fee, "gross_amount": unit["amount"]},
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        }
        self.captures[capture["id"]] = capture
        unit["payments"] = {"captures": [capture], "refunds": []}
        order["status"] = "COMPLETED"
        word = "PENDING" if act == "delay" else "COMPLETED"
        self.later(self._event(client, f"PAYMENT.CAPTURE.{word}", "capture", capture))
        if act == "delay" and self.settles_after is not None:
            self.later(self._finish_later(order))
        return JSONResponse(order, 201)

    async def _finish_later(self, order: dict[str, Any]) -> None:
        import asyncio

        await asyncio.sleep(self.settles_after or 0)
        await self.finish(order)

    async def finish(self, order: dict[str, Any], *, well: bool = True) -> None:
        """What a pending capture becomes."""
        capture = order["purchase_units"][0]["payments"]["captures"][0]
        capture["status"] = "COMPLETED" if well else "DECLINED"
        word = "COMPLETED" if well else "DENIED"
        await self._event(self.owners[order["id"]], f"PAYMENT.CAPTURE.{word}", "capture", capture)

    def _refund(self, request: Request, body: dict[str, Any], client: str) -> Response:
        capture = self.captures[request.path_params["id"]]
        order_id = capture["supplementary_data"]["related_ids"]["order_id"]
        refunds = self.orders[order_id]["purchase_units"][0]["payments"]["refunds"]
        gone = sum(float(refund["amount"]["value"]) for refund in refunds if refund["status"] != "FAILED")
        if gone + float(body["amount"]["value"]) > float(capture["amount"]["value"]) + 0.001:
            return _error(422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED")
        refund = self._refunded(capture, body["amount"])
        self.later(self._event(client, "PAYMENT.CAPTURE.REFUNDED", "refund", refund))
        return JSONResponse(refund, 201)

    def _refunded(self, capture: dict[str, Any], amount: dict[str, str]) -> dict[str, Any]:
        refund = {
            "id": secrets.token_hex(9).upper()[:17],
            "status": "COMPLETED",
            "amount": amount,
            "create_time": self.now().isoformat(),
            "custom_id": capture["custom_id"],
            "links": [
                {"href": f"{self.origin}/v2/payments/captures/{capture['id']}", "rel": "up", "method": "GET"}
            ],
        }
        order = self.orders[capture["supplementary_data"]["related_ids"]["order_id"]]
        order["purchase_units"][0]["payments"]["refunds"].append(refund)
        capture["status"] = "PARTIALLY_REFUNDED"
        return refund

    async def give_back(self, order: dict[str, Any], amount: int) -> None:
        """A refund made at PayPal's own site."""
        capture = order["purchase_units"][0]["payments"]["captures"][0]
        refund = self._refunded(capture, {**capture["amount"], "value": f"{amount / 100:.2f}"})
        await self._event(self.owners[order["id"]], "PAYMENT.CAPTURE.REFUNDED", "refund", refund)

    async def refund_fails(self, order: dict[str, Any]) -> None:
        """The last refund does not reach the person; PayPal has no event of its own for that."""
        refund = order["purchase_units"][0]["payments"]["refunds"][-1]
        refund["status"] = "FAILED"
        await self._event(self.owners[order["id"]], "PAYMENT.CAPTURE.REFUNDED", "refund", refund)

    async def dispute(self, order: dict[str, Any], outcome: str = "", amount: int = 0) -> None:
        """The buyer asks for the money back, all of it or `amount` cents; with an outcome, that is over."""
        capture = order["purchase_units"][0]["payments"]["captures"][0]
        known = self.disputes.get(capture["id"])
        dispute = known or {
            "dispute_id": f"PP-D-{secrets.randbelow(90_000) + 10_000}",
            "create_time": self.now().isoformat(),
            "disputed_transactions": [{"seller_transaction_id": capture["id"]}],
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "dispute_amount": capture["amount"],
        }
        dispute |= {"status": "RESOLVED" if outcome else "WAITING_FOR_SELLER_RESPONSE"}
        if amount:
            dispute["dispute_amount"] = {**capture["amount"], "value": f"{amount / 100:.2f}"}
        if outcome:
            dispute["dispute_outcome"] = {"outcome_code": outcome}
        self.disputes[capture["id"]] = dispute
        word = "RESOLVED" if outcome else "UPDATED" if known else "CREATED"
        await self._event(self.owners[order["id"]], f"CUSTOMER.DISPUTE.{word}", "dispute", dispute)

    def _disputes(self, request: Request, body: dict[str, Any], client: str) -> Response:
        """The list tells of each less than its own address does."""
        found = self.disputes.get(request.query_params["disputed_transaction_id"])
        names = ("dispute_id", "create_time", "status", "reason", "dispute_amount")
        return JSONResponse({"items": [{name: found[name] for name in names}] if found else []})

    def _dispute(self, request: Request, body: dict[str, Any], client: str) -> Response:
        for dispute in self.disputes.values():
            if dispute["dispute_id"] == request.path_params["id"]:
                return JSONResponse(dispute)
        return _error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    def withdraw(self, client: str, value: str, *, code: str = "T0400", status: str = "S") -> dict[str, Any]:
        """Money goes from the account's balance to its bank."""
        moment = self.now().strftime("%Y-%m-%dT%H:%M:%S+0000")
        info = {
            "transaction_id": secrets.token_hex(9).upper()[:17],
            "transaction_event_code": code,
            "transaction_initiation_date": moment,
            "transaction_updated_date": moment,
            "transaction_amount": {"currency_code": "EUR", "value": f"-{value}"},
            "transaction_status": status,
        }
        self.withdrawals.append({"client": client, "info": info})
        return info

    def _search(self, request: Request, body: dict[str, Any], client: str) -> Response:
        if not self.searchable:
            return _error(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")
        query = request.query_params
        start, end = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        if end - start > timedelta(days=31):
            return _error(400, "INVALID_REQUEST", "INVALID_DATE_RANGE")
        found = [
            {"transaction_info": each["info"]}
            for each in self.withdrawals
            if each["client"] == client
            and each["info"]["transaction_event_code"] == query["transaction_type"]
            and start <= datetime.fromisoformat(each["info"]["transaction_initiation_date"]) < end
        ]
        page, size = int(query["page"]), int(query["page_size"])
        return JSONResponse(
            {
                "transaction_details": found[(page - 1) * size : page * size],
                "page": page,
                "total_items": len(found),
                "total_pages": -(-len(found) // size),
            }
        )

    async def _page(self, request: Request) -> Response:
        order = self.orders[request.path_params["id"]]
        if order["status"] not in ("PAYER_ACTION_REQUIRED", "APPROVED"):
            return ended_page("Cette commande n’est plus ouverte.")
        unit = order["purchase_units"][0]
        minor = round(float(unit["amount"]["value"]) * 100)
        return hosted_page(
            self.name, amount_in_words(minor, unit["amount"]["currency_code"]), unit["description"]
        )

    async def _act(self, request: Request) -> Response:
        order = self.orders[request.path_params["id"]]
        if order["status"] not in ("PAYER_ACTION_REQUIRED", "APPROVED"):
            return ended_page("Cette commande n’est plus ouverte.")
        act = await act_of(request)
        return RedirectResponse(await self.approve(order, act), 303)

    async def approve(self, order: dict[str, Any], act: str = "pay") -> str:
        """The person agrees, or goes away; the money comes only with the capture. Returns where the browser goes."""
        context = json.loads(self.intended.get(f"{order['id']}:context") or self.intended[order["id"]])
        self.intended[f"{order['id']}:context"] = json.dumps(context)
        if act == "cancel":
            return f"{context['cancel_url']}&token={order['id']}"
        order["status"] = "APPROVED"
        self.intended[order["id"]] = act
        self.later(self._event(self.owners[order["id"]], "CHECKOUT.ORDER.APPROVED", "checkout-order", order))
        return f"{context['return_url']}?token={order['id']}&PayerID=EMULATED"

    async def _event(self, client: str, type_: str, kind: str, thing: dict[str, Any]) -> None:
        event = {
            "id": new("WH-"),
            "event_version": "1.0",
            "create_time": self.now().isoformat(),
            "resource_type": kind,
            "event_type": type_,
            "resource": thing,
        }
        _, url, webhook_id = self.accounts[client]
        body = json.dumps(event, indent=1).encode()
        await self.deliver(url, body, self.headers(body, webhook_id))

    def headers(self, body: bytes, webhook_id: str) -> dict[str, str]:
        id_, moment = new(""), self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        message = f"{id_}|{moment}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = self.key.sign(message, padding.PKCS1v15(), SHA256())
        return {
            "Paypal-Transmission-Id": id_,
            "Paypal-Transmission-Time": moment,
            "Paypal-Transmission-Sig": base64.b64encode(signature).decode(),
            "Paypal-Auth-Algo": "SHA256withRSA",
            "Paypal-Cert-Url": f"{self.origin}/v1/notifications/certs/CERT-{len(self.certificate)}",
            "Content-Type": "application/json",
        }

    async def _certificate(self, request: Request) -> Response:
        return Response(self.certificate, media_type="application/x-pem-file")

    async def _verify(self, request: Request) -> Response:
        client = self._client(request)
        if client is None:
            return _error(401, "AUTHENTICATION_FAILURE", "INVALID_TOKEN")
        raw = await request.body()
        asked = json.loads(raw)
        # The bytes as they came, not what they mean.
        event = raw[raw.index(b'"webhook_event": ') + len(b'"webhook_event": ') : -1]
        message = "|".join(
            [
                asked["transmission_id"],
                asked["transmission_time"],
                asked["webhook_id"],
                str(zlib.crc32(event)),
            ]
        )
        try:
            signature = base64.b64decode(asked["transmission_sig"])
            self.key.public_key().verify(signature, message.encode(), padding.PKCS1v15(), SHA256())
            good = asked["webhook_id"] == self.accounts[client][2]
        except (InvalidSignature, ValueError):
            good = False
        return JSONResponse({"verification_status": "SUCCESS" if good else "FAILURE"})


def _error(status: int, name: str, issue: str) -> Response:
    body = {
        "name": name,
        "message": "…",
        "debug_id": new(""),
        "details": [{"issue": issue, "description": "…"}],
    }
    return JSONResponse({**body, "links": []}, status)

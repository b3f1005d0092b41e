"""PayZen's REST V4: payment orders, transactions, refunds, and its notifications."""

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.emulators.base import Emulator, act_of, amount_in_words, ended_page, hosted_page

_V4 = "/api-payment/V4"
NOT_GIVEN_BACK = {
    "signature",
    "vads_return_mode",
    "vads_url_cancel",
    "vads_url_check",
    "vads_url_return",
}
RESULTS = {"REFUSED": "05", "ABANDONED": "17"}
"""PayZen's own words for what became of it: `00` where it did what it was asked."""
ANSWERED = {
    "vads_auth_mode": "FULL",
    "vads_auth_number": "3feadf",
    "vads_bank_product": "F",
    "vads_capture_delay": "0",
    "vads_card_brand": "CB",
    "vads_card_country": "FR",
    "vads_card_number": "497010XXXXXX0000",
    "vads_contract_used": "1494107",
    "vads_expiry_month": "6",
    "vads_expiry_year": "2027",
    "vads_extra_result": "",
    "vads_occurrence_type": "UNITAIRE",
    "vads_operation_type": "DEBIT",
    "vads_payment_certificate": "582ba2b725057618706d7a06e9e59acdbf69ff53",
    "vads_payment_src": "EC",
    "vads_pays_ip": "FR",
    "vads_sequence_number": "1",
    "vads_threeds_cavv": "Q2F2dkNhdnZ+Q2F2+kNhdnY=",
    "vads_threeds_enrolled": "Y",
    "vads_threeds_status": "Y",
    "vads_tid": "001",
    "vads_url_check_src": "PAY",
    "vads_validation_mode": "0",
    "vads_warranty_result": "YES",
}
"""What stands in an answer beside what was sent; a bank's value may hold a `+` of its own."""


@dataclass
class PayZenEmulator(Emulator):
    """`accounts`: shop id -> REST password."""

    name: str = "PayZen"
    accounts: dict[str, str] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)  # shop id -> key of its form
    numbers: set[tuple[str, str, str]] = field(default_factory=set)

    def routes(self) -> list[Route]:
        post = ["POST"]
        return [
            Route(
                f"{_V4}/Charge/SDKTest",
                self._api(lambda body, _: _ok({"value": body["value"]})),
                methods=post,
            ),
            Route(f"{_V4}/Charge/CreatePaymentOrder", self._api(self._create), methods=post),
            Route(f"{_V4}/Charge/PaymentOrder/Get", self._api(self._get), methods=post),
            Route(f"{_V4}/Charge/PaymentOrder/Cancel", self._api(self._cancel), methods=post),
            Route(f"{_V4}/Order/Get", self._api(self._transactions), methods=post),
            Route(f"{_V4}/Transaction/Get", self._api(self._transaction), methods=post),
            Route(f"{_V4}/Transaction/CancelOrRefund", self._api(self._cancel_or_refund), methods=post),
            Route(f"{_V4}/Transaction/Update", self._api(self._update), methods=post),
            Route("/vads-payment/", self._form, methods=post),
            Route("/pay/{id}", self._page, methods=["GET"]),
            Route("/pay/{id}", self._act, methods=post),
        ]

    def _api(self, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Basic ")
            shop, _, password = base64.b64decode(given or "").decode().partition(":")
            if not password or self.accounts.get(shop) != password:
                return _error("INT_905", "wrong login")
            response: Response = act(await request.json(), shop)
            return response

        return answer

    def _create(self, body: dict[str, Any], shop: str) -> Response:
        id_ = uuid.uuid4().hex
        self.orders[id_] = {
            **body,
            "paymentOrderId": id_,
            "paymentURL": f"{self.origin}/pay/{id_}",
            "paymentOrderStatus": "RUNNING",
            "shop": shop,
            "transactions": [],
        }
        return _ok(
            {name: self.orders[id_][name] for name in ("paymentOrderId", "paymentURL", "paymentOrderStatus")}
        )

    def _get(self, body: dict[str, Any], shop: str) -> Response:
        order = self.orders.get(body["paymentOrderId"])
        if order is None or order["shop"] != shop:
            return _error("PSP_1007", "unknown payment order")
        if order["paymentOrderStatus"] == "RUNNING" and order["expirationDate"] <= self.now().isoformat():
            order["paymentOrderStatus"] = "EXPIRED"
        return _ok(
            {name: order[name] for name in ("paymentOrderId", "paymentURL", "paymentOrderStatus", "orderId")}
        )

    def _cancel(self, body: dict[str, Any], shop: str) -> Response:
        order = self.orders[body["paymentOrderId"]]
        if order["paymentOrderStatus"] != "RUNNING":
            return _error("PSP_1008", "not running")
        order["paymentOrderStatus"] = "CANCELED"
        return _ok({"paymentOrderId": order["paymentOrderId"], "paymentOrderStatus": "CANCELED"})

    def _transactions(self, body: dict[str, Any], shop: str) -> Response:
        mine = [o for o in self.orders.values() if o["orderId"] == body["orderId"] and o["shop"] == shop]
        found = [transaction for order in mine for transaction in order["transactions"]]
        if not found:
            return _error("PSP_010", "transaction not found")
        return _ok({"orderId": body["orderId"], "transactions": found})

    def _of(self, uuid_: str, shop: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """An order of the shop's and its transaction."""
        for order in self.orders.values():
            for transaction in order["transactions"]:
                if transaction["uuid"] == uuid_ and order["shop"] == shop:
                    return order, transaction
        return None

    def _transaction(self, body: dict[str, Any], shop: str) -> Response:
        found = self._of(body["uuid"], shop)
        return _ok(found[1]) if found else _error("PSP_010", "transaction not found")

    def _cancel_or_refund(self, body: dict[str, Any], shop: str) -> Response:
        """Before the bank took it, a transaction is cancelled whole; after, a part or all of it is credited."""
        found = self._of(body["uuid"], shop)
        if found is None:
            return _error("PSP_010", "transaction not found")
        order, debit = found
        mode = body.get("resolutionMode", "AUTO")
        if debit["detailedStatus"] == "CAPTURED" and mode != "CANCELLATION_ONLY":
            return self._credit(order, debit, body["amount"])
        if debit["detailedStatus"] == "AUTHORISED" and mode != "REFUND_ONLY":
            debit["detailedStatus"] = "CANCELLED"
            self.later(self.notify(order))
            return _ok(debit)
        return _error("PSP_076", "not possible for this status")

    def _update(self, body: dict[str, Any], shop: str) -> Response:
        found = self._of(body["uuid"], shop)
        if found is None:
            return _error("PSP_010", "transaction not found")
        order, debit = found
        amount = body["cardUpdate"]["amount"]
        if debit["detailedStatus"] != "AUTHORISED" or not 0 < amount <= debit["amount"]:
            return _error("PSP_511", "not possible for this status or amount")
        debit["amount"] = amount
        self.later(self.notify(order))
        return _ok(debit)

    def _credit(self, order: dict[str, Any], debit: dict[str, Any], amount: int) -> Response:
        back = [t for t in order["transactions"] if _moves(t, "CREDIT")]
        if sum(t["amount"] for t in back) + amount > debit["amount"]:
            return _error("PSP_511", "amount too high")
        credit = _transaction(amount, debit["currency"], "CAPTURED", "CREDIT")
        credit["transactionDetails"] = {"parentTransactionUuid": debit["uuid"]}
        order["transactions"].append(credit)
        self.later(self.notify(order))
        return _ok(credit)

    async def give_back(self, order: dict[str, Any], amount: int) -> None:
        """A refund made in PayZen's back office, of money the bank has taken."""
        await self.capture(order)
        debit = next(t for t in order["transactions"] if t["detailedStatus"] == "CAPTURED")
        self._credit(order, debit, amount)

    async def refund_fails(self, order: dict[str, Any]) -> None:
        """The last refund does not pass."""
        order["transactions"][-1]["detailedStatus"] = "CAPTURE_FAILED"
        await self.notify(order)

    async def capture(self, order: dict[str, Any], status: str = "CAPTURED") -> None:
        """The shop's bank takes what was authorised, at night, and nobody is told."""
        for transaction in order["transactions"]:
            if transaction["detailedStatus"] == "AUTHORISED":
                transaction["detailedStatus"] = status

    async def _page(self, request: Request) -> Response:
        order = self.orders[request.path_params["id"]]
        if order["paymentOrderStatus"] != "RUNNING":
            return ended_page("Cet ordre de paiement n’est plus ouvert.")
        return hosted_page(
            self.name, amount_in_words(order["amount"], order["currency"]), order["metadata"]["description"]
        )

    async def _act(self, request: Request) -> Response:
        order = self.orders[request.path_params["id"]]
        act = await act_of(request)
        if act == "cancel":
            return RedirectResponse(self._way_back(order, act), 303)
        if order["paymentOrderStatus"] != "RUNNING":
            return ended_page("Cet ordre de paiement n’est plus ouvert.")
        await self.pay(order, act)
        return RedirectResponse(self._way_back(order, act), 303)

    async def _form(self, request: Request) -> Response:
        """A form as a shop signed it: another signature, an old date or a number used twice are errors."""
        fields = {name: str(value) for name, value in (await request.form()).items()}
        shop = fields.get("vads_site_id", "")
        if fields.get("signature") != self.sign(fields, shop):
            return ended_page("00 : la signature")
        date = datetime.strptime(fields["vads_trans_date"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if not timedelta(minutes=-90) <= self.now() - date <= timedelta(minutes=30):
            return ended_page("04 : la date")
        number = (shop, fields["vads_trans_date"][:8], fields["vads_trans_id"])
        if number in self.numbers or not "000000" <= number[2] <= "899999":
            return ended_page("03 : le numéro")
        self.numbers.add(number)
        id_ = uuid.uuid4().hex
        self.orders[id_] = {
            "paymentOrderStatus": "RUNNING",
            "amount": int(fields["vads_amount"]),
            "currency": {"978": "EUR", "840": "USD"}[fields["vads_currency"]],
            "orderId": fields["vads_order_id"],
            "metadata": {"description": fields.get("vads_order_info", "")},
            "shop": shop,
            "transactions": [],
            "form": fields,
        }
        return RedirectResponse(f"/pay/{id_}", 303)

    def _way_back(self, order: dict[str, Any], act: str) -> str:
        """With a form, what became of it goes with the browser too."""
        if "form" not in order:
            return str(order["returnUrl"])
        url = order["form"]["vads_url_cancel" if act == "cancel" else "vads_url_return"]
        return f"{url}{'&' if '?' in url else '?'}{urlencode(self.told(order))}"

    def told(self, order: dict[str, Any]) -> dict[str, str]:
        """The signed fields of a form's answer; some are blank, and count.

        PayZen gives back most of what it was sent, and a name it does not know too.
        """
        form, last = order["form"], (order["transactions"] or [{}])[-1]
        status = last.get("detailedStatus", "ABANDONED")
        amount, currency = (
            str(last.get("amount", order["amount"])),
            {"EUR": "978", "USD": "840"}[order["currency"]],
        )
        given = {name: value for name, value in form.items() if name not in NOT_GIVEN_BACK}
        fields = (
            given
            | ANSWERED
            | {
                "vads_amount": amount,
                "vads_currency": currency,
                "vads_effective_amount": amount,
                "vads_effective_currency": currency,
                "vads_trans_status": status,
                "vads_trans_uuid": last.get("uuid", ""),
                "vads_result": RESULTS.get(status, "00"),
                "vads_auth_result": {"REFUSED": "51", "ABANDONED": ""}.get(status, "00"),
                "vads_presentation_date": form["vads_trans_date"],
            }
        )
        return fields | {"signature": self.sign(fields, order["shop"])}

    def sign(self, fields: dict[str, str], shop: str) -> str:
        key = self.forms.get(shop, "")
        signed = sorted(name for name in fields if name.startswith("vads_"))
        text = "+".join([*(fields[name] for name in signed), key]).encode()
        return base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()

    async def pay(self, order: dict[str, Any], act: str = "pay") -> None:
        """A try: taken, refused, or waiting for the bank."""
        status = {"decline": "REFUSED", "delay": "WAITING_AUTHORISATION"}.get(act, "AUTHORISED")
        order["transactions"].append(_transaction(order["amount"], order["currency"], status, "DEBIT"))
        if act != "decline":
            order["paymentOrderStatus"] = "PAID"
        self.later(self.notify(order))
        if act == "delay" and self.settles_after is not None:
            self.later(self._finish_later(order))

    async def _finish_later(self, order: dict[str, Any]) -> None:
        import asyncio

        await asyncio.sleep(self.settles_after or 0)
        await self.finish(order)

    async def finish(self, order: dict[str, Any], *, well: bool = True) -> None:
        last = order["transactions"][-1]
        last |= _transaction(
            last["amount"], last["currency"], "AUTHORISED" if well else "REFUSED", "DEBIT"
        ) | {"uuid": last["uuid"]}
        if not well:
            order["paymentOrderStatus"] = "REFUSED"
        await self.notify(order)

    async def notify(self, order: dict[str, Any]) -> None:
        is_form = "form" in order
        body = urlencode(self.told(order) if is_form else self.notice(order)).encode()
        url = order["form"]["vads_url_check"] if is_form else order["ipnTargetUrl"]
        await self.deliver(url, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def notice(self, order: dict[str, Any]) -> dict[str, str]:
        last = order["transactions"][-1]
        paid = last["detailedStatus"] in ("AUTHORISED", "CAPTURED")
        answer = json.dumps(
            {
                "shopId": order["shop"],
                "orderCycle": "CLOSED" if paid else "OPEN",
                "orderStatus": "PAID" if paid else "UNPAID",
                "orderDetails": {
                    "orderTotalAmount": order["amount"],
                    "orderCurrency": order["currency"],
                    "mode": "TEST",
                    "orderId": order["orderId"],
                },
                "transactions": order["transactions"],
            }
        )
        password = self.accounts[order["shop"]]
        return {
            "kr-hash": hmac.new(password.encode(), answer.encode(), hashlib.sha256).hexdigest(),
            "kr-hash-algorithm": "sha256_hmac",
            "kr-hash-key": "password",
            "kr-answer-type": "V4/Payment",
            "kr-answer": answer,
        }


def _transaction(amount: int, currency: str, status: str, operation: str) -> dict[str, Any]:
    return {
        "uuid": uuid.uuid4().hex,
        "amount": amount,
        "currency": currency,
        "detailedStatus": status,
        "operationType": operation,
        "errorCode": "ACQ_001" if status == "REFUSED" else None,
        "transactionDetails": {"cardDetails": {"authorizationResponse": _agreed(amount, currency, status)}},
    }


def _moves(transaction: dict[str, Any], operation: str) -> bool:
    return bool(transaction["operationType"] == operation and transaction["detailedStatus"] == "CAPTURED")


def _agreed(amount: int, currency: str, status: str) -> dict[str, Any] | None:
    """The bank's answer, where there is one."""
    if status not in ("AUTHORISED", "CAPTURED"):
        return None
    return {"amount": amount, "currency": currency, "authorizationResult": "0"}


def _ok(answer: dict[str, Any]) -> Response:
    return JSONResponse({"status": "SUCCESS", "mode": "TEST", "answer": answer})


def _error(code: str, message: str) -> Response:
    return JSONResponse(
        {"status": "ERROR", "mode": "TEST", "answer": {"errorCode": code, "errorMessage": message}}
    )

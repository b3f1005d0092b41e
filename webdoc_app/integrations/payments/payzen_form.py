"""PayZen's payment form (`vads_`), for shops whose contract has no REST.

The amount is signed here and sent by the person's browser; what became of it is told by signed notices and by what
the browser brings back. Nothing can be asked, closed or given back.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from webdoc_app.integrations.payments.contract import (
    AttemptState,
    BadCredentials,
    BadSignature,
    Captured,
    Checkout,
    Declined,
    Notice,
    PayForm,
    Refunded,
    Snapshot,
    Started,
)
from webdoc_app.integrations.payments.payzen import PAGES, vads_signature

PATH = "/vads-payment/"
SERIALS = 900_000
"""`vads_trans_id` is 000000 to 899999, once in a UTC day."""

_CONTEXTS = {"test": "TEST", "live": "PRODUCTION"}
_NUMBERS = {"EUR": "978", "USD": "840", "GBP": "826", "CHF": "756", "CAD": "124", "JPY": "392"}
"""ISO 4217 numbers of what a bill may be in."""
_STATES = {
    "AUTHORISED": AttemptState.PAID,
    "CAPTURED": AttemptState.PAID,
    "WAITING_AUTHORISATION": AttemptState.PROCESSING,
    "UNDER_VERIFICATION": AttemptState.PROCESSING,
    "INITIAL": AttemptState.PROCESSING,
    "AUTHORISED_TO_VALIDATE": AttemptState.PROCESSING,
    "WAITING_AUTHORISATION_TO_VALIDATE": AttemptState.PROCESSING,
    "REFUSED": AttemptState.FAILED,
    "EXPIRED": AttemptState.FAILED,
    "CANCELLED": AttemptState.FAILED,
    "CAPTURE_FAILED": AttemptState.FAILED,
    "ABANDONED": AttemptState.CANCELED,
}
_REFERENCE = re.compile(r"(?P<date>\d{14})-(?P<id>[0-8]\d{5})")


def reference_of(moment: datetime, serial: int) -> str:
    """The name of an attempt: `vads_trans_date` (UTC) and `vads_trans_id`. Raises Declined after the day's last."""
    if not 0 <= serial < SERIALS:
        raise Declined("payzen: no number left today")
    return f"{moment:%Y%m%d%H%M%S}-{serial:06}"


class PayZenForm:
    """See contract.FormProvider. The key of the form is the shop's, of its mode."""

    answers = False

    def __init__(self, keys: Mapping[str, str], mode: str, base: str = "") -> None:
        self._shop, self._key, self._mode = keys["shop_id"], keys["password"], mode
        self._base = base or PAGES[0]

    async def check(self) -> None:
        """Only whether they look like it: the first payment tells."""
        if not re.fullmatch(r"\d{8}", self._shop) or not re.fullmatch(r"[A-Za-z0-9]{16,64}", self._key):
            raise BadCredentials("no shop and key of a form")

    async def start(self, checkout: Checkout) -> Started:
        """Nothing is opened: our own page has the form."""
        self.form(checkout)
        return Started(checkout.reference, "")

    def form(self, checkout: Checkout) -> PayForm:
        found = _REFERENCE.fullmatch(checkout.reference)
        if checkout.currency not in _NUMBERS or found is None:
            raise Declined("payzen: no form for this currency")
        fields = {
            "vads_action_mode": "INTERACTIVE",
            "vads_amount": str(checkout.amount_minor),
            "vads_ctx_mode": _CONTEXTS[self._mode],
            "vads_currency": _NUMBERS[checkout.currency],
            "vads_cust_email": checkout.email,
            "vads_language": checkout.language,
            "vads_order_id": checkout.attempt_id,
            "vads_order_info": checkout.description[:255],
            "vads_page_action": "PAYMENT",
            "vads_payment_config": "SINGLE",
            "vads_return_mode": "GET",
            "vads_site_id": self._shop,
            "vads_trans_date": found["date"],
            "vads_trans_id": found["id"],
            "vads_url_cancel": checkout.cancel_url,
            "vads_url_check": checkout.webhook_url,
            "vads_url_return": checkout.return_url,
            "vads_version": "V2",
        }
        return PayForm(f"{self._base}{PATH}", fields | {"signature": vads_signature(fields, self._key)})

    async def fetch(
        self, attempt_id: str, reference: str, *, capture: bool, disputes: bool = False
    ) -> Snapshot:
        raise Declined("payzen: a form cannot be asked")

    async def expire(self, reference: str) -> None:
        """A form that was sent cannot be taken back; its page ends by itself."""

    async def refund(self, captured_id: str, amount_minor: int, currency: str, key: str) -> Refunded:
        raise Declined("payzen: a form gives nothing back")

    async def read_webhook(self, body: bytes, headers: Mapping[str, str], moment: datetime) -> Notice:
        return self.read_fields(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))

    def read_fields(self, fields: Mapping[str, str]) -> Notice:
        """The signature is over every field received, the blank ones too."""
        expected, given = vads_signature(fields, self._key), fields.get("signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise BadSignature
        if fields["vads_site_id"] != self._shop or fields["vads_ctx_mode"] != _CONTEXTS[self._mode]:
            raise BadSignature("the shop or the mode is another")
        print_ = hashlib.sha256(
            "+".join(fields.get(name, "") for name in _TELLING).encode("utf-8", "replace")
        ).hexdigest()
        if fields.get("vads_operation_type", "DEBIT") != "DEBIT":
            return Notice(print_)
        return Notice(print_, (fields["vads_order_id"],), told=_snapshot(fields))


_TELLING = ("vads_trans_uuid", "vads_trans_date", "vads_trans_id", "vads_trans_status", "vads_amount")


def _snapshot(fields: Mapping[str, str]) -> Snapshot:
    status = fields["vads_trans_status"]
    state = _STATES.get(status, AttemptState.PROCESSING)
    currency = next((name for name, number in _NUMBERS.items() if number == fields["vads_currency"]), "")
    amount = int(fields["vads_amount"])
    captured = Captured(
        id=fields.get("vads_trans_uuid") or f"{fields['vads_trans_date']}-{fields['vads_trans_id']}",
        amount_minor=amount,
        currency=currency,
        withdrawn_minor=0 if state is AttemptState.PAID else amount,
        dispute=None,
    )
    if state is AttemptState.PAID or status in ("CANCELLED", "CAPTURE_FAILED", "EXPIRED"):
        return Snapshot(state, (captured,), "" if state is AttemptState.PAID else status)
    return Snapshot(state, reason=status if state is AttemptState.FAILED else "")

"""PayZen's payment form (`vads_`), for shops whose contract has no REST.

The amount is signed here and sent by the person's browser; what became of it is told by signed notices and by what
the browser brings back (payzen_answers). Nothing can be asked, closed or given back.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from webdoc_app.integrations.payments.contract import (
    BadCredentials,
    Checkout,
    Declined,
    Gate,
    Notice,
    PayForm,
    Refunded,
    Snapshot,
    Started,
    no_gate,
)
from webdoc_app.integrations.payments.payzen import PAGES, fields_of, vads_signature
from webdoc_app.integrations.payments.payzen_answers import CONTEXTS, NUMBERS, read_answer

PATH = "/vads-payment/"
SERIALS = 900_000
"""`vads_trans_id` is 000000 to 899999, once in a UTC day."""

_SPARED = {
    "vads_cust_email": re.compile(r"[A-Za-z0-9._@-]{3,150}"),
    "vads_order_info": re.compile(r"[A-Za-z0-9 ._/#-]{1,255}"),
}
"""What a client or a company words, in characters that join nothing and mean nothing else anywhere; else it is left out."""
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
        if checkout.currency not in NUMBERS or found is None:
            raise Declined("payzen: no form for this currency")
        fields = {
            "vads_action_mode": "INTERACTIVE",
            "vads_amount": str(checkout.amount_minor),
            "vads_ctx_mode": CONTEXTS[self._mode],
            "vads_currency": NUMBERS[checkout.currency],
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
        fields = {n: v for n, v in fields.items() if n not in _SPARED or _SPARED[n].fullmatch(v)}
        if any("+" in value for value in fields.values()):
            raise Declined("payzen: nothing is signed with a joint in it")
        return PayForm(f"{self._base}{PATH}", fields | {"signature": vads_signature(fields, self._key)})

    async def fetch(
        self, attempt_id: str, reference: str, *, capture: bool, disputes: bool = False
    ) -> Snapshot:
        raise Declined("payzen: a form cannot be asked")

    async def expire(self, reference: str) -> None:
        """A form that was sent cannot be taken back; its page ends by itself."""

    async def refund(self, captured_id: str, amount_minor: int, currency: str, key: str) -> Refunded:
        raise Declined("payzen: a form gives nothing back")

    async def read_webhook(
        self, body: bytes, headers: Mapping[str, str], moment: datetime, gate: Gate = no_gate
    ) -> Notice:
        return self.read_fields(fields_of(body))

    def read_fields(self, fields: Sequence[tuple[str, str]]) -> Notice:
        """The signature is over every field received, the blank ones too."""
        return read_answer(fields, self._shop, self._key, self._mode)

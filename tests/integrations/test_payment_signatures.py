"""What the providers sign, against worked examples of their own documentation, and what must not pass."""

import hashlib
import hmac
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import stripe as sdk

from webdoc_app.integrations.payments.paypal import transmission_message
from webdoc_app.integrations.payments.payzen import rest_hash, vads_signature
from webdoc_app.integrations.payments.registry import is_page_of, page_origins
from webdoc_app.integrations.payments.stripe import signature_holds

FORM = {
    "vads_action_mode": "INTERACTIVE",
    "vads_amount": "5124",
    "vads_ctx_mode": "TEST",
    "vads_currency": "978",
    "vads_page_action": "PAYMENT",
    "vads_payment_config": "SINGLE",
    "vads_site_id": "12345678",
    "vads_trans_date": "20170129130025",
    "vads_trans_id": "123456",
    "vads_version": "V2",
}
KEY = "1122334455667788"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BODY = b'{"id":"evt_1","livemode":false}'


def test_a_payzen_form_is_signed_as_its_documentation_says() -> None:
    assert vads_signature(FORM, KEY) == "ycA5Do5tNvsnKdc/eP1bj2xa19z9q3iWPy9/rpesfS0="


def test_of_a_form_only_its_own_fields_count_in_any_order_and_blank_ones_too() -> None:
    shuffled = dict(reversed(FORM.items())) | {"signature": "x", "payer": "Payer"}
    assert vads_signature(shuffled, KEY) == vads_signature(FORM, KEY)
    assert vads_signature({**FORM, "vads_cust_email": ""}, KEY) != vads_signature(FORM, KEY)
    assert vads_signature({**FORM, "vads_cust_name": "Zoé"}, KEY) != vads_signature(
        {**FORM, "vads_cust_name": "Zoe"}, KEY
    )


def test_a_payzen_answer_is_hashed_as_it_came() -> None:
    answer = '{"orderStatus":"PAID","amount": 1.0}'
    assert (
        rest_hash(answer, "testpassword_x")
        == hmac.new(b"testpassword_x", answer.encode(), hashlib.sha256).hexdigest()
    )
    assert rest_hash(answer.replace(" 1.0", "1"), "testpassword_x") != rest_hash(answer, "testpassword_x")


def test_a_paypal_notification_is_signed_over_the_crc_of_its_bytes() -> None:
    # The check value of CRC-32 itself: 123456789 -> cbf43926, in decimal 3421780262.
    assert (
        transmission_message("69cd13f0", "2016-02-18T20:01:35Z", "0EH40505U7160970P", b"123456789")
        == b"69cd13f0|2016-02-18T20:01:35Z|0EH40505U7160970P|3421780262"
    )
    body = '{"note": "payé"}'.encode()
    assert transmission_message("a", "b", "c", body).endswith(str(zlib.crc32(body)).encode())


def _header(moment: datetime = NOW, secret: str = "whsec_a") -> str:
    return sdk.WebhookSignature.generate_signature_header(BODY.decode(), secret, int(moment.timestamp()))


def test_a_stripe_event_signed_by_the_sdk_holds() -> None:
    assert signature_holds(BODY, _header(), "whsec_a", NOW)
    rotated = _header() + "," + _header(secret="whsec_b").split(",")[1]
    assert signature_holds(BODY, rotated, "whsec_b", NOW)


@pytest.mark.parametrize(
    ("body", "header", "secret"),
    [
        (BODY, _header(NOW - timedelta(seconds=301)), "whsec_a"),
        (BODY, _header(NOW + timedelta(seconds=301)), "whsec_a"),
        (BODY, _header(secret="whsec_b"), "whsec_a"),
        (BODY + b" ", _header(), "whsec_a"),
        (BODY, _header().replace("v1=", "v0="), "whsec_a"),
        (BODY, "", "whsec_a"),
        (BODY, "t=,v1=", "whsec_a"),
        (BODY, "t=²,v1=é", "whsec_a"),
        (BODY, _header(secret="x").replace("x", ""), ""),
    ],
)
def test_any_other_stripe_event_does_not(body: bytes, header: str, secret: str) -> None:
    assert not signature_holds(body, header, secret, NOW)


def test_people_are_sent_to_the_providers_own_pages_only() -> None:
    assert is_page_of("https://checkout.stripe.com/c/pay/cs_1", "stripe")
    assert is_page_of("http://127.0.0.1:4001/pay/1", "stripe", "http://127.0.0.1:4001")
    assert page_origins("payzen", "http://127.0.0.1:4003/") == ("http://127.0.0.1:4003",)
    for elsewhere in (
        "https://checkout.stripe.com.evil.example/c",
        "https://checkout.stripe.com@evil.example/c",
        "https://me@checkout.stripe.com/c",
        "http://checkout.stripe.com/c",
        "https://www.paypal.com/c",
        "javascript:alert(1)",
    ):
        assert not is_page_of(elsewhere, "stripe")

"""What PayZen's payment form (`vads_`) brings back, read to the letter.

Its signature covers the values, in the order of their names, joined by `+`; it does not cover the names. So whoever
holds something signed may name its values anew, merge neighbours, or part a value at a `+`, and it goes on holding: our
own form lies signed in the payer's browser, and so does every answer. What the signature proves is the sequence alone.
Nothing is believed but what that sequence can mean in one way: see docs/decisions/0011-signed-forms.md.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from webdoc_app.integrations.payments.contract import (
    AttemptState,
    BadSignature,
    Captured,
    Notice,
    Snapshot,
    Told,
)
from webdoc_app.integrations.payments.payzen import vads_signature

CONTEXTS = {"test": "TEST", "live": "PRODUCTION"}
NUMBERS = {"EUR": "978", "USD": "840", "GBP": "826", "CHF": "756", "CAD": "124", "JPY": "392"}
"""ISO 4217 numbers of what a bill may be in."""
MOST_FIELDS = 200
MOST_AFTER = 8
"""Fields that may follow `vads_trans_uuid`. PayZen has about six; whoever made up all that stands before it would have
to hide the rest of a true answer, a dozen values at least, behind it."""

_TAKEN = frozenset({"AUTHORISED", "CAPTURED"})
_RUNNING = frozenset(
    {
        "WAITING_AUTHORISATION",
        "UNDER_VERIFICATION",
        "INITIAL",
        "AUTHORISED_TO_VALIDATE",
        "WAITING_AUTHORISATION_TO_VALIDATE",
    }
)
_UNDONE = frozenset({"CANCELLED", "CAPTURE_FAILED", "EXPIRED"})
"""Called off before the bank took it."""
_ENDED = {"REFUSED": AttemptState.FAILED, "ABANDONED": AttemptState.CANCELED}
_TRANS = ("vads_trans_date", "vads_trans_id", "vads_trans_status", "vads_trans_uuid")
"""Neighbours in every true answer."""

_UUID = re.compile(r"[0-9a-f]{32}")
_ALWAYS = {
    "vads_order_id": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "vads_trans_date": re.compile(r"[0-9]{14}"),
    "vads_trans_id": re.compile(r"[A-Za-z0-9]{6}"),
    "vads_trans_status": re.compile(r"[A-Z_]{4,40}"),
    "vads_trans_uuid": re.compile(r"|[0-9a-f]{32}"),
}
_OF_MONEY = {
    "vads_amount": re.compile(r"[1-9][0-9]{0,11}"),
    "vads_currency": re.compile("|".join(NUMBERS.values())),
    "vads_operation_type": re.compile("DEBIT"),
    "vads_trans_uuid": _UUID,
}
_TELLING = ("vads_trans_uuid", "vads_trans_date", "vads_trans_id", "vads_trans_status", "vads_amount")


def read_answer(pairs: Sequence[tuple[str, str]], shop: str, key: str, mode: str) -> Notice:
    """A notice, or what the browser brings. Raises BadSignature, also for what was signed but says nothing for sure."""
    fields = _once_each(pairs)
    expected, given = vads_signature(fields, key), fields.get("signature", "")
    if not hmac.compare_digest(expected.encode("utf-8", "replace"), given.encode("utf-8", "replace")):
        raise BadSignature
    if fields.get("vads_site_id") != shop or fields.get("vads_ctx_mode") != CONTEXTS[mode]:
        raise BadSignature("the shop or the mode is another")
    _insist(fields, _ALWAYS)
    _insist_on_order(fields)
    print_ = hashlib.sha256("+".join(fields.get(name, "") for name in _TELLING).encode()).hexdigest()
    snapshot = _snapshot(fields)
    if snapshot is None:
        return Notice(print_)
    told = Told(
        snapshot,
        reference=f"{fields['vads_trans_date']}-{fields['vads_trans_id']}",
        seal=given,
        name=f"{fields['vads_trans_uuid']}:{fields['vads_trans_status']}",
    )
    return Notice(print_, (fields["vads_order_id"],), told=told)


def _once_each(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What is signed, and the signature: each name once. What else an address brings is not looked at."""
    ours = [(name, value) for name, value in pairs if name.startswith("vads_") or name == "signature"]
    fields = dict(ours)
    if len(fields) != len(ours) or len(ours) > MOST_FIELDS:
        raise BadSignature("a name comes twice, or there are too many")
    return fields


def _insist(fields: Mapping[str, str], forms: Mapping[str, re.Pattern[str]]) -> None:
    """No form lets a joint in. Raises BadSignature."""
    for name, form in forms.items():
        if not form.fullmatch(fields.get(name, "" if name == "vads_trans_uuid" else "?")):
            raise BadSignature(f"{name} is missing, or not in its form")


def _insist_on_order(fields: Mapping[str, str]) -> None:
    """Which attempt, what became of it and under what name are neighbours, and little follows. Raises BadSignature."""
    names = sorted(name for name in fields if name.startswith("vads_"))
    found = tuple(name for name in _TRANS if name in fields)
    start = names.index(found[0])
    after = names[start + len(found) :]
    if tuple(names[start : start + len(found)]) != found or len(after) > MOST_AFTER:
        raise BadSignature("not in the order of a true answer")
    if any("+" in fields[name] for name in after):
        raise BadSignature("a joint where none can be")


def _snapshot(fields: Mapping[str, str]) -> Snapshot | None:
    """None where nothing is known of it: a status of no meaning to us, or money that goes the other way."""
    status, operation = fields["vads_trans_status"], fields.get("vads_operation_type", "")
    if status in _ENDED and operation in ("", "DEBIT"):
        reason = status if _ENDED[status] is AttemptState.FAILED else ""
        return Snapshot(_ENDED[status], reason=reason)
    if status not in _TAKEN | _RUNNING | _UNDONE or operation == "CREDIT":
        return None
    _insist(fields, _OF_MONEY)
    if status in _RUNNING:
        return Snapshot(AttemptState.PROCESSING)
    if status in _TAKEN and not _is_good(fields):
        raise BadSignature("the result is not a good one")
    amount = int(fields["vads_amount"])
    captured = Captured(
        id=fields["vads_trans_uuid"],
        amount_minor=amount,
        currency=next(name for name, number in NUMBERS.items() if number == fields["vads_currency"]),
        withdrawn_minor=0 if status in _TAKEN else amount,
        dispute=None,
    )
    if status in _TAKEN:
        return Snapshot(AttemptState.PAID, (captured,))
    return Snapshot(AttemptState.FAILED, (captured,), status)


def _is_good(fields: Mapping[str, str]) -> bool:
    """The bank's `00`, and PayZen's own `00` where it is told.

    Means of payment without a bank's answer leave it blank, and some networks have longer codes of their own: then
    PayZen's alone tells, and it must be there.
    """
    bank, ours = fields.get("vads_auth_result"), fields.get("vads_result")
    if bank == "00":
        return ours in (None, "00")
    return bank is not None and len(bank) != 2 and ours == "00"

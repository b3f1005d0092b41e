"""PayZen's form signs values, not names: whatever is made of signed fields by others than PayZen moves no money."""

import hashlib
import json
import random
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import strategies as st
from sqlalchemy import text

from tests.emulators.base import Sent
from tests.emulators.running import FORM_KEYS, PAYZEN_FORM_KEY, PAYZEN_FORM_SHOP
from tests.payments.books import books, examples, moves_nothing, states
from tests.payments.cases import attempt_of, sent_by, things
from tests.payments.conftest import Bill, Shop
from webdoc_app.integrations.payments.contract import BadSignature
from webdoc_app.integrations.payments.payzen import vads_signature
from webdoc_app.integrations.payments.payzen_answers import read_answer
from webdoc_app.reads.payment_troubles import payment_troubles
from webdoc_app.services.audit import verify
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.settling_due import settle_due
from webdoc_app.services.work import reading, runtime

Fields = list[tuple[str, str]]


@pytest.fixture
async def bill(shop: Shop) -> Bill:
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    return await shop.bill()


async def form_of(bill: Bill, page: str) -> dict[str, str]:
    answer = await bill.shop.http.get(page)
    assert answer.status_code == 200, answer.text
    return {n: unescape(v) for n, v in re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)}


async def at_payzen(bill: Bill, form: dict[str, str], act: str = "pay", card: str = "") -> str:
    """Where the browser goes in the end, with what PayZen signed for it."""
    origin = bill.shop.providers.payzen.origin
    taken = await bill.shop.browser.post(f"{origin}/vads-payment/", data=form)
    assert taken.status_code == 303, taken.text
    return await bill.click(f"{origin}{taken.headers['location']}", act, card=card)


async def send(bill: Bill, page: str, fields: Fields) -> tuple[int, int]:
    """As a notice, and as a browser brings it back."""
    told = await bill.shop.deliver("payzen", Sent("", urlencode(fields).encode(), {}))
    back = await bill.shop.http.get(f"{page.removesuffix('/form')}?{urlencode(fields)}")
    return told, back.status_code


def renamed(fields: dict[str, str], names: dict[str, str]) -> Fields:
    return [(names.get(name, name), value) for name, value in fields.items()]


# What was found, each as it was done.


async def test_our_own_form_is_no_answer_whatever_its_fields_are_called(bill: Bill) -> None:
    page = await bill.go("payzen")
    form = await form_of(bill, page)
    last = ["vads_url_cancel", "vads_url_check", "vads_url_return", "vads_version"]
    for rank, name in enumerate(last):
        before = await states()
        # In the order of its names all stays where it was.
        forged = renamed(
            form, {other: f"vads_trans_j{other}" for other in last[:rank]} | {name: "vads_trans_status"}
        )
        assert vads_signature(dict(forged), PAYZEN_FORM_KEY) == form["signature"]
        await moves_nothing(lambda forged=forged: send(bill, page, forged), name)
        assert await states() == before
    shown = (await bill.shop.http.get(f"/d/{bill.token}")).text
    assert 'data-testid="pay-payzen"' in shown
    assert await bill.word() == "issued"


async def test_one_payment_replayed_under_other_names_is_one_payment(bill: Bill) -> None:
    page = await bill.go("payzen")
    address = await at_payzen(bill, await form_of(bill, page))
    await bill.come_back(address)
    fields = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    assert await bill.ledger() == [12_000]
    status, uuid = fields["vads_trans_status"], fields["vads_trans_uuid"]
    without = {name: value for name, value in fields.items() if name != "vads_trans_uuid"}
    for forged in (
        renamed(fields, {"vads_trans_uuid": "vads_trans_uuid_x"}),
        renamed(fields, {"vads_trans_uuid": "vads_trans_v"}),
        renamed(fields, {"vads_trans_uuid": "vads_trans_tail", "vads_trans_status": "vads_trans_status"}),
        list((without | {"vads_trans_status": f"{status}+{uuid}"}).items()),
        list((without | {"vads_url_check_src": f"{uuid}+{fields['vads_url_check_src']}"}).items()),
        renamed(fields, {"vads_trans_uuid": "vads_trans_u", "vads_url_check_src": "vads_trans_uuid"}),
    ):
        await moves_nothing(lambda forged=forged: send(bill, page, forged), forged)
    await bill.is_settled_once()


async def test_a_second_capture_of_one_attempt_is_said_and_not_booked(bill: Bill) -> None:
    """Even where PayZen itself signs it: one try is one payment."""
    page = await bill.go("payzen")
    address = await at_payzen(bill, await form_of(bill, page))
    await bill.come_back(address)
    fields = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    for number in range(3):
        fields["vads_trans_uuid"] = hashlib.sha256(str(number).encode()).hexdigest()[:32]
        fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
        await send(bill, page, list(fields.items()))
    await bill.is_settled_once()
    assert await bill.told("payment.flagged") == 1
    async with reading() as session:
        troubles = await payment_troubles(session, bill.shop.company_id, "fr")
    assert [t.kind for t in troubles if t.document_id == bill.id] == ["second"]


async def test_a_clients_address_that_holds_the_answer_is_not_signed(bill: Bill) -> None:
    """The client's address is what a web shop says it is: `x+attempt+shop+CAPTURED+u@…`, then cut at the joints."""
    page = await bill.go("payzen")
    attempt = await attempt_of(bill)
    uuid = "0" * 32
    chosen = (
        f"x+00+TEST+978+DEBIT+{attempt}+{PAYZEN_FORM_SHOP}+20261124000000+000001+CAPTURED+{uuid}@evil.example"
    )
    for email in (
        f"x+{attempt}+{PAYZEN_FORM_SHOP}+CAPTURED+u@evil.example",
        chosen,
        "claire+factures@fontaine.example",
    ):
        async with runtime().engine.begin() as connection:
            await connection.execute(
                text("UPDATE share_links SET recipient_email = :email"), {"email": email}
            )
        page = await bill.go("payzen")
        form = await form_of(bill, page)
        assert "vads_cust_email" not in form
        assert not [name for name, value in form.items() if "+" in value and name != "signature"]
    for name, value in (("recipient_email", "claire@fontaine.example"),):
        async with runtime().engine.begin() as connection:
            await connection.execute(text(f"UPDATE share_links SET {name} = :value"), {"value": value})
    form = await form_of(bill, await bill.go("payzen"))
    assert form["vads_cust_email"] == "claire@fontaine.example"


async def test_an_address_typed_at_payzen_cannot_hold_an_answer_either(bill: Bill) -> None:
    """Whatever PayZen lets a person type stands before the attempt's name in what it signs, and the rest must follow."""
    page = await bill.go("payzen")
    form = await form_of(bill, page)
    attempt, uuid = form["vads_order_id"], "0" * 32
    address = await at_payzen(bill, form, "cancel")
    answer = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True)) | {
        "vads_cust_email": f"x+{form['vads_amount']}+00+TEST+978+DEBIT+{attempt}+{PAYZEN_FORM_SHOP}"
        f"+{form['vads_trans_date']}+{form['vads_trans_id']}+CAPTURED+{uuid}+y@evil.example"
    }
    answer.pop("signature")
    answer.pop("cancelled", None)
    seal = vads_signature(answer, PAYZEN_FORM_KEY)
    tokens = [value for name in sorted(answer) for value in answer[name].split("+")]
    start = tokens.index("x") + 1
    names = [
        "vads_amount",
        "vads_auth_result",
        "vads_ctx_mode",
        "vads_currency",
        "vads_operation_type",
        "vads_order_id",
        "vads_site_id",
        "vads_trans_date",
        "vads_trans_id",
        "vads_trans_status",
        "vads_trans_uuid",
    ]
    before = [f"vads_a{index:03}" for index in range(start)]
    after = [f"vads_u{index:03}" for index in range(len(tokens) - start - len(names))]
    one_by_one = list(zip([*before, *names, *after], tokens, strict=True))
    rest = "+".join(tokens[start + len(names) :])
    merged = [*one_by_one[: start + len(names)], ("vads_user_info", rest)]
    for forged in (one_by_one, merged):
        assert vads_signature(dict(forged), PAYZEN_FORM_KEY) == seal
        fields = [*forged, ("signature", seal)]
        await moves_nothing(lambda fields=fields: send(bill, page, fields), fields)
    assert await bill.ledger() == []


# By property.


def _at(place: int, fields: Fields) -> int:
    return place % len(fields)


def mutated(fields: dict[str, str], steps: list[tuple[str, int, int]]) -> Fields:
    """Each step keeps the order of the values, as whoever wants the signature to go on holding would, or breaks it."""
    found = sorted((name, value) for name, value in fields.items() if name != "signature")
    names = [name for name, _ in found] + [
        "vads_trans_uuid",
        "vads_trans_status",
        "vads_order_id",
        "vads_amount",
        "vads_result",
        "vads_zzz",
        "vads_auth_result",
        "vads_operation_type",
        "vads_trans_x",
        "vads_aaa",
    ]
    for act, place, other in steps:
        here, there = _at(place, found), _at(other, found)
        name, value = found[here]
        if act == "rename":
            found[here] = (names[other % len(names)], value)
        elif act == "merge" and here + 1 < len(found):
            found[here : here + 2] = [(name, f"{value}+{found[here + 1][1]}")]
        elif act == "split" and "+" in value:
            first, _, rest = value.partition("+")
            found[here : here + 1] = [(name, first), (f"{name}_", rest)]
        elif act == "swap":
            found[here], found[there] = (name, found[there][1]), (found[there][0], value)
        elif act == "drop" and len(found) > 1:
            del found[here]
        elif act == "repeat":
            found.append((name, found[there][1]))
    return [*found, ("signature", fields["signature"])]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["rename", "rename", "merge", "split", "swap", "drop", "repeat"]),
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=4,
)


MATTER = sorted(
    [
        "vads_amount",
        "vads_auth_result",
        "vads_ctx_mode",
        "vads_currency",
        "vads_operation_type",
        "vads_order_id",
        "vads_result",
        "vads_site_id",
        "vads_trans_date",
        "vads_trans_id",
        "vads_trans_status",
        "vads_trans_uuid",
    ]
)


def relabelled(fields: dict[str, str], seed: int) -> Fields:
    """The same sequence of values, so that the signature holds: other names, neighbours merged, joints cut."""
    chance = random.Random(seed)
    found = sorted((name, value) for name, value in fields.items() if name != "signature")
    if chance.random() < 0.3:
        here = chance.randrange(len(found) - 1)
        found[here : here + 2] = [(found[here][0], f"{found[here][1]}+{found[here + 1][1]}")]
    if chance.random() < 0.5:
        found = [(name, piece) for name, value in found for piece in value.split("+")]
    taken: set[str] = set()
    slots: list[str] = []
    for name, _ in found:
        stays = name in MATTER and name not in taken and chance.random() < 0.85
        slots.append(name if stays else "")
        taken.add(slots[-1])
    for name in chance.sample(MATTER, len(MATTER)):
        low = max((i for i, label in enumerate(slots) if label and label < name), default=-1)
        high = min((i for i, label in enumerate(slots) if label > name), default=len(slots))
        free = [i for i in range(low + 1, high) if not slots[i]]
        if name not in taken and free and chance.random() < 0.8:
            slots[chance.choice(free)] = name
            taken.add(name)
    before, pairs = "vads_0", []
    for index, ((_, value), label) in enumerate(zip(found, slots, strict=True)):
        before = label or before
        pairs.append((label or f"{before}_{index:03}", value))
    assert vads_signature(dict(pairs), PAYZEN_FORM_KEY) == fields["signature"]
    return [*pairs, ("signature", fields["signature"])]


async def signed_by(bill: Bill, of: str) -> tuple[str, dict[str, str], str]:
    """A page, and what was signed of it: by us for its form, or by PayZen in its answer; where that goes back to."""
    page = await bill.go("payzen")
    form = await form_of(bill, page)
    if of == "form":
        return page, form, ""
    act, card = ("cancel" if of == "left" else "pay"), ("4000000000000002" if of == "refused" else "")
    address = await at_payzen(bill, form, act, card)
    signed = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    signed.pop("cancelled", None)
    return page, signed, address


@pytest.mark.parametrize("of", ["form", "paid", "refused", "left"])
async def test_nothing_made_of_signed_fields_moves_money(bill: Bill, of: str) -> None:
    """Of our own form, of a payment that is booked, of one refused and one given up, signed by PayZen."""
    page, signed, address = await signed_by(bill, of)
    if address:
        await bill.come_back(address)
        await bill.shop.deliver_all("payzen")
    before, words = await books(), await states()
    forgeries = [mutated(signed, steps) for steps in examples(STEPS, 25)]
    forgeries += [relabelled(signed, seed) for seed in examples(st.integers(0, 2**32), 60)]
    for forged in forgeries:
        assert max(await send(bill, page, forged)) < 500, forged
        assert await books() == before, forged
        assert await states() == words, forged
    assert await verify() == []


async def test_of_an_answer_not_heard_of_yet_comes_the_true_payment_or_none(bill: Bill) -> None:
    """A field that matters to nobody may be called anything: what is left is true."""
    page, signed, address = await signed_by(bill, "paid")
    await sent_by(bill.shop, "payzen")
    for seed in examples(st.integers(0, 2**32), 60):
        await send(bill, page, relabelled(signed, seed))
        assert await bill.ledger() in ([], [12_000])
    await bill.come_back(address)
    await bill.is_settled_once()


@pytest.mark.parametrize(
    "name",
    [
        "vads_amount",
        "vads_currency",
        "vads_ctx_mode",
        "vads_site_id",
        "vads_operation_type",
        "vads_order_id",
        "vads_auth_result",
        "vads_result",
        "vads_trans_date",
        "vads_trans_id",
        "vads_trans_status",
        "vads_trans_uuid",
    ],
)
async def test_each_field_that_matters_must_be_there_once_and_exact(bill: Bill, name: str) -> None:
    """Signed anew each time, so that the signature is not what keeps it out."""
    page = await bill.go("payzen")
    address = await at_payzen(bill, await form_of(bill, page))
    true = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    others = [None, "", "05", f"{true[name]}+", f" {true[name]}", f"{true[name]}0", "UNHEARD_OF", "0", "٣"]
    before = await books()
    for value in others:
        fields = {n: v for n, v in true.items() if n != name} | ({name: value} if value is not None else {})
        if name == "vads_result" and value is None:
            fields["vads_auth_result"] = ""  # without a bank's answer, PayZen's own must be there
        if name == "vads_auth_result" and value == "":
            continue  # as wallets have it
        if name == "vads_auth_result" and value and len(value) != 2:
            continue  # a network's own code, where PayZen's result is good
        if name == "vads_amount" and value is not None and re.fullmatch(r"[1-9][0-9]*", value):
            continue  # another amount is said to a person: tests/payments/test_forms.py
        fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
        await send(bill, page, list(fields.items()))
        assert await books() == before, (name, value)
    twice = [*true.items(), (name, true[name])]
    assert (await send(bill, page, twice))[0] == 400
    assert await books() == before
    await bill.come_back(address)
    await bill.is_settled_once()


async def test_an_answer_about_another_try_of_the_same_bill_is_not_this_ones(bill: Bill) -> None:
    first = await bill.go("payzen")
    address = await at_payzen(bill, await form_of(bill, first))
    second = await bill.go("payzen")
    form = await form_of(bill, second)
    fields = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    fields["vads_order_id"] = form["vads_order_id"]
    fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
    await moves_nothing(lambda: send(bill, second, list(fields.items())), fields)
    await bill.come_back(address)
    await bill.is_settled_once()


async def test_what_no_money_came_with_only_ends_its_attempt_and_once(bill: Bill) -> None:
    """A refusal and a way out, kept and sent by turns: one refusal is told, and nothing begins anew."""
    page = await bill.go("payzen")
    form = await form_of(bill, page)
    refused = await at_payzen(bill, form, card="4000000000000002")
    await bill.come_back(refused)
    order = things(bill.shop, "payzen")[-1]
    waiting = bill.shop.providers.payzen.told(
        order | {"transactions": [order["transactions"][-1] | {"detailedStatus": "WAITING_AUTHORISATION"}]}
    )
    left = bill.shop.providers.payzen.told(order | {"transactions": []})
    for _ in range(4):
        await bill.shop.http.get(refused)
        await send(bill, page, list(left.items()))
    assert (await bill.told("payment.failed"), await bill.word()) == (1, "issued")
    await send(bill, page, list(waiting.items()))  # another try on PayZen's page
    assert await bill.word() == "processing"
    await bill.shop.http.get(refused)
    assert (await bill.word(), await bill.told("payment.failed")) == ("processing", 1)
    assert await bill.ledger() == []


@pytest.mark.parametrize("late", ["AUTHORISED", ""])
async def test_a_payment_nobody_tells_of_again_ends_and_late_money_counts(bill: Bill, late: str) -> None:
    page = await bill.go("payzen")
    form = await form_of(bill, page)
    address = await at_payzen(bill, form, "delay")
    await bill.come_back(address)
    assert await bill.word() == "processing"
    await sent_by(bill.shop, "payzen")
    bill.shop.travel(timedelta(days=13))
    await settle_due()
    assert await bill.word() == "processing"
    bill.shop.travel(timedelta(days=14, minutes=1))
    await settle_due()
    assert await bill.word() == "issued"
    shown = (await bill.shop.http.get(f"/d/{bill.token}")).text
    assert 'data-testid="pay-payzen"' in shown and "expiré : rien" not in shown
    async with reading() as session:
        troubles = await payment_troubles(session, bill.shop.company_id, "fr")
    assert [t.kind for t in troubles if t.document_id == bill.id] == ["silent"]
    # What said that it was on its way says so no more.
    fields = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    await send(bill, page, list(fields.items()))
    assert await bill.word() == "issued"
    if late:
        emulator = bill.shop.providers.payzen
        emulator.run(emulator.finish(things(bill.shop, "payzen")[-1]))
        await bill.shop.deliver_all("payzen")
        await bill.is_settled_once()


async def test_the_form_stays_as_it_was_signed(bill: Bill) -> None:
    """One attempt, one signature: another language or address asks for no second one."""
    page = (await bill.press("payzen", language="en")).headers["location"]
    form = await form_of(bill, page)
    assert form["vads_language"] == "en"
    async with runtime().engine.begin() as connection:
        await connection.execute(text("UPDATE share_links SET recipient_email = 'other@example.org'"))
        kept = (await connection.execute(text("SELECT form FROM payment_attempts"))).scalar_one()
    assert json.loads(kept)["fields"] == form
    assert await form_of(bill, page.replace("/en/return/", "/return/")) == form


async def test_a_signed_status_nobody_knows_is_ignored(bill: Bill) -> None:
    page = await bill.go("payzen")
    form = await form_of(bill, page)
    await at_payzen(bill, form)
    fields = bill.shop.providers.payzen.told(things(bill.shop, "payzen")[-1]) | {
        "vads_trans_status": "SUSPENDED"
    }
    fields["signature"] = vads_signature(fields, PAYZEN_FORM_KEY)
    before = await states()
    await moves_nothing(lambda: send(bill, page, list(fields.items())), fields)
    assert await states() == before


def test_more_fields_than_any_answer_has_are_refused() -> None:
    fields: dict[str, Any] = {f"vads_x{number}": "" for number in range(300)}
    with pytest.raises(BadSignature):
        read_answer([*fields.items(), ("signature", "")], PAYZEN_FORM_SHOP, PAYZEN_FORM_KEY, "test")

"""What the providers paid out: read, matched with the ledger, and what they cost."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.emulators.running import PAYPAL_ID, STRIPE_KEY
from tests.emulators.stripe_balance import Balance, fee_of
from tests.payments.cases import things
from tests.payments.conftest import Shop, on_both
from webdoc_app.reads.ledger import LedgerFilter
from webdoc_app.reads.ledger_csv import ledger_csv
from webdoc_app.reads.payment_troubles import payment_troubles
from webdoc_app.reads.payouts import PayoutFilter, PayoutRow, payout_hints, payout_lines, payout_page
from webdoc_app.reads.payouts_csv import payouts_csv
from webdoc_app.reads.spreadsheet import MARK
from webdoc_app.services.payouts import read_due_payouts, read_payouts_of
from webdoc_app.services.work import reading, runtime


@pytest.fixture(autouse=True)
def _nothing_paid_out_before(shop: Shop) -> None:
    stripe, paypal = shop.providers.stripe, shop.providers.paypal
    stripe.balance, stripe.blind, stripe.fees_later = Balance(stripe.now), set(), False
    paypal.withdrawals, paypal.searchable = [], True


async def rows(statement: str) -> list[tuple[object, ...]]:
    async with runtime().engine.connect() as connection:
        return [tuple(row) for row in (await connection.execute(text(statement))).all()]


LINES = (
    "SELECT kind, reference, gross_minor, fee_minor, payment_id FROM payout_lines ORDER BY kind, gross_minor"
)
PAYOUTS = "SELECT provider, reference, amount_minor, currency, state FROM payouts ORDER BY provider, sent_at"


async def test_the_fee_of_a_payment_is_known_with_it(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    assert await rows("SELECT fee_minor FROM payment_attempts") == [(fee_of(12_000),)]


async def test_a_restricted_key_that_reads_no_fees_still_settles(shop: Shop) -> None:
    shop.providers.stripe.blind = {STRIPE_KEY}
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    await bill.is_settled_once()
    assert await rows("SELECT fee_minor FROM payment_attempts") == [(None,)]
    assert await rows("SELECT error FROM payment_accounts WHERE provider = 'stripe'") == [("",)]
    # And is not asked in vain each time.
    other = await shop.bill()
    before = len(shop.providers.stripe.calls)
    await other.come_back(await other.pay("stripe"))
    asked = [
        call for call in shop.providers.stripe.calls[before:] if "/v1/checkout/sessions/cs_" in str(call)
    ]
    assert len(asked) == 1


async def test_a_fee_that_is_told_later_is_written_down_later(shop: Shop) -> None:
    shop.providers.stripe.fees_later = True
    bill = await shop.bill()
    back = await bill.pay("stripe")
    await bill.come_back(back)
    assert await rows("SELECT fee_minor FROM payment_attempts") == [(None,)]
    shop.providers.stripe.fees_later = False
    await bill.come_back(back)
    assert await rows("SELECT fee_minor FROM payment_attempts") == [(fee_of(12_000),)]


@on_both
async def test_a_payout_tells_what_it_is_made_of_and_is_kept_once(shop: Shop) -> None:
    stripe = shop.providers.stripe
    stripe.fees_later = True
    bill, other = await shop.bill(), await shop.bill("50")
    for each in (bill, other):
        await each.come_back(await each.pay("stripe"))
    session = things(shop, "stripe")[-1]
    await stripe.give_back(session, 1_000)
    await shop.deliver_all("stripe")
    payout = stripe.balance.pay_out(STRIPE_KEY)
    assert payout
    assert await read_due_payouts() == 2  # Stripe and PayPal; PayZen tells of none
    assert await read_due_payouts() == 0
    shop.travel(timedelta(hours=2))
    assert await read_due_payouts() == 2
    net = 12_000 + 6_000 - 1_000 - fee_of(12_000) - fee_of(6_000)
    assert await rows(PAYOUTS) == [("stripe", payout["id"], net, "EUR", "paid")]
    lines = await rows(LINES)
    assert [line[0] for line in lines] == ["payment", "payment", "refund"]
    assert [line[2:4] for line in lines] == [(6_000, fee_of(6_000)), (12_000, fee_of(12_000)), (-1_000, 0)]
    ledger = {id_ for (id_,) in await rows("SELECT id FROM payments")}
    assert {line[4] for line in lines} == ledger
    # What was not known when the payments were booked is known now.
    fees = await rows("SELECT amount_minor, fee_minor FROM payment_attempts ORDER BY amount_minor")
    assert fees == [(6_000, fee_of(6_000)), (12_000, fee_of(12_000))]


async def test_more_movements_than_a_page_holds_are_all_read(shop: Shop) -> None:
    balance = shop.providers.stripe.balance
    for rank in range(250):
        balance.move(STRIPE_KEY, "stripe_fee", -1, "eur", f"fee_{rank}")
    balance.pay_out(STRIPE_KEY)
    await read_due_payouts()
    assert await rows("SELECT count(*), sum(gross_minor) FROM payout_lines") == [(250, -250)]


async def test_a_payout_that_fails_later_says_so(shop: Shop) -> None:
    balance = shop.providers.stripe.balance
    balance.move(STRIPE_KEY, "charge", 5_000, "eur", "ch_of_another_shop")
    payout = balance.pay_out(STRIPE_KEY, status="in_transit")
    assert payout
    await read_due_payouts()
    assert [row[4] for row in await rows(PAYOUTS)] == ["in_transit"]
    payout["status"] = "failed"
    shop.travel(timedelta(days=3))
    await read_due_payouts()
    assert [row[4] for row in await rows(PAYOUTS)] == ["failed"]


async def test_money_in_a_payout_that_nobody_told_of_is_settled(shop: Shop) -> None:
    """Webhook and return were lost, and the poller has not asked yet."""
    bill = await shop.bill()
    await bill.pay("stripe")
    assert await bill.word() != "paid"
    shop.providers.stripe.balance.pay_out(STRIPE_KEY)
    await read_due_payouts()
    await bill.is_settled_once()


async def test_a_manual_payout_is_a_sum_and_no_lines(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    shop.providers.stripe.balance.pay_out(STRIPE_KEY, automatic=False)
    await read_due_payouts()
    assert len(await rows(PAYOUTS)) == 1
    assert await rows(LINES) == []


async def test_withdrawals_from_paypal_are_found_in_every_month(shop: Shop) -> None:
    paypal = shop.providers.paypal
    paypal.shift = timedelta(days=-40)
    first = paypal.withdraw(PAYPAL_ID, "700.00")
    paypal.shift = timedelta(0)
    paypal.shift = timedelta(minutes=-1)
    second = paypal.withdraw(PAYPAL_ID, "1234.56", code="T0403", status="P")
    paypal.withdraw("someone-else", "5.00")
    paypal.shift = timedelta(0)
    await read_due_payouts()
    assert await rows(PAYOUTS) == [
        ("paypal", first["transaction_id"], 70_000, "EUR", "paid"),
        ("paypal", second["transaction_id"], 123_456, "EUR", "pending"),
    ]


async def test_keys_that_may_not_read_payouts_are_said_and_go_on_working(shop: Shop) -> None:
    shop.providers.stripe.blind = {STRIPE_KEY}
    shop.providers.paypal.searchable = False
    await read_due_payouts()
    errors = "SELECT payouts_error, error FROM payment_accounts WHERE provider IN ('stripe', 'paypal')"
    assert await rows(errors) == [("refused", ""), ("refused", "")]
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    await bill.is_settled_once()
    shop.providers.stripe.blind, shop.providers.paypal.searchable = set(), True
    shop.travel(timedelta(hours=2))
    await read_due_payouts()
    assert await rows(errors) == [("", ""), ("", "")]


async def test_who_asks_is_answered_at_once_but_not_again_and_again(shop: Shop) -> None:
    await read_due_payouts()
    shop.providers.paypal.withdraw(PAYPAL_ID, "10.00")
    assert await read_payouts_of(shop.company_id) == 0
    shop.travel(timedelta(seconds=30))
    assert await read_payouts_of(shop.company_id) == 2
    assert len(await rows(PAYOUTS)) == 1
    assert await read_payouts_of("f" * 32) == 0


async def test_the_list_tells_what_is_in_a_payout_and_what_is_not_ours(shop: Shop) -> None:
    stripe = shop.providers.stripe
    bill, other = await shop.bill(), await shop.bill("50")
    for each in (bill, other):
        await each.come_back(await each.pay("stripe"))
    await stripe.give_back(things(shop, "stripe")[-1], 1_000)
    await shop.deliver_all("stripe")
    stripe.balance.move(STRIPE_KEY, "charge", 9_900, "eur", "ch_of_another_shop", 100)
    stripe.balance.pay_out(STRIPE_KEY)
    await read_due_payouts()
    [row], more = await page_of(shop)
    assert (row.provider, row.state, more) == ("Stripe", "paid", False)
    assert row.contents == "3 paiements, 1 remboursement"
    assert plain(row.gross) == "269,00 €"
    assert plain(row.problem) == "Dont 1 opération sans facture ici, de 99,00 €."
    async with reading() as session:
        chosen = PayoutFilter(shop.company_id, payout_id=row.id)
        lines = await payout_lines(session, chosen, "fr")
        assert await payout_lines(session, PayoutFilter("f" * 32, payout_id=row.id), "fr") == []
    numbers = sorted(line.number for line in lines)
    assert numbers == sorted(["", *[(await each.row()).number or "" for each in (bill, other, other)]])
    assert await troubles_of(shop) == []


async def test_a_payout_sent_back_or_that_does_not_add_up_is_to_be_looked_at(shop: Shop) -> None:
    balance = shop.providers.stripe.balance
    for _ in range(2):
        balance.move(STRIPE_KEY, "charge", 5_000, "eur", "ch_of_another_shop")
        balance.pay_out(STRIPE_KEY)
    balance.payouts[0]["status"] = "failed"
    balance.payouts[1]["amount"] = 4_000
    await read_due_payouts()
    rows_, _ = await page_of(shop)
    assert sorted(row.problem_kind for row in rows_) == ["failed", "gap"]
    assert "Écart de -10,00 €" in " ".join(plain(row.problem) for row in rows_)
    assert await troubles_of(shop) == ["payout_failed", "payout_gap"]
    shop.travel(timedelta(days=33))
    assert await troubles_of(shop) == []


async def test_the_file_of_payouts_has_each_movement_and_the_ledger_names_its_payout(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    payout = shop.providers.stripe.balance.pay_out(STRIPE_KEY)
    withdrawn = shop.providers.paypal.withdraw(PAYPAL_ID, "700.00")
    assert payout
    shop.travel(timedelta(seconds=1))
    await read_due_payouts()
    heading, *lines = await csv_of(payouts_csv(PayoutFilter(shop.company_id), "fr"))
    assert [len(line) for line in lines] == [len(heading)] * 2
    by_reference = {line[0]: line for line in lines}
    number = (await bill.row()).number
    fee, net = fee_of(12_000), 12_000 - fee_of(12_000)
    assert by_reference[payout["id"]][2:10] == [
        "Stripe", "Versé", comma(net), "EUR", "Test", "Paiement", number, "Claire Fontaine",
    ]  # fmt: skip
    assert by_reference[payout["id"]][11:] == ["120,00", comma(fee), comma(net)]
    assert by_reference[withdrawn["transaction_id"]][4:] == ["700,00", "EUR", "Test", *[""] * 7]
    _, line = await csv_of(ledger_csv(LedgerFilter(shop.company_id), "fr"))
    assert line[-1] == payout["id"]
    # Another month, another payout, another company: nothing.
    for none in (
        PayoutFilter(shop.company_id, month="2020-01"),
        PayoutFilter(shop.company_id, payout_id="0" * 32),
        PayoutFilter("0" * 32),
    ):
        assert await csv_of(payouts_csv(none, "fr")) == [heading]


async def test_accounts_that_tell_nothing_are_named(shop: Shop) -> None:
    shop.providers.stripe.blind = {STRIPE_KEY}
    await read_due_payouts()
    async with reading() as session:
        french = await payout_hints(session, shop.company_id, "fr")
        english = await payout_hints(session, shop.company_id, "en")
    assert [("Stripe" in hint, "PayZen" in hint) for hint in sorted(french)] == [(False, True), (True, False)]
    assert set(french).isdisjoint(english)


def comma(minor: int) -> str:
    return f"{minor / 100:.2f}".replace(".", ",")


async def page_of(shop: Shop) -> tuple[list[PayoutRow], bool]:
    async with reading() as session:
        return await payout_page(session, PayoutFilter(shop.company_id), "fr")


async def troubles_of(shop: Shop) -> list[str]:
    async with reading() as session:
        return sorted(trouble.kind for trouble in await payment_troubles(session, shop.company_id, "fr"))


async def csv_of(parts: AsyncIterator[str]) -> list[list[str]]:
    data = "".join([part async for part in parts])
    assert data.startswith(MARK)
    return list(csv.reader(io.StringIO(data.removeprefix(MARK)), delimiter=";"))


def plain(words: str) -> str:
    return words.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")

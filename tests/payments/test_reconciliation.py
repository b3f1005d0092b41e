"""All money of a company in one place: what came, what went, what does not match; and the same as a file."""

import csv
import io
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tests.payments.conftest import ACTOR, Bill, Shop
from webdoc_app.reads.ledger import (
    BY_HAND,
    PAGE_SIZE,
    LedgerFilter,
    ledger_months,
    ledger_page,
    ledger_totals,
)
from webdoc_app.reads.ledger_csv import ledger_csv
from webdoc_app.reads.payment_troubles import Trouble, payment_troubles
from webdoc_app.reads.spreadsheet import MARK, harmless
from webdoc_app.services import companies, customers, payments
from webdoc_app.services.refunds import refund
from webdoc_app.services.settling_case import ledger_id
from webdoc_app.services.work import reading, runtime, today


async def by_hand(bill: Bill, minor: int, day: date, reference: str = "") -> None:
    given = payments.PaymentInput(minor, "cheque", day, reference)
    await payments.record_payment(bill.shop.company_id, bill.id, given, ACTOR)


async def change(statement: str) -> None:
    async with runtime().engine.begin() as connection:
        await connection.execute(text(statement))


async def troubles(shop: Shop) -> list[Trouble]:
    async with reading() as session:
        return await payment_troubles(session, shop.company_id, "fr")


async def file_of(shop: Shop, way: str = "", month: str = "") -> list[list[str]]:
    data = "".join([part async for part in ledger_csv(LedgerFilter(shop.company_id, way, month), "fr")])
    assert data.startswith(MARK)
    return list(csv.reader(io.StringIO(data.removeprefix(MARK)), delimiter=";"))


def plain(words: str) -> str:
    return words.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


async def test_money_of_each_way_and_month_adds_up(shop: Shop) -> None:
    bill, other = await shop.bill(), await shop.bill()
    await bill.come_back(await bill.pay("paypal"))
    await refund(shop.company_id, ledger_id(shop.accounts["paypal"], await captured(bill)), 2_000, 0)
    await by_hand(other, 5_000, date(2026, 1, 31))
    await change("UPDATE payment_attempts SET mode = 'live'")
    async with reading() as session:
        rows, more = await ledger_page(session, LedgerFilter(shop.company_id), "fr")
        [all_of_it] = await ledger_totals(session, LedgerFilter(shop.company_id), "fr")
        [paypal] = await ledger_totals(session, LedgerFilter(shop.company_id, "paypal"), "fr")
        [hand] = await ledger_totals(session, LedgerFilter(shop.company_id, BY_HAND, "2026-01"), "fr")
        none = await ledger_totals(session, LedgerFilter(shop.company_id, "paypal", "2026-01"), "fr")
        months = await ledger_months(session, shop.company_id, "fr")
    assert sorted(plain(row.amount) for row in rows) == ["-20,00 €", "120,00 €", "50,00 €"]
    assert (more, none) == (False, [])
    assert [plain(all_of_it.received), plain(all_of_it.refunded)] == ["170,00 €", "-20,00 €"]
    # The emulator of PayPal keeps a euro of every payment.
    assert [plain(all_of_it.fees), plain(all_of_it.net)] == ["-1,00 €", "149,00 €"]
    assert [plain(paypal.received), plain(hand.net)] == ["120,00 €", "50,00 €"]
    assert months[-1] == ("2026-01", "janvier 2026")
    assert months[0][0] == f"{today():%Y-%m}"


async def captured(bill: Bill) -> str:
    async with runtime().engine.connect() as connection:
        query = text("SELECT reference FROM payments WHERE document_id = :id")
        return str((await connection.execute(query, {"id": bill.id})).scalar_one())


async def test_money_of_a_test_account_is_shown_and_not_counted(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("stripe"))
    await refund(shop.company_id, ledger_id(shop.accounts["stripe"], await captured(bill)), 2_000, 0)
    async with reading() as session:
        rows, _ = await ledger_page(session, LedgerFilter(shop.company_id), "fr")
        assert await ledger_totals(session, LedgerFilter(shop.company_id), "fr") == []
    assert [row.is_test for row in rows] == [True, True]


async def test_pages_hold_each_payment_once(shop: Shop) -> None:
    bill = await shop.bill()
    for _ in range(PAGE_SIZE + 1):
        await by_hand(bill, 100, today())
    async with reading() as session:
        first, more = await ledger_page(session, LedgerFilter(shop.company_id), "fr")
        second, end = await ledger_page(session, LedgerFilter(shop.company_id, page=2), "fr")
    assert (len(first), more, len(second), end) == (PAGE_SIZE, True, 1, False)
    assert len({row.id for row in (*first, *second)}) == PAGE_SIZE + 1


async def test_the_file_opens_in_a_spreadsheet_and_runs_nothing(shop: Shop) -> None:
    bill = await shop.bill()
    await by_hand(bill, 123_456, date(2026, 2, 1), '=HYPERLINK("http://evil";"x")')
    await by_hand(bill, 100, date(2026, 1, 31), " @SUM(1)\nA;B")
    heading, first, second = await file_of(shop)
    assert heading[:6] == ["Date", "Document", "Client", "Moyen de paiement", "Référence", "Montant"]
    assert [first[0], *first[3:9]] == [
        "2026-02-01",
        "Chèque",
        '\'=HYPERLINK("http://evil";"x")',
        "1234,56",
        "",
        "1234,56",
        "EUR",
    ]
    assert second[4] == "'@SUM(1) A;B"
    assert await file_of(shop, "stripe") == [heading]
    assert await file_of(shop, "", "2026-01") == [heading, second]
    for file in ("export", "payouts"):
        assert (await shop.http.get(f"/app/payments/{file}.csv")).status_code in (303, 401)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", " ="])
def test_what_begins_a_formula_is_a_text(sign: str) -> None:
    assert harmless(f"{sign}1+1").startswith("'")


async def test_what_does_not_match_is_told_with_what_to_do(shop: Shop) -> None:
    assert await troubles(shop) == []
    over, gone, odd, slow, left = [await shop.bill() for _ in range(5)]
    await by_hand(over, 12_100, today())
    await by_hand(gone, 100, today())
    await change(f"UPDATE documents SET state = 'closed' WHERE id = '{gone.id}'")
    await change(f"UPDATE documents SET disputed_minor = 50 WHERE id = '{over.id}'")
    for bill, state in ((odd, "flagged"), (slow, "processing"), (left, "open")):
        await bill.go("stripe")
        await change(f"UPDATE payment_attempts SET state = '{state}' WHERE document_id = '{bill.id}'")
    await change(f"UPDATE payment_accounts SET error = 'no' WHERE id = '{shop.accounts['payzen']}'")
    for name, error, done in (("a", "away", "NULL"), ("b", "unknown", "received_at")):
        await change(
            "INSERT INTO webhook_events (account_id, event_id, body, received_at, processed_at, error)"
            f" SELECT '{shop.accounts['paypal']}', '{name}', body, created_at,"
            f" {done.replace('received_at', 'created_at')}, '{error}'"
            " FROM (SELECT x'00' AS body, created_at FROM payment_accounts LIMIT 1) AS one"
        )
    assert {each.kind for each in await troubles(shop)} == {
        "flagged",
        "overpaid",
        "late",
        "disputed",
        "account",
        "unknown",
    }
    shop.travel(timedelta(days=8))
    told = {each.kind: each for each in await troubles(shop)}
    assert set(told) >= {"slow", "unasked", "undone"}
    assert (told["flagged"].document_id, told["late"].document_id) == (odd.id, gone.id)
    assert (told["slow"].document_id, told["unasked"].document_id) == (slow.id, left.id)
    assert all(each.what and each.todo for each in told.values())


async def test_a_notice_of_nothing_of_ours_is_kept_as_such(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.pay("stripe")
    await change("UPDATE payment_attempts SET id = 'x' || substr(id, 2), reference = 'other'")
    await shop.deliver_all("stripe")
    assert await shop.count("SELECT count(*) FROM webhook_events WHERE error = 'unknown'") >= 1
    assert {each.kind for each in await troubles(shop)} >= {"unknown"}


async def test_another_company_sees_none_of_it(shop: Shop) -> None:
    bill = await shop.bill()
    await by_hand(bill, 12_100, today())
    other, _ = await companies.create_company("Autre", "autre@example.org", "motdepasse")
    await customers.create_customer(other, {"name": "Autre"})
    async with reading() as session:
        assert await ledger_page(session, LedgerFilter(other), "fr") == ([], False)
        assert await ledger_months(session, other, "fr") == []
        assert await payment_troubles(session, other, "fr") == []

"""Paying a part where the company takes parts, and by transfer: amounts checked by the server, the code read back."""

import asyncio
import io
import json
from decimal import Decimal

import pytest
import segno
from sqlalchemy import text
from sqlmodel import select

from tests.factories.contents import content_json
from tests.payments.conftest import ACTOR, PROVIDERS, Shop
from webdoc_app.domain.errors import NotFound
from webdoc_app.models import Document, StoredReceipt
from webdoc_app.reads.client_page import client_page
from webdoc_app.reads.document_payments import payments_of
from webdoc_app.reads.receipt_html import receipt_html
from webdoc_app.reads.sheet_html import pdf_html
from webdoc_app.reads.transfer import epc_svg
from webdoc_app.services import companies, payments, receipts
from webdoc_app.services.audit import verify
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import reading, runtime, today, work

IBAN, BIC = "FR7630006000011234567890189", "AGRIFRPP"
each = pytest.mark.parametrize("provider", PROVIDERS)


async def take_parts(shop: Shop, minimum: str = "20") -> None:
    await companies.change_settings(
        shop.company_id, {"part_payments": "yes", "part_minimum_minor": minimum, "iban": IBAN, "bic": BIC}
    )


async def asked(shop: Shop) -> list[int]:
    async with runtime().engine.connect() as connection:
        query = text("SELECT amount_minor FROM payment_attempts ORDER BY created_at, id")
        return [row[0] for row in (await connection.execute(query)).all()]


@each
async def test_in_two_parts_each_with_its_receipt(shop: Shop, provider: str) -> None:
    await take_parts(shop)
    bill = await shop.bill()
    first = await bill.press(provider, "50,00")
    await bill.come_back(await bill.click(first.headers["location"]))
    assert await bill.word() == "partially_paid"
    rest = await bill.press(provider, "")
    await bill.come_back(await bill.click(rest.headers["location"]))
    assert (await bill.ledger(), await bill.word()) == ([5_000, 7_000], "paid")
    async with reading() as session:
        panel = (await client_page(session, bill.token)).pay
    assert (len(panel.receipts), panel.part_note, panel.transfer.iban) == (2, "", "")
    assert await verify() == []


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("0", "trop petit"),
        ("19,99", "trop petit, 20,00"),
        ("120,01", "dépasse ce qui reste à payer, 120,00"),
        ("-50", "négatif"),
        ("50,001", "décimales"),
        ("1e2", "pas un nombre"),
        ("٥٠", "pas un nombre"),
        ("NaN", "pas un nombre"),
        ("9" * 13, "pas un nombre"),
    ],
)
async def test_another_amount_is_refused_in_words_and_nothing_is_begun(
    shop: Shop, amount: str, why: str
) -> None:
    await take_parts(shop)
    bill = await shop.bill()
    answer = await bill.press("stripe", amount)
    assert answer.status_code == 422
    shown = answer.text.replace("\N{NO-BREAK SPACE}", " ")
    assert why in shown
    assert f'value="{amount}"' in shown
    assert '<details class="more" id="pay-part" open' in shown
    assert await asked(shop) == []


async def test_where_parts_are_not_taken_only_all_of_it_is(shop: Shop) -> None:
    bill = await shop.bill()
    assert (await bill.press("stripe", "50")).status_code == 422
    assert (await bill.press("stripe", "120.00")).status_code == 303
    assert await asked(shop) == [12_000]


async def test_less_than_the_minimum_is_due_then_all_of_it_is_taken(shop: Shop) -> None:
    await take_parts(shop, "100")
    bill = await shop.bill()
    paid = await bill.press("stripe", "110")
    await bill.come_back(await bill.click(paid.headers["location"]))
    assert (await bill.press("stripe", "5")).status_code == 422
    assert (await bill.press("stripe", "10 €")).status_code == 303


async def test_the_same_form_with_another_amount_asks_for_that_amount(shop: Shop) -> None:
    """Also where the first try never reached the provider."""
    await take_parts(shop)
    bill = await shop.bill()
    nonce = new_nonce(bill.id, "pay")
    apis = runtime().payment_apis
    runtime().payment_apis = {**apis, "stripe": "http://127.0.0.1:9"}
    assert (await bill.press("stripe", "50", nonce)).status_code == 409
    runtime().payment_apis = apis
    assert (await bill.press("stripe", "60", nonce)).status_code == 303
    assert sorted(await asked(shop)) == [5_000, 6_000]


async def test_a_transfer_can_be_copied_and_its_code_scanned(shop: Shop) -> None:
    await take_parts(shop)
    bill = await shop.bill()
    async with reading() as session:
        transfer = (await client_page(session, bill.token)).pay.transfer
    assert (transfer.iban, transfer.bic) == ("FR76 3000 6000 0112 3456 7890 189", BIC)
    answer = await shop.http.get(transfer.qr)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    number = (await bill.row()).number
    lines = ["BCD", "002", "1", "SCT", BIC, "Atelier Morel", IBAN, "EUR120", "", "", str(number)]
    assert answer.text == drawn("\n".join(lines))
    await bill.come_back(await bill.pay("stripe"))
    assert (await shop.http.get(transfer.qr)).status_code == 404


def drawn(payload: str) -> str:
    out = io.BytesIO()
    code = segno.make_qr(payload.encode(), error="m", boost_error=False)
    code.save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue().decode()


@pytest.mark.parametrize(
    ("currency", "due", "iban", "possible"),
    [
        ("EUR", 1, IBAN, True),
        ("EUR", 99_999_999_999, IBAN, True),
        ("EUR", 100_000_000_000, IBAN, False),
        ("EUR", 0, IBAN, False),
        ("EUR", -1, IBAN, False),
        ("USD", 100, IBAN, False),
        ("EUR", 100, "FR7630006000011234567890180", False),
        ("EUR", 100, "", False),
    ],
)
def test_there_is_a_code_only_where_the_standard_has_one(
    currency: str, due: int, iban: str, possible: bool
) -> None:
    assert bool(epc_svg({"name": "Atelier", "iban": iban}, currency, due, "F-1")) is possible


def test_hostile_texts_keep_to_their_line_of_the_code() -> None:
    seller = {"name": "Atelier\nBCD\u202e" + "é" * 100, "iban": IBAN, "bic": "nonsense"}
    name = ("Atelier BCD" + "é" * 100)[:70]
    lines = ["BCD", "002", "1", "SCT", "", name, IBAN, "EUR1.5", "", "RF18539007547034"]
    assert epc_svg(seller, "EUR", int(Decimal("150")), "RF18 5390 0754 7034") == drawn("\n".join(lines))
    assert epc_svg({**seller, "name": "字" * 70}, "EUR", 1, "字" * 140) == ""


@pytest.mark.parametrize(("kind", "shown"), [("invoice", True), ("deposit", True), ("quote", False)])
def test_the_pdf_of_a_bill_holds_the_code(kind: str, shown: bool) -> None:
    source = content_json(kind, seller={"name": "Atelier", "iban": IBAN})
    assert ("data:image/svg+xml;base64," in pdf_html(source, None)) is shown


async def test_every_payment_has_a_receipt_for_its_own_sides_alone(shop: Shop) -> None:
    """One taken online and one by hand; what renders is another test's concern."""
    bill, other = await shop.bill(), await shop.bill()
    await bill.come_back(await bill.pay("paypal"))
    by_hand = payments.PaymentInput(500, "cash", today())
    await payments.record_payment(shop.company_id, bill.id, by_hand, ACTOR)
    sources: list[str] = []

    async def render(source: str, logo: bytes | None) -> bytes:
        sources.append(source)
        return b"%PDF-"

    runtime().render_pdf = render
    async with reading() as session:
        panel = (await client_page(session, bill.token)).pay
        rows = await payments_of(session, await session.get_one(Document, bill.id), "fr")
    for receipt, row in zip(panel.receipts, rows, strict=True):
        given = await shop.http.get(receipt.path)
        assert given.status_code == 200
        assert given.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
        id_ = row.receipt.rsplit("/", 1)[-1]
        assert (await receipts.receipt_of_company(shop.company_id, bill.id, id_))[1] == given.content
        for company_id, document_id in ((shop.company_id, other.id), ("0" * 32, bill.id)):
            with pytest.raises(NotFound):
                await receipts.receipt_of_company(company_id, document_id, id_)
        assert (await shop.http.get(f"/d/{other.token}/receipts/{id_}")).status_code == 404
    assert [json.loads(source)["method"] for source in sources] == ["paypal", "cash"]
    # A test account's receipt says that no money came.
    assert ["Mode test" in receipt_html(json.loads(source), None) for source in sources] == [True, False]


async def test_a_receipt_is_rendered_once_however_many_ask(shop: Shop) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay("paypal"))
    rendered: list[str] = []

    async def render(source: str, logo: bytes | None) -> bytes:
        rendered.append(source)
        await asyncio.sleep(0)
        return b"%PDF-" + str(len(rendered)).encode()

    runtime().render_pdf = render
    async with reading() as session:
        [receipt] = (await client_page(session, bill.token)).pay.receipts
    answers = [*await asyncio.gather(*(shop.http.get(receipt.path) for _ in range(40)))]
    answers += [await shop.http.get(receipt.path) for _ in range(40)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"%PDF-1")}
    assert len(rendered) == 1
    assert await verify() == []
    async with work() as w:
        [stored] = (await w.session.exec(select(StoredReceipt))).all()
        stored.data = b"%PDF-2"
        w.session.add(stored)
    assert any("reçu" in fault for fault in await verify())

"""The deposit a quote asks for: issued by its acceptance once, deducted from the invoice, taken back if unpaid."""

import asyncio
import json
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.decisions import AnswerFields
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, NothingRemains, Refusal
from webdoc_app.domain.lifecycle import State
from webdoc_app.models import Document, OutboxMail
from webdoc_app.reads.client_page import ClientPage, client_page
from webdoc_app.reads.deposits import deposit_notes
from webdoc_app.reads.payment_troubles import payment_troubles
from webdoc_app.reads.status import balance_of, shown_status_of
from webdoc_app.services import (
    answers_by_merchant,
    audit,
    chain,
    companies,
    customers,
    decisions,
    documents,
    issuing,
    payments,
    sharing,
)
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading, today

PHONE = Visitor("192.0.2.1", "phone")
AT_ONCE = 20
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where nothing depends on the database."""


async def quote(world: World, percent: int | None = 30) -> tuple[str, str]:
    """An issued quote of 1 200,00 €, two rates of VAT: its id and token."""
    customer = await customers.create_customer(
        world.company_id, {"name": "Claire Fontaine", "email": "claire@fontaine.example"}
    )
    lines = [
        documents.LineInput("Table", Decimal("500")),
        documents.LineInput("Pose", Decimal("100"), Decimal("5.4545454545"), vat_rate=Decimal(10)),
    ]
    deposit = Decimal(percent) if percent is not None else None
    draft = documents.DraftInput(Kind.QUOTE, customer, lines, deposit_percent=deposit)
    id_ = await documents.create_draft(world.company_id, draft, ACTOR)
    await issuing.issue_document(world.company_id, id_, ACTOR)
    return id_, await token_of(id_)


async def token_of(document_id: str) -> str:
    async with reading() as session:
        link = await sharing.main_link(session, document_id)
    assert link is not None
    return sharing.token_of(link)


def accepting(id_: str, token: str) -> Coroutine[Any, Any, None]:
    form = decisions.DecisionForm("accept", "1", new_nonce(id_, decisions.PURPOSE), "Claire")
    return decisions.decide_with_token(token, form, PHONE)


async def of_kind(kind: Kind) -> list[Document]:
    async with reading() as session:
        query = select(Document).where(Document.kind == kind.value).order_by(col(Document.created_at))
        return list((await session.exec(query)).all())


async def pay(bill: Document, minor: int) -> None:
    given = payments.PaymentInput(minor, "transfer", today())
    await payments.record_payment(bill.company_id, bill.id, given, ACTOR)


async def issued(world: World, source_id: str, to: Kind) -> Document:
    id_ = await chain.convert_document(world.company_id, source_id, to, ACTOR)
    await issuing.issue_document(world.company_id, id_, ACTOR)
    async with reading() as session:
        return await session.get_one(Document, id_)


async def page_of(token: str) -> ClientPage:
    async with reading() as session:
        return await client_page(session, token)


def plain(words: str) -> str:
    """With ordinary blanks and a hyphen for a minus."""
    return (
        words.replace("\N{NO-BREAK SPACE}", " ")
        .replace("\N{NARROW NO-BREAK SPACE}", " ")
        .replace("\N{MINUS SIGN}", "-")
    )


async def test_accepting_asks_for_the_deposit_and_says_so_to_both(world: World) -> None:
    id_, token = await quote(world)
    assert (
        plain((await page_of(token)).form.deposit_note)
        == "Une facture d’acompte de 30 % suit votre acceptation."
    )
    await accepting(id_, token)
    [deposit] = await of_kind(Kind.DEPOSIT)
    assert (await page_of(token)).form.deposit_note == ""
    assert (deposit.state, deposit.gross_minor, deposit.origin_id) == (State.ISSUED, 36_000, id_)
    assert deposit.number and deposit.number.startswith("F-")
    assert {row["rate"] for row in json.loads(deposit.vat_breakdown)} == {"10", "20"}
    pay = (await page_of(token)).pay
    assert plain(pay.deposit) == "Acompte de 30 % à régler : 360,00 €"
    assert (await page_of(pay.deposit_path.removeprefix("/d/"))).number == deposit.number
    async with reading() as session:
        [mail] = (await session.exec(select(OutboxMail).where(OutboxMail.purpose == "decision"))).all()
    assert f"(facture {deposit.number})" in mail.text_body
    told = f"SELECT count(*) FROM notifications WHERE type = 'payment.asked' AND document_id = '{deposit.id}'"
    assert await execute(told) == 1
    assert await audit.verify() == []


async def test_twenty_at_once_with_and_without_the_same_form_ask_once(world: World) -> None:
    id_, token = await quote(world)
    nonce = new_nonce(id_, decisions.PURPOSE)
    form = decisions.DecisionForm("accept", "1", nonce, "Claire")
    same = [decisions.decide_with_token(token, form, PHONE) for _ in range(AT_ONCE // 2)]
    others = [accepting(id_, token) for _ in range(AT_ONCE // 2)]
    outcomes = await asyncio.gather(*same, *others, return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, Refusal) for outcome in outcomes)
    [deposit] = await of_kind(Kind.DEPOSIT)
    assert deposit.sequence == 1
    assert await audit.verify() == []


async def test_an_acceptance_and_an_invoice_issued_at_once_wait_for_each_other(world: World) -> None:
    made = [await quote(world) for _ in range(5)]
    bills = [await chain.convert_document(world.company_id, id_, Kind.INVOICE, ACTOR) for id_, _ in made]
    await asyncio.gather(
        *(issuing.issue_document(world.company_id, bill, ACTOR) for bill in bills),
        *(accepting(id_, token) for id_, token in made),
        return_exceptions=True,
    )
    issued_bills = [*(await of_kind(Kind.INVOICE)), *(await of_kind(Kind.DEPOSIT))]
    assert all(bill.state != State.DRAFT for bill in issued_bills)
    assert await audit.verify() == []


@on_sqlite
@pytest.mark.parametrize("reason", ["no percent", "switched off", "there already"])
async def test_none_is_asked_where_none_is_wanted(world: World, reason: str) -> None:
    id_, token = await quote(world, None if reason == "no percent" else 30)
    if reason == "switched off":
        await companies.change_settings(world.company_id, {"deposit_on_acceptance": "no"})
    if reason == "there already":
        await chain.convert_document(world.company_id, id_, Kind.DEPOSIT, ACTOR)
    assert bool((await page_of(token)).form.deposit_note) == (reason == "there already")
    await accepting(id_, token)
    assert [each.state for each in await of_kind(Kind.DEPOSIT)] == ["draft"] * (reason == "there already")
    assert (await page_of(token)).pay.deposit == ""


@on_sqlite
async def test_an_answer_noted_by_the_merchant_asks_too(world: World) -> None:
    id_, _ = await quote(world)
    fields = AnswerFields("accept", "Claire", "", "", "")
    await answers_by_merchant.record_answer(world.company_id, id_, fields, ACTOR)
    assert len(await of_kind(Kind.DEPOSIT)) == 1


@on_sqlite
async def test_the_invoice_keeps_its_gross_and_what_was_paid_is_deducted(world: World) -> None:
    id_, token = await quote(world)
    await accepting(id_, token)
    [deposit] = await of_kind(Kind.DEPOSIT)
    await pay(deposit, 36_000)
    assert (await page_of(token)).pay.deposit == ""
    invoice = await issued(world, id_, Kind.INVOICE)
    assert (invoice.gross_minor, invoice.prepaid_minor, balance_of(invoice).due) == (120_000, 36_000, 84_000)
    sheet = (await page_of(await token_of(invoice.id))).sheet
    assert (f"Déjà réglé (acompte {deposit.number})", "-360,00 €") in [
        (row.label, plain(row.amount)) for row in sheet.totals
    ]
    assert plain(sheet.net.amount) == "840,00 €"
    with pytest.raises(NothingRemains):
        await chain.convert_document(world.company_id, id_, Kind.DEPOSIT, ACTOR)
    assert await audit.verify() == []


@on_sqlite
async def test_an_unpaid_deposit_beside_the_whole_invoice_is_told_until_it_is_credited(world: World) -> None:
    id_, token = await quote(world)
    await accepting(id_, token)
    [deposit] = await of_kind(Kind.DEPOSIT)
    assert await twice(world) == []
    await issued(world, id_, Kind.INVOICE)
    assert (await page_of(token)).pay.deposit == ""
    assert await twice(world) == [
        "L’acompte et les factures de cette affaire demandent ensemble 360,00 € de trop."
    ]
    await pay(deposit, 36_000)
    assert len(await twice(world)) == 1
    await issued(world, deposit.id, Kind.CREDIT)
    assert await twice(world) == []
    other, its_token = await quote(world)
    await accepting(other, its_token)
    await pay(await issued(world, other, Kind.INVOICE), 120_000)
    assert await twice(world) == []


async def twice(world: World) -> list[str]:
    async with reading() as session:
        found = await payment_troubles(session, world.company_id, "fr")
    return [plain(each.what) for each in found if each.kind == "twice"]


async def test_reopening_credits_an_unpaid_deposit_and_the_next_acceptance_asks_anew(world: World) -> None:
    id_, token = await quote(world)
    await accepting(id_, token)
    await answers_by_merchant.reopen_decision(world.company_id, id_, "Erreur", ACTOR)
    [deposit], [note] = await of_kind(Kind.DEPOSIT), await of_kind(Kind.CREDIT)
    assert (shown_status_of(deposit, today()), note.gross_minor) == ("credited", 36_000)
    assert json.loads(note.extras)["preceding_invoices"][0]["number"] == deposit.number
    assert (await page_of(token)).pay.deposit == ""
    await accepting(id_, token)
    first, second = await of_kind(Kind.DEPOSIT)
    assert (first.id, second.gross_minor, balance_of(second).due) == (deposit.id, 36_000, 36_000)
    assert await audit.verify() == []


@on_sqlite
async def test_reopening_leaves_a_paid_deposit_and_waits_for_one_on_its_way(world: World) -> None:
    id_, token = await quote(world)
    await accepting(id_, token)
    [deposit] = await of_kind(Kind.DEPOSIT)
    await execute(f"UPDATE documents SET processing_minor = 100 WHERE id = '{deposit.id}'")
    with pytest.raises(Conflict, match="en cours"):
        await answers_by_merchant.reopen_decision(world.company_id, id_, "", ACTOR)
    await execute(f"UPDATE documents SET processing_minor = 0 WHERE id = '{deposit.id}'")
    await pay(deposit, 10_000)
    await answers_by_merchant.reopen_decision(world.company_id, id_, "", ACTOR)
    await accepting(id_, token)
    assert len(await of_kind(Kind.DEPOSIT)) == 1
    assert await of_kind(Kind.CREDIT) == []
    assert plain((await page_of(token)).pay.deposit) == "Acompte de 30 % à régler : 260,00 €"
    assert await audit.verify() == []


@on_sqlite
async def test_whoever_writes_the_invoice_knows_what_of_the_deposit_is_paid(world: World) -> None:
    id_, token = await quote(world)
    await accepting(id_, token)
    [deposit] = await of_kind(Kind.DEPOSIT)
    draft = await chain.convert_document(world.company_id, id_, Kind.INVOICE, ACTOR)
    assert await notes_of(draft) == [
        f"L’acompte {deposit.number} (360,00 €) n’est pas payé : cette facture ne le déduira pas. Attendez son "
        "paiement, ou faites-en un avoir, pour que rien ne soit demandé deux fois."
    ]
    await execute(f"UPDATE documents SET processing_minor = 36000 WHERE id = '{deposit.id}'")
    [on_its_way] = await notes_of(draft)
    assert "est en cours" in on_its_way
    await execute(f"UPDATE documents SET processing_minor = 0 WHERE id = '{deposit.id}'")
    await pay(deposit, 10_000)
    deducted, rest = await notes_of(draft)
    assert deducted == "Les acomptes payés, 100,00 €, seront déduits du net à payer."
    assert "(260,00 €) n’est pas payé" in rest
    await pay(deposit, 26_000)
    assert await notes_of(draft) == ["Les acomptes payés, 360,00 €, seront déduits du net à payer."]
    await issuing.issue_document(world.company_id, draft, ACTOR)
    assert await notes_of(draft) == []


async def notes_of(draft_id: str) -> list[str]:
    async with reading() as session:
        notes = await deposit_notes(session, await session.get_one(Document, draft_id), "fr")
    return [plain(note) for note in notes]

"""Reminders as they are sent: once, whoever runs and whoever dies; stopped by answers, payments, messages, holds."""

import asyncio
import multiprocessing
import signal
from datetime import date, timedelta

import pytest
import pytest_asyncio

from tests.services.conftest import ACTOR, World, execute
from tests.services.following import WAIT_SECONDS, follow_up
from tests.services.shop import PARIS, Shop, open_shop, switch_on
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.domain.followups import Planned, Quiet, Scenario, Why
from webdoc_app.models import Document
from webdoc_app.schedule import keep_schedule
from webdoc_app.services import (
    answers_by_merchant,
    audit,
    conversation,
    followups,
    links,
    payments,
    sending,
    sharing,
)
from webdoc_app.services.followup_rules import RuleInput, rows_of, set_rule, wording_of
from webdoc_app.services.work import Change, reading, runtime, today, work


@pytest_asyncio.fixture
async def shop(world: World) -> Shop:
    shop = await open_shop(world.company_id, world.url)
    await switch_on(world.company_id)
    return shop


async def test_nothing_leaves_unless_it_was_switched_on(world: World) -> None:
    shop = await open_shop(world.company_id, world.url)
    quote = await shop.issue()
    shop.go(2026, 3, 6, 9)
    assert await shop.run() == []
    assert await shop.plan(quote) == Quiet(Why.DISABLED)


async def test_a_quote_not_opened_is_recalled_once_within_its_hours(shop: Shop) -> None:
    quote = await shop.issue()
    for moment in ((2026, 3, 4, 12), (2026, 3, 5, 7, 59), (2026, 3, 5, 18)):
        shop.go(*moment)
        assert await shop.run() == []
    shop.go(2026, 3, 6, 8)
    assert await shop.run() == ["sent_unopened"]
    for moment in ((2026, 3, 6, 8, 1), (2026, 3, 9, 9), (2026, 5, 4, 9)):
        shop.go(*moment)
        assert await shop.run() == ["sent_unopened"]
    (mail,) = await shop.mails()
    assert (mail.to_email, mail.document_id, mail.subject[:12]) == (
        "claire@fontaine.example",
        quote,
        "Votre devis ",
    )
    assert "120,00" in mail.text_body
    assert await shop.token(quote) in mail.text_body
    assert await execute("SELECT count(*) FROM events WHERE type = 'reminder.sent'") == 1
    assert await audit.verify() == []


async def test_answers_payments_messages_and_holds_stop_it(shop: Shop) -> None:
    quotes = {name: await shop.issue() for name in ("accept", "refuse", "hold", "message", "by phone")}
    invoice = await shop.issue(Kind.INVOICE, date(2026, 3, 3))
    for name in ("accept", "refuse", "hold"):
        await shop.answer(quotes[name], name)
    await shop.write(quotes["message"])
    fields = answers_by_merchant.AnswerFields("refuse", "Claire", reason="Trop cher")
    await answers_by_merchant.record_answer(shop.company_id, quotes["by phone"], fields, ACTOR)
    whole = payments.PaymentInput(12_000, "transfer", today())
    await payments.record_payment(shop.company_id, invoice, whole, ACTOR)
    shop.go(2026, 4, 1, 9)
    assert await shop.run() == []
    reasons = {name: await shop.plan(id_) for name, id_ in quotes.items()}
    assert reasons == {
        "accept": Quiet(Why.ANSWERED),
        "refuse": Quiet(Why.ANSWERED),
        "by phone": Quiet(Why.ANSWERED),
        "hold": Quiet(Why.ON_HOLD),
        "message": Quiet(Why.CONVERSATION),
    }
    assert await shop.plan(invoice) == Quiet(Why.PAID)
    # The merchant replies: three days later, not at once, the quote may be recalled.
    await conversation.post_message(shop.company_id, quotes["message"], "Oui.", ACTOR)
    assert await shop.run() == []
    shop.go(2026, 4, 7, 9)
    assert await shop.run() == ["opened_unanswered"]


async def test_a_hold_until_a_day_is_recalled_after_it(shop: Shop) -> None:
    quote = await shop.issue()
    await shop.answer(quote, "hold", until="2026-03-29")  # summer time begins
    for moment in ((2026, 3, 6, 9), (2026, 3, 30, 9), (2026, 3, 31, 17)):
        shop.go(*moment)
        assert await shop.run() == []
    shop.go(2026, 4, 1, 8)
    assert await shop.run() == ["on_hold"]
    (mail,) = await shop.mails()
    assert "29 mars 2026" in mail.text_body


async def test_after_three_weeks_down_one_mail_leaves_for_each_document(shop: Shop) -> None:
    invoices = [await shop.issue(Kind.INVOICE, date(2026, 3, 4)) for _ in range(2)]
    quote = await shop.issue()
    shop.go(2026, 3, 25, 11)
    assert sorted(await shop.run()) == ["late_2", "late_2", "sent_unopened"]
    kept = [(row.document_id, row.scenario) for row in await shop.kept() if row.state == "skipped"]
    assert sorted(kept) == sorted((id_, scenario) for id_ in invoices for scenario in ("due", "late_1"))
    assert {mail.document_id for mail in await shop.mails()} == {*invoices, quote}
    shop.go(2026, 3, 25, 11, 1)
    assert await followups.run_due_followups() == 0
    assert len(await shop.mails()) == 3


async def test_two_workers_at_once_send_each_reminder_once(shop: Shop) -> None:
    quotes = [await shop.issue() for _ in range(12)]
    shop.go(2026, 3, 6, 9)
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    workers = [
        spawn.Process(target=follow_up, args=(shop.url, shop(), barrier), daemon=True) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.join, WAIT_SECONDS)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(str(mail.document_id) for mail in await shop.mails()) == sorted(quotes)
    assert await execute("SELECT count(*) FROM events WHERE type = 'reminder.sent'") == len(quotes)
    assert await audit.verify() == []


async def test_killed_before_or_after_the_commit_nothing_is_lost_or_doubled(shop: Shop) -> None:
    await shop.issue()
    await shop.issue()
    shop.go(2026, 3, 6, 9)
    spawn = multiprocessing.get_context("spawn")
    for killed, mails in (("before", 0), ("after", 1)):
        worker = spawn.Process(target=follow_up, args=(shop.url, shop(), None, killed), daemon=True)
        worker.start()
        await asyncio.to_thread(worker.join, WAIT_SECONDS)
        assert worker.exitcode == -signal.SIGKILL
        assert len(await shop.mails()) == mails
    assert await followups.run_due_followups() == 1
    assert len({mail.document_id for mail in await shop.mails()}) == len(await shop.mails()) == 2
    assert await audit.verify() == []


async def test_the_schedule_of_a_worker_sends_what_is_due(shop: Shop) -> None:
    quote = await shop.issue()
    shop.go(2026, 3, 6, 9)
    told = asyncio.Event()

    async def publish(changes: list[Change]) -> None:
        if any(change.what == "reminder" and change.document_id == quote for change in changes):
            told.set()

    runtime().publish = publish
    keeping = asyncio.create_task(keep_schedule())
    try:
        await asyncio.wait_for(told.wait(), WAIT_SECONDS)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert len(await shop.mails()) == 1


async def test_paused_skipped_and_sent_by_hand(shop: Shop) -> None:
    quote = await shop.issue()
    await followups.set_paused(shop.company_id, quote, True, ACTOR)
    shop.go(2026, 3, 9, 9)
    assert await shop.run() == []
    assert await shop.plan(quote) == Quiet(Why.PAUSED)
    await followups.set_paused(shop.company_id, quote, False, ACTOR)
    assert await shop.run() == []  # what fell meanwhile does not leave at once
    planned = await shop.plan(quote)
    assert isinstance(planned, Planned)
    assert planned.moment.astimezone(PARIS).date() == date(2026, 3, 12)
    for _ in range(2):
        await followups.skip_next(shop.company_id, quote, "sent_unopened", ACTOR)
    assert await shop.plan(quote) == Quiet(Why.ALL_DONE)
    assert [(row.state, row.by_name) for row in await shop.kept()] == [("skipped", "Lucas")]
    assert await shop.told(quote) == [
        ("reminder.paused", "Lucas"),
        ("reminder.continued", "Lucas"),
        ("reminder.skipped", "Lucas"),
    ]
    # By hand at any hour, whatever was skipped; a second press is told so.
    shop.go(2026, 3, 14, 22)
    assert await followups.send_now(shop.company_id, quote, ACTOR) == "claire@fontaine.example"
    with pytest.raises(Conflict):
        await followups.send_now(shop.company_id, quote, ACTOR)
    shop.go(2026, 3, 16, 9)
    await followups.send_now(shop.company_id, quote, ACTOR)
    assert len(await shop.mails()) == 2
    assert await audit.verify() == []


async def test_everybody_with_an_open_link_is_reminded_each_by_their_own(shop: Shop) -> None:
    quote = await shop.issue()
    added = {
        name: await links.add_link(shop.company_id, quote, links.Recipient(name, email), ACTOR)
        for name, email in (
            ("Odile", "o@brun.example"),
            ("Paul", "p@brun.example"),
            ("Rémi", "r@brun.example"),
        )
    }
    await links.add_link(shop.company_id, quote, links.Recipient("Sans adresse"), ACTOR)
    paul, remi = added["Paul"], added["Rémi"]
    await links.disable_link(shop.company_id, quote, paul, ACTOR)
    # What was sent to one of them came back for good: a mail to another tells nothing about it.
    await sending.send_document(shop.company_id, quote, sending.Letter(link_id=remi), ACTOR)
    await shop.give_up("r@brun.example")
    shop.go(2026, 3, 6, 9)
    assert await shop.run() == ["sent_unopened"]
    mails = await shop.mails()
    assert {(mail.to_email, mail.to_name) for mail in mails} == {
        ("claire@fontaine.example", "Claire Fontaine"),
        ("o@brun.example", "Odile"),
    }
    by_id = {link.id: link for link in await shop.links(quote)}
    for mail in mails:
        assert mail.link_id
        assert sharing.token_of(by_id[mail.link_id]) in mail.text_body
        assert f"Bonjour {mail.to_name}" in mail.text_body
    assert await shop.told(quote) == [("reminder.sent", "Webdoc")]
    shop.go(2026, 3, 10, 9)
    to = await followups.send_now(shop.company_id, quote, ACTOR)
    assert to == "claire@fontaine.example, o@brun.example"
    # Where nobody is reached any more, nothing leaves by itself.
    await shop.give_up("claire@fontaine.example")
    await shop.give_up("o@brun.example")
    assert await shop.plan(quote) == Quiet(Why.BAD_ADDRESS)


async def test_the_end_of_a_hold_is_told_to_whoever_asked_for_it(shop: Shop) -> None:
    quote = await shop.issue()
    odile = await links.add_link(shop.company_id, quote, links.Recipient("Odile", "o@brun.example"), ACTOR)
    await shop.answer(quote, "hold", until="2026-03-10", link_id=odile)
    shop.go(2026, 3, 13, 9)
    assert await shop.run() == ["on_hold"]
    assert [mail.to_email for mail in await shop.mails()] == ["o@brun.example"]


async def test_orders_deliveries_and_bills_without_a_day_are_followed_up(shop: Shop) -> None:
    order, delivery = await shop.issue(Kind.ORDER), await shop.issue(Kind.DELIVERY)
    bill = await shop.issue(Kind.INVOICE)
    shop.go(2026, 3, 6, 9)
    assert sorted(await shop.run()) == ["delivery_unanswered", "order_unanswered"]
    shop.go(2026, 4, 1, 9)
    assert sorted(await shop.run()) == ["delivery_unanswered", "order_unanswered", "undated"]
    words = {mail.document_id: mail.text_body for mail in await shop.mails()}
    assert "la commande C-2026-00001, d’un montant de 120,00" in words[order].replace("\n", " ")
    assert "La livraison BL-2026-00001 est-elle arrivée" in words[delivery]
    assert "la facture F-2026-00001 du 2 mars 2026" in words[bill].replace("\n", " ")
    assert await audit.verify() == []


async def test_by_hand_it_stands_for_the_one_planned(shop: Shop) -> None:
    quote = await shop.issue()
    await followups.send_now(shop.company_id, quote, ACTOR)
    shop.go(2026, 3, 20, 9)
    assert await shop.run() == ["sent_unopened"]
    assert len(await shop.mails()) == 1


async def test_by_hand_nothing_leaves_where_nothing_is_waited_for(shop: Shop, world: World) -> None:
    accepted, closed = await shop.issue(), await shop.issue()
    await shop.answer(accepted, "accept")
    await links.revoke_link(shop.company_id, closed, None, ACTOR)
    for id_, words in ((accepted, "attend"), (closed, "lien"), (world.quote_id, "envoyé")):
        with pytest.raises(Conflict, match=words):
            await followups.send_now(shop.company_id, id_, ACTOR)
    with pytest.raises(NotFound):
        await followups.send_now("0" * 32, accepted, ACTOR)
    assert await shop.mails() == []


async def test_switching_on_sends_no_pile_of_old_ones(shop: Shop) -> None:
    await shop.issue(Kind.INVOICE, date(2026, 3, 4))
    for scenario in Scenario:
        await set_rule(shop.company_id, scenario.value, RuleInput(False, "3"))
    shop.go(2026, 4, 14, 9)
    for scenario in Scenario:
        await set_rule(shop.company_id, scenario.value, RuleInput(True, "3"))
    assert await shop.run() == []


async def test_a_rule_names_every_field_at_fault_and_keeps_nothing_of_it(shop: Shop) -> None:
    wrong = RuleInput(True, "400", subject_fr="%(nom)s", body_en="%(due)s", body_fr="\x00")
    with pytest.raises(Invalid) as refused:
        await set_rule(shop.company_id, "sent_unopened", wrong)
    assert [e.field for e in refused.value.errors] == ["delay_days", "subject_fr", "body_fr", "body_en"]
    with pytest.raises(Invalid):
        await set_rule(shop.company_id, "no_such", RuleInput())
    own = RuleInput(
        True, "5", False, "Devis %(number)s", "Bonjour %(name)s,\n30 % d’acompte suffisent.", "", ""
    )
    await set_rule(shop.company_id, "sent_unopened", own)
    async with reading() as session:
        row = (await rows_of(session, shop.company_id))[Scenario.SENT_UNOPENED]
    assert (row.delay_days, row.working_days, row.subject_en) == (5, False, "")
    assert wording_of(row, "en").subject == "Your quote %(number)s"
    await shop.issue()
    shop.go(2026, 3, 7, 9)  # a Saturday
    assert await shop.run() == ["sent_unopened"]
    (mail,) = await shop.mails()
    assert "Bonjour Claire Fontaine,\n30 % d’acompte suffisent." in mail.text_body


async def test_in_english_for_who_reads_english(shop: Shop) -> None:
    quote = await shop.issue()
    async with work() as w:
        document = await w.session.get_one(Document, quote)
        document.language = "en"
        w.session.add(document)
    shop.now += timedelta(days=4)
    assert await shop.run() == ["sent_unopened"]
    (mail,) = await shop.mails()
    assert (mail.subject[:11], "€120.00" in mail.text_body) == ("Your quote ", True)

"""What to do now: why, in which order, and what makes it go away."""

from datetime import date, timedelta

from sqlmodel import col, select

from tests.services.conftest import ACTOR, World
from tests.services.shop import Shop, open_shop
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.followups import Quiet, Why
from webdoc_app.models import Customer, Document, Opening, OutboxMail
from webdoc_app.models.columns import new_id
from webdoc_app.reads.todo import SHOWN, todo_of
from webdoc_app.services import chain, conversation, followups, payments, sending
from webdoc_app.services.work import reading, runtime, today, work


async def todo(shop: Shop) -> list[tuple[str, str, str]]:
    async with reading() as session:
        found = await todo_of(session, shop.company_id, "fr")
    return [(row.id, row.reason.replace("\N{NO-BREAK SPACE}", " "), row.action) for row in found.rows]


async def give_up(document_id: str) -> None:
    async with work() as w:
        query = select(OutboxMail).where(col(OutboxMail.document_id) == document_id)
        for mail in (await w.session.exec(query)).all():
            mail.state = "dead"
            w.session.add(mail)


async def valid_until(document_id: str, day: date) -> None:
    async with work() as w:
        document = await w.session.get_one(Document, document_id)
        document.valid_until = day
        w.session.add(document)


async def test_each_says_why_and_what_to_do_the_most_urgent_first(world: World) -> None:
    shop = await open_shop(world.company_id, world.url)
    unopened, opened, once, accepted = [await shop.issue() for _ in range(4)]
    late = await shop.issue(Kind.INVOICE, date(2026, 3, 5))
    expiring, address, message = [await shop.issue() for _ in range(3)]
    for _ in range(4):
        await shop.open(opened)
        shop.now += timedelta(hours=1)
    await shop.open(once)
    await shop.answer(accepted, "accept")
    await shop.open(expiring)
    await give_up(address)
    assert await shop.plan(address) == Quiet(Why.BAD_ADDRESS)
    await valid_until(expiring, date(2026, 3, 8))
    shop.go(2026, 3, 6, 9)
    await shop.write(message)
    expected = [
        (message, "Message non lu de Claire Fontaine", "reply"),
        (address, "Adresse en erreur : claire@fontaine.example", "open"),
        (expiring, "Expire dans 2 jours", "remind"),
        (late, "Facture en retard d’un jour", "remind"),
        (accepted, "Accepté : à facturer", "convert"),
        (opened, "Ouvert 4 fois, sans réponse depuis 4 jours", "remind"),
        (once, "Ouvert, sans réponse depuis 4 jours", "remind"),
        (unopened, "Jamais ouvert, envoyé il y a 4 jours", "remind"),
    ]
    assert await todo(shop) == expected

    # Each goes away by its own action, and by nothing else.
    await conversation.post_message(shop.company_id, message, "Une note", ACTOR, internal=True)
    assert await todo(shop) == expected
    await conversation.post_message(shop.company_id, message, "Oui", ACTOR)
    await sending.send_document(shop.company_id, address, sending.Letter("c@fontaine.example"), ACTOR)
    for id_ in (expiring, opened, unopened):
        await followups.send_now(shop.company_id, id_, ACTOR)
    await followups.set_paused(shop.company_id, once, True, ACTOR)
    whole = payments.PaymentInput(12_000, "transfer", today())
    await payments.record_payment(shop.company_id, late, whole, ACTOR)
    await chain.convert_document(shop.company_id, accepted, Kind.INVOICE, ACTOR)
    assert await todo(shop) == []
    # Three days on, what still waits comes back.
    shop.go(2026, 3, 9, 10)
    assert [id_ for id_, _, _ in await todo(shop)] == [opened, message, unopened, address]


async def test_nothing_of_another_company_and_nobody_to_write_to(world: World) -> None:
    shop = await open_shop(world.company_id, world.url)
    late = await shop.issue(Kind.INVOICE, date(2026, 3, 2))
    shop.go(2026, 3, 4, 0, 1)
    async with work() as w:
        customer = await w.session.get_one(Customer, shop.customer_id)
        customer.email = ""
        w.session.add(customer)
    assert await todo(shop) == [(late, "Facture en retard de 2 jours", "remind")]
    other = await open_shop((await another_company())[0], world.url)
    assert await todo(other) == []


async def another_company() -> tuple[str, str]:
    from webdoc_app.services.companies import create_company

    return await create_company("Autre", "autre@example.org", "motdepasse")


async def test_at_most_eight_are_shown_the_others_counted(world: World) -> None:
    shop = await open_shop(world.company_id, world.url)
    for _ in range(SHOWN + 3):
        await shop.issue()
    shop.go(2026, 3, 6, 9)
    async with reading() as session:
        found = await todo_of(session, shop.company_id, "en")
    assert (len(found.rows), found.more) == (SHOWN, "3")
    assert found.rows[0].reason == "Never opened, sent 4 days ago"


async def test_openings_are_not_read(world: World) -> None:
    """The statements it runs, whatever there is to do, name no opening: a million of them cost nothing."""
    from sqlalchemy import event

    shop = await open_shop(world.company_id, world.url)
    quote = await shop.issue()
    await shop.open(quote)
    async with work() as w:
        at = shop()
        w.session.add(
            Opening(
                id=new_id(),
                company_id=shop.company_id,
                document_id=quote,
                opening_class="automatic",
                first_at=at,
                last_at=at,
            )
        )
    shop.go(2026, 3, 6, 9)
    statements: list[str] = []
    listen = (runtime().engine.sync_engine, "before_cursor_execute")
    note = lambda *arguments: statements.append(arguments[2])  # noqa: E731
    event.listen(*listen, note)
    assert [reason for _, reason, _ in await todo(shop)] == ["Ouvert, sans réponse depuis 4 jours"]
    event.remove(*listen, note)
    assert statements and not [s for s in statements if "openings" in s]

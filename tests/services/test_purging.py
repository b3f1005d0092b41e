"""What has served goes: a stolen database opens nothing, and the outbox stays readable."""

import re
from datetime import timedelta

from sqlalchemy import Connection, MetaData
from sqlmodel import select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.core.errands import all_run
from webdoc_app.models import OutboxMail
from webdoc_app.models.columns import new_id
from webdoc_app.services import accounts, codes, decisions, nonces, outbox, purging, sending
from webdoc_app.services.audit import verify
from webdoc_app.services.companies import change_settings
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading, runtime, work

LINK = "https://documents.example.fr/d/WyJkNDRhZjhkNDBkIiwxXQ.d6aXuvJV-MgrOs5QIr8c1Gpv0WCDHnFJ6b2Z"
RESET = "https://documents.example.fr/reset/b7Qm2Zp0Xc-9vR_1tYw4sKd8"


async def mail(world: World, purpose: str, text: str, state: str = "sent", days_ago: int = 0) -> str:
    async with work() as w:
        at = w.at - timedelta(days=days_ago)
        row = OutboxMail(
            id=new_id(), company_id=world.company_id, purpose=purpose, to_email="c@example.org", subject="x",
            text_body=text, html_body=f"<p>{text}</p>", message_id=new_id(), state=state, next_at=at, created_at=at,
            sent_at=at if state == "sent" else None,
        )  # fmt: skip
        w.session.add(row)
    return row.id


async def bodies(id_: str) -> tuple[str, str]:
    async with reading() as session:
        found = (await session.exec(select(OutboxMail).where(OutboxMail.id == id_))).one()
    return found.text_body, found.html_body


async def tidied() -> None:
    while await purging.spend_old_mails(2):
        pass


async def test_a_mail_loses_its_links_a_month_after_it_left_and_stays_readable(world: World) -> None:
    old = await mail(world, "document", f"Bonjour,\nvotre devis : {LINK}\nBien à vous", days_ago=31)
    fresh = await mail(world, "document", f"Votre devis : {LINK}", days_ago=29)
    waiting = await mail(world, "document", f"Votre devis : {LINK}", state="queued", days_ago=90)
    await tidied()
    assert await bodies(old) == (
        "Bonjour,\nvotre devis : https://documents.example.fr/d/…\nBien à vous",
        "",
    )
    assert LINK in (await bodies(fresh))[0]
    assert LINK in (await bodies(waiting))[1]
    assert await verify() == []


async def test_what_works_once_is_gone_as_soon_as_it_left(world: World) -> None:
    password = await mail(world, "password", f"Choisissez : {RESET}")
    code = await mail(world, "code", "Votre code : 4829\N{NO-BREAK SPACE}1307, bon dix minutes.")
    await tidied()
    assert (await bodies(password))[0] == "Choisissez : https://documents.example.fr/reset/…"
    assert (await bodies(code))[0] == "Votre code : ••••\N{NO-BREAK SPACE}••••, bon dix minutes."


async def test_the_worker_takes_it_out_when_it_sends(world: World) -> None:
    id_ = await mail(world, "password", f"Choisissez : {RESET}", state="queued")
    sent: list[str] = []

    async def deliver(mail: OutboxMail, *_: object) -> None:
        sent.append(mail.text_body)

    await outbox.deliver_due(deliver)
    assert any(RESET in text for text in sent)
    assert await bodies(id_) == ("Choisissez : https://documents.example.fr/reset/…", "")


async def test_no_copy_of_the_database_opens_anything_once_its_mails_have_left(world: World) -> None:
    """The product's own mails, as it writes them: nothing of what they brought is found in any column."""
    await change_settings(world.company_id, {"code_above_minor": "1"})
    await sending.send_document(world.company_id, world.quote_id, sending.Letter("a@b.example"), ACTOR)
    await codes.send_code_with_token(world.token, nonces.new_nonce(world.quote_id, codes.PURPOSE))
    accounts.ask_password_reset("lucas@atelier.example")
    await all_run()
    sent: dict[str, str] = {}

    async def deliver(mail: OutboxMail) -> None:
        sent[mail.purpose] = mail.text_body

    await outbox.deliver_due(deliver)
    [reset] = re.findall(r"/reset/(\S+)", sent["password"])
    [(first, last)] = re.findall(r"\b(\d{4})\s(\d{4})\b", sent["code"])
    assert world.token in sent["document"]
    held = await everything()
    assert reset not in held and not re.search(rf"{first}\s?{last}", held)
    assert world.token in held  # a month long the merchant may read again what was sent
    moment = runtime().clock() + timedelta(days=31)
    runtime().clock = lambda: moment
    await tidied()
    assert world.token not in await everything()
    assert await verify() == []


async def everything() -> str:
    """All that stands in all columns."""

    def read(connection: Connection) -> str:
        tables = MetaData()
        tables.reflect(connection)
        rows = [row for table in tables.sorted_tables for row in connection.execute(table.select())]
        return "\n".join(str(value) for row in rows for value in row)

    async with runtime().engine.connect() as connection:
        return await connection.run_sync(read)


async def test_remembered_answers_and_ended_sessions_go(world: World) -> None:
    async with work() as w:
        from webdoc_app.models import IdempotentAnswer, LoginSession, User

        user = (await w.session.exec(select(User.id))).first()
        assert user
        for days, key in ((3, "old"), (0, "new")):
            at = w.at - timedelta(days=days)
            answer = IdempotentAnswer(
                company_id=world.company_id, key=key, request_sha256="", status=201, body="{}", at=at
            )
            w.session.add(answer)
        for days, id_ in ((100, "gone"), (10, "lately"), (-10, "alive")):
            at = w.at - timedelta(days=days)
            w.session.add(LoginSession(id=id_, user_id=user, created_at=at, expires_at=at))
    assert await purging.forget_answers() == 1
    assert await purging.forget_sessions() == 1
    assert await execute("SELECT count(*) FROM login_sessions WHERE id IN ('lately', 'alive')") == 2
    assert await execute("SELECT count(*) FROM idempotent_answers WHERE key = 'new'") == 1


async def test_codes_go_after_a_month_and_nonces_after_a_year_but_those_of_answers(world: World) -> None:
    await change_settings(world.company_id, {"code_above_minor": "100000000"})
    await sending.send_document(world.company_id, world.quote_id, sending.Letter("a@b.example"), ACTOR)
    await codes.send_code_with_token(world.token, nonces.new_nonce(world.quote_id, codes.PURPOSE))
    form = decisions.DecisionForm(
        "accept", "1", nonces.new_nonce(world.quote_id, decisions.PURPOSE), "Claire"
    )
    await decisions.decide_with_token(world.token, form, Visitor())
    moment = runtime().clock()
    assert [await purging.forget_codes(), await purging.forget_nonces()] == [0, 0]
    runtime().clock = lambda: moment + timedelta(days=31)
    assert [await purging.forget_codes(), await purging.forget_nonces()] == [1, 0]
    runtime().clock = lambda: moment + timedelta(days=401)
    assert [await purging.forget_nonces(), await purging.forget_nonces()] == [1, 0]
    # The very same answer again is still known, and nothing that is of record has gone.
    await decisions.decide_with_token(world.token, form, Visitor())
    assert await execute("SELECT count(*) FROM decisions") == 1
    assert await verify() == []

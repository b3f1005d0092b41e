"""The migrations lead to the tables the models say, on either database, and running them again changes nothing."""

import json
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, MetaData, create_engine, text
from sqlmodel import SQLModel, select

import webdoc_app.models  # noqa: F401 - makes the tables known
from alembic import command
from tests.services.conftest import execute
from webdoc_app.models import ShareLink
from webdoc_app.services import audit, database, history_care, links
from webdoc_app.services.work import SYSTEM, Runtime, configure, reading

FACTORIES = Path(__file__).resolve().parents[1] / "factories"


def test_migrations_and_models_agree(empty_database_url: str) -> None:
    assert database.stored_revision(empty_database_url) is None
    database.migrate(empty_database_url)
    database.migrate(empty_database_url)
    assert database.stored_revision(empty_database_url) == database.newest_revision()
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, type_, _: (type_, name) != ("table", "migration_lock")},
        )
        differences = compare_metadata(context, SQLModel.metadata)
    engine.dispose()
    assert differences == []


async def test_what_the_first_tables_held_is_intact_in_the_newest(empty_database_url: str) -> None:
    _build_at(empty_database_url, "0001")
    _fill(empty_database_url, _state())
    database.migrate(empty_database_url)
    engine = database.async_engine(empty_database_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    try:
        assert await audit.verify() == []
        assert await execute("SELECT count(*) FROM decisions WHERE evidence = '{}'") == 3
        assert (
            await execute("SELECT count(*) FROM documents WHERE visits = 1 AND last_visit_at > '2026'") == 3
        )
        assert await execute("SELECT count(*) FROM openings WHERE counts AND opening_class = 'engaged'") == 3
        assert (
            await execute(
                "SELECT count(*) FROM companies WHERE NOT deposit_on_acceptance OR part_minimum_minor IS NOT NULL"
            )
            == 0
        )
        kept = "SELECT count(*) FROM outbox_mails WHERE delivered_at IS NULL AND message_id != ''"
        assert await execute(kept) == len(_state()["outbox_mails"]) > 0
        await execute("UPDATE decisions SET quality = 'Gérant'")
        assert len(await audit.verify()) == 3
    finally:
        configure(None)
        await engine.dispose()


async def test_what_was_written_before_events_were_signed_is_sealed_once(empty_database_url: str) -> None:
    _build_at(empty_database_url, "0001")
    _fill(empty_database_url, _state())
    database.migrate(empty_database_url)
    engine = database.async_engine(empty_database_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    try:
        found = await audit.examine()
        assert found.faults == [] and "pas encore scellé" in found.notes[0]
        await history_care.begin()
        await history_care.begin()
        assert (await audit.examine()) == audit.Findings([], [])
        sealed = "SELECT count(*) FROM events WHERE type = 'history.sealed' AND mac != ''"
        assert await execute(sealed) == await execute("SELECT count(*) FROM companies")
        for table, change in (
            ("share_links", "UPDATE share_links SET recipient_name = 'Autre'"),
            ("messages", "UPDATE messages SET body = 'Autre'"),
            ("documents", "UPDATE documents SET options_net_minor = 1 WHERE state != 'draft'"),
            ("messages", "DELETE FROM messages"),
        ):
            await execute(change)
            assert any(f"table {table} :" in fault for fault in await audit.verify()), change
    finally:
        configure(None)
        await engine.dispose()


async def test_a_sealed_row_that_the_product_changes_leaves_the_seal_whole(empty_database_url: str) -> None:
    _build_at(empty_database_url, "0001")
    _fill(empty_database_url, _state())
    database.migrate(empty_database_url)
    engine = database.async_engine(empty_database_url)
    configure(Runtime(engine=engine, keys=["k" * 32], origin="http://localhost:3000"))
    try:
        async with reading() as session:
            link = (await session.exec(select(ShareLink).limit(1))).one()
        # Nobody sealed it first: the first thing that is written does.
        await links.rotate_link(link.company_id, link.document_id, link.id, SYSTEM)
        await links.rotate_link(link.company_id, link.document_id, link.id, SYSTEM)
        assert await audit.verify() == []
        await execute("UPDATE share_links SET version = 9")
        assert any(fault.startswith(f"lien {link.id}") for fault in await audit.verify())
    finally:
        configure(None)
        await engine.dispose()


def _state() -> dict[str, list[dict[str, object]]]:
    return dict(json.loads((FACTORIES / "state_0001.json").read_text(encoding="utf-8")))


def test_an_account_connected_before_has_numbers_and_payouts_from_then_on(empty_database_url: str) -> None:
    _build_at(empty_database_url, "0001")
    _fill(empty_database_url, _state())
    _build_at(empty_database_url, "0008")
    moment = "2026-11-24T08:00:00.000000Z"
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        company = connection.execute(text("SELECT id FROM companies")).scalars().first()
        account = {"id": "a" * 32, "company": company, "moment": moment}
        connection.execute(
            text(
                "INSERT INTO payment_accounts (id, company_id, provider, mode, hint, secrets, enabled, error, created_at,"
                " checked_at) VALUES (:id, :company, 'payzen', 'test', '', '', true, '', :moment, :moment)"
            ),
            account,
        )
    database.migrate(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO payment_serials VALUES (:id, '20261124', 1)"), account)
        payouts = connection.execute(text("SELECT payouts_at, payouts_error FROM payment_accounts")).all()
        assert [tuple(row) for row in payouts] == [(None, "")]
    engine.dispose()


def test_an_attempt_of_before_knows_its_link_where_it_was_never_replaced(empty_database_url: str) -> None:
    _build_at(empty_database_url, "0001")
    _fill(empty_database_url, _state())
    _build_at(empty_database_url, "0010")
    engine = create_engine(empty_database_url)
    moment = "2026-11-24T08:00:00.000000Z"
    with engine.begin() as connection:
        links = connection.execute(
            text("SELECT id, company_id, document_id FROM share_links ORDER BY id LIMIT 2")
        ).all()
        connection.execute(text("UPDATE share_links SET version = 2 WHERE id = :id"), {"id": links[1][0]})
        connection.execute(
            text(
                "INSERT INTO payment_accounts (id, company_id, provider, mode, hint, secrets, enabled, error,"
                " created_at, checked_at) VALUES (:id, :company, 'payzen', 'test', '', '', true, '', :at, :at)"
            ),
            {"id": "a" * 32, "company": links[0][1], "at": moment},
        )
        for number, (link, company, document) in enumerate(links):
            connection.execute(
                text(
                    "INSERT INTO payment_attempts (id, company_id, document_id, account_id, link_id, return_id,"
                    " provider, mode, amount_minor, currency, due_minor, state, reference, captured_id, receipt_url,"
                    " url, refunded_minor, reason, dispute, expires_at, created_at, updated_at) VALUES (:id, :company,"
                    " :document, :account, :link, :id, 'payzen', 'test', 1, 'EUR', 1, 'open', '', '', '', '', 0, '',"
                    " '', :at, :at, :at)"
                ),
                {
                    "id": f"{number:032}",
                    "company": company,
                    "document": document,
                    "account": "a" * 32,
                    "link": link,
                    "at": moment,
                },
            )
    database.migrate(empty_database_url)
    with engine.begin() as connection:
        query = text("SELECT link_version, language, form, heard FROM payment_attempts ORDER BY id")
        assert [tuple(row) for row in connection.execute(query)] == [(1, "", "", ""), (None, "", "", "")]
    engine.dispose()


def _build_at(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(database.ROOT / "alembic"))
    config.attributes["url"] = url
    command.upgrade(config, revision)


def _fill(url: str, rows: dict[str, list[dict[str, object]]]) -> None:
    """Inserts rows as they were dumped; SQLite had its booleans as numbers."""
    engine = create_engine(url)
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            booleans = [column.name for column in table.columns if isinstance(column.type, Boolean)]
            for row in rows.get(table.name, []):
                values = {name: bool(value) if name in booleans else value for name, value in row.items()}
                connection.execute(table.insert().values(**values))
    engine.dispose()

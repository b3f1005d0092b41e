"""What the document's page says of its mails."""

from collections.abc import Iterator

import pytest

from tests.factories.smtp import Script, serve
from tests.services.conftest import ACTOR, World
from tests.services.test_outbox import carry
from webdoc_app.reads.deliveries import DeliveryRow, deliveries_of
from webdoc_app.services import sending
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import reading


@pytest.fixture
def server() -> Iterator[tuple[Script, str]]:
    script = Script()
    controller = serve(script)
    yield script, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


async def rows(world: World) -> list[DeliveryRow]:
    async with reading() as session:
        return await deliveries_of(
            session, await find_document(session, world.company_id, world.quote_id), "fr"
        )


async def test_a_mail_waits_fails_dies_and_says_so(
    world: World,
    server: tuple[Script, str],
) -> None:
    script, url = server
    letter = sending.Letter(to="claire@example.org", subject="Votre devis")
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    [row] = await rows(world)
    assert (row.state, row.sentence) == (
        "queued",
        "En attente pour claire@example.org\N{NO-BREAK SPACE}: aucun serveur de courriel n’est réglé",
    )
    script.rcpt = "550 no such mailbox"
    await carry(url)
    [row] = await rows(world)
    assert (row.state, row.sentence) == ("dead", "Adresse en erreur\N{NO-BREAK SPACE}: claire@example.org")
    assert "no such mailbox" in row.error
    script.rcpt = "451 later"
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    await carry(url)
    assert (await rows(world))[0].state == "failed"
    script.rcpt = ""
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    await carry(url)
    newest = (await rows(world))[0]
    assert newest.state == "sent"
    assert newest.sentence.startswith("Envoyé à claire@example.org, remis au serveur à ")
    assert newest.error == ""

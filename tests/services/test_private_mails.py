"""What of the outbox its own company does not read: links to a password, codes that prove an inbox was read."""

import pytest

from tests.services.conftest import ACTOR, World
from webdoc_app.reads.outbox import MailRow, mails_of
from webdoc_app.services import sending
from webdoc_app.services.codes import send_code_with_token
from webdoc_app.services.companies import change_settings
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import reading
from webdoc_app.settings import settings


async def newest_mail(world: World) -> MailRow:
    async with reading() as session:
        rows, _ = await mails_of(session, world.company_id, "lucas@atelier.example", "fr")
    return rows[0]


async def test_a_code_that_leaves_by_mail_is_its_readers_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await change_settings(world.company_id, {"code_above_minor": "1"})
    await sending.send_document(world.company_id, world.quote_id, sending.Letter("a@b.example"), ACTOR)
    assert "Bonjour" in (await newest_mail(world)).text
    await send_code_with_token(world.token, new_nonce(world.quote_id, "code"))
    assert "code" in (await newest_mail(world)).text  # nothing carries mails here: somebody must
    monkeypatch.setenv("WEBDOC_SMTP_URL", "smtp://localhost")
    settings.cache_clear()
    try:
        assert (await newest_mail(world)).text == ""
    finally:
        settings.cache_clear()

"""Mails in the company's own words: checked when they are kept, filled when they leave, escaped where they are HTML."""

import pytest
from sqlmodel import select

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.mail_words import GROUPS, LETTERS, MailKind, insist_words, meaning_of
from webdoc_app.domain.placeholders import Wording, fill, filled
from webdoc_app.models import Company, OutboxMail
from webdoc_app.reads.mail_words import form_of, preview_of
from webdoc_app.services import sending
from webdoc_app.services.codes import send_code_with_token
from webdoc_app.services.companies import change_settings
from webdoc_app.services.conversation import post_message
from webdoc_app.services.customers import change_customer
from webdoc_app.services.documents import find_document
from webdoc_app.services.mail_words import read_words, set_words, usual_words, words_of
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import reading


async def mails() -> list[OutboxMail]:
    async with reading() as session:
        return list((await session.exec(select(OutboxMail).order_by(OutboxMail.created_at))).all())  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_usual_words_keep_their_own_rules(language: str) -> None:
    assert {kind for kinds in GROUPS.values() for kind in kinds} == set(LETTERS) == set(MailKind)
    for kind, letter in LETTERS.items():
        words = usual_words(kind, language)
        insist_words(kind, "subject", words.subject)
        insist_words(kind, "body", words.body)
        assert all(meaning_of(kind, name) for name in letter.variables)
        values = dict.fromkeys(letter.variables, "x")
        assert "%" not in filled(words, values).subject + filled(words, values).body


def test_a_value_is_never_read_as_a_variable_nor_breaks_a_subject() -> None:
    assert fill("%(name)s", {"name": "%(code)s", "code": "1"}) == "%(code)s"
    words = filled(Wording("Devis %(number)s ?", "30 %"), {"number": "D-1\r\nBcc: a@b.example\u2028x"})
    assert words == Wording("Devis D-1 Bcc: a@b.example x ?", "30 %")


@pytest.mark.parametrize(
    ("kind", "subject", "body", "field"),
    [
        ("code", "", "Bonjour, voici votre code.", "body"),
        ("code", "%(code)s", "", "subject"),
        ("message", "%(message)s", "", "subject"),
        ("message", "", "Vous avez un message.", "body"),
        ("document.quote", "%(due)s", "", "subject"),
        ("document.quote", "", "%(nom)s", "body"),
        ("document.quote", "", "%(number", "body"),
        ("document.quote", "x" * 301, "", "subject"),
        ("document.quote", "", "nul\x00", "body"),
        ("decision.accepted", "", "Merci, %(name)s.", "body"),
        ("password", "", "Bonjour", "kind"),
    ],
)
def test_words_that_would_not_work_are_refused_by_name(
    kind: str, subject: str, body: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_words(kind, "fr", subject, body)
    assert [error.field for error in refused.value.errors] == [field]
    with pytest.raises(Invalid) as refused:
        read_words("document.quote", "xx", "", "")
    assert refused.value.errors[0].field == "language"


async def test_refused_words_are_not_kept(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await set_words(world.company_id, "code", "fr", "%(code)s", "Bonjour")
    assert [error.field for error in refused.value.errors] == ["subject", "body"]
    async with reading() as session:
        assert await words_of(session, world.company_id, MailKind.CODE, "fr") == usual_words(
            MailKind.CODE, "fr"
        )


async def test_a_document_is_sent_in_the_company_s_words_and_in_the_usual_ones_again(world: World) -> None:
    hostile = '<script>alert(1)</script> "à 30 %" : %(amount)s'
    await set_words(world.company_id, "document.quote", "fr", "Pour vous\r\n: %(number)s", hostile)
    await set_words(world.company_id, "document.quote", "en", "For you", "")
    await sending.send_document(world.company_id, world.quote_id, sending.Letter("a@b.example"), ACTOR)
    [mail] = await mails()
    assert mail.subject.startswith("Pour vous : D-")
    assert "\n" not in mail.subject
    assert '<script>alert(1)</script> "à 30 %" : 1\N{NARROW NO-BREAK SPACE}881,00' in mail.text_body
    assert "<script>" not in mail.html_body
    assert "&lt;script&gt;" in mail.html_body
    assert mail.html_body.count("<a ") == 1
    assert world.token in mail.html_body

    async with reading() as session:
        company = await session.get_one(Company, world.company_id)
        quote = await form_of(session, world.company_id, MailKind.QUOTE, "fr", "en")
        assert quote.is_own
        assert not (await form_of(session, world.company_id, MailKind.ORDER, "fr", "en")).is_own
    usual = usual_words(MailKind.QUOTE, "fr")
    await set_words(world.company_id, "document.quote", "fr", usual.subject, usual.body)
    async with reading() as session:
        assert await words_of(session, world.company_id, MailKind.QUOTE, "fr") == usual
        assert (await words_of(session, world.company_id, MailKind.QUOTE, "en")).subject == "For you"
    await sending.send_document(world.company_id, world.quote_id, sending.Letter("a@b.example"), ACTOR)
    assert [m.subject for m in await mails()][1].startswith("Devis D-")
    shown = preview_of(company, MailKind.QUOTE, "fr", Wording("", hostile))
    assert "<script>" not in shown.html
    assert "<script>" in shown.text
    assert company.color in shown.html


async def test_what_the_merchant_writes_at_sending_is_not_read_for_variables(world: World) -> None:
    letter = sending.Letter("a@b.example", "Objet %(number)s", "100 %(code)s")
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    [mail] = await mails()
    assert (mail.subject, "100 %(code)s" in mail.text_body) == ("Objet %(number)s", True)


async def test_a_code_and_a_message_come_in_the_company_s_words(world: World) -> None:
    await set_words(world.company_id, "code", "fr", "", "Recopiez %(code)s pour %(number)s.")
    await set_words(
        world.company_id, "message", "fr", "Du nouveau", "On vous écrit :\n%(message)s\nÀ bientôt"
    )
    await change_settings(world.company_id, {"code_above_minor": "1"})
    await sending.send_document(world.company_id, world.quote_id, sending.Letter("a@b.example"), ACTOR)
    await send_code_with_token(world.token, new_nonce(world.quote_id, "code"))
    code = (await mails())[-1]
    assert code.purpose == "code"
    assert "Recopiez " in code.text_body
    assert "%(code)s" not in code.text_body
    async with reading() as session:
        document = await find_document(session, world.company_id, world.quote_id)
    await change_customer(
        world.company_id, document.customer_id, {"name": "Claire", "email": "claire@fontaine.example"}
    )
    await post_message(world.company_id, world.quote_id, "100 %\n<b>%(number)s</b>", ACTOR, notify=True)
    told = (await mails())[-1]
    assert told.subject == "Du nouveau"
    assert "On vous écrit :\n100 %\n<b>%(number)s</b>\nÀ bientôt" in told.text_body
    assert "&lt;b&gt;%(number)s&lt;/b&gt;" in told.html_body

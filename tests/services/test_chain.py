"""A credit note names the invoice it corrects; nothing is credited twice."""

import json
from decimal import Decimal

import pytest
from sqlmodel import select

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid, NothingRemains
from webdoc_app.models import Customer
from webdoc_app.services import audit, chain, documents, issuing
from webdoc_app.services.issuing import frozen_version
from webdoc_app.services.work import reading


async def test_a_credit_note_names_its_invoice_in_its_frozen_content(world: World) -> None:
    invoice_id = await chain.convert_document(world.company_id, world.quote_id, Kind.INVOICE, ACTOR)
    await issuing.issue_document(world.company_id, invoice_id, ACTOR)
    credit_id = await chain.convert_document(world.company_id, invoice_id, Kind.CREDIT, ACTOR)
    await issuing.issue_document(world.company_id, credit_id, ACTOR)
    async with reading() as session:
        invoice = await documents.find_document(session, world.company_id, invoice_id)
        credit = await documents.find_document(session, world.company_id, credit_id)
        content = json.loads((await frozen_version(session, credit)).content)
    assert content["extras"]["preceding_invoices"][0]["number"] == invoice.number
    assert (invoice.credited_minor, invoice.gross_minor) == (credit.gross_minor, credit.gross_minor)
    with pytest.raises(NothingRemains):
        await chain.convert_document(world.company_id, invoice_id, Kind.CREDIT, ACTOR)
    assert await audit.verify() == []


async def test_a_currency_that_does_not_exist_stores_nothing_of_the_draft(world: World) -> None:
    draft = documents.DraftInput(Kind.QUOTE, "", [documents.LineInput("Meuble", Decimal(1))], currency="ZZZ")
    with pytest.raises(Invalid) as refused:
        await documents.create_draft(world.company_id, draft, ACTOR, {"name": "Quelqu’un"})
    assert refused.value.errors[0].field == "currency"
    async with reading() as session:
        names = (await session.exec(select(Customer.name))).all()
    assert list(names) == ["Claire Fontaine"]

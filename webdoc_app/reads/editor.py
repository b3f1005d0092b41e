"""A document as it is edited: every field as the text a person types, and totals as they will be."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import compute_totals
from webdoc_app.domain.mentions import missing_mentions
from webdoc_app.domain.money import decimal_text
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money, percent
from webdoc_app.models import Company, Customer, Document
from webdoc_app.reads.document_page import present_content
from webdoc_app.services.content import buyer_of
from webdoc_app.services.documents import LineInput, adjustments_of, lines_of


@dataclass(frozen=True)
class LineDraft:
    """A line as typed. `key` is the line's id, or a made-up one for a new line."""

    key: str
    description: str = ""
    quantity: str = "1"
    unit: str = ""
    unit_price: str = ""
    discount_percent: str = ""
    vat_rate: str = "20"
    net: str = ""
    is_optional: bool = False


@dataclass(frozen=True)
class Draft:
    """The fields of the editor, dates in ISO."""

    id: str = ""
    kind: str = "quote"
    customer_id: str = ""
    title: str = ""
    notes: str = ""
    valid_until: str = ""
    due_date: str = ""
    deposit_percent: str = ""
    language: str = "fr"
    number: str = ""
    is_draft: bool = True
    has_origin: bool = False


@dataclass(frozen=True)
class TotalLine:
    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True)
class CustomerChoice:
    id: str
    name: str


def draft_of(document: Document, language: str) -> Draft:
    return Draft(
        id=document.id,
        kind=document.kind,
        customer_id=document.customer_id,
        title=document.title,
        notes=document.notes,
        valid_until=document.valid_until.isoformat() if document.valid_until else "",
        due_date=document.due_date.isoformat() if document.due_date else "",
        deposit_percent=typed(document.deposit_percent, language)
        if document.deposit_percent is not None
        else "",
        language=document.language,
        number=document.number or "",
        is_draft=document.number is None,
        has_origin=document.origin_id is not None,
    )


async def line_drafts(session: AsyncSession, document: Document, language: str) -> list[LineDraft]:
    return [
        LineDraft(
            key=line.id,
            description=line.description,
            quantity=typed(line.quantity, language),
            unit=line.unit,
            unit_price=typed(line.unit_price, language),
            discount_percent=typed(line.discount_percent, language) if line.discount_percent else "",
            vat_rate=typed(line.vat_rate, language),
            net=money(line.net_minor, document.currency, language),
            is_optional=line.is_optional,
        )
        for line in await lines_of(session, document.id)
    ]


def typed(value: Decimal, language: str) -> str:
    """A number as it is typed: `12,5` in French, `12.5` in English."""
    text = decimal_text(value)
    return text.replace(".", ",") if language == "fr" else text


def totals_of(document: Document, lines: Sequence[LineInput], language: str) -> list[TotalLine]:
    """The totals these lines give: net, VAT by rate, gross. Options stand aside until they are chosen."""
    currency = document.currency
    counted = [line.priced for line in lines if not line.is_optional]
    totals = compute_totals(counted, currency, adjustments_of(document))
    rows = [TotalLine(translate("Total HT", language), money(totals.net, currency, language))]
    for row in totals.vat_breakdown:
        label = translate("TVA %(rate)s", language, {"rate": percent(row.rate, language)})
        rows.append(TotalLine(label, money(row.vat, currency, language)))
    return [
        *rows,
        TotalLine(translate("Total TTC", language), money(totals.gross, currency, language), strong=True),
    ]


async def mentions_missing(
    session: AsyncSession,
    document: Document,
    changes: Mapping[str, Any],
    lines: Sequence[LineInput],
    language: str,
) -> list[str]:
    """What the law asks and the document, with these changes, does not say yet."""
    content = await present_content(session, document)
    company = await session.get_one(Company, document.company_id)
    customer = await session.get(Customer, str(changes.get("customer_id", "")))
    if customer is not None and customer.company_id == company.id:
        content["customer"] = json.loads(buyer_of(customer))
    content |= {name: changes[name] for name in ("kind", "notes") if name in changes}
    # Where the company has a usual delay, issuing writes the date.
    content["valid_until"] = changes.get("valid_until") or company.validity_days is not None
    content["due_date"] = changes.get("due_date") or company.payment_days is not None
    content["lines"] = [{"vat_rate": decimal_text(line.vat_rate)} for line in lines]
    content["vat_minor"] = int(any(line.vat_rate for line in lines))
    return [translate(sentence, language) for sentence in missing_mentions(content)]


async def customer_choices(
    session: AsyncSession, company_id: str, chosen_id: str, limit: int = 500
) -> list[CustomerChoice]:
    """Customers by name, the chosen one always among them."""
    query = select(Customer).where(Customer.company_id == company_id).order_by(col(Customer.name))
    rows = list((await session.exec(query.limit(limit))).all())
    if all(row.id != chosen_id for row in rows):
        rows += (await session.exec(query.where(Customer.id == chosen_id))).all()
    return [CustomerChoice(row.id, row.name) for row in rows]

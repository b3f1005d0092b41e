"""The company's settings as they are edited, its programs' keys, and what the law would still like to read."""

import json
from dataclasses import dataclass, fields
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.mentions import missing_mentions
from webdoc_app.domain.money import from_minor
from webdoc_app.locales import translate
from webdoc_app.models import ApiKey, Company
from webdoc_app.reads.editor import typed
from webdoc_app.reads.when import when
from webdoc_app.services.content import seller_of
from webdoc_app.services.work import now


@dataclass(frozen=True)
class CompanyForm:
    """Every setting as the text that stands in its field."""

    name: str = ""
    legal_form: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    siren: str = ""
    rcs: str = ""
    vat_number: str = ""
    iban: str = ""
    bic: str = ""
    terms: str = ""
    late_penalty: str = ""
    operations: str = ""
    vat_on_debits: str = ""
    color: str = "#1f4fd8"
    language: str = "fr"
    validity_days: str = ""
    payment_days: str = ""
    code_above_minor: str = ""
    tracking: str = "yes"
    attach_pdf: str = "no"
    deposit_on_acceptance: str = "yes"
    part_payments: str = "no"
    part_minimum_minor: str = ""


SETTINGS = tuple(field.name for field in fields(CompanyForm))


@dataclass(frozen=True)
class KeyRow:
    """An API key in force. The key itself is known to its program alone."""

    id: str
    name: str
    since: str


def company_form(company: Company) -> CompanyForm:
    values = {name: getattr(company, name) for name in SETTINGS}
    for name in ("vat_on_debits", "tracking", "attach_pdf", "deposit_on_acceptance", "part_payments"):
        values[name] = "yes" if values[name] else "no"
    for name in ("code_above_minor", "part_minimum_minor"):
        if values[name] is not None:
            values[name] = typed(from_minor(values[name], "EUR"), company.language)
    return CompanyForm(**{name: "" if value is None else str(value) for name, value in values.items()})


async def keys_of(session: AsyncSession, company_id: str, language: str) -> list[KeyRow]:
    query = (
        select(ApiKey)
        .where(ApiKey.company_id == company_id, col(ApiKey.revoked_at).is_(None))
        .order_by(col(ApiKey.created_at).desc())
    )
    rows = (await session.exec(query)).all()
    return [KeyRow(row.id, row.name, when(row.created_at, now(), language)) for row in rows]


def missing_in_settings(company: Company, language: str) -> list[str]:
    """What an invoice to a business would lack for want of a setting."""
    content: dict[str, Any] = {
        "kind": Kind.INVOICE.value,
        "seller": json.loads(seller_of(company)),
        "customer": {"address": "-", "siren": "-"},
        "due_date": "-",
        "vat_minor": 1,
        "lines": [],
    }
    return [translate(sentence, language) for sentence in missing_mentions(content)]

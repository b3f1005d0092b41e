"""Customers of a company."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import FieldError, Invalid, NotFound
from webdoc_app.locales import LANGUAGES
from webdoc_app.models import Customer, Document, ShareLink
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services.work import Work, work

FIELDS = ("name", "email", "language", "address", "siren", "vat_number")


async def create_customer(company_id: str, fields: Mapping[str, Any]) -> str:
    """A new customer. Returns its id. Raises Invalid naming every field at fault."""
    async with work() as w:
        return (await add_customer(w, company_id, fields)).id


async def add_customer(w: Work, company_id: str, fields: Mapping[str, Any]) -> Customer:
    customer = Customer(id=new_id(), company_id=company_id, created_at=w.at, **read_customer(fields))
    w.session.add(customer)
    await w.session.flush()
    return customer


async def change_customer(company_id: str, customer_id: str, fields: Mapping[str, Any]) -> None:
    """Changes a customer. Issued documents keep who it was; mail about them goes to the address as it is now.

    Raises NotFound, Invalid.
    """
    values = read_customer(fields)
    async with work() as w:
        customer = await find_customer(w.session, company_id, customer_id)
        if customer.email != values["email"]:
            await _move_mail(w, customer, values["email"])
        for name, value in values.items():
            setattr(customer, name, value)
        w.session.add(customer)


async def _move_mail(w: Work, customer: Customer, email: str) -> None:
    """An address that was mistyped gets nothing more; main recipients given another one than the customer's keep it."""
    documents = select(Document.id).where(Document.customer_id == customer.id)
    query = select(ShareLink).where(
        col(ShareLink.document_id).in_(documents),
        col(ShareLink.is_main),
        col(ShareLink.recipient_email) == customer.email,
    )
    # Row by row: links are of record, and what is written at one stroke is bound by no event.
    for link in (await w.session.exec(query)).all():
        link.recipient_email = email
        w.session.add(link)


async def find_customer(session: AsyncSession, company_id: str, customer_id: str) -> Customer:
    customer = await session.get(Customer, customer_id) if is_id(customer_id) else None
    if customer is None or customer.company_id != company_id:
        raise NotFound("Ce client n’existe pas.")
    return customer


def read_customer(fields: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The clean fields of a customer, missing ones empty. `prefix` goes before field names in errors."""
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    for name in FIELDS:
        try:
            values[name] = _read(name, str(fields.get(name) or ""), prefix + name)
        except Invalid as invalid:
            errors.extend(invalid.errors)
    if errors:
        raise Invalid(errors)
    return values


def _read(name: str, value: str, field: str) -> str:
    if name == "email":
        return text.clean_email(value, field=field)
    if name == "language":
        if value and value not in LANGUAGES:
            raise Invalid.one(field, "Cette langue n’est pas proposée.")
        return value or "fr"
    if name == "address":
        return text.clean(value, field=field, limit=1_000)
    return text.clean_line(value, field=field, limit=text.NAME, required=name == "name")

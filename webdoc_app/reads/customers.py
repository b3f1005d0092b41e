"""Customers: the list with its search, and one with its documents."""

from dataclasses import dataclass

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.models import Customer, Document
from webdoc_app.reads.dashboard import DocumentRow, document_rows


@dataclass(frozen=True)
class CustomerRow:
    """A customer as listed and as edited; `documents` is how many they have."""

    id: str = ""
    name: str = ""
    email: str = ""
    language: str = "fr"
    address: str = ""
    siren: str = ""
    vat_number: str = ""
    documents: str = ""


async def list_customers(
    session: AsyncSession, company_id: str, q: str, *, page: int = 1, size: int = 50
) -> tuple[list[CustomerRow], bool]:
    """A page of customers by name, and whether there are more."""
    query = (
        select(Customer, func.count(col(Document.id)))
        .outerjoin(Document, col(Document.customer_id) == col(Customer.id))
        .where(Customer.company_id == company_id)
        .group_by(col(Customer.id))
        .order_by(func.lower(Customer.name), col(Customer.id))
    )
    if q:
        pattern = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(
                *(
                    column.ilike(pattern, escape="\\")
                    for column in (col(Customer.name), col(Customer.email), col(Customer.address))
                )
            )
        )
    rows = (await session.exec(query.offset((page - 1) * size).limit(size + 1))).all()
    return [customer_row(customer, number) for customer, number in rows[:size]], len(rows) > size


def customer_row(customer: Customer, documents: int = 0) -> CustomerRow:
    return CustomerRow(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        language=customer.language,
        address=customer.address,
        siren=customer.siren,
        vat_number=customer.vat_number,
        documents=str(documents),
    )


async def documents_of_customer(
    session: AsyncSession, company_id: str, customer_id: str, language: str, limit: int = 50
) -> list[DocumentRow]:
    """Their newest documents."""
    query = (
        select(Document)
        .where(Document.company_id == company_id, Document.customer_id == customer_id)
        .order_by(col(Document.created_at).desc(), col(Document.id).desc())
        .limit(limit)
    )
    return await document_rows(session, (await session.exec(query)).all(), language)


async def customer_named(session: AsyncSession, company_id: str, name: str) -> str | None:
    """The id of the customer of exactly this name, the newest where there are several."""
    query = (
        select(Customer.id)
        .where(Customer.company_id == company_id, func.lower(Customer.name) == name.lower())
        .order_by(col(Customer.created_at).desc())
    )
    return (await session.exec(query.limit(1))).first()

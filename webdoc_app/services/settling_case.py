"""What is at hand while something of a payment is settled, and a line of the ledger."""

import hashlib
from dataclasses import dataclass

from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales.formats import money, paris_day
from webdoc_app.models import Company, Document, Payment, PaymentAttempt, ShareLink
from webdoc_app.services.work import Actor, Work


@dataclass
class Case:
    """What is at hand while a snapshot is applied: rows of one transaction."""

    w: Work
    attempt: PaymentAttempt
    document: Document
    company: Company
    link: ShareLink | None

    @property
    def client(self) -> Actor:
        return Actor("client", self.attempt.link_id, self.link.recipient_name if self.link else "")


def ledger_row(case: Case, amount_minor: int, name: str, key: str = "") -> Payment:
    attempt = case.attempt
    return Payment(
        id=ledger_id(attempt.account_id, key or name),
        company_id=attempt.company_id,
        document_id=attempt.document_id,
        amount_minor=amount_minor,
        currency=attempt.currency,
        method=attempt.provider,
        paid_on=paris_day(case.w.at),
        reference=name,
        at=case.w.at,
    )


def ledger_id(account_id: str, name: str) -> str:
    """One payment of one account is one row, whoever tells of it: 32 hex digits."""
    return hashlib.sha256(f"{account_id}:{name}".encode()).hexdigest()[:32]


def tell(case: Case, type_: str, amount_minor: int) -> None:
    amount = money(amount_minor, case.attempt.currency, case.company.language)
    label = KINDS[case.attempt.provider].label
    case.w.notify(type_, case.document, {"number": case.document.number, "amount": amount, "provider": label})

"""The word for a document's standing: from a row, and as SQL for lists. Both follow domain/lifecycle."""

from datetime import date

from sqlalchemy import ColumnElement, and_, case, false, or_
from sqlmodel import col

from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.lifecycle import Facts, State, shown_status
from webdoc_app.domain.payments import Balance
from webdoc_app.models import Document

LABELS = {
    "draft": "Brouillon",
    "issued": "Enregistré",
    "sent": "Envoyé",
    "viewed": "Consulté",
    "on_hold": "En attente",
    "accepted": "Accepté",
    "refused": "Refusé",
    "expired": "Expiré",
    "ordered": "Commandé",
    "delivered": "Livré",
    "invoiced": "Facturé",
    "partially_paid": "Partiellement payé",
    "processing": "Paiement en cours",
    "paid": "Payé",
    "overdue": "En retard",
    "overpaid": "Trop-perçu",
    "refunded": "Remboursé",
    "disputed": "Contesté",
    "credited": "Avoir émis",
    "cancelled": "Annulé",
    "closed": "Clôturé",
}
"""Status word -> its French label, a msgid."""


def balance_of(document: Document) -> Balance:
    return Balance(
        document.agreed_gross_minor,
        document.rounding_minor,
        document.prepaid_minor,
        document.paid_minor,
        document.credited_minor,
    )


def shown_status_of(document: Document, today: date) -> str:
    balance = balance_of(document)
    return shown_status(
        Facts(
            kind=Kind(document.kind),
            state=State(document.state),
            today=today,
            became=document.became,
            opened=document.opened_at is not None,
            valid_until=document.valid_until,
            due_date=document.due_date,
            due=balance.due,
            paid=balance.paid,
            prepaid=balance.prepaid,
            credited=balance.is_credited,
            processing=document.processing_minor > 0,
            refunded=document.refunded_minor > 0 and balance.paid <= 0,
            disputed=document.disputed_minor > 0,
        )
    )


UNANSWERED = "unanswered"
"""Not a status: all documents that wait for the client's answer."""
_WAITING = ("issued", "sent", "viewed", "on_hold")


def status_clause(status: str, today: date) -> ColumnElement[bool]:
    """Documents shown with this status, or UNANSWERED. An unknown word matches nothing."""
    if status == UNANSWERED:
        answerable = col(Document.kind).in_([kind.value for kind in ANSWERABLE])
        return and_(answerable, _status_case(today).in_(_WAITING))
    return _status_case(today) == status if status in LABELS else false()


def _status_case(today: date) -> ColumnElement[str]:
    """`shown_status` as one CASE, in its order."""
    is_bill = col(Document.kind).in_([kind.value for kind in BILLS])
    paid = col(Document.paid_minor)
    due = (
        col(Document.gross_minor)
        + col(Document.rounding_minor)
        - col(Document.prepaid_minor)
        - paid
        - col(Document.credited_minor)
    )
    undecided = col(Document.state).in_([State.ISSUED.value, State.SENT.value])
    fixed = (State.DRAFT.value, State.CANCELLED.value, State.CLOSED.value)
    answered = (State.ACCEPTED.value, State.REFUSED.value, State.ON_HOLD.value)
    credited = and_(
        col(Document.credited_minor) > 0, col(Document.credited_minor) >= col(Document.gross_minor)
    )
    expired = and_(col(Document.kind) == Kind.QUOTE.value, col(Document.valid_until) < today)
    return case(
        (col(Document.state).in_(fixed), col(Document.state)),
        (and_(is_bill, credited), "credited"),
        (and_(is_bill, col(Document.disputed_minor) > 0), "disputed"),
        (and_(is_bill, col(Document.refunded_minor) > 0, paid <= 0), "refunded"),
        (and_(is_bill, paid > 0, due < 0), "overpaid"),
        (and_(is_bill, or_(paid + col(Document.prepaid_minor) > 0), due == 0), "paid"),
        (and_(is_bill, col(Document.processing_minor) > 0), "processing"),
        (and_(is_bill, due > 0, col(Document.due_date) < today), "overdue"),
        (and_(is_bill, paid > 0), "partially_paid"),
        (col(Document.became) != "", col(Document.became)),
        (col(Document.state).in_(answered), col(Document.state)),
        (expired, "expired"),
        (and_(undecided, col(Document.opened_at).is_not(None)), "viewed"),
        else_=col(Document.state),
    )

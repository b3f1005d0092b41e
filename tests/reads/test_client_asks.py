"""The one sentence on top of a client's page, and its facts, for every state a document can be in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from webdoc_app.domain.documents import Kind
from webdoc_app.models import Document
from webdoc_app.reads.client_asks import asked, can_answer
from webdoc_app.services import database
from webdoc_app.services.work import Runtime, configure

BEFORE, AFTER = date(2026, 11, 20), date(2026, 12, 24)


@pytest.fixture(autouse=True)
def _the_24th_of_november(tmp_path: Path) -> Iterator[None]:
    moment = datetime(2026, 11, 24, 9, tzinfo=UTC)
    configure(
        Runtime(
            database.async_engine(f"sqlite:///{tmp_path}/unused"),
            ["k" * 32],
            "http://localhost",
            clock=lambda: moment,
        )
    )
    yield
    configure(None)


def document(kind: Kind, state: str = "sent", **fields: Any) -> Document:
    facts = {
        "currency": "EUR",
        "version": 1,
        "gross_minor": 12_000,
        "issue_date": date(2026, 11, 2),
        **fields,
    }
    return Document(company_id="c", customer_id="p", chain_id="d", kind=kind.value, state=state, **facts)


SENTENCES = {
    "asked": (document(Kind.QUOTE, valid_until=AFTER), "Acceptez-vous ce devis de 120,00 € ?"),
    "order": (document(Kind.ORDER), "Confirmez-vous cette commande de 120,00 € ?"),
    "delivery": (document(Kind.DELIVERY), "Avez-vous bien reçu cette livraison ?"),
    "held": (document(Kind.QUOTE, "on_hold"), "Ce devis de 120,00 € est en attente"),
    "accepted": (document(Kind.QUOTE, "accepted"), "Vous avez accepté ce devis de 120,00 €"),
    "refused": (document(Kind.ORDER, "refused"), "Vous avez refusé cette commande de 120,00 €"),
    "expired": (document(Kind.QUOTE, valid_until=BEFORE), "Ce devis de 120,00 € a expiré"),
    "held and expired": (
        document(Kind.QUOTE, "on_hold", valid_until=BEFORE),
        "Ce devis de 120,00 € a expiré",
    ),
    "ordered": (document(Kind.QUOTE, became="ordered"), "Votre devis de 120,00 €"),
    "closed": (document(Kind.QUOTE, "closed", valid_until=BEFORE), "Votre devis de 120,00 €"),
    "to pay": (document(Kind.INVOICE, due_date=AFTER), "Reste à payer : 120,00 €"),
    "paid in part": (document(Kind.INVOICE, paid_minor=2_000), "Reste à payer : 100,00 €"),
    "paid by debit": (
        document(Kind.INVOICE, due_date=AFTER, processing_minor=12_000),
        "Paiement de 120,00 € en cours",
    ),
    "a part by debit": (document(Kind.INVOICE, processing_minor=2_000), "Reste à payer : 100,00 €"),
    "credited": (document(Kind.INVOICE, credited_minor=12_000), "Un avoir annule cette facture."),
    "paid": (document(Kind.DEPOSIT, paid_minor=12_000), "Cette facture est réglée."),
    "credit": (document(Kind.CREDIT), "Votre avoir de 120,00 €"),
}
FACTS = {
    "asked": "Émis le 2 novembre 2026 · Valable jusqu’au 24 décembre 2026",
    "order": "Émise le 2 novembre 2026",
    "delivery": "Émise le 2 novembre 2026",
    "expired": (
        "Émis le 2 novembre 2026 · Il était valable jusqu’au 20 novembre 2026 · Écrivez-nous pour le remettre à jour"
    ),
    "to pay": "Émise le 2 novembre 2026 · À régler au plus tard le 24 décembre 2026",
    "paid by debit": "Émise le 2 novembre 2026",
    "paid": "Émise le 2 novembre 2026",
    "credit": "Émis le 2 novembre 2026",
}


def said(document: Document, held_until: date | None = None, language: str = "fr") -> list[str]:
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in asked(document, 12_000, held_until, language)]


@pytest.mark.parametrize("state", SENTENCES)
def test_each_state_has_its_sentence_and_its_facts(state: str) -> None:
    what, sentence = SENTENCES[state]
    told, facts = said(what)
    assert told == sentence
    assert facts == FACTS.get(state, facts)
    asks = {"asked", "order", "delivery", "held"}
    assert can_answer(what) == (state in asks)


def test_a_day_that_matters_is_told() -> None:
    held = document(Kind.QUOTE, "on_hold", valid_until=AFTER)
    assert said(held, date(2026, 12, 3))[1].endswith("2026 · À revoir le 3 décembre 2026")
    late = document(Kind.INVOICE, due_date=BEFORE)
    assert said(late)[1] == "Émise le 2 novembre 2026 · L’échéance était le 20 novembre 2026"
    assert said(late, language="en") == [
        "Left to pay: €120.00",
        "Issued on 2 November 2026 · It was due on 20 November 2026",
    ]
    today = document(Kind.INVOICE, due_date=date(2026, 11, 24))
    assert said(today)[1].endswith("À régler au plus tard le 24 novembre 2026")
    assert "Version 2" in said(document(Kind.QUOTE, version=2))[1]

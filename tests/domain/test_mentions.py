import pytest

from tests.factories.contents import BUSINESS, CONSUMER, SELLER, content, line
from webdoc_app.domain.mentions import missing_mentions


def test_a_complete_quote_lacks_nothing():
    assert missing_mentions(content("quote", valid_until="2026-12-24")) == []


def test_a_complete_invoice_to_a_business_lacks_nothing():
    assert missing_mentions(content("invoice", due_date="2026-12-24", customer=BUSINESS)) == []


@pytest.mark.parametrize(
    ("field", "mention"),
    [
        ("address", "L’adresse de votre entreprise"),
        ("siren", "Le SIREN de votre entreprise"),
        ("legal_form", "La forme juridique de votre entreprise (ou «\u00a0EI\u00a0»)"),
        ("rcs", "Le RCS de votre entreprise"),
        ("vat_number", "Le numéro de TVA de votre entreprise"),
        ("late_penalty", "Le taux des pénalités de retard"),
        ("operations", "La nature des opérations (biens, services ou les deux)"),
    ],
)
def test_what_the_seller_lacks_is_named(field, mention):
    seller = SELLER | {field: ""}
    bill = content("invoice", due_date="2026-12-24", customer=BUSINESS, seller=seller)
    assert missing_mentions(bill) == [mention]


def test_late_penalty_is_owed_between_professionals_only():
    seller = SELLER | {"late_penalty": ""}
    assert missing_mentions(content("invoice", due_date="2026-12-24", customer=CONSUMER, seller=seller)) == []


def test_dates_are_asked_for_by_kind():
    assert missing_mentions(content("quote")) == ["La date de validité du devis"]
    assert missing_mentions(content("deposit")) == ["La date d’échéance"]
    assert missing_mentions(content("order")) == []


def test_a_credit_note_names_its_invoice():
    assert missing_mentions(content("credit")) == ["Le numéro de la facture d’origine"]
    extras = {"preceding_invoices": [{"number": "F-2026-00098", "issue_date": None}]}
    assert missing_mentions(content("credit", extras=extras)) == []


def test_no_vat_needs_a_reason():
    free = [line(vat_rate="0")]
    seller = SELLER | {"vat_number": ""}
    bill = content("invoice", free, due_date="2026-12-24", seller=seller)
    assert missing_mentions(bill) == ["Le motif d’exonération de TVA"]
    assert missing_mentions(bill | {"notes": "TVA non applicable, art. 293 B du CGI"}) == []


def test_an_unfinished_draft_is_judged_without_failing():
    draft = content("invoice", number=None, issue_date=None, seller=None, customer=None, extras=None)
    assert "Le SIREN de votre entreprise" in missing_mentions(draft)
    assert "L’adresse du client" in missing_mentions(draft)


def test_nothing_is_asked_of_an_imported_invoice():
    assert missing_mentions(content("invoice", import_sha256="ab" * 32, seller={"name": "X"})) == []

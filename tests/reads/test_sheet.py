"""What the sheet says of a document, and how it is written into a page."""

import json
import re

import pytest
from lxml import html

from tests.factories.contents import BUSINESS, CONSUMER, SELLER, content, line
from webdoc_app.reads.sheet import Stamp, due_minor, sheet_of
from webdoc_app.reads.sheet_html import pdf_html, sheet_html
from webdoc_app.reads.sheet_types import Sheet

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
HOSTILE = "\u202e<script>alert(1)</script>{{7*7}}{% raw %}<img src=x onerror=alert(1)>&\"'"


def euros(text: str) -> str:
    return text.replace(" ", NARROW, text.count(" ") - 1).replace(" €", f"{NBSP}€")


def totals_of(sheet: Sheet) -> dict[str, str]:
    return {row.label: row.amount for row in (*sheet.totals, sheet.net)}


def labels(items) -> dict[str, str]:
    return {item.label: item.text for item in items}


def french(*args, **changes) -> Sheet:
    return sheet_of(content(*args, **changes), language="fr", logo=None)


def page_of(sheet: Sheet, stamps=()):
    return html.fromstring(sheet_html(sheet, stamps))


def by_mark(page, mark: str):
    (element,) = page.xpath(f"//*[@data-testid='{mark}']")
    return element


class TestLines:
    def test_texts_are_ready_to_read(self):
        chair = line("Chaise\nHêtre massif\nTeinte noyer", quantity="3.5", unit="u", unit_price="1285.5")
        (shown,) = french("quote", [chair]).lines
        assert (shown.name, shown.details) == ("Chaise", "Hêtre massif\nTeinte noyer")
        assert (shown.quantity, shown.price) == (f"3,5{NBSP}u", euros("1 285,50 €"))
        assert (shown.vat_rate, shown.net) == (f"20{NBSP}%", euros("4 499,25 €"))

    def test_discounts_allowances_and_charges_are_told(self):
        row = line(discount_percent="12.5", allowances_minor=150, charges_minor=40)
        remarks = french("invoice", [row]).lines[0].remarks
        assert remarks[0] == f"Remise de 12,5{NBSP}%"
        assert remarks[1] == f"Remise{NBSP}: -1,50{NBSP}€"
        assert remarks[2] == f"Frais{NBSP}: 0,40{NBSP}€"

    def test_a_price_for_many_says_for_how_many(self):
        row = line(unit_price="0.123456", base_quantity="100", unit="KGM")
        assert french("invoice", [row]).lines[0].price == f"0,123456{NBSP}€ / 100{NBSP}kg"


class TestTotals:
    def test_a_quote_ends_with_its_gross(self):
        sheet = french("quote", [line(unit_price="3981.82", vat_rate="10")])
        assert totals_of(sheet) == {
            "Total HT": euros("3 981,82 €"),
            f"TVA 10{NBSP}%": euros("398,18 €"),
            "Total TTC": euros("4 380,00 €"),
        }

    def test_several_rates_name_their_basis(self):
        sheet = french("invoice", [line(), line("Livre", vat_rate="5.5")])
        assert totals_of(sheet)[f"TVA 5,5{NBSP}% sur 100,00{NBSP}€"] == euros("5,50 €")

    def test_allowances_and_charges_of_the_document_are_told_with_their_reason(self):
        adjustments = [
            {"amount": 1_000, "vat_rate": "20", "is_charge": False, "reason": "Fidélité"},
            {"amount": 500, "vat_rate": "20", "is_charge": True, "reason": ""},
        ]
        told = totals_of(french("invoice", [line()], adjustments))
        assert told["Total des lignes HT"] == euros("100,00 €")
        assert (told["Fidélité"], told["Frais"]) == (euros("-10,00 €"), euros("5,00 €"))
        assert told["Net à payer"] == euros("114,00 €")

    def test_what_was_paid_and_credited_lowers_what_is_due(self):
        bill = content("invoice", prepaid_minor=2_000, rounding_minor=1)
        sheet = sheet_of(bill, language="fr", logo=None, paid_minor=3_000, credited_minor=1_000)
        told = totals_of(sheet)
        assert told["Déjà versé"] == euros("-20,00 €")
        assert told["Paiements reçus"] == euros("-30,00 €")
        assert told["Avoirs déduits"] == euros("-10,00 €")
        assert told["Net à payer"] == euros("60,01 €")
        assert due_minor(bill, 3_000, 1_000) == 6_001

    def test_more_paid_than_asked_is_negative(self):
        assert due_minor(content("invoice"), paid_minor=15_000) == -3_000

    def test_a_quote_is_not_lowered_by_anything(self):
        assert due_minor(content("quote", prepaid_minor=2_000), 100, 100) == 12_000

    def test_a_credit_note_shows_its_amount(self):
        assert totals_of(french("credit"))["Montant de l’avoir"] == euros("120,00 €")

    def test_another_currency_keeps_its_decimals(self):
        sheet = french("invoice", [line(unit_price="1500", vat_rate="0")], currency="JPY")
        assert sheet.net.amount == euros("1 500 x").replace(" x", f"{NBSP}JPY").replace("€", "")


class TestMentions:
    def test_seller_and_buyer_are_named_in_full(self):
        seller, buyer = french("invoice", customer=BUSINESS).parties
        assert seller.address == ("14 rue des Tables Claudiennes", "69001 Lyon")
        assert f"SIREN{NBSP}812{NBSP}345{NBSP}678" in seller.identity
        assert f"RCS{NBSP}Lyon 812 345 678" in seller.identity
        assert buyer.identity == (f"SIREN{NBSP}552{NBSP}100{NBSP}554", "TVA FR40552100554")

    def test_late_payment_is_told_to_professionals(self):
        told = labels(french("invoice", customer=BUSINESS).small_print)
        assert told["Pénalités de retard"] == "trois fois le taux d’intérêt légal"
        assert told["Indemnité forfaitaire pour frais de recouvrement"] == euros("40,00 €")

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "invoice", "customer": CONSUMER},
            {"kind": "quote", "customer": BUSINESS},
            {"kind": "credit", "customer": BUSINESS},
            {"kind": "invoice", "customer": BUSINESS, "import_sha256": "ab" * 32},
        ],
    )
    def test_and_to_no_one_else(self, changes):
        told = set(labels(french(**changes).small_print)) - {"Nature des opérations"}
        assert told == {"Conditions"}

    def test_bills_say_the_nature_of_operations_and_vat_on_debits(self):
        assert labels(french("invoice").small_print)["Nature des opérations"] == (
            "Livraison de biens et prestation de services"
        )
        assert "Nature des opérations" not in labels(french("quote").small_print)
        seller = {**content("invoice")["seller"], "vat_on_debits": True}
        assert "Option pour le paiement de la taxe d’après les débits" in [
            item.text for item in french("invoice", seller=seller).small_print
        ]

    def test_how_to_pay_stands_on_bills_alone(self):
        told = labels(french("deposit", number="F-2026-00007").payment)
        assert told["IBAN"] == "FR76 3000 6000 0112 3456 7890 189"
        assert told["Référence à rappeler"] == "F-2026-00007"
        assert french("quote").payment == french("credit").payment == ()

    def test_dates_and_references(self):
        extras = {
            "delivery_date": "2026-11-20",
            "order_reference": "PO-9",
            "preceding_invoices": [{"number": "F-1", "issue_date": "2026-10-30"}],
        }
        facts = labels(french("credit", extras=extras).facts)
        assert facts["Date d’émission"] == "24 novembre 2026"
        assert facts["Livraison ou prestation"] == "20 novembre 2026"
        assert facts["Votre commande"] == "PO-9"
        assert facts["Facture d’origine"] == "F-1 du 30 octobre 2026"

    def test_validity_is_of_quotes_and_due_dates_of_bills(self):
        dates = {"valid_until": "2026-12-24", "due_date": "2026-12-25"}
        assert "Échéance" not in labels(french("quote", **dates).facts)
        assert "Valable jusqu’au" not in labels(french("invoice", **dates).facts)

    def test_self_billing_and_exemptions_are_told(self):
        vat = [{"rate": "0", "basis": 10_000, "vat": 0, "category": "AE", "exemption": "Autoliquidation"}]
        sheet = french("invoice", [line(vat_rate="0")], vat_breakdown=vat, extras={"type_code": "389"})
        told = [(item.label, item.text) for item in sheet.small_print]
        assert ("", "Autofacturation") in told
        assert ("TVA", "Autoliquidation") in told

    def test_a_place_of_delivery_is_a_party(self):
        extras = {"delivery_name": "Entrepôt Sud", "delivery_address": "12 rue du Port\n13002 Marseille"}
        party = french("invoice", extras=extras).parties[2]
        assert (party.role, party.name) == ("Livraison", "Entrepôt Sud")
        assert party.address == ("12 rue du Port", "13002 Marseille")


class TestHtml:
    def test_number_and_net_are_marked(self):
        page = page_of(french("quote", [line(unit_price="3981.82", vat_rate="10")]))
        assert by_mark(page, "doc-number").text_content() == "D-2026-00012"
        net = by_mark(page, "net-to-pay")
        assert net.text == euros("4 380,00 €")
        assert len(net) == 0

    def test_a_draft_has_no_number(self):
        page = page_of(french("invoice", number=None, issue_date=None))
        assert page.xpath("//*[@data-testid='doc-number']") == []

    def test_a_draft_may_have_nothing_yet(self):
        draft = content("invoice", number=None, issue_date=None, seller=None, customer=None, extras=None)
        sheet = sheet_of(draft | {"lines": [], "vat_breakdown": None}, language="fr", logo=None)
        assert page_of(sheet).xpath("//tbody/tr[td[contains(@class, 'what')]]") == []

    def test_hostile_texts_stay_texts(self):
        everywhere = {name: HOSTILE for name in SELLER if name not in ("color", "logo_sha256")}
        sheet = french(
            "invoice",
            [line(HOSTILE + "\n" + HOSTILE, unit=HOSTILE)],
            [{"amount": 1, "vat_rate": "20", "is_charge": False, "reason": HOSTILE}],
            title=HOSTILE,
            notes=HOSTILE,
            number=HOSTILE,
            seller=everywhere | {"color": HOSTILE},
            customer=dict.fromkeys(CONSUMER, HOSTILE),
        )
        page = page_of(sheet, [Stamp("Accepté", HOSTILE)])
        assert page.xpath("//script | //img | //@onerror") == []
        for element in page.iter():
            for own in (element.text, *(child.tail for child in element)):
                assert "\u202e" not in (own or "") or element.tag == "bdi"
        assert HOSTILE in page.text_content()
        assert "49" not in page.xpath("string(//*[@class='title'])")

    def test_a_logo_is_written_into_the_page(self):
        page = page_of(sheet_of(content(), language="fr", logo=b"\x89PNG"))
        (image,) = page.xpath("//img")
        assert image.get("src").startswith("data:image/png;base64,")
        assert image.get("alt") == "Atelier Morel"

    def test_stamps_stand_on_the_sheet(self):
        page = page_of(french(), [Stamp("Accepté", "le 24 novembre 2026 par Jeanne Morel")])
        (stamp,) = page.xpath("//*[@id='slot-stamp']/*")
        assert "Jeanne Morel" in stamp.text_content()

    def test_the_pdf_page_holds_no_address_of_the_buyer_by_mail_nor_ids(self):
        text = pdf_html(json.dumps(content("invoice")), None)
        assert CONSUMER["email"] not in text
        assert "0123456789abcdef" not in text


class TestEnglish:
    def test_words_dates_and_amounts(self):
        sheet = sheet_of(
            content("quote", [line(unit_price="3650")], valid_until="2026-12-24"), language="en", logo=None
        )
        assert sheet.name == "Quote D-2026-00012"
        assert labels(sheet.facts)["Valid until"] == "24 December 2026"
        assert sheet.net.label == "Total incl. VAT"
        assert sheet.net.amount == "€4,380.00"

    def test_no_french_word_is_left(self):
        bill = content(
            "invoice",
            [line("Thing", unit="kg", discount_percent="5", allowances_minor=1, charges_minor=1)],
            [{"amount": 1, "vat_rate": "20", "is_charge": False, "reason": ""}],
            customer=BUSINESS,
            due_date="2026-12-24",
            prepaid_minor=1,
            rounding_minor=1,
            seller=SELLER | {"terms": "", "late_penalty": "10%"},
            extras={"type_code": "389", "delivery_date": "2026-11-20", "order_reference": "1"},
        )
        sheet = sheet_of(bill, language="en", logo=None, paid_minor=1, credited_minor=1)
        text = page_of(sheet).text_content()
        assert not re.search(
            r"\b(TVA|HT|TTC|Remise|Frais|Net à|Échéance|Livraison|Client|Votre|Avoirs)\b", text
        )

"""Published invoices nobody here wrote, read where they are: amounts equal to the cent."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from webdoc_app.integrations.einvoice import read_einvoice

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(os.environ.get("WEBDOC_SAMPLES", ROOT.parent / "shared" / "samples" / "invoices"))

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"sample invoices absent from {SAMPLES} (set WEBDOC_SAMPLES)"
)

# name, kind, currency, lines, VAT rows; then net | allowances | charges | basis | VAT | gross | prepaid | due
EXPECTED = """
Facture_FR_EN16931.pdf         invoice EUR 3  2 624.90  0     0    624.90  46.25  671.15  201.00 470.15
Facture_UE_EN16931.pdf         invoice EUR 3  1 2076.76 0     0    2076.76 0      2076.76 623.00 1453.76
Avoir_FR_type381_EN16931.pdf   credit  EUR 2  2 218.48  0     0    218.48  14.99  233.47  0      233.47
Avoir_FR_type381_BASIC.pdf     credit  EUR 2  2 218.48  0     0    218.48  14.99  233.47  0      233.47
EN16931_Einfach.cii.xml        invoice EUR 2  2 473.00  0     0    473.00  56.87  529.87  0      529.87
EN16931_Rabatte.cii.xml        invoice EUR 4  2 202.70  14.73 5.80 193.77  21.30  215.07  50.00  165.07
EN16931_Gutschrift.cii.xml     invoice EUR 2  2 473.00  0     0    473.00  56.87  529.87  0      529.87
EN16931_1_Teilrechnung.cii.xml invoice EUR 4  2 180.76  9.07  5.80 177.49  20.16  197.65  50.00  147.65
CII_example1.xml               invoice EUR 20 2 229.6   0     0    229.6   20.73  250.33  0      250.33
CII_example2.xml               invoice NOK 5  3 1436.5  100   100  1436.5  365.28 1801.78 1000   801.78
CII_example3.xml               invoice DKK 1  1 800     0     100  900     225    1125    0      1125
CII_example5.xml               invoice DKK 3  2 4000.00 150   150  4000    675.00 4675    2337.5 2337.5
"""


@pytest.mark.parametrize(
    "row", [line.split() for line in EXPECTED.split("\n") if line], ids=lambda row: row[0]
)
def test_sample(row: list[str]) -> None:
    name, kind, currency, lines, rates, *amounts = row
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"{name} is absent from {SAMPLES}")
    invoice = read_einvoice(path.read_bytes(), name)
    assert (invoice.kind, invoice.currency) == (kind, currency)
    assert (len(invoice.lines), len(invoice.vat_breakdown)) == (int(lines), int(rates))
    totals = invoice.totals
    read = (totals.lines, totals.allowances, totals.charges, totals.net, totals.vat, totals.gross)
    assert [*read, totals.prepaid, totals.due] == [Decimal(amount) * 100 for amount in amounts]
    assert (invoice.pdf is not None) == name.endswith(".pdf")


def test_details_of_a_french_invoice() -> None:
    path = SAMPLES / "Facture_FR_EN16931.pdf"
    if not path.is_file():
        pytest.skip(f"{path.name} is absent from {SAMPLES}")
    invoice = read_einvoice(path.read_bytes(), path.name)
    assert (invoice.seller.siren, invoice.buyer.siret) == ("999999998", "78787878400035")
    first = invoice.lines[0]
    assert (first.net, first.net_gap) == (8190, -10)
    assert [first.unit_price, first.quantity] == [Decimal("4.1"), Decimal(20)]
    assert [first.gross_price, first.price_discount_percent] == [Decimal("4.55"), Decimal(10)]

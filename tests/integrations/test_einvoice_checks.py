"""The arithmetic of EN 16931, one wrong amount at a time."""

import pytest

from tests.factories.cii import Adjustment, Invoice, Line
from webdoc_app.integrations.einvoice import EInvoiceError, ImportedInvoice, read_einvoice

ADJUSTED = Invoice(adjustments=(Adjustment("10"), Adjustment("5", charge=True)))


def read(invoice: Invoice) -> ImportedInvoice:
    return read_einvoice(invoice.xml(), "f.xml")


def refusal(invoice: Invoice) -> EInvoiceError:
    with pytest.raises(EInvoiceError) as caught:
        read(invoice)
    return caught.value


@pytest.mark.parametrize(
    ("element", "amount", "field", "end"),
    [
        ("LineTotalAmount", "100.01", "BT-106", "vaut 100,01 alors que leur somme est 100,00."),
        ("AllowanceTotalAmount", "10.01", "BT-107", "vaut 10,01 alors que leur somme est 10,00."),
        ("ChargeTotalAmount", "", "BT-108", "vaut 0,00 alors que leur somme est 5,00."),
        (
            "TaxBasisTotalAmount",
            "94.99",
            "BT-109",
            "vaut 94,99 alors que 100,00 \u2212 10,00 + 5,00 = 95,00.",
        ),
        ("TaxTotalAmount", "19.01", "BT-110", "vaut 19,01 alors que la somme de la ventilation est 19,00."),
        ("GrandTotalAmount", "1114.00", "BT-112", "vaut 1\u202f114,00 alors que 95,00 + 19,00 = 114,00."),
        ("DuePayableAmount", "113.99", "BT-115", "vaut 113,99 alors que 114,00 \u2212 0,00 + 0,00 = 114,00."),
        ("TotalPrepaidAmount", "0.01", "BT-115", "vaut 114,00 alors que 114,00 \u2212 0,01 + 0,00 = 113,99."),
    ],
)
def test_totals(element: str, amount: str, field: str, end: str) -> None:
    totals = {element: amount}
    error = refusal(Invoice(adjustments=ADJUSTED.adjustments, totals=totals))
    assert error.field == field
    assert error.message().startswith("Le ")
    assert error.message().endswith(f" ({field}) {end}")


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([], "BG-23"),
        ([("S", "20", "100.01", "20.00")], "BT-116"),
        ([("S", "20", "100.00", "20.01")], "BT-117"),
        ([("S", "20", "100.00", "19.99")], "BT-117"),
        ([("S", "10", "100.00", "10.00")], "BT-116"),
        ([("S", "20", "100.00", "20.00"), ("S", "20", "0", "0")], "BG-23"),
        ([("S", "20", "100.00", "20.00"), ("S", "10", "0.00", "0.01")], "BT-117"),
        ([("Z", "0", "100.00", "0.00")], "BT-116"),
    ],
)
def test_breakdown(rows: list[tuple[str, str, str, str]], field: str) -> None:
    assert refusal(Invoice(breakdown=rows)).field == field


def test_rate_of_the_lines_missing_from_the_breakdown() -> None:
    lines = (Line(), Line(rate="10"))
    error = refusal(Invoice(lines=lines, breakdown=[("S", "20", "100.00", "20.00")]))
    assert (error.field, error.params["category"]) == ("BG-23", "S")
    assert "10\u00a0%" in error.message()


def test_vat_is_rounded_half_up() -> None:
    assert read(Invoice(lines=(Line(price="0.10", rate="5"),))).totals.vat == 1


@pytest.mark.parametrize("vat", ["-0.01", "0.00"])
def test_negative_halves_round_either_way(vat: str) -> None:
    invoice = Invoice(lines=(Line(price="-0.10", rate="5"),), breakdown=[("S", "5", "-0.10", vat)])
    assert read(invoice).vat_breakdown[0].basis == -10


@pytest.mark.parametrize(
    ("line", "gap"),
    [
        (Line(quantity="3", price="33.333333"), 0),
        (Line(quantity="20", price="4.10", net="81.90"), -10),  # 4.095 printed as 4.10
        (Line(quantity="0.333", price="90", net="30.00"), 3),  # a third printed as 0.333
        (Line(quantity="2", price="7", base="7", net="14.00"), 1200),  # base quantity repeats the price
        (Line(quantity="6", price="18.33", net="-109.98"), -21996),  # sign missing from the quantity
    ],
)
def test_lines_as_real_files_write_them(line: Line, gap: int) -> None:
    assert read(Invoice(lines=(line,))).lines[0].net_gap == gap


@pytest.mark.parametrize(
    "line",
    [
        Line(quantity="20", price="4.10", net="81.88"),
        Line(quantity="1", price="100", net="100.02"),
        Line(quantity="2", price="100", net="100.00"),
        Line(quantity="1", price="100", net="99.00", adjustments=(Adjustment("2"),)),
    ],
)
def test_lines_that_do_not_follow_from_their_price(line: Line) -> None:
    error = refusal(Invoice(lines=(line,)))
    assert (error.field, error.line) == ("BT-131", "1")


def test_large_figures_stay_exact() -> None:
    line = Line(quantity="999999.999999", price="99999.999999", net="99999999999.90")
    error = refusal(Invoice(lines=(line,)))
    assert (error.field, str(error.params["expected"])) == ("BT-131", "99999999998.90")


def test_message_in_english_has_english_numbers() -> None:
    error = refusal(Invoice(totals={"GrandTotalAmount": "1114.00"}))
    catalogue = {error.msgid: "The total (BT-112) is %(given)s but %(net)s + %(vat)s = %(expected)s."}
    shown = error.message(lambda msgid: catalogue[msgid], "en")
    assert shown == "The total (BT-112) is 1,114.00 but 100.00 + 20.00 = 120.00."

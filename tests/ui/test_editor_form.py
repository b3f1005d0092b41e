"""What a person types in the editor, read."""

from datetime import date
from decimal import Decimal

from webdoc_app.ui.dashboard.editor_form import read_document, typed_lines


def line(key: str, **fields: str) -> dict[str, str]:
    return {f"line.{key}.{name}": value for name, value in fields.items()}


def test_commas_blanks_and_signs_are_read_as_people_type_them() -> None:
    typed = read_document(
        line("new-1", description="Table", unit_price="1 250,50 €", quantity="2", vat_rate="5,5 %")
    )
    typed.insist()
    [read] = typed.lines
    assert (read.unit_price, read.quantity, read.vat_rate) == (Decimal("1250.50"), Decimal(2), Decimal("5.5"))
    assert read.id is None


def test_lines_keep_the_order_of_the_page_and_blank_ones_are_left_out() -> None:
    data = {
        **line("b" * 32, description="Pose", unit_price="10"),
        **line("new-2", description=" ", unit_price=""),
        **line("a" * 32, description="Table", unit_price="20"),
    }
    assert list(typed_lines(data)) == ["b" * 32, "new-2", "a" * 32]
    assert [read.description for read in read_document(data).lines] == ["Pose", "Table"]


def test_each_fault_names_its_line_and_the_rest_is_still_read() -> None:
    data = {
        "valid_until": "2026-12-24",
        **line("new-1", description="Table", unit_price="10"),
        **line("new-2", description="Pose", unit_price="abc"),
        **line("new-3", description="", unit_price="5"),
    }
    typed = read_document(data)
    assert [error.field for error in typed.errors] == ["line.2", "line.3"]
    assert typed.changes == {"valid_until": date(2026, 12, 24)}
    assert typed.keys == ["new-1"]


def test_fields_that_do_not_exist_are_not_taken() -> None:
    assert read_document({"company_id": "x", "state": "accepted", "number": "D-1"}).changes == {}

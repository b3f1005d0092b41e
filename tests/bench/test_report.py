"""The benchmarks' own words: which goals are missed, and that every measure is found. Nothing is timed here."""

import json
from types import SimpleNamespace

import pytest

from bench.__main__ import _measured
from bench.figures import Figure, percentile
from bench.plain_file import plain_page
from bench.registry import Measure, all_measures
from bench.report import as_json, table

FIGURES = [
    Figure("page", "live", 2100.0, "ms", 2000),
    Figure("page", "ratio", 1.25, "×", 1.25, "static file: 400 ms"),
    Figure("page", "weight", 12.5, "KB"),
    Figure("long", "a long document", None, beside="RuntimeError: no server"),
]


def test_a_missed_goal_is_said_in_plain_words():
    told = table(FIGURES)

    assert "misses its goal" in next(line for line in told.splitlines() if "2100 ms" in line)
    assert "misses" not in next(line for line in told.splitlines() if "1.25 ×" in line)
    assert "1 of 2 goals reached. 1 could not be measured." in told


def test_programs_read_the_same_figures():
    told = json.loads(as_json(FIGURES, 0.5))["figures"]

    assert [(figure["value"], figure["verdict"]) for figure in told] == [
        (2100.0, "misses its goal"),
        (1.25, "ok"),
        (12.5, ""),
        (None, "not measured"),
    ]


def test_a_measure_that_fails_is_a_row_and_no_end():
    def broken(_ground):
        yield FIGURES[0]
        raise RuntimeError("no server")

    rows = _measured(Measure("page", "the page", broken), SimpleNamespace())

    assert [row.value for row in rows] == [2100.0, None]
    assert rows[1].beside == "RuntimeError: no server"


def test_every_measure_is_found():
    assert set(all_measures()) == {
        "files",
        "floods",
        "lists",
        "live",
        "long",
        "openings",
        "page",
        "paid",
        "talk",
        "todo",
    }


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.95, 4), (1, 4), (0, 1)])
def test_a_percentile_is_one_of_the_values(share, value):
    assert percentile([4, 1, 3, 2], share) == value


def test_the_baseline_is_the_sheet_with_its_styles_and_no_script():
    page = plain_page(
        "<style>p{}</style><script>x</script><p>Accepter</p>"
        '<article class="sheet has-logo">D-1</article><p>x</p>'
    )

    assert "<style>p{}</style>" in page
    assert '<article class="sheet has-logo">D-1' in page
    assert "Accepter" not in page

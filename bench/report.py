"""The figures for people (a table) and for programs (JSON)."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure

RESULTS = Path(__file__).resolve().parent / "results"
HEADS = ("measure", "what", "value", "goal", "", "beside")
DIGITS = {"ms": 0, "KB": 1, "×": 2, "": 3}


def table(figures: Sequence[Figure]) -> str:
    """One table; a missed goal says so in its row and once more below."""
    rows = [HEADS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join([*lines, "", _summary(figures)])


def _row(figure: Figure) -> tuple[str, ...]:
    goal = "" if figure.goal is None else f"≤ {_amount(figure.goal, figure.unit, exact=False)}"
    value = "?" if figure.value is None else _amount(figure.value, figure.unit)
    return figure.measure, figure.name, value, goal, figure.verdict, figure.beside


def _amount(value: float, unit: str, *, exact: bool = True) -> str:
    digits = 1 if unit == "ms" and value < 20 else DIGITS[unit]
    return f"{value:.{digits}f} {unit}".strip() if exact else f"{value:g} {unit}".strip()


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    aligned = [
        cell.rjust(width) if column in (2, 3) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def _summary(figures: Sequence[Figure]) -> str:
    missed = [figure for figure in figures if figure.is_missed]
    unknown = [figure for figure in figures if figure.value is None]
    goals = sum(figure.goal is not None for figure in figures)
    words = f"{goals - len(missed)} of {goals} goals reached." if goals else "No goals here."
    return words + (f" {len(unknown)} could not be measured." if unknown else "")


def as_json(figures: Sequence[Figure], load: float) -> str:
    """The same figures, and where they come from."""
    told: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processors": os.cpu_count(),
            "load_at_start": round(load, 2),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "figures": [
            {
                "measure": figure.measure,
                "name": figure.name,
                "value": None if figure.value is None else round(figure.value, 4),
                "unit": figure.unit,
                "goal": figure.goal,
                "verdict": figure.verdict,
                "beside": figure.beside,
            }
            for figure in figures
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def keep(text: str) -> Path:
    """Writes the JSON where the last run's is found."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "latest.json"
    path.write_text(text + "\n", encoding="utf-8")
    return path

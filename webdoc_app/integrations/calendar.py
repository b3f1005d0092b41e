"""Public holidays of metropolitan France (C. trav. L3133-1), by the `holidays` package."""

from datetime import date
from functools import cache
from typing import Any


@cache
def _france() -> Any:
    # Loaded at the first question: the package knows many countries.
    import holidays

    return holidays.country_holidays("FR")


def is_holiday(day: date) -> bool:
    """Whether nobody works that day, weekends aside: 1er mai, lundi de Pâques, Ascension…"""
    return day in _france()

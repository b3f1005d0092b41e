"""Money, numbers, dates and times as each language writes them (Babel, CLDR)."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent

from webdoc_app.domain.money import from_minor, minor_digits

PARIS = ZoneInfo("Europe/Paris")
"""The zone a French company lives in: days begin and end there."""

_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


def money(minor: int, currency: str, language: str) -> str:
    """`438000` -> `4 380,00 €` (narrow no-break blanks in French), `€4,380.00` in English."""
    return format_currency(
        from_minor(minor, currency), currency, locale=_LOCALES[language], currency_digits=True
    )


def price(amount: Decimal, currency: str, language: str) -> str:
    """A unit price: at least the currency's decimals, up to six where it has them."""
    digits = max(minor_digits(currency), -int(amount.normalize().as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    symbol = "\N{NO-BREAK SPACE}¤" if language == "fr" else ""
    prefix = "" if language == "fr" else "¤"
    return format_currency(
        amount, currency, prefix + pattern + symbol, locale=_LOCALES[language], currency_digits=False
    )


def quantity(value: Decimal, language: str) -> str:
    return format_decimal(value, "#,##0.######", locale=_LOCALES[language])


def percent(rate: Decimal, language: str) -> str:
    """`20` -> `20 %`."""
    pattern = "#,##0.######" + ("\N{NO-BREAK SPACE}%" if language == "fr" else "%")
    return format_percent(rate / 100, pattern, locale=_LOCALES[language])


def long_date(day: date, language: str) -> str:
    """`24 novembre 2026`, `1er janvier 2027`."""
    return _first(day, format_date(day, "long", locale=_LOCALES[language]), language)


def month_name(day: date, language: str) -> str:
    """`novembre 2026`."""
    return format_skeleton("yMMMM", day, locale=_LOCALES[language])


def short_date(day: date, language: str) -> str:
    """`24 nov. 2026`."""
    return _first(day, format_date(day, "d MMM y", locale=_LOCALES[language]), language)


def _first(day: date, text: str, language: str) -> str:
    """French counts the first day of a month, and only that one, by its rank."""
    return text.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else text


def day_month(moment: datetime, language: str) -> str:
    """`24 novembre`, of a UTC moment, in Paris."""
    day = moment.astimezone(PARIS).date()
    return _first(day, format_skeleton("MMMMd", day, locale=_LOCALES[language]), language)


def clock_time(moment: datetime, language: str) -> str:
    """`10:12`, of a UTC moment, in Paris."""
    return format_time(moment.astimezone(PARIS), "HH:mm", locale=_LOCALES[language])


def date_and_time(moment: datetime, language: str) -> str:
    """`24 novembre 2026 à 10:12`."""
    local = moment.astimezone(PARIS)
    joiner = " à " if language == "fr" else " at "
    return long_date(local.date(), language) + joiner + clock_time(moment, language)


def paris_day(moment: datetime) -> date:
    """The civil day of a UTC moment in Paris: validity and due dates end at its midnight."""
    return moment.astimezone(PARIS).date()


def end_of_paris_day(day: date) -> datetime:
    """The midnight a day ends with in Paris, UTC: 22:00 in summer, 23:00 in winter."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS).astimezone(UTC)

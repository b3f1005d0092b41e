"""Moments as a busy person reads them: the hour today, the day before that."""

from datetime import date, datetime, timedelta

from babel.dates import format_date

from webdoc_app.locales import translate
from webdoc_app.locales.formats import PARIS, clock_time, paris_day, short_date


def when(moment: datetime, now: datetime, language: str) -> str:
    """`10:12` today, `hier 18:04`, `18 nov.`, `18 nov. 2025`; both moments UTC, days in Paris."""
    day, today = paris_day(moment), paris_day(now)
    if day == today:
        return clock_time(moment, language)
    if day == today - timedelta(days=1):
        return translate("hier %(time)s", language, {"time": clock_time(moment, language)})
    return short_day(day, today, language)


def at_moment(moment: datetime, now: datetime, language: str) -> str:
    """The same inside a sentence: `à 10:12`, `hier à 18:04`, `le 18 nov.`"""
    day, today, words = paris_day(moment), paris_day(now), {"time": clock_time(moment, language)}
    if day == today:
        return translate("à %(time)s", language, words)
    if day == today - timedelta(days=1):
        return translate("hier à %(time)s", language, words)
    return translate("le %(day)s", language, {"day": short_day(day, today, language)})


def short_day(day: date, today: date, language: str) -> str:
    """`18 nov.`, with its year where it is another one."""
    if day.year != today.year:
        return short_date(day, language)
    return format_date(day, "d MMM", locale="fr_FR" if language == "fr" else "en_GB")


def day_heading(moment: datetime, now: datetime, language: str) -> str:
    """The separator between days of a conversation: `Aujourd’hui`, `Hier`, `mardi 18 novembre`."""
    day, today = paris_day(moment), paris_day(now)
    if day == today:
        return translate("Aujourd’hui", language)
    if day == today - timedelta(days=1):
        return translate("Hier", language)
    pattern = "EEEE d MMMM" if day.year == today.year else "EEEE d MMMM y"
    local = moment.astimezone(PARIS)
    return format_date(local, pattern, locale="fr_FR" if language == "fr" else "en_GB")

"""What a company wants to be sent when: its rules of following up, the usual ones where it set none."""

from dataclasses import dataclass

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.followup_words import USUAL_WORDING, insist_variables
from webdoc_app.domain.followups import LEAST_DELAYS, MOST_DAYS, USUAL_DELAYS, Rule, Scenario
from webdoc_app.domain.placeholders import Wording
from webdoc_app.locales import LANGUAGES, translate
from webdoc_app.models import FollowupRule
from webdoc_app.services.work import insert_once, work


@dataclass(frozen=True)
class RuleInput:
    """A rule as a form sends it; words left empty, or as they usually are, stay the usual ones."""

    enabled: bool = False
    delay_days: str = ""
    working_days: bool = True
    subject_fr: str = ""
    body_fr: str = ""
    subject_en: str = ""
    body_en: str = ""


async def rows_of(session: AsyncSession, company_id: str) -> dict[Scenario, FollowupRule]:
    """Every scenario as the company has it; those it never touched are off."""
    rows = (await session.exec(select(FollowupRule).where(FollowupRule.company_id == company_id))).all()
    known = {row.scenario: row for row in rows}
    return {s: known.get(s.value) or _usual_row(company_id, s) for s in Scenario}


def _usual_row(company_id: str, scenario: Scenario) -> FollowupRule:
    delay = USUAL_DELAYS[scenario]
    return FollowupRule(company_id=company_id, scenario=scenario.value, enabled=False, delay_days=delay)


def rules_from(rows: dict[Scenario, FollowupRule]) -> dict[Scenario, Rule]:
    return {s: Rule(row.enabled, row.delay_days, row.working_days, row.since) for s, row in rows.items()}


def usual_wording(scenario: Scenario, language: str) -> Wording:
    usual = USUAL_WORDING[scenario]
    return Wording(translate(usual.subject, language), translate(usual.body, language))


def wording_of(row: FollowupRule, language: str) -> Wording:
    """The company's words in `language`, the usual ones where it has none."""
    usual = usual_wording(Scenario(row.scenario), language)
    own = (row.subject_en, row.body_en) if language == "en" else (row.subject_fr, row.body_fr)
    return Wording(own[0] or usual.subject, own[1] or usual.body)


async def set_rule(company_id: str, scenario_name: str, wanted: RuleInput) -> None:
    """Writes one scenario. Raises Invalid naming every field at fault.

    Switched on, or made to come earlier, it holds for what falls from today on: no pile of old ones leaves.
    """
    if scenario_name not in Scenario.__members__.values():
        raise Invalid.one("scenario", "Cette relance n’existe pas.")
    scenario = Scenario(scenario_name)
    delay, values = _read(scenario, wanted)
    async with work() as w:
        await insert_once(w.session, FollowupRule, _usual_row(company_id, scenario).model_dump())
        row = await w.session.get_one(FollowupRule, (company_id, scenario.value), with_for_update=True)
        if wanted.enabled and (not row.enabled or delay < row.delay_days):
            row.since = w.at
        row.delay_days = delay
        for name, value in values.items():
            setattr(row, name, value)
        w.session.add(row)


def _read(scenario: Scenario, wanted: RuleInput) -> tuple[int, dict[str, object]]:
    """The delay, and the other columns. Every field is read before any is refused."""
    values: dict[str, object] = {"enabled": wanted.enabled, "working_days": wanted.working_days}
    errors, delay = [], 0
    try:
        delay = _read_days(scenario, wanted.delay_days)
    except Invalid as invalid:
        errors += invalid.errors
    for language in LANGUAGES:
        usual = usual_wording(scenario, language)
        for part, ordinary in (("subject", usual.subject), ("body", usual.body)):
            name = f"{part}_{language}"
            try:
                words = _read_words(scenario, name, getattr(wanted, name))
            except Invalid as invalid:
                errors += invalid.errors
            else:
                values[name] = "" if words == ordinary else words
    if errors:
        raise Invalid(errors)
    return delay, values


def _read_words(scenario: Scenario, name: str, raw: str) -> str:
    if name.startswith("subject"):
        words = text.clean_line(raw, field=name, limit=text.TITLE)
    else:
        words = text.clean(raw, field=name, limit=text.TEXT)
    return insist_variables(words, scenario, field=name)


def _read_days(scenario: Scenario, raw: str) -> int:
    value, least = raw.strip(), LEAST_DELAYS[scenario]
    if value.isascii() and value.isdigit() and least <= int(value[:9]) <= MOST_DAYS:
        return int(value)
    raise Invalid.one(
        "delay_days", "Indiquez un nombre de jours, de %(least)s à %(most)s.", least=least, most=MOST_DAYS
    )

"""Reminders as they are read: a document's next one in words, and the company's rules with what they would say."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import numbering
from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.followup_words import LABELS, REASONS, variables_of
from webdoc_app.domain.followups import OF_BILLS, OF_QUOTES, Planned, Quiet, Scenario, Why
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.placeholders import filled
from webdoc_app.locales import translate
from webdoc_app.locales.formats import day_month, long_date, money, paris_day
from webdoc_app.models import Company, Document, FollowupRule
from webdoc_app.services.followup_facts import targets_of
from webdoc_app.services.followup_rules import rows_of, wording_of
from webdoc_app.services.followups import plan_of, values_of
from webdoc_app.services.work import now, today

DELAYS = {
    Scenario.SENT_UNOPENED: "Jours après l’envoi",
    Scenario.OPENED_UNANSWERED: "Jours après la dernière ouverture",
    Scenario.ON_HOLD: "Jours après la fin de l’attente",
    Scenario.EXPIRING: "Jours avant la fin de validité",
    Scenario.ORDER_UNANSWERED: "Jours après l’envoi ou la dernière ouverture",
    Scenario.DELIVERY_UNANSWERED: "Jours après l’envoi ou la dernière ouverture",
    Scenario.BEFORE_DUE: "Jours avant l’échéance",
    Scenario.DUE: "Jours après l’échéance",
    Scenario.LATE_1: "Jours après l’échéance",
    Scenario.LATE_2: "Jours après l’échéance",
    Scenario.LATE_3: "Jours après l’échéance",
    Scenario.UNDATED: "Jours après l’envoi",
}


@dataclass(frozen=True)
class FollowupView:
    """What is planned for a document, what can be done about it, and what a reminder sent now would say.

    `shown` is false where nothing ever is planned.
    """

    shown: bool = False
    sentence: str = ""
    scenario: str = ""
    is_paused: bool = False
    may_pause: bool = False
    may_send: bool = False
    is_off: bool = False
    subject: str = ""
    body: str = ""


@dataclass(frozen=True)
class RuleForm:
    """One scenario as the texts of its fields, and its message as a client would read it.

    `group` is quotes, confirmations (of orders and deliveries) or bills.
    """

    scenario: str
    label: str
    state: str
    enabled: bool
    delay_label: str
    delay_days: str
    working_days: bool
    subject_fr: str
    body_fr: str
    subject_en: str
    body_en: str
    variables: str
    preview_subject: str
    preview_body: str
    group: str


async def followup_of(session: AsyncSession, document: Document, language: str) -> FollowupView:
    if document.state == State.DRAFT.value:
        return FollowupView()
    plan = await plan_of(session, document, now())
    coming = plan.coming
    if isinstance(coming, Quiet) and coming.why in (Why.NO_SCENARIO, Why.ANSWERED, Why.PAID):
        return FollowupView()
    paused = document.followups_paused
    return FollowupView(
        shown=True,
        sentence=_sentence(coming, language),
        scenario=coming.scenario.value if isinstance(coming, Planned) else "",
        is_paused=paused,
        may_pause=isinstance(coming, Planned) and not paused,
        may_send=plan.refused is None,
        is_off=isinstance(coming, Quiet) and coming.why is Why.DISABLED,
        subject=plan.words.subject if plan.words else "",
        body=plan.words.body if plan.words else "",
    )


def _sentence(plan: Planned | Quiet, language: str) -> str:
    if isinstance(plan, Quiet):
        return translate(REASONS[plan.why], language)
    label = translate(LABELS[plan.scenario], language)
    words = {"scenario": label[:1].lower() + label[1:]}
    day = paris_day(plan.moment)
    if day == today():
        return translate("Relance « %(scenario)s » prévue aujourd’hui.", language, words)
    same_year = day.year == today().year
    told = day_month(plan.moment, language) if same_year else long_date(day, language)
    words["day"] = told.replace(" ", "\N{NO-BREAK SPACE}")
    return translate("Relance « %(scenario)s » prévue le %(day)s.", language, words)


async def rule_forms(session: AsyncSession, company_id: str, language: str) -> list[RuleForm]:
    """Every scenario, with its message filled from the company's newest document of the kind, or an example."""
    company = await session.get_one(Company, company_id)
    rows = await rows_of(session, company_id)
    newest = {kinds: await _newest(session, company_id, kinds) for kinds in set(_KINDS.values())}
    documents = [document for document in newest.values() if document]
    targets = await targets_of(session, company, documents, now())
    forms = []
    for scenario, row in rows.items():
        document = newest[_KINDS[scenario]]
        values = _example(company, scenario, language)
        if document:
            known = values_of(targets[document.id], scenario, language, today())
            # What this document happens to lack - a hold's day - is shown by example.
            values |= {name: value for name, value in known.items() if value}
        forms.append(_form(scenario, row, values, language))
    return forms


_KINDS: dict[Scenario, tuple[Kind, ...]] = {
    **dict.fromkeys(OF_QUOTES, (Kind.QUOTE,)),
    Scenario.ORDER_UNANSWERED: (Kind.ORDER,),
    Scenario.DELIVERY_UNANSWERED: (Kind.DELIVERY,),
    **dict.fromkeys(OF_BILLS, tuple(sorted(BILLS))),
}
"""Documents that are examples of a scenario."""


async def _newest(session: AsyncSession, company_id: str, kinds: Sequence[Kind]) -> Document | None:
    query = select(Document).where(
        Document.company_id == company_id,
        col(Document.kind).in_([kind.value for kind in kinds]),
        col(Document.number).is_not(None),
    )
    return (await session.exec(query.order_by(col(Document.created_at).desc()).limit(1))).first()


def _example(company: Company, scenario: Scenario, language: str) -> dict[str, str]:
    day = long_date(today(), language)
    return {
        "name": "Claire Fontaine",
        "company": company.name,
        "number": numbering.number(_KINDS[scenario][-1], today().year, 12),
        "amount": money(438_000, "EUR", language),
        "date": day,
        "due": day,
        "days": "3",
    }


def _form(scenario: Scenario, row: FollowupRule, values: dict[str, str], language: str) -> RuleForm:
    french, english = wording_of(row, "fr"), wording_of(row, "en")
    preview = filled(english if language == "en" else french, values)
    return RuleForm(
        scenario=scenario.value,
        label=translate(LABELS[scenario], language),
        state=translate("Activée" if row.enabled else "Désactivée", language),
        enabled=row.enabled,
        delay_label=translate(DELAYS[scenario], language),
        delay_days=str(row.delay_days),
        working_days=row.working_days,
        subject_fr=french.subject,
        body_fr=french.body,
        subject_en=english.subject,
        body_en=english.body,
        variables=" ".join(f"%({name})s" for name in variables_of(scenario)),
        preview_subject=preview.subject,
        preview_body=preview.body,
        group=_group_of(scenario),
    )


def _group_of(scenario: Scenario) -> str:
    if scenario in OF_QUOTES:
        return "quotes"
    return "bills" if scenario in OF_BILLS else "confirmations"

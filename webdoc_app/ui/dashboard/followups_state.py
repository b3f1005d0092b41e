"""The state behind the settings of reminders: every scenario as it is set, saved one at a time."""

from typing import Any

import reflex as rx

from webdoc_app.locales import translate
from webdoc_app.reads.followups import RuleForm, rule_forms
from webdoc_app.services.followup_rules import RuleInput, set_rule
from webdoc_app.services.work import reading
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice


class FollowupsPage(rx.State):
    """`all_off` invites to begin."""

    quotes: list[RuleForm] = []
    confirmations: list[RuleForm] = []
    bills: list[RuleForm] = []
    all_off: bool = False
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        await self._read()
        self.loaded = True

    @rx.event
    @merchant_only
    async def save(self, form: dict[str, Any]) -> None:
        """One scenario, all of its fields or none."""
        texts = ("delay_days", "subject_fr", "body_fr", "subject_en", "body_en")
        wanted = RuleInput(
            enabled=bool(form.get("enabled")),
            working_days=bool(form.get("working_days")),
            **{name: str(form.get(name, "")) for name in texts},
        )
        await set_rule(member().company_id, str(form.get("scenario", "")), wanted)
        await self._read()
        words = translate("La relance est enregistrée.", member().language)
        (await self.get_state(Notice))._say(words, problem=False)

    async def _read(self) -> None:
        who = member()
        async with reading() as session:
            forms = await rule_forms(session, who.company_id, who.language)
        self.quotes = [form for form in forms if form.group == "quotes"]
        self.confirmations = [form for form in forms if form.group == "confirmations"]
        self.bills = [form for form in forms if form.group == "bills"]
        self.all_off = not any(form.enabled for form in forms)

"""What a member wants by mail; the bell has everything anyway."""

from typing import Any

import reflex as rx

from webdoc_app.domain.notices import Pace, Topic
from webdoc_app.locales import translate
from webdoc_app.services.notices import choices_of, choose
from webdoc_app.services.work import reading
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import field, panel
from webdoc_app.ui.kit.words import t

TOPICS = {
    Topic.DECISIONS: "Réponses aux devis et bons",
    Topic.PAYMENTS: "Paiements",
    Topic.MESSAGES: "Messages",
    Topic.OPENINGS: "Consultations",
}
PACES = {Pace.NOW: "Tout de suite", Pace.DAILY: "Une fois par jour, à 8 h", Pace.NEVER: "Jamais"}


class NoticeSettings(rx.State):
    """The member's own choices."""

    paces: dict[str, str] = {}
    quiet_from: str = ""
    quiet_to: str = ""

    @rx.event
    @merchant_only
    async def load(self) -> None:
        async with reading() as session:
            choices = await choices_of(session, member().user_id)
        self.paces = {topic.value: pace.value for topic, pace in choices.paces.items()}
        quiet = choices.quiet
        self.quiet_from = quiet.start.strftime("%H:%M") if quiet else ""
        self.quiet_to = quiet.end.strftime("%H:%M") if quiet else ""

    @rx.event
    @merchant_only
    async def save(self, form: dict[str, Any]) -> Any:
        names = [*(topic.value for topic in Topic), "quiet_from", "quiet_to"]
        fields = {name: str(form[name]) for name in names if isinstance(form, dict) and name in form}
        await choose(member().user_id, member().company_id, fields)
        (await self.get_state(Notice))._say(translate("C’est enregistré.", member().language), problem=False)
        return NoticeSettings.load


def notice_settings() -> rx.Component:
    return panel(
        t("Vos nouvelles par courriel"),
        page_form(
            *(_topic(topic, label) for topic, label in TOPICS.items()),
            rx.el.div(
                _hour(t("Heures calmes, de"), "quiet_from"), _hour(t("à"), "quiet_to"), class_name="columns"
            ),
            rx.el.small(
                t("Pendant ces heures rien ne part ; tout arrive ensuite en un seul courriel."),
                class_name="soft",
            ),
            rx.el.small(
                t("Si plus personne ne reçoit les réponses par courriel, elles arrivent au premier compte."),
                class_name="soft",
            ),
            rx.el.button(
                t("Garder ces choix"),
                type="submit",
                class_name="btn",
                custom_attrs={"data-testid": "save-notices"},
            ),
            on_submit=NoticeSettings.save,
            class_name="stack",
        ),
    )


def _topic(topic: Topic, label: str) -> rx.Component:
    options = [rx.el.option(t(words), value=pace.value) for pace, words in PACES.items()]
    chosen = NoticeSettings.paces[topic.value]
    return field(
        t(label),
        rx.el.select(*options, name=topic.value, default_value=chosen, key=f"{topic.value}" + chosen),
    )


def _hour(label: str, name: str) -> rx.Component:
    value = getattr(NoticeSettings, name)
    return field(label, rx.el.input(type="time", name=name, default_value=value, key=name + value))

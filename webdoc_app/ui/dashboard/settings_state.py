"""The state behind the settings: what the company says of itself, its programs' keys, one's own password."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from webdoc_app.domain.colors import accent_of
from webdoc_app.live.endings import session_ended
from webdoc_app.locales import known_language, translate
from webdoc_app.models import Company
from webdoc_app.reads.settings import (
    SETTINGS,
    CompanyForm,
    KeyRow,
    company_form,
    keys_of,
    missing_in_settings,
)
from webdoc_app.services.accounts import (
    change_own_password,
    create_api_key,
    revoke_api_key,
    sign_out_everywhere,
)
from webdoc_app.services.companies import change_settings, set_logo
from webdoc_app.services.second_factor import insist_proof, needs_proof
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.words import localized
from webdoc_app.ui.tabs.emptying import forget_shown, shows_once
from webdoc_app.ui.tabs.ending import end_tab


@shows_once("new_key")
class SettingsPage(rx.State):
    """`new_key` is shown once, to the one who made it, and kept nowhere.

    `needs_proof`: keys and payment accounts ask for a code first; the page says so before anything is typed.
    """

    company: CompanyForm = CompanyForm()
    logo: str = ""
    color_words: str = ""
    color_shown: str = ""
    missing: list[str] = []
    keys: list[KeyRow] = []
    new_key: str = ""
    email: str = ""
    needs_proof: bool = False
    done: int = 0
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> Any:
        self.email, self.new_key = member().email, ""
        self.needs_proof = needs_proof(member())
        await self._read()
        self.loaded = True
        if self.router.url.query_parameters.get("changed") == "password":
            await self._say("Votre mot de passe est changé. Vos autres appareils sont déconnectés.")
            return rx.redirect(localized("/app/settings", member().language), replace=True)
        return None

    @rx.event
    @merchant_only
    async def save(self, form: dict[str, Any]) -> Any:
        """All fields or none. Another language is another set of pages."""
        who = member()
        await change_settings(who.company_id, {name: form[name] for name in SETTINGS if name in form})
        await self._say("C’est enregistré. Les documents déjà émis gardent ce qu’ils disaient.")
        await self._read()
        language = known_language(self.company.language)
        return rx.redirect(localized("/app/settings", language)) if language != who.language else Bell.load

    @rx.event
    @merchant_only
    def try_color(self, color: str) -> None:
        """The colour as it will be used: darkened where white would not read on it."""
        self._judge(str(color), member().language)

    @rx.event
    @merchant_only
    async def logo_sent(self, id_: str) -> None:
        await self._say("Votre logo est enregistré.")
        await self._read()

    @rx.event
    @merchant_only
    async def logo_refused(self, why: str) -> None:
        (await self.get_state(Notice))._say(str(why)[:1_000], problem=True)

    @rx.event
    @merchant_only
    async def remove_logo(self, at: str) -> None:
        await set_logo(member().company_id, None)
        await self._read()

    @rx.event
    @merchant_only
    async def create_key(self, form: dict[str, Any]) -> AsyncIterator[None]:
        self._insist_proof()
        self.new_key = await create_api_key(member().company_id, str(form.get("name", "")))
        yield
        forget_shown(self, "new_key")
        await self._read()

    @rx.event
    @merchant_only
    async def revoke_key(self, key_id: str) -> None:
        self._insist_proof()
        await revoke_api_key(member().company_id, str(key_id))
        self.new_key = ""
        await self._read()

    @rx.event
    @merchant_only
    async def change_password(self, form: dict[str, Any]) -> None:
        await change_own_password(member(), str(form.get("current", "")), str(form.get("new", "")))
        session_ended()
        await end_tab(self, "/renewed")

    @rx.event
    @merchant_only
    async def leave_everywhere(self, at: str) -> None:
        await sign_out_everywhere(member().user_id)
        session_ended()
        await end_tab(self)

    def _insist_proof(self) -> None:
        """Raises ProofNeeded, and from then on the page shows the way."""
        self.needs_proof = needs_proof(member())
        insist_proof(member())

    async def _say(self, sentence: str) -> None:
        (await self.get_state(Notice))._say(translate(sentence, member().language), problem=False)

    async def _read(self) -> None:
        who = member()
        async with reading() as session:
            company = await session.get_one(Company, who.company_id)
            self.keys = await keys_of(session, who.company_id, who.language)
        self.company = company_form(company)
        self.logo = f"/app/logo?v={company.logo_sha256}" if company.logo_sha256 else ""
        self.missing = missing_in_settings(company, who.language)
        self._judge(company.color, who.language)

    def _judge(self, color: str, language: str) -> None:
        accent = accent_of(color).light
        self.color_shown = accent
        kept = accent == color.strip().lower()
        self.color_words = translate(
            "Cette couleur se lit bien." if kept else "Elle sera assombrie pour rester lisible.", language
        )

"""The demo company: a small joinery with its customers, documents in several chains and states, conversations."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import select

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.followups import USUAL_DELAYS
from webdoc_app.domain.money import parse_amount
from webdoc_app.models import Document, ShareLink
from webdoc_app.services import (
    chain,
    companies,
    conversation,
    customers,
    decisions,
    deposits,
    documents,
    followup_rules,
    issuing,
    payments,
    sending,
    sharing,
    tracking,
)
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.notices import forget_news_so_far
from webdoc_app.services.pdfs import ensure_pdf
from webdoc_app.services.work import Actor, reading, runtime, today
from webdoc_app.settings import settings
from webdoc_app.wiring import wire

EMAIL = "lucas@atelier-morel.example"
PHONE = tracking.Visitor("192.0.2.10", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")

PEOPLE = {
    "fontaine": ("Claire Fontaine", "claire.fontaine@example.org", "8 quai de Bondy\n69005 Lyon", ""),
    "traboules": (
        "Hôtel des Traboules",
        "accueil@traboules.example",
        "12 rue Saint-Jean\n69005 Lyon",
        "404833048",
    ),
    "lemaire": ("Cabinet Lemaire", "lemaire@cabinet.example", "3 place Bellecour\n69002 Lyon", "732829320"),
    "perrin": ("Boulangerie Perrin", "perrin@fournil.example", "41 Grande Rue\n69300 Caluire", "552100554"),
}


def ensure_demo() -> list[str]:
    """Before serving: creates the demo where the database is empty. Returns the lines that tell how to get in."""
    ours = settings()
    wire(ours)

    async def tell() -> list[str]:
        try:
            return await demo_lines()
        finally:
            await runtime().engine.dispose()

    return asyncio.run(tell())


async def demo_lines() -> list[str]:
    """The lines of the demo, created now where the database is empty; none where it is no demo."""
    kept = settings().data_dir / "demo.json"
    async with reading() as session:
        is_empty = not await companies.any_company(session)
    if is_empty:
        password = "-".join(secrets.token_hex(3) for _ in range(3))
        # The password first: a start interrupted in the middle of the story has its company already.
        _keep(kept, {"password": password})
        _keep(kept, {"password": password, "document_id": await _create(password)})
    if not kept.exists():
        return []
    known = json.loads(kept.read_text(encoding="utf-8"))
    origin = runtime().origin
    shown = known.get("shown") or [known.get("document_id", "")]
    async with reading() as session:
        links = [await sharing.main_link(session, document_id) for document_id in shown]
    return [
        f"Tableau de bord : {origin}/app",
        f"Connexion : {EMAIL}  mot de passe : {known['password']}",
        *(f"Lien client : {sharing.url_of(sharing.token_of(link))}" for link in links if link),
    ]


def show_links(document_ids: list[str]) -> None:
    """From now on the lines of the demo hold the links of these documents."""
    kept = settings().data_dir / "demo.json"
    _keep(kept, {**json.loads(kept.read_text(encoding="utf-8")), "shown": document_ids})


def _keep(file: Path, known: dict[str, Any]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(known), encoding="utf-8")


async def _create(password: str) -> str:
    company_id, user_id = await companies.create_company(
        "Atelier Morel", EMAIL, password, user_name="Lucas Morel"
    )
    await companies.change_settings(
        company_id,
        {
            "legal_form": "SARL au capital de 12 000 €",
            "siren": "812345676",
            "rcs": "Lyon 812 345 676",
            "address": "14 rue des Tables Claudiennes\n69001 Lyon",
            "phone": "04 78 00 00 00",
            "operations": "both",
            "iban": "FR7630006000011234567890189",
            "bic": "AGRIFRPP",
            "terms": "Acompte de 30 % à la commande, solde à la réception.",
            "validity_days": "30",
            "payment_days": "30",
        },
    )
    for scenario, days in USUAL_DELAYS.items():
        await followup_rules.set_rule(
            company_id, scenario.value, followup_rules.RuleInput(enabled=True, delay_days=str(days))
        )
    actor = Actor("user", user_id, "Lucas Morel")
    cast = {
        key: await customers.create_customer(company_id, {"name": n, "email": e, "address": a, "siren": s})
        for key, (n, e, a, s) in PEOPLE.items()
    }
    story = Story(company_id, actor, cast)
    await story.shop()
    await story.stairs()
    await story.library()
    shown = await story.kitchen()
    await forget_news_so_far(company_id)
    return shown


class Story:
    """What happened between the joinery and its customers, told through the use cases themselves."""

    def __init__(self, company_id: str, actor: Actor, cast: dict[str, str]) -> None:
        self.company_id, self.actor, self.cast = company_id, actor, cast

    async def kitchen(self) -> str:
        """A quote that waits for its answer; its link is the one that is printed."""
        quote = await self.issue(
            Kind.QUOTE,
            "fontaine",
            "Aménagement de la cuisine",
            [
                ("Meubles bas en chêne massif\nFaçades affleurantes, huile naturelle", "285", "6", "u", "10"),
                ("Plan de travail, 3,20 m\nHêtre lamellé-collé, épaisseur 40 mm", "240", "3.2", "m", "10"),
                ("Pose et ajustements", "48", "28", "h", "10"),
                ("Dépose et recyclage de l’existant", "159.82", "1", "forfait", "10"),
            ],
            deposit=Decimal(30),
        )
        await self.say(quote, "Bonjour Madame Fontaine, voici le devis revu avec le plan en hêtre.")
        await self.reply(quote, "Merci ! Une pose avant Noël reste-t-elle possible ?")
        await self.say(quote, "Prévoir deux jours de pose, voir avec Samir.", internal=True)
        await self.draft(
            Kind.QUOTE, "fontaine", "Étagères du cellier", [("Étagère en pin", "62", "4", "u", "10")]
        )
        return quote

    async def stairs(self) -> None:
        """A whole deal: quote, order, deposit paid, delivery, final invoice."""
        lines = [
            ("Escalier quart tournant en chêne", "9800", "1", "u", "20"),
            ("Garde-corps", "310", "4", "m", "20"),
        ]
        quote = await self.issue(Kind.QUOTE, "traboules", "Escalier chêne", lines, deposit=Decimal(30))
        await self.answer(quote, "accept", "Martin Roche")
        async with reading() as session:
            deposit = await deposits.deposit_asked(session, await session.get_one(Document, quote))
        assert deposit
        await ensure_pdf(self.company_id, deposit.id)
        await self.pay(deposit.id)
        order = await self.follow(quote, Kind.ORDER)
        await self.follow(order, Kind.DELIVERY)
        await self.follow(order, Kind.INVOICE)
        await self.reply(order, "Pouvez-vous livrer côté cour ?")

    async def library(self) -> None:
        """A quote on hold with options, another refused, a draft invoice."""
        shelves = [("Bibliothèque sur mesure", "5760", "1", "u", "20")]
        options = [
            ("Échelle sur rail\nChêne huilé", "640", "1", "u", "20"),
            ("Éclairage intégré", "85", "6", "u", "20"),
        ]
        quote = await self.issue(Kind.QUOTE, "lemaire", "Bibliothèque", shelves, options=options)
        await self.answer(quote, "hold", "Anne Lemaire", "Nous attendons l’accord de la copropriété.")
        table = await self.issue(
            Kind.QUOTE, "lemaire", "Table de réunion", [("Table en frêne", "2400", "1", "u", "20")]
        )
        await self.answer(table, "refuse", "Anne Lemaire", "Le budget est reporté à l’an prochain.")
        await self.draft(
            Kind.INVOICE, "lemaire", "Réparation d’un bureau", [("Réparation", "180", "1", "forfait", "20")]
        )

    async def shop(self) -> None:
        """An order with a partial delivery, an invoice paid in part, a credit note."""
        order = await self.issue(
            Kind.ORDER,
            "perrin",
            "Agencement boutique",
            [("Comptoir", "1650", "1", "u", "20"), ("Étagère", "110", "5", "u", "20")],
        )
        await self.answer(order, "accept", "Paul Perrin")
        invoice = await self.issue(
            Kind.INVOICE, "perrin", "Portes du fournil", [("Porte", "490", "2", "u", "20")]
        )
        await self.pay(invoice, "400.00")
        wrong = await self.issue(
            Kind.INVOICE, "perrin", "Réglage de porte", [("Réglage", "45", "1", "h", "20")]
        )
        await self.follow(wrong, Kind.CREDIT)

    async def draft(
        self,
        kind: Kind,
        who: str,
        title: str,
        lines: list[tuple[str, str, str, str, str]],
        deposit: Decimal | None = None,
        options: Sequence[tuple[str, str, str, str, str]] = (),
    ) -> str:
        inputs = [
            documents.LineInput(
                d, Decimal(p), Decimal(q), unit=u, vat_rate=Decimal(v), is_optional=place >= len(lines)
            )
            for place, (d, p, q, u, v) in enumerate([*lines, *options])
        ]
        draft = documents.DraftInput(kind, self.cast[who], inputs, title=title, deposit_percent=deposit)
        return await documents.create_draft(self.company_id, draft, self.actor)

    async def issue(
        self,
        kind: Kind,
        who: str,
        title: str,
        lines: list[tuple[str, str, str, str, str]],
        deposit: Decimal | None = None,
        options: Sequence[tuple[str, str, str, str, str]] = (),
    ) -> str:
        document_id = await self.draft(kind, who, title, lines, deposit, options)
        await issuing.issue_document(self.company_id, document_id, self.actor)
        await sending.send_document(self.company_id, document_id, sending.Letter(), self.actor)
        return document_id

    async def follow(self, source: str, kind: Kind) -> str:
        document_id = await chain.convert_document(self.company_id, source, kind, self.actor)
        await issuing.issue_document(self.company_id, document_id, self.actor)
        return document_id

    async def token(self, document_id: str) -> str:
        async with reading() as session:
            query = select(ShareLink).where(ShareLink.document_id == document_id)
            return sharing.token_of((await session.exec(query)).one())

    async def answer(self, document_id: str, decision: str, name: str, reason: str = "") -> None:
        form = decisions.DecisionForm(
            decision, "1", new_nonce(document_id, decisions.PURPOSE), name, reason=reason
        )
        await decisions.decide_with_token(await self.token(document_id), form, PHONE)

    async def reply(self, document_id: str, body: str) -> None:
        nonce = new_nonce(document_id, conversation.PURPOSE)
        await conversation.post_message_with_token(await self.token(document_id), body, nonce, PHONE)

    async def say(self, document_id: str, body: str, *, internal: bool = False) -> None:
        await conversation.post_message(self.company_id, document_id, body, self.actor, internal=internal)

    async def pay(self, document_id: str, amount: str = "") -> None:
        async with reading() as session:
            document = await session.get_one(Document, document_id)
        minor = parse_amount(amount, document.currency, field="amount") if amount else document.gross_minor
        payment = payments.PaymentInput(minor, "transfer", today(), "VIR 2411")
        await payments.record_payment(self.company_id, document_id, payment, self.actor)

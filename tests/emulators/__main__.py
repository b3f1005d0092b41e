"""`make demo-payments`: the product with its demo company connected to the three emulators."""

import asyncio
import os
import signal
import subprocess
import sys
from decimal import Decimal

from sqlmodel import col, select

from tests.emulators.running import KEYS, Emulators, emulators
from webdoc_app import demo
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Refusal
from webdoc_app.integrations.payments import connections
from webdoc_app.models import Company, Document
from webdoc_app.services import documents, issuing, sending
from webdoc_app.services.database import migrate
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.work import SYSTEM, reading, runtime
from webdoc_app.settings import settings
from webdoc_app.wiring import wire

OWN_FOLDER = "data/demo-payments"
"""Unless another one is set: a company's real data are not to be connected to emulators."""
BILLS = (
    ("Réglage de porte", "100"),
    ("Table de chevet", "559.29"),
    ("Étagère", "42"),
    ("Banc en frêne", "310"),
)
DELAYED_SECONDS = 8.0


def main() -> int:
    os.environ.setdefault("WEBDOC_DATA_DIR", OWN_FOLDER)
    with emulators() as running:
        for emulator in running.all.values():
            emulator.settles_after = DELAYED_SECONDS
        running.stripe.pays_out_when_asked = True
        os.environ |= running.environment
        try:
            addresses = asyncio.run(_prepare())
        except Refusal as refusal:
            print(f"webdoc: {refusal.sentence}", file=sys.stderr)
            return 1
        running.know(addresses)
        return _serve(running)


async def _prepare() -> dict[str, str]:
    """The demo, its accounts, its unpaid bills. Returns where webhooks go."""
    ours = settings()
    migrate(ours.database)
    wire(ours)
    try:
        if not await demo.demo_lines():
            raise Refusal("Ce dossier de données n’est pas celui d’une démonstration.")
        async with reading() as session:
            company_id = (
                await session.exec(select(Company.id).order_by(col(Company.created_at)))
            ).first() or ""
        accounts = {name: await connect(company_id, name, "test", keys) for name, keys in KEYS.items()}
        demo.show_links(await _unpaid(company_id))
        return {name: f"{_own_origin()}/hooks/{name}/{id_}" for name, id_ in accounts.items()}
    finally:
        await connections.close()
        await runtime().engine.dispose()


def _own_origin() -> str:
    """Webhooks of an emulator need no public address."""
    return f"http://127.0.0.1:{settings().port}"


async def _unpaid(company_id: str) -> list[str]:
    """At least four bills of which nothing was paid, made now where they are missing."""
    async with reading() as session:
        query = select(Document).where(
            Document.company_id == company_id,
            Document.kind == Kind.INVOICE.value,
            Document.state == "sent",
            Document.paid_minor == 0,
            Document.credited_minor == 0,
            col(Document.title).in_([title for title, _ in BILLS]),
        )
        found = [document.id for document in (await session.exec(query)).all()]
        customer = (
            await session.exec(select(Document.customer_id).where(Document.company_id == company_id))
        ).first()
    assert customer
    for title, price in BILLS if len(found) < len(BILLS) else ():
        draft = documents.DraftInput(
            Kind.INVOICE, customer, [documents.LineInput(title, Decimal(price))], title=title
        )
        id_ = await documents.create_draft(company_id, draft, SYSTEM)
        await issuing.issue_document(company_id, id_, SYSTEM)
        await sending.send_document(company_id, id_, sending.Letter(), SYSTEM)
        found.append(id_)
    return found


def _serve(running: Emulators) -> int:
    """The real server, as a process of its own, told to stop when this one is."""
    for name, emulator in running.all.items():
        print(f"Émulateur {name} : {emulator.origin}".replace(" :", "\N{NO-BREAK SPACE}:"), flush=True)
    process = subprocess.Popen([sys.executable, "-m", "webdoc_app", "serve"])
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: process.send_signal(signal.SIGTERM))
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())

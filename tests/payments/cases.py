"""What the tests of payments look up: the provider's side of an attempt, and the webhooks on their way."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.emulators.base import Sent
from tests.payments.conftest import PROVIDERS, Bill, Shop, settled
from webdoc_app.services.work import runtime

each = pytest.mark.parametrize("provider", PROVIDERS)


def things(shop: Shop, provider: str) -> list[dict[str, Any]]:
    """The sessions or orders of an emulator, oldest first."""
    emulator: Any = shop.providers.all[provider]
    if provider == "stripe":
        return [t for t in emulator.things.values() if t["object"] == "checkout.session"]
    return list(emulator.orders.values())


async def attempt_of(bill: Bill) -> str:
    async with runtime().engine.connect() as connection:
        query = text("SELECT id FROM payment_attempts WHERE document_id = :id ORDER BY created_at DESC")
        return str((await connection.execute(query, {"id": bill.id})).scalars().first())


async def sent_by(shop: Shop, provider: str) -> list[Sent]:
    """The webhooks sent since; none has arrived yet."""
    emulator = shop.providers.all[provider]
    emulator.run(settled(emulator))
    sent, emulator.sent = list(emulator.sent), []
    return sent


async def payment_of(bill: Bill) -> str:
    async with runtime().engine.connect() as connection:
        query = text("SELECT id FROM payments WHERE document_id = :id AND amount_minor > 0 ORDER BY at")
        return str((await connection.execute(query, {"id": bill.id})).scalars().first())

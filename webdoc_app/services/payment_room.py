"""Payment pages of a bill, three at a provider: for a fourth the oldest is closed first."""

import asyncio

from webdoc_app.domain.errors import Conflict
from webdoc_app.integrations.payments.contract import PaymentsError
from webdoc_app.services import limits
from webdoc_app.services.payment_attempts import MOST_OPEN, NoRoom, start_payment, turn
from webdoc_app.services.settling import settle
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.work import reading

WAIT_SECONDS = 20.0
"""How long a page waits for those of the same bill that are being opened or closed."""


async def start_with_room(token: str, provider: str, nonce: str, amount: str = "", language: str = "") -> str:
    """See start_payment. One after the other for one bill: whoever presses often waits for themselves.

    Raises what start_payment raises; Conflict where the oldest page cannot be closed now; TooMany.
    """
    async with reading() as session:
        document_id = (await open_with_token(session, token)).document.id
    await limits.allow_pay_page(document_id)
    one_at_a_time = turn(f"room:{provider}:{document_id}")
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await one_at_a_time.acquire()
    except TimeoutError:
        raise Conflict("La page de paiement s’ouvre. Réessayez dans un instant.") from None
    try:
        return await _start(token, provider, nonce, amount, language)
    finally:
        one_at_a_time.release()


async def _start(token: str, provider: str, nonce: str, amount: str, language: str) -> str:
    for _ in range(MOST_OPEN):
        try:
            return await start_payment(token, provider, nonce, amount, language)
        except NoRoom as full:
            if full.oldest is None:
                raise
            try:
                # Paid in this very moment, it is booked; then the next try says that nothing is due any more.
                await settle(full.oldest, close=True)
            except PaymentsError:
                raise Conflict(
                    "Le prestataire de paiement ne répond pas. Réessayez dans un instant."
                ) from None
    return await start_payment(token, provider, nonce, amount, language)

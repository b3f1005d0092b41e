"""Webhooks of a company: addresses, their secrets, and the posting of events to them.

Each address has its events one after the other, in the order they happened; what it does not take holds back those
behind it, for a while. Addresses are called side by side, in fair turns of their companies.
"""

import asyncio
import base64
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, case, delete, update
from sqlmodel import and_, col, func, or_, select

from webdoc_app.core.turns import FairTurns
from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.integrations.webhooks import NotPosted, resolve, signature
from webdoc_app.models import Webhook, WebhookDelivery
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services.outbox import GIVE_UP_AFTER, LEASE, retry_delay
from webdoc_app.services.work import Work, reading, runtime, work

logger = logging.getLogger(__name__)
MOST = 10
PLACES, PLACES_A_COMPANY = 8, 2
"""Addresses called at once, in this process."""
DOUBTED_PLACES = 4
"""Places of their own for addresses that did not take the last event: a slow one costs the others nothing."""
SHARE, SHARE_SECONDS = 20, 5.0
"""Events posted to one address before others have their turn."""
HOLDS_BACK = 8
"""Tries, half an hour, for which an event holds back those behind it; afterwards they go first."""
KEPT = timedelta(days=90)
"""For which an event that arrived or was given up can be read."""
OLD_SECRET_FOR = timedelta(hours=24)
Post = Callable[[str, str, dict[str, str]], Awaitable[int]]
"""Posts a body with headers to an address; raises NotPosted."""


def loopback_allowed() -> bool:
    """Where the product itself is reached on this machine alone, its neighbours may be called."""
    return urlsplit(runtime().origin).hostname in ("localhost", "127.0.0.1", "::1")


async def add_webhook(company_id: str, url: str) -> tuple[str, str]:
    """Id and secret, which is shown this once. Raises Invalid on `url`, Conflict above ten."""
    url = text.clean_line(url, field="url", limit=500, required=True)
    try:
        await resolve(url, loopback=loopback_allowed())
    except NotPosted:
        raise Invalid.one("url", "Indiquez une adresse « https » du réseau public.") from None
    secret = new_secret()
    async with work() as w:
        held = select(func.count()).where(Webhook.company_id == company_id, col(Webhook.removed_at).is_(None))
        if (await w.session.exec(held)).one() >= MOST:
            raise Conflict("Dix adresses au plus sont prévenues.")
        hook = Webhook(id=new_id(), company_id=company_id, url=url, secret=_hide(secret), created_at=w.at)
        w.session.add(hook)
    return hook.id, secret


async def rotate_secret(company_id: str, webhook_id: str) -> str:
    """The new secret; the one before signs along for a day. Raises NotFound."""
    secret = new_secret()
    async with work() as w:
        hook = await _found(w, company_id, webhook_id)
        hook.old_secret, hook.old_secret_until = hook.secret, w.at + OLD_SECRET_FOR
        hook.secret = _hide(secret)
        w.session.add(hook)
    return secret


async def remove_webhook(company_id: str, webhook_id: str) -> None:
    """Nothing is posted there any more, not even what waits. Raises NotFound."""
    async with work() as w:
        hook = await _found(w, company_id, webhook_id)
        hook.removed_at = w.at
        w.session.add(hook)
        await w.session.execute(
            update(WebhookDelivery)
            .where(col(WebhookDelivery.webhook_id) == hook.id, col(WebhookDelivery.state) == "queued")
            .values(state="dead", last_error="removed")
        )


async def _found(w: Work, company_id: str, webhook_id: str) -> Webhook:
    hook = await w.session.get(Webhook, webhook_id) if is_id(webhook_id) else None
    if hook is None or hook.company_id != company_id or hook.removed_at:
        raise NotFound
    return hook


def new_secret() -> str:
    return "whsec_" + secrets.token_urlsafe(32)


def _vault() -> MultiFernet:
    """The newest key encrypts, each reads: after a rotation of keys nothing is lost."""

    def of(key: str) -> Fernet:
        material = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"webdoc webhook secrets")
        return Fernet(base64.urlsafe_b64encode(material.derive(key.encode())))

    return MultiFernet([of(key) for key in reversed(runtime().keys)])


def _hide(secret: str) -> str:
    return _vault().encrypt(secret.encode()).decode()


def secrets_of(hook: Webhook, moment: datetime) -> list[str]:
    """The secrets that sign now, the newest first."""
    kept = [hook.secret]
    if hook.old_secret and hook.old_secret_until and hook.old_secret_until > moment:
        kept.append(hook.old_secret)
    return [_vault().decrypt(secret.encode()).decode() for secret in kept]


class Calls:
    """The addresses this process is calling, and whose turn it is."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._running: dict[str, asyncio.Task[int]] = {}
        self._turns = FairTurns(PLACES, each=PLACES_A_COMPANY)
        self._turns_of_doubted = FairTurns(DOUBTED_PLACES, each=1)

    @property
    def is_busy(self) -> bool:
        return bool(self._running)

    async def start_due(self) -> int:
        """Starts calling each address that has something due. Returns how many were started."""
        started = 0
        for hook in await _due_hooks():
            if hook.id not in self._running:
                self._running[hook.id] = asyncio.create_task(self._in_turn(hook))
                started += 1
        return started

    async def progress(self, seconds: float | None = None) -> int:
        """Waits until one of the calls under way has ended, or for so long.

        Returns how many posts were tried by those that have ended.
        """
        if not self._running:
            return 0
        await asyncio.wait(self._running.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        ended = [id_ for id_, task in self._running.items() if task.done()]
        return sum(self._running.pop(id_).result() for id_ in ended)

    async def stop(self) -> None:
        """Lets go of all calls: what was under way is posted again when its lease has run out."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()

    async def _in_turn(self, hook: "_Due") -> int:
        turns = self._turns_of_doubted if hook.is_doubted else self._turns
        async with turns.turn(hook.company_id):
            try:
                return await _call(self._post, hook.id)
            except Exception:
                logger.exception("events could not be posted to webhook %s, going on", hook.id)
                return 0


async def deliver_due(post: Post) -> int:
    """Posts what is due, to the end. Returns how many posts were tried."""
    calls, tried = Calls(post), 0
    await calls.start_due()
    while calls.is_busy:
        tried += await calls.progress()
    return tried


@dataclass(frozen=True)
class _Due:
    id: str
    company_id: str
    is_doubted: bool


def _is_free(moment: datetime) -> ColumnElement[bool]:
    """Not being called by any worker, nor left in peace for a while."""
    return and_(
        col(Webhook.removed_at).is_(None),
        or_(col(Webhook.leased_until).is_(None), col(Webhook.leased_until) <= moment),
        or_(col(Webhook.paused_until).is_(None), col(Webhook.paused_until) <= moment),
    )


async def _due_hooks() -> list[_Due]:
    moment = runtime().clock()
    waits = select(WebhookDelivery.id).where(
        col(WebhookDelivery.webhook_id) == col(Webhook.id),
        WebhookDelivery.state == "queued",
        col(WebhookDelivery.next_at) <= moment,
    )
    query = select(Webhook.id, Webhook.company_id, Webhook.failures).where(_is_free(moment), waits.exists())
    async with reading() as session:
        rows = (await session.exec(query.order_by(col(Webhook.id)))).all()
    return [_Due(id_, company_id, failures > 0) for id_, company_id, failures in rows]


async def _call(post: Post, hook_id: str) -> int:
    """Posts an address's events one after the other: until none is due, one is not taken, or its share is done."""
    tried, began, lease = 0, monotonic(), None
    while True:
        is_last = tried >= SHARE or monotonic() - began > SHARE_SECONDS
        taken = await _next(hook_id, lease, is_last=is_last)
        if taken is None:
            return tried
        hook, delivery, lease = taken
        tried += 1
        if not await _try(post, hook, delivery, lease):
            return tried


async def _next(
    hook_id: str, lease: datetime | None, *, is_last: bool
) -> tuple[Webhook, WebhookDelivery, datetime] | None:
    """The event to post next, and until when the address is ours; None, and let go of it, where nothing is to do.

    Of several workers one gets the address, and keeps it from event to event; a dead one's lease runs out.
    """
    async with work() as w:
        ours = _is_free(w.at) if lease is None else col(Webhook.leased_until) == lease
        until = w.at + LEASE
        claimed = await w.session.execute(
            update(Webhook)
            .where(col(Webhook.id) == hook_id, col(Webhook.removed_at).is_(None), ours)
            .values(leased_until=until)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            return None
        delivery = None if is_last else await _oldest_due(w, hook_id)
        hook = await w.session.get_one(Webhook, hook_id)
        if delivery is None:
            hook.leased_until = None
            w.session.add(hook)
            return None
        delivery.attempts += 1
        w.session.add(delivery)
    return hook, delivery, until


async def _oldest_due(w: Work, hook_id: str) -> WebhookDelivery | None:
    has_had_its_tries = case((col(WebhookDelivery.attempts) > HOLDS_BACK, 1), else_=0)
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == hook_id,
        WebhookDelivery.state == "queued",
        col(WebhookDelivery.next_at) <= w.at,
    )
    order = (has_had_its_tries, col(WebhookDelivery.seq), col(WebhookDelivery.created_at))
    return (await w.session.exec(query.order_by(*order).limit(1))).first()


async def _try(post: Post, hook: Webhook, delivery: WebhookDelivery, lease: datetime) -> bool:
    """Whether it was taken. What was not comes again, and the address has its peace until then."""
    moment = runtime().clock()
    headers = {
        "Webdoc-Delivery": delivery.id,
        "Webdoc-Signature": signature(secrets_of(hook, moment), int(moment.timestamp()), delivery.body),
    }
    try:
        status = await post(hook.url, delivery.body, headers)
    except Exception as error:  # noqa: BLE001 - whatever happens out there, the event stays and says why
        gone = getattr(error, "status", None) == 410
        dead = gone or moment - delivery.created_at > GIVE_UP_AFTER
        values = {
            "state": "dead" if dead else "queued",
            "next_at": moment + retry_delay(delivery.attempts),
            "status": getattr(error, "status", None),
            "last_error": str(error)[:300],
        }
        paused_until = moment + retry_delay(hook.failures + 1)
        await _note(hook.id, lease, delivery.id, values, hook.failures + 1, paused_until)
        return False
    values = {"state": "sent", "sent_at": moment, "status": status, "last_error": ""}
    await _note(hook.id, lease, delivery.id, values)
    return True


async def _note(
    hook_id: str,
    lease: datetime,
    delivery_id: str,
    values: dict[str, object],
    failures: int = 0,
    paused_until: datetime | None = None,
) -> None:
    """What became of a post. After one that was not taken the address is let go of."""
    async with work() as w:
        delivered = update(WebhookDelivery).where(
            col(WebhookDelivery.id) == delivery_id, col(WebhookDelivery.state) == "queued"
        )
        await w.session.execute(delivered.values(**values))
        await w.session.execute(
            update(Webhook)
            .where(col(Webhook.id) == hook_id, col(Webhook.leased_until) == lease)
            .values(
                failures=failures, paused_until=paused_until, leased_until=None if paused_until else lease
            )
        )


async def drop_old_deliveries(limit: int = 1_000) -> int:
    """Events that arrived or were given up go after 90 days. Returns how many went now."""
    async with work() as w:
        query = select(WebhookDelivery.id).where(
            col(WebhookDelivery.state).in_(("sent", "dead")), col(WebhookDelivery.next_at) < w.at - KEPT
        )
        ids = (await w.session.exec(query.limit(limit))).all()
        await w.session.execute(delete(WebhookDelivery).where(col(WebhookDelivery.id).in_(ids)))
    return len(ids)

"""Webhooks of a company: addresses, their secrets, and the worker that posts events to them."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import update
from sqlmodel import col, func, or_, select

from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.integrations.webhooks import NotPosted, resolve, signature
from webdoc_app.models import Webhook, WebhookDelivery
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services.outbox import GIVE_UP_AFTER, LEASE, retry_delay
from webdoc_app.services.work import Work, reading, runtime, work

MOST = 10
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


async def deliver_due(post: Post, limit: int = 20) -> int:
    """Posts what is due. Returns how many were tried."""
    tried = 0
    for delivery_id in await _due(limit):
        claimed = await _claim(delivery_id)
        if claimed is None:
            continue
        tried += 1
        await _try(post, *claimed)
    return tried


async def _due(limit: int) -> list[str]:
    moment = runtime().clock()
    async with reading() as session:
        query = select(WebhookDelivery.id).where(
            WebhookDelivery.state == "queued",
            col(WebhookDelivery.next_at) <= moment,
            or_(col(WebhookDelivery.leased_until).is_(None), col(WebhookDelivery.leased_until) <= moment),
        )
        return list((await session.exec(query.order_by(col(WebhookDelivery.next_at)).limit(limit))).all())


async def _claim(delivery_id: str) -> tuple[WebhookDelivery, Webhook] | None:
    async with work() as w:
        claimed = await w.session.execute(
            update(WebhookDelivery)
            .where(
                col(WebhookDelivery.id) == delivery_id,
                col(WebhookDelivery.state) == "queued",
                or_(col(WebhookDelivery.leased_until).is_(None), col(WebhookDelivery.leased_until) <= w.at),
            )
            .values(leased_until=w.at + LEASE, attempts=WebhookDelivery.attempts + 1)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            return None
        delivery = await w.session.get_one(WebhookDelivery, delivery_id)
        return delivery, await w.session.get_one(Webhook, delivery.webhook_id)


async def _try(post: Post, delivery: WebhookDelivery, hook: Webhook) -> None:
    moment = runtime().clock()
    if hook.removed_at:
        await _note(delivery, state="dead", last_error="removed")
        return
    headers = {
        "Webdoc-Delivery": delivery.id,
        "Webdoc-Signature": signature(secrets_of(hook, moment), int(moment.timestamp()), delivery.body),
    }
    try:
        status = await post(hook.url, delivery.body, headers)
    except Exception as error:  # noqa: BLE001 - whatever happens out there, the event stays and says why
        gone = getattr(error, "status", None) == 410
        dead = gone or moment - delivery.created_at > GIVE_UP_AFTER
        await _note(
            delivery,
            state="dead" if dead else "queued",
            next_at=moment + retry_delay(delivery.attempts),
            status=getattr(error, "status", None),
            last_error=str(error)[:300],
        )
    else:
        await _note(delivery, state="sent", sent_at=moment, status=status, last_error="")


async def _note(delivery: WebhookDelivery, **values: object) -> None:
    async with work() as w:
        await w.session.execute(
            update(WebhookDelivery)
            .where(col(WebhookDelivery.id) == delivery.id)
            .values(leased_until=None, **values)
        )

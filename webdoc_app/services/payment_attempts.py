"""A client begins to pay: the attempt is written down, then its provider is asked for a page."""

import asyncio
import json
import secrets
import weakref
from datetime import timedelta
from typing import cast

from sqlalchemy import or_, update
from sqlmodel import col, select

from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.errors import Conflict, Invalid, NotFound
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.money import from_minor, parse_amount, to_minor
from webdoc_app.domain.payments import AttemptWord, Balance
from webdoc_app.integrations.payments.contract import (
    BadCredentials,
    Checkout,
    Declined,
    FormProvider,
    PaymentsError,
    Started,
    Unreachable,
)
from webdoc_app.integrations.payments.registry import KINDS, is_page_of
from webdoc_app.locales.formats import money
from webdoc_app.models import Company, Document, PaymentAccount, PaymentAttempt, ShareLink
from webdoc_app.models.columns import new_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.nonces import read_nonce, spend, spent
from webdoc_app.services.payment_accounts import note_broken, provider_of, usable_accounts
from webdoc_app.services.payment_serials import take_reference
from webdoc_app.services.sharing import Access, open_with_token
from webdoc_app.services.work import Work, reading, runtime, work

PURPOSE = "pay"
PAGE_LIVES = timedelta(hours=2)
"""How long a hosted page may be paid on."""
FORM_LIVES = timedelta(minutes=25)
"""How long a form may be sent: PayZen takes one whose date is half an hour old at most."""
CLAIM = timedelta(seconds=60)
MOST_OPEN = 3
"""Pages of one bill at one provider that may be open at once."""
_ON_ITS_WAY = "Un paiement de cette facture est en cours : la banque le confirme."
_NOT_SO = "Ce moyen de paiement n’est pas possible pour ce montant. Choisissez-en un autre."


class NoRoom(Conflict):
    """So many pages of the bill are open at the provider already; `oldest` may be closed, if there is one to close."""

    def __init__(self, oldest: str | None) -> None:
        super().__init__("La page de paiement s’ouvre. Réessayez dans un instant.")
        self.oldest = oldest


_turns: "weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock]" = weakref.WeakValueDictionary()


def turn(name: str) -> asyncio.Lock:
    """One task of this process at a time for one attempt: the others find done what they came for."""
    return _turns.setdefault((id(asyncio.get_running_loop()), name), asyncio.Lock())


async def start_payment(token: str, provider: str, nonce: str, amount: str = "", language: str = "") -> str:
    """The address of the provider's page for what is due, or for `amount` where the company takes parts.

    `language` is the one the page is read in; empty for the document's own. The same form sent twice leads to the same
    page while it is open. Raises NotFound, LinkGone; Conflict where nothing is due, or the provider does not answer;
    NoRoom; Invalid, Forbidden.
    """
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = await find_document(w.session, access.company.id, access.document.id, lock=True)
        account = await _account(w, access, document, provider)
        due = payable(document)
        if due <= 0:
            raise Conflict(_ON_ITS_WAY if balance(document).due > 0 else "Cette facture est réglée.")
        id_ = f"{read_nonce(nonce, document.id, PURPOSE)}:{provider}"
        amount_minor = _amount(access.company, document, due, amount)
        if not KINDS[provider].takes(document.currency, amount_minor):
            raise Conflict(_NOT_SO)
        before = await w.session.get(PaymentAttempt, await spent(w, id_) or "")
        is_known = before is not None
        if before and (before.link_id, before.link_version) != (access.link.id, access.link.version):
            before = None  # begun with an address that is no more
        if before and before.state == AttemptWord.OPEN and before.amount_minor == amount_minor:
            return before.url
        if before is None or before.state != AttemptWord.CREATED or before.amount_minor != amount_minor:
            await _insist_on_room(w, document.id, provider)
            own = language if language != document.language else ""
            before = _attempt(w, access, document, account, amount_minor, due, own)
            if not is_known:
                spend(w, id_, document, PURPOSE, before.id)
    async with turn(before.id):
        return await _open_page(before.id)


async def _insist_on_room(w: Work, document_id: str, provider: str) -> None:
    """Counted where the bill's row is locked. Raises NoRoom."""
    being_made = (col(PaymentAttempt.state) == AttemptWord.CREATED.value) & (
        col(PaymentAttempt.created_at) > w.at - CLAIM
    )
    left_open = col(PaymentAttempt.state).in_([AttemptWord.OPEN.value, AttemptWord.CANCELED.value])
    query = select(PaymentAttempt).where(
        PaymentAttempt.document_id == document_id,
        PaymentAttempt.provider == provider,
        or_(being_made, left_open),
    )
    found = (await w.session.exec(query.order_by(col(PaymentAttempt.created_at)))).all()
    if len(found) >= MOST_OPEN:
        raise NoRoom(next((one.id for one in found if one.state != AttemptWord.CREATED), None))


def balance(document: Document) -> Balance:
    return Balance(
        document.agreed_gross_minor,
        document.rounding_minor,
        document.prepaid_minor,
        document.paid_minor,
        document.credited_minor,
    )


def payable(document: Document) -> int:
    """What may be paid now, in minor units: what a bank is confirming already is not asked for again."""
    return balance(document).due - document.processing_minor


async def _account(w: Work, access: Access, document: Document, provider: str) -> PaymentAccount:
    if Kind(document.kind) not in BILLS or document.state in (State.CANCELLED, State.CLOSED):
        raise Conflict("Seules les factures reçoivent des paiements.")
    if provider not in KINDS:
        raise NotFound
    accounts = await usable_accounts(w.session, access.company.id)
    found = next((account for account in accounts if account.provider == provider), None)
    if found is None:
        raise Conflict("Ce moyen de paiement n’est pas proposé ici.")
    return found


def _amount(company: Company, document: Document, due: int, amount: str) -> int:
    """Minor units: all that is due, or a part where the company takes parts. Raises Invalid on `amount`."""
    typed = "".join(amount.split()).removesuffix("€")
    if not typed:
        return due
    asked = parse_amount(typed, document.currency, field="amount")
    if asked == due:
        return due
    if not company.part_payments:
        raise Invalid.one("amount", "Ce montant n’est pas celui qui reste à payer.")
    if asked > due:
        most = money(due, document.currency, document.language)
        raise Invalid.one("amount", "Ce montant dépasse ce qui reste à payer, %(most)s.", most=most)
    if asked < (least := smallest_part(company, document.currency, due)):
        words = money(least, document.currency, document.language)
        raise Invalid.one("amount", "Ce montant est trop petit, %(least)s au moins.", least=words)
    return asked


def smallest_part(company: Company, currency: str, due: int) -> int:
    """The smallest payment taken, in minor units of `currency`: the company's minimum, and never more than is due."""
    minimum = to_minor(from_minor(company.part_minimum_minor or 0, "EUR"), currency)
    return min(max(minimum, 1), due)


def _attempt(
    w: Work,
    access: Access,
    document: Document,
    account: PaymentAccount,
    amount_minor: int,
    due: int,
    language: str,
) -> PaymentAttempt:
    attempt = PaymentAttempt(
        id=new_id(),
        company_id=document.company_id,
        document_id=document.id,
        account_id=account.id,
        link_id=access.link.id,
        link_version=access.link.version,
        language=language,
        return_id=secrets.token_urlsafe(24),
        provider=account.provider,
        mode=account.mode,
        amount_minor=amount_minor,
        currency=document.currency,
        due_minor=due,
        expires_at=w.at + PAGE_LIVES,
        created_at=w.at,
        updated_at=w.at,
    )
    w.session.add(attempt)
    return attempt


async def _open_page(attempt_id: str) -> str:
    """Asks the provider once. Two workers at the same attempt: one asks, the other's form is sent again."""
    async with work() as w:
        attempt = await w.session.get_one(PaymentAttempt, attempt_id)
        if attempt.url:
            return attempt.url
        claimed = await w.session.execute(
            update(PaymentAttempt)
            .where(
                col(PaymentAttempt.id) == attempt_id,
                col(PaymentAttempt.url) == "",
                or_(col(PaymentAttempt.claimed_until).is_(None), col(PaymentAttempt.claimed_until) <= w.at),
            )
            .values(claimed_until=w.at + CLAIM)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            raise Conflict("La page de paiement s’ouvre. Réessayez dans un instant.")
    try:
        started, form = await _ask(attempt)
    except Declined as failed:
        await _let_go(attempt, failed)
        raise Conflict(_NOT_SO) from None
    except PaymentsError as failed:
        await _let_go(attempt, failed)
        raise Conflict("Le prestataire de paiement ne répond pas. Réessayez dans un instant.") from None
    async with work() as w:
        attempt = await w.session.get_one(PaymentAttempt, attempt_id)
        attempt.reference = started.reference
        attempt.url = started.url or f"{_way_back(attempt)}/form"
        attempt.form = form
        if not started.url:
            attempt.expires_at = w.at + FORM_LIVES
        if attempt.state == AttemptWord.CREATED:
            attempt.state = AttemptWord.OPEN.value
        attempt.claimed_until, attempt.updated_at = None, w.at
        attempt.next_check_at = w.at + FIRST_CHECK
        w.session.add(attempt)
    return attempt.url


FIRST_CHECK = timedelta(seconds=20)


async def _ask(attempt: PaymentAttempt) -> tuple[Started, str]:
    """What was started; where it has no `url`, a form on a page of ours leads to the provider's: signed once, here."""
    async with reading() as session:
        account = await session.get_one(PaymentAccount, attempt.account_id)
    try:
        provider = provider_of(account)
        reference = "" if provider.answers else await take_reference(account.id)
        checkout = await checkout_of(attempt, reference)
        async with asyncio.timeout(CLAIM.total_seconds() / 2):
            started = await provider.start(checkout)
        if not provider.answers:
            made = cast(FormProvider, provider).form(checkout)
            return started, json.dumps({"action": made.action, "fields": dict(made.fields)})
    except TimeoutError:
        raise Unreachable(f"{account.provider}: no page in time") from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as strange:
        raise Unreachable(f"{account.provider}: {type(strange).__name__}") from None
    if not is_page_of(started.url, account.provider, runtime().payment_apis.get(account.provider)):
        raise Declined("the page is not the provider's own")
    return started, ""


async def checkout_of(attempt: PaymentAttempt, reference: str) -> Checkout:
    """All a provider is told of an attempt; `reference` where the provider makes none itself."""
    async with reading() as session:
        document = await session.get_one(Document, attempt.document_id)
        company = await session.get_one(Company, attempt.company_id)
        link = await session.get_one(ShareLink, attempt.link_id)
    back = _way_back(attempt)
    return Checkout(
        attempt_id=attempt.id,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        description=document.number or "",
        company_name=company.name,
        email=link.recipient_email,
        language=attempt.language or document.language,
        return_url=back,
        cancel_url=f"{back}?cancelled=1",
        webhook_url=f"{runtime().origin}/hooks/{attempt.provider}/{attempt.account_id}",
        expires_at=attempt.expires_at,
        reference=reference,
    )


def _way_back(attempt: PaymentAttempt) -> str:
    """The language is in the address: whoever comes back goes on reading as they did."""
    return f"{runtime().origin}{attempt.language and f'/{attempt.language}'}/return/{attempt.return_id}"


async def _let_go(attempt: PaymentAttempt, failed: PaymentsError) -> None:
    """The same form may ask again: with the same attempt, because the provider may have heard the first time."""
    async with work() as w:
        await w.session.execute(
            update(PaymentAttempt)
            .where(col(PaymentAttempt.id) == attempt.id)
            .values(claimed_until=None, reason=str(failed)[:200], updated_at=w.at)
        )
    if isinstance(failed, BadCredentials):
        await note_broken(attempt.account_id, str(failed))

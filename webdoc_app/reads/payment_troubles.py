"""What a person should look at: money that does not match, payments that hang, accounts and notices in trouble."""

from datetime import timedelta

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.payments import AttemptWord
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money, paris_day
from webdoc_app.models import Document, PaymentAccount, PaymentAttempt, WebhookEvent
from webdoc_app.reads.bill_troubles import MOST, Trouble, bill_troubles
from webdoc_app.reads.payouts import PayoutFilter, Problem, payout_page
from webdoc_app.services.settling import SECOND
from webdoc_app.services.settling_told import SILENCE
from webdoc_app.services.webhooks import UNKNOWN
from webdoc_app.services.work import now, today

SLOW_BANK = timedelta(days=7)
"""A direct debit is told of within five working days."""
UNASKED = timedelta(hours=6)
"""The poller asks every two minutes, then every hour: older pages should have had their end."""
UNDONE = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=30)


async def payment_troubles(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    """Of each kind the newest fifty."""
    return [
        *await _attempts(session, company_id, language),
        *await bill_troubles(session, company_id, language),
        *await _accounts(session, company_id, language),
        *await _notices(session, company_id, language),
        *await _payouts(session, company_id, language),
    ]


_ATTEMPTS = {
    "flagged": (
        "%(amount)s étaient demandés par %(provider)s, et un autre montant ou une autre devise est arrivé.",
        "Regardez ce paiement chez le prestataire, puis enregistrez-le à la main ou remboursez-le.",
    ),
    "second": (
        "Par %(provider)s, %(amount)s sont arrivés une seconde fois pour une même demande : ils ne sont pas comptés ici.",
        "Regardez ce paiement chez le prestataire, puis enregistrez-le à la main ou remboursez-le.",
    ),
    "silent": (
        "%(amount)s annoncés en cours par %(provider)s le %(date)s ne sont plus attendus : plus rien n’est venu.",
        "Cherchez ce paiement chez le prestataire : s’il y est, il sera compté dès qu’il nous le dira.",
    ),
    "slow": (
        "%(amount)s sont en cours chez %(provider)s depuis le %(date)s.",
        "Demandez au prestataire où en est ce paiement : au-delà d’une semaine, il aboutit rarement seul.",
    ),
    "unasked": (
        "Un paiement de %(amount)s commencé le %(date)s reste sans nouvelle de %(provider)s.",
        "Vérifiez que le compte est toujours connecté : nous redemandons chaque heure.",
    ),
}


_REASONS = {SECOND: "second", SILENCE: "silent"}


async def _attempts(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    moment = now()
    state, begun = col(PaymentAttempt.state), col(PaymentAttempt.created_at)
    left = [AttemptWord.OPEN.value, AttemptWord.CANCELED.value]
    query = (
        select(PaymentAttempt, Document.number)
        .join(Document, col(Document.id) == col(PaymentAttempt.document_id))
        .where(
            PaymentAttempt.company_id == company_id,
            or_(
                state == AttemptWord.FLAGGED.value,
                col(PaymentAttempt.reason) == SECOND,
                (col(PaymentAttempt.reason) == SILENCE)
                & (state == AttemptWord.EXPIRED.value)
                & (col(PaymentAttempt.updated_at) > moment - LOOKED_BACK),
                (state == AttemptWord.PROCESSING.value) & (begun < moment - SLOW_BANK),
                state.in_(left) & (col(PaymentAttempt.expires_at) < moment - UNASKED),
            ),
        )
        .order_by(begun.desc())
        .limit(MOST)
    )
    kinds = {AttemptWord.FLAGGED: "flagged", AttemptWord.PROCESSING: "slow"}
    troubles = []
    for attempt, number in (await session.exec(query)).all():
        kind = _REASONS.get(attempt.reason) or kinds.get(AttemptWord(attempt.state), "unasked")
        words = {
            "amount": money(attempt.amount_minor, attempt.currency, language),
            "provider": KINDS[attempt.provider].label,
            "date": long_date(paris_day(attempt.created_at), language),
        }
        what, todo = _ATTEMPTS[kind]
        told = translate(what, language, words)
        troubles.append(Trouble(kind, attempt.document_id, number or "", told, translate(todo, language)))
    return troubles


async def _accounts(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    query = select(PaymentAccount).where(
        PaymentAccount.company_id == company_id, PaymentAccount.enabled, PaymentAccount.error != ""
    )
    what = "%(provider)s n’accepte plus les clés de votre compte : ce paiement n’est plus proposé."
    todo = "Connectez-le de nouveau dans les réglages."
    return [
        Trouble(
            "account",
            "",
            "",
            translate(what, language, {"provider": KINDS[account.provider].label}),
            translate(todo, language),
        )
        for account in (await session.exec(query)).all()
    ]


async def _notices(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    """Counted by account: a notice is a signed text of the provider's, no page shows it."""
    moment = now()
    undone = col(WebhookEvent.processed_at).is_(None) & (col(WebhookEvent.received_at) < moment - UNDONE)
    unknown = (col(WebhookEvent.error) == UNKNOWN) & (col(WebhookEvent.received_at) > moment - LOOKED_BACK)
    troubles = []
    for kind, clause, what, todo in (
        (
            "undone",
            undone,
            "%(provider)s : %(count)s avis reçus et pas encore traités.",
            "Ils le seront quand le prestataire répondra. Vérifiez que le compte est toujours connecté.",
        ),
        (
            "unknown",
            unknown,
            "%(provider)s : %(count)s avis de ces trente jours ne parlent d’aucun paiement d’ici.",
            "C’est normal si ce compte sert aussi ailleurs. Sinon, comparez avec la liste du prestataire.",
        ),
    ):
        query = (
            select(PaymentAccount.provider, func.count())
            .join(WebhookEvent, col(WebhookEvent.account_id) == col(PaymentAccount.id))
            .where(PaymentAccount.company_id == company_id, clause)
            .group_by(col(PaymentAccount.provider))
            .order_by(col(PaymentAccount.provider))
        )
        for provider, count in (await session.exec(query)).all():
            words = {"provider": KINDS[provider].label, "count": count}
            told = translate(what, language, words)
            troubles.append(Trouble(kind, "", "", told, translate(todo, language)))
    return troubles


async def _payouts(session: AsyncSession, company_id: str, language: str) -> list[Trouble]:
    """Of the newest page those of the last thirty days; money of other shops in them is no trouble."""
    rows, _ = await payout_page(session, PayoutFilter(company_id, since=today() - LOOKED_BACK), language)
    what = "Versement %(provider)s de %(amount)s, le %(date)s."
    return [
        Trouble(
            f"payout_{row.problem_kind}",
            "",
            "",
            translate(what, language, {"provider": row.provider, "amount": row.amount, "date": row.day}),
            row.problem,
        )
        for row in rows
        if row.problem_kind in (Problem.FAILED, Problem.GAP)
    ]

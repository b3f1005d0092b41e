"""Paying, as the client's page shows it: what can be done now, what became of the last try, the receipts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import BILLS
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.integrations.payments.contract import DisputeState
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money, percent
from webdoc_app.models import Payment, PaymentAccount, PaymentAttempt, ShareLink
from webdoc_app.reads.transfer import Transfer, transfer_of
from webdoc_app.services.deposits import deposit_asked
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.payment_accounts import origins_of, usable_accounts
from webdoc_app.services.payment_attempts import PURPOSE, balance, payable, smallest_part
from webdoc_app.services.receipts import came_home
from webdoc_app.services.settling_told import SILENCE
from webdoc_app.services.sharing import Access, token_of
from webdoc_app.services.work import now

TOLD_FOR = timedelta(hours=24)
"""How long the page says what became of a try."""


@dataclass(frozen=True)
class PayChoice:
    """A button: `provider` is also the last part of its form's address and of its mark."""

    provider: str
    label: str
    part_label: str = ""


@dataclass(frozen=True)
class Receipt:
    label: str
    path: str
    url: str  # the provider's own, where there is one


@dataclass(frozen=True)
class PayPanel:
    """`tone` is ok, wait or no; `origins` are where the buttons lead.

    `deposit` says what an accepted quote asks for now, `deposit_path` where it is paid. `part_note` says how much a
    part may be, where the company takes parts.
    """

    choices: tuple[PayChoice, ...] = ()
    nonce: str = ""
    notice: str = ""
    tone: str = ""
    is_test: bool = False
    receipts: tuple[Receipt, ...] = ()
    origins: tuple[str, ...] = ()
    deposit: str = ""
    deposit_path: str = ""
    part_note: str = ""
    transfer: Transfer = field(default_factory=Transfer)

    @property
    def is_shown(self) -> bool:
        return bool(self.choices or self.notice or self.receipts or self.deposit or self.transfer.iban)


async def pay_panel(
    session: AsyncSession, access: Access, language: str, *, with_origins: bool = True
) -> PayPanel:
    """For a bill, the buttons where an account works and something is due; for a quote, the way to its deposit.

    `with_origins`: also where its forms may lead, which only the page's first answer asks.
    """
    document = access.document
    asks = document.kind in BILLS and payable(document) > 0
    accounts = await usable_accounts(session, access.company.id) if asks or with_origins else []
    origins = origins_of(accounts)
    if document.kind not in BILLS or document.state in (State.CANCELLED, State.CLOSED):
        words, path = await _deposit(session, access, language)
        return PayPanel(origins=origins, deposit=words, deposit_path=path)
    due = payable(document)
    offered = [a for a in accounts if due > 0 and KINDS[a.provider].takes(document.currency, due)]
    attempts = await _attempts(session, access)
    notice, tone = _notice(attempts, access.link, due, language)
    amount = money(due, document.currency, language)
    return PayPanel(
        choices=tuple(
            PayChoice(a.provider, _label(a, amount, language), _part_label(a, language)) for a in offered
        ),
        nonce=new_nonce(document.id, PURPOSE) if offered else "",
        notice=notice,
        tone=tone,
        is_test=any(account.mode == "test" for account in offered),
        receipts=await _receipts(session, access, attempts, language),
        origins=origins,
        part_note=_part_note(access, due, language) if offered else "",
        transfer=transfer_of(document, due, f"/d/{access.token}", language),
    )


async def _deposit(session: AsyncSession, access: Access, language: str) -> tuple[str, str]:
    """« Acompte de 30 % à régler : 360,00 € », and the page of its invoice."""
    quote = access.document
    # Once all of it is invoiced, the invoice is what asks.
    if quote.deposit_percent is None or quote.state != State.ACCEPTED or quote.became == "invoiced":
        return "", ""
    deposit = await deposit_asked(session, quote)
    due = balance(deposit).due if deposit else 0
    if deposit is None or due <= 0 or deposit.customer_id != quote.customer_id:
        return "", ""
    words = {
        "percent": percent(quote.deposit_percent, language),
        "amount": money(due, deposit.currency, language),
    }
    sentence = translate("Acompte de %(percent)s à régler : %(amount)s", language, words)
    return sentence, f"/d/{token_of(access.link, deposit.id)}"


_LABELS = {
    "stripe": "Payer %(amount)s par carte",
    "paypal": "Payer %(amount)s avec PayPal",
    "payzen": "Payer %(amount)s avec PayZen",
}


def _label(account: PaymentAccount, amount: str, language: str) -> str:
    return translate(_LABELS[account.provider], language, {"amount": amount})


_PART_LABELS = {"stripe": "Par carte", "paypal": "Avec PayPal", "payzen": "Avec PayZen"}


def _part_label(account: PaymentAccount, language: str) -> str:
    return translate(_PART_LABELS[account.provider], language)


def _part_note(access: Access, due: int, language: str) -> str:
    """How much a part may be; empty where only all of it is taken."""
    currency = access.document.currency
    least = smallest_part(access.company, currency, due)
    if not access.company.part_payments or least >= due:
        return ""
    words = {"least": money(least, currency, language), "most": money(due, currency, language)}
    return translate("De %(least)s à %(most)s.", language, words)


_NOTICES = {
    AttemptWord.PAID: ("Merci ! Votre paiement de %(amount)s est reçu.", "ok"),
    AttemptWord.PROCESSING: (
        "Votre paiement de %(amount)s est en cours : la banque le confirme, cette page le dira.",
        "wait",
    ),
    AttemptWord.FAILED: (
        "Votre paiement de %(amount)s a été refusé : rien n’a été débité. Vous pouvez recommencer.",
        "no",
    ),
    AttemptWord.EXPIRED: ("La page de paiement a expiré : rien n’a été débité.", "no"),
    AttemptWord.CANCELED: ("Paiement annulé : rien n’a été débité.", "no"),
    AttemptWord.FLAGGED: (
        "Votre paiement de %(amount)s est arrivé et doit être vérifié. Nous revenons vers vous.",
        "wait",
    ),
}
_GIVEN_BACK = (
    ("Votre paiement de %(amount)s vous a été remboursé.", "ok"),
    ("De votre paiement de %(amount)s, %(back)s vous ont été remboursés.", "ok"),
)
"""All of it, and a part."""
_AWAITED = ("Nous attendons la confirmation de votre paiement de %(amount)s.", "wait")
_NOT_NEEDED = ("Il ne reste rien à payer : rien de plus n’a été débité.", "ok")
MOST_TRIES = 10


async def _attempts(session: AsyncSession, access: Access) -> Sequence[PaymentAttempt]:
    """The tries at this bill that there may be something to say of, or a provider's receipt to show; newest first."""
    is_told = and_(
        col(PaymentAttempt.link_id) == access.link.id, col(PaymentAttempt.updated_at) > now() - TOLD_FOR
    )
    query = select(PaymentAttempt).where(
        PaymentAttempt.document_id == access.document.id,
        PaymentAttempt.reference != "",
        or_(is_told, PaymentAttempt.receipt_url != ""),
    )
    newest = query.order_by(col(PaymentAttempt.created_at).desc(), col(PaymentAttempt.id))
    return (await session.exec(newest)).all()


def _notice(attempts: Sequence[PaymentAttempt], link: ShareLink, due: int, language: str) -> tuple[str, str]:
    """What became of the latest try through this link of which there is something to say.

    Once the person came back or the provider spoke: a page open in another tab says nothing yet.
    """
    ours = [a for a in attempts if a.link_id == link.id and a.updated_at > now() - TOLD_FOR]
    for attempt in ours[:MOST_TRIES]:
        if attempt.dispute == DisputeState.OPEN:
            return "", ""
        sentence, tone = _said_of(attempt, due)
        if sentence:
            words = {
                "amount": money(attempt.amount_minor, attempt.currency, language),
                "back": money(attempt.refunded_minor, attempt.currency, language),
            }
            return translate(sentence, language, words), tone
    return "", ""


def _said_of(attempt: PaymentAttempt, due: int) -> tuple[str, str]:
    """A sentence and its tone; empty where there is nothing to say."""
    word = AttemptWord(attempt.state)
    is_refused = word in (AttemptWord.OPEN, AttemptWord.CANCELED) and attempt.reason != ""
    if is_refused and attempt.returned_at is not None:
        word = AttemptWord.FAILED
    is_awaited = word is AttemptWord.OPEN and attempt.returned_at is not None
    is_closed = word in (AttemptWord.EXPIRED, AttemptWord.CANCELED) and attempt.returned_at is None
    if is_closed or attempt.reason == SILENCE:
        # Closed by us or by its time: nobody gave up. And of what nobody told again, nothing is known.
        return "", ""
    sentence, tone = _AWAITED if is_awaited else _NOTICES.get(word, ("", ""))
    if word is AttemptWord.PAID and attempt.refunded_minor > 0:
        sentence, tone = _GIVEN_BACK[attempt.refunded_minor < attempt.amount_minor]
    # Of a bill that asks for nothing more, nobody is told to try again.
    return _NOT_NEEDED if tone == "no" and due <= 0 else (sentence, tone)


async def _receipts(
    session: AsyncSession, access: Access, attempts: Sequence[PaymentAttempt], language: str
) -> tuple[Receipt, ...]:
    query = select(Payment).where(Payment.document_id == access.document.id)
    payments = (await session.exec(query.order_by(col(Payment.at), col(Payment.id)))).all()
    home = came_home(payments)
    # The provider's own receipts, by its name for the payment; only addresses a page may show.
    urls = {a.captured_id: a.receipt_url for a in attempts if a.receipt_url.startswith("https://")}
    return tuple(
        Receipt(
            translate(
                "Reçu du %(date)s : %(amount)s",
                language,
                {
                    "date": long_date(payment.paid_on, language),
                    "amount": money(payment.amount_minor, payment.currency, language),
                },
            ),
            f"/d/{access.token}/receipts/{payment.id}",
            urls.get(payment.reference, ""),
        )
        for payment in payments
        if payment.amount_minor > 0 and payment.id not in home
    )


def method_label(method: str, language: str) -> str:
    """How a payment came, in words."""
    return KINDS[method].label if method in KINDS else translate(_METHODS.get(method, method), language)


_METHODS = {
    "cheque": "Chèque",
    "transfer": "Virement",
    "cash": "Espèces",
    "card": "Carte bancaire",
    "direct_debit": "Prélèvement",
    "other": "Autre moyen",
}

"""What a provider that cannot be asked has signed: whose it is, and whether it is news.

A signature lasts for ever, and its holder may send it as often as they like: what was heard once is not heard again,
and what says that no money came can only end an attempt, never begin one anew.
"""

import hmac
import json
from datetime import datetime, timedelta

from webdoc_app.domain.payments import UNFINISHED, AttemptWord
from webdoc_app.integrations.payments.contract import AttemptState, Snapshot, Told
from webdoc_app.models import PaymentAttempt

PATIENCE = timedelta(days=14)
"""How long "the bank takes its time" holds without another word. A direct debit is told of within five working days."""
SILENCE = "silence"
"""The reason of an attempt that was on its way, and that nobody ever told of again."""
MOST_HEARD = 20


def is_its_own(attempt: PaymentAttempt, told: Told) -> bool:
    """Whether the provider's name for it is the attempt's, and the signature is none that we made for its form."""
    made = json.loads(attempt.form)["fields"]["signature"] if attempt.form else ""
    return (
        attempt.reference != ""
        and told.reference == attempt.reference
        and not hmac.compare_digest(made.encode(), told.seal.encode("utf-8", "replace"))
    )


def heard(attempt: PaymentAttempt, told: Told | None, moment: datetime, *, is_over: bool = False) -> Snapshot:
    """What is known of the attempt now; with `is_over` a page still open ends. Notes what was heard of it."""
    if told is None or not is_its_own(attempt, told) or not _is_news(attempt, told, moment):
        return _unasked(attempt, moment, is_over=is_over)
    if told.snapshot.state is not AttemptState.PAID:
        attempt.heard = f"{attempt.heard} {told.name}".strip()
    return told.snapshot


def _is_news(attempt: PaymentAttempt, told: Told, moment: datetime) -> bool:
    if told.snapshot.state is AttemptState.PAID:
        return True  # the ledger knows what it has
    known, word = attempt.heard.split(), AttemptWord(attempt.state)
    if told.name in known or len(known) >= MOST_HEARD:
        return False
    if told.snapshot.captured:
        # Called off: the very money that came, or what might have come.
        return attempt.captured_id in ("", told.snapshot.captured[0].id) and word is not AttemptWord.FLAGGED
    if told.snapshot.state is AttemptState.PROCESSING:
        is_young = moment - attempt.created_at < PATIENCE
        return is_young and word in UNFINISHED | {AttemptWord.EXPIRED, AttemptWord.FAILED}
    return word in UNFINISHED


def _unasked(attempt: PaymentAttempt, moment: datetime, *, is_over: bool) -> Snapshot:
    """Nothing new: what is known, and that all ends with its time. Money that comes after all still counts."""
    word = AttemptWord(attempt.state)
    if word in (AttemptWord.OPEN, AttemptWord.CANCELED, AttemptWord.CREATED):
        is_over = is_over or attempt.expires_at <= moment
        return Snapshot(AttemptState.EXPIRED if is_over else AttemptState.OPEN)
    if word is AttemptWord.PROCESSING and moment - attempt.created_at >= PATIENCE:
        return Snapshot(AttemptState.EXPIRED, reason=SILENCE)
    if word is AttemptWord.FLAGGED:
        return Snapshot(AttemptState.PAID)  # with nothing captured, nothing moves
    return Snapshot(AttemptState(word.value), reason=attempt.reason)

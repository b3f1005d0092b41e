"""Events in words: the sentence of their type, filled from what they hold, in the reader's language."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.events import EVENT_TYPES
from webdoc_app.domain.followup_words import LABELS
from webdoc_app.domain.followups import Scenario
from webdoc_app.domain.money import to_minor
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.services.chain import KIND_NAMES


def sentence_of(type_: str, data: Mapping[str, Any], currency: str, language: str) -> str:
    """`Accepté par Jeanne Morel`. `currency` is the document's; what an event does not hold is left out."""
    known = EVENT_TYPES.get(type_)
    if known is None:
        return type_
    if type_ == "payment.refunded" and "amount" in data:
        # The ledger's line is negative; a refund is told as what it gives back.
        data = {**data, "amount": str(data["amount"]).removeprefix("-")}
    words = _words(data, currency, language)
    if data.get("scenario") in Scenario.__members__.values():
        label = translate(LABELS[Scenario(data["scenario"])], language)
        words = {**words, "scenario": label[:1].lower() + label[1:]}
    if type_ == "reminder.sent" and words["scenario"]:
        return translate("Relance « %(scenario)s » envoyée à %(to)s", language, words)
    return translate(known.sentence, language, words)


def _words(data: Mapping[str, Any], currency: str, language: str) -> Mapping[str, str]:
    words = defaultdict(str, {name: str(value) for name, value in data.items() if value is not None})
    # Links were once told of without their recipient.
    words["recipient"] = words["recipient"] or translate("le destinataire", language)
    if data.get("to") in Kind.__members__.values():
        words["kind"] = translate(KIND_NAMES[Kind(data["to"])], language)
    if "amount" in data:
        words["amount"] = _amount(str(data["amount"]), str(data.get("currency") or currency), language)
    return words


def _amount(text: str, currency: str, language: str) -> str:
    try:
        return money(to_minor(Decimal(text), currency), currency, language)
    except InvalidOperation:
        return text

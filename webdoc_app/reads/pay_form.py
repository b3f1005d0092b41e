"""The page between a bill and a provider that is reached by a form."""

import json

from webdoc_app.integrations.payments.contract import PayForm
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Document, PaymentAttempt
from webdoc_app.reads.client_html import message_page, plain_page


def pay_form_page(
    form: PayForm, attempt: PaymentAttempt, document: Document, back: str, language: str
) -> str:
    """A whole page in `language`; `back` is the document's path. It works without any script."""
    provider = KINDS[attempt.provider].label
    return plain_page(
        "webdocument/pay_form.html",
        language,
        title=translate("Paiement", language),
        amount=money(attempt.amount_minor, attempt.currency, language),
        number=document.number or "",
        seller=json.loads(document.seller or "{}").get("name", ""),
        button=translate("Continuer vers %(provider)s", language, {"provider": provider}),
        form=form,
        is_test=attempt.mode == "test",
        back=back,
    )


def ended_return_page(language: str) -> str:
    """A whole page for whoever comes back by an address that leads nowhere any more; it names no document."""
    words = (
        "Cette adresse ne mène plus au document. Pour savoir où en est votre paiement, ouvrez le lien que vous avez "
        "reçu, ou écrivez à votre interlocuteur."
    )
    language = language or "fr"
    return message_page(language, translate("Retour du paiement", language), translate(words, language))

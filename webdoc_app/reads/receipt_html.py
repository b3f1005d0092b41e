"""The receipt of a payment as a page of paper."""

import base64
from collections.abc import Mapping
from datetime import date
from typing import Any

from webdoc_app.domain.colors import DEFAULT_COLOR, accent_of
from webdoc_app.domain.documents import Kind
from webdoc_app.locales import known_language, translate
from webdoc_app.locales.formats import date_and_time, long_date, money
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.client_payments import method_label
from webdoc_app.reads.sheet import KIND_LABELS, siren_words
from webdoc_app.reads.sheet_types import Labelled
from webdoc_app.templates import render


def receipt_html(content: Mapping[str, Any], logo: bytes | None) -> str:
    """`content` as services/receipts makes it; `logo` is a PNG."""
    language = known_language(content["language"])
    seller = content["seller"]
    siren = siren_words(seller["siren"]) if seller.get("siren") else ""
    identity = [seller.get("name"), seller.get("legal_form"), seller.get("address"), siren]
    return render(
        "receipt.html",
        language,
        accent=accent_of(seller.get("color") or DEFAULT_COLOR),
        logo=f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else "",
        seller=seller.get("name", ""),
        identity="\n".join(filter(None, identity)),
        amount=money(content["amount_minor"], content["currency"], language),
        rows=_rows(content, language),
        is_test=content.get("is_test", False),
    )


def _rows(content: Mapping[str, Any], language: str) -> list[Labelled]:
    kind = translate(KIND_LABELS[Kind(content["kind"])], language)
    rows = [
        ("Reçu de", content["customer"].get("name", "")),
        ("Pour", f"{kind} {content['number']}"),
        ("Montant du document", money(content["gross_minor"], content["currency"], language)),
        ("Payé le", long_date(date.fromisoformat(content["paid_on"]), language)),
        ("Moyen de paiement", method_label(content["method"], language)),
        ("Référence", content["reference"]),
        ("Enregistré le", date_and_time(parse_time(content["at"]), language)),
        ("Numéro du reçu", content["receipt"]),
    ]
    return [Labelled(translate(label, language), text) for label, text in rows if text]

"""The certificate of an answer as a page of paper, in words; the facts themselves go along as a file."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from webdoc_app.domain.certificates import content_in
from webdoc_app.domain.colors import DEFAULT_COLOR, accent_of
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.events import EVENT_TYPES
from webdoc_app.locales import known_language, translate
from webdoc_app.locales.formats import date_and_time, long_date, money
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.sheet import KIND_LABELS
from webdoc_app.reads.sheet_types import Labelled
from webdoc_app.templates import render

_WORDS = {"accept": "Accepté", "refuse": "Refusé", "hold": "En attente"}
_TONES = {"accept": "ok", "refuse": "no", "hold": "wait"}


def certificate_html(text: str, language: str, logo: bytes | None) -> str:
    """The page of a certificate's JSON text. `logo` is a PNG."""
    language = known_language(language)
    file = json.loads(text)
    values = {fact["name"]: fact["value"] for fact in file["facts"]}
    content = content_in(values)
    seller = content.get("seller") or {}
    return render(
        "certificate.html",
        language,
        accent=accent_of(seller.get("color") or DEFAULT_COLOR),
        logo=f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else "",
        seller=seller.get("name", ""),
        name=_name(content, language),
        word=translate(_WORDS[values["decision.answer"]], language),
        tone=_TONES[values["decision.answer"]],
        reopened=values["standing"] == "reopened",
        wording=values.get("evidence.wording", ""),
        answer=list(_answer(values, content, language)),
        circumstances=list(_circumstances(values, language)),
        prints=list(_prints(values, language)),
        history=list(_history(values, language)),
        signature=values["decision.signature"],
        root=file["root"],
        key=file["key"],
    )


def _name(content: Mapping[str, Any], language: str) -> str:
    return f"{translate(KIND_LABELS[Kind(content['kind'])], language)} {content['number']}"


def _answer(values: Mapping[str, Any], content: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    """Who answered what, and when."""

    def row(label: str, text: str) -> Labelled:
        return Labelled(translate(label, language), text)

    yield row("Document", f"{_name(content, language)}, version {values['decision.version']}")
    if title := content.get("title"):
        yield row("Objet", title)
    yield row("Émetteur", (content.get("seller") or {}).get("name", ""))
    yield row("Client", (content.get("customer") or {}).get("name", ""))
    yield row("Total TTC", money(values["decision.amount_minor"], values["decision.currency"], language))
    for option in values["decision.options"]:
        names = [line["description"] for line in content["lines"] if line["id"] == option]
        yield row("Option retenue", str((names or [option])[0]).partition("\n")[0])
    yield row("Répondu par", values["decision.name"])
    for label, key in (("Qualité", "quality"), ("Motif", "reason")):
        if text := values[f"decision.{key}"]:
            yield row(label, text)
    if until := values["decision.until"]:
        yield row("Revenir le", long_date(date.fromisoformat(until), language))
    moment = date_and_time(parse_time(values["decision.at"]), language)
    yield row("Date", f"{moment} ({values['decision.at']})")


def _circumstances(values: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    """How the answer came."""

    def row(label: str, text: str) -> Labelled:
        return Labelled(translate(label, language), text)

    if recorder := values["decision.recorded_by"]:
        yield row("Saisi par l’émetteur", recorder)
    link = values.get("evidence.link") or {}
    if link:
        yield row("Lien remis à", " · ".join(filter(None, (link["recipient"], link["email"]))) or "—")
        for sent in link["sent"]:
            yield row("Envoyé", f"{date_and_time(parse_time(sent['at']), language)} · {sent['to']}")
    views = values.get("evidence.views") or {}
    if views.get("first_at"):
        first = date_and_time(parse_time(views["first_at"]), language)
        yield row(
            "Consulté",
            translate(
                "%(count)s fois depuis le %(date)s", language, {"count": views["visits"], "date": first}
            ),
        )
    if code := values.get("evidence.code"):
        verified = date_and_time(parse_time(code["verified_at"]), language)
        yield row("Code à usage unique", f"{code['to']} · {verified}")
        if code.get("readable_by_issuer"):
            yield row(
                "Réserve sur ce code",
                translate(
                    "Code lisible par l’émetteur : aucun serveur de courriel ne l’a porté. Il ne prouve pas que la boîte a été lue.",
                    language,
                ),
            )
    for label, text in (
        ("Adresse réseau", values["decision.address"]),
        ("Navigateur", values["decision.user_agent"]),
        ("Fuseau horaire", values.get("evidence.timezone", "")),
    ):
        if text:
            yield row(label, text)


def _prints(values: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    """SHA-256 fingerprints of what was answered to."""
    document = values.get("evidence.document") or {}
    for label, text in (
        ("Contenu du document", values["decision.content_sha256"]),
        ("Fichier PDF", document.get("pdf_sha256")),
        ("Texte de l’accord", values.get("evidence.wording_sha256")),
        ("Conditions", values.get("evidence.terms_sha256")),
        ("Signature dessinée", values["decision.signature_sha256"]),
    ):
        if text:
            yield Labelled(translate(label, language), text)


def _history(values: Mapping[str, Any], language: str) -> Iterator[Labelled]:
    for name, event in values.items():
        if name.startswith("events."):
            data = {**json.loads(event["data"]), "file": ""}
            sentence = translate(EVENT_TYPES[event["type"]].sentence, language, data)
            moment = date_and_time(parse_time(event["at"]), language)
            yield Labelled(moment, f"{sentence} · {event['hash'][:16]}")

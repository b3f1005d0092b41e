"""What changed in a document since it was read, in one line."""

import json
from collections.abc import Iterator

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.changes import Changes, changes_between
from webdoc_app.locales import translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Document, DocumentVersion

_FIELDS = {
    "title": "nouvel objet",
    "notes": "nouvelles remarques",
    "valid_until": "nouvelle date de validité",
    "deposit_percent": "nouvel acompte",
}


async def changes_since(session: AsyncSession, document: Document, version: int, language: str) -> str:
    """`+2 lignes, +120,00 €`; empty where `version` is not an older one of this document."""
    if not 0 < version < document.version:
        return ""
    before = await session.get(DocumentVersion, (document.id, version))
    after = await session.get(DocumentVersion, (document.id, document.version))
    if before is None or after is None:
        return ""
    changes = changes_between(json.loads(before.content), json.loads(after.content))
    return ", ".join(_words(changes, document.currency, language))


def _words(changes: Changes, currency: str, language: str) -> Iterator[str]:
    for count, one, several in (
        (changes.added, "+%(count)s ligne", "+%(count)s lignes"),
        (changes.removed, "−%(count)s ligne", "−%(count)s lignes"),
        (changes.altered, "%(count)s ligne modifiée", "%(count)s lignes modifiées"),
    ):
        if count:
            yield translate(one if count == 1 else several, language, {"count": count})
    if changes.amount_minor:
        sign = "+" if changes.amount_minor > 0 else "−"
        yield sign + money(abs(changes.amount_minor), currency, language)
    yield from (translate(_FIELDS[name], language) for name in changes.fields)

"""Files as links of a page: a name, a size in words, an address."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webdoc_app.locales import translate
from webdoc_app.services.files import FileRow


@dataclass(frozen=True)
class FileLink:
    id: str
    name: str
    size: str
    address: str
    visible: bool


def links_by_message(
    files: Iterable[FileRow], below: str, language: str
) -> Mapping[str | None, tuple[FileLink, ...]]:
    """Message id -> its files; None -> those beside the document. A message without files has an empty tuple."""
    found: dict[str | None, tuple[FileLink, ...]] = defaultdict(tuple)
    for file in files:
        link = FileLink(file.id, file.name, size_text(file.size, language), f"{below}{file.id}", file.visible)
        found[file.message_id] += (link,)
    return found


def size_text(size: int, language: str) -> str:
    """`2,4 Mo`, `310 ko`, at least 1 ko; thousands, as shops and mail programs count."""
    if size < 999_500:
        return translate("%(number)s ko", language, {"number": max(1, round(size / 1_000))})
    number = f"{size / 1_000_000:.1f}"
    return translate(
        "%(number)s Mo", language, {"number": number.replace(".", "," if language == "fr" else ".")}
    )

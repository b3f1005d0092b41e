"""Checking a certificate file, JSON or PDF, without network and without the database that made it."""

import io

from webdoc_app.domain.certificates import faults_of, key_of, pdf_faults_of
from webdoc_app.services.seals import seal_holds

FILE = "certificate.json"


def faults_of_file(data: bytes) -> list[str]:
    """What was altered, one line each, in French; empty when the file is as it was sealed."""
    if not data.lstrip().startswith(b"%PDF"):
        return faults_of(data, seal_holds)
    faults = pdf_faults_of(data, seal_holds)
    attached = _attached(data)
    if attached is None:
        return [*faults, "les faits joints au PDF sont illisibles"]
    return faults + [f"{FILE}, {fault}" for fault in faults_of(attached, seal_holds)]


def sealing_key(data: bytes) -> str:
    """The public key (hex) the file says it is sealed with."""
    return key_of(data)


def _attached(data: bytes) -> bytes | None:
    """The JSON a PDF carries; None where the PDF cannot be read any more."""
    import pypdf

    try:
        files = pypdf.PdfReader(io.BytesIO(data)).attachments.get(FILE)
        return bytes(files[0]) if files else None
    except Exception:  # noqa: BLE001 - an altered PDF may break its reader in any way
        return None

"""What each PDF is made of: a document's frozen content, the certificate of an answer, or a receipt."""

import json

from webdoc_app.integrations.pdf import PdfPage
from webdoc_app.reads.certificate_html import certificate_html
from webdoc_app.reads.receipt_html import receipt_html
from webdoc_app.reads.sheet_html import pdf_html


def pdf_page(source: str, logo: bytes | None) -> PdfPage:
    """The page of a frozen content, or of `{"certificate": text, "language"}` with that text as an attached file."""
    content = json.loads(source)
    if "receipt" in content:
        return PdfPage(receipt_html(content, logo))
    if "certificate" not in content:
        return PdfPage(pdf_html(source, logo))
    text = content["certificate"]
    html = certificate_html(text, content["language"], logo)
    return PdfPage(html, (("certificate.json", text.encode(), "application/json"),))

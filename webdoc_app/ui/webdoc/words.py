"""Words of the client's page: both languages are compiled in, the document or its address decides."""

import reflex as rx

from webdoc_app.locales import translate
from webdoc_app.ui.webdoc.state import WebdocState


def words(sentence: str) -> rx.Var[str]:
    """The French sentence in the language of the page."""
    english = translate(sentence, "en")
    return rx.cond(WebdocState.language == "en", english, sentence)

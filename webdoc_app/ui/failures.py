"""When a page or an event handler fails: the log learns it, the person keeps what stands on the screen.

Reflex would answer with toasts and reloads sent as code to evaluate: the client page's policy forbids
that, and a reload loses what was being typed.
"""

import logging
import re

import reflex as rx
from reflex.state import FrontendEventExceptionState
from reflex_components_core.base.error_boundary import ErrorBoundary

logger = logging.getLogger(__name__)

# Browsers report errors with addresses, and the address of a webdocument is its key.
LINK_TOKEN = re.compile(r"(/d/)[^\s/:?#)]+")
LONGEST_REPORT = 4_000

FrontendEventExceptionState.auto_reload_on_errors = []


def log_handler_failure(exception: Exception) -> None:
    """An event handler raised: nothing is shown, pages only ever show what the database confirmed."""
    logger.error("event handler failed", exc_info=exception)


def log_page_failure(exception: Exception) -> None:
    """A browser reported an error; anyone may send such a report, so it is cut and holds no token."""
    logger.warning("page failed: %s", LINK_TOKEN.sub(r"\1…", str(exception))[:LONGEST_REPORT])


def failed_page() -> rx.Component:
    """Around every page: where rendering fails, its live parts leave and the first page comes back."""
    return ErrorBoundary.create(fallback_render=rx.Var("() => null"))

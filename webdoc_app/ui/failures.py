"""When a page or an event handler fails: the log learns it, the person keeps what stands on the screen.

Reflex would answer with toasts and reloads sent as code to evaluate: the client page's policy forbids
that, and a reload loses what was being typed.
"""

import logging
import re

import reflex as rx
from reflex.state import FrontendEventExceptionState
from reflex_base.utils.exceptions import LockExpiredError
from reflex_components_core.base.error_boundary import ErrorBoundary

from webdoc_app.ui.tabs.binding import LateEvent

logger = logging.getLogger(__name__)

# Browsers report errors with addresses, and the address of a webdocument is its key.
LINK_TOKEN = re.compile(r"(/d/)[^\s/:?#)]+")
LONGEST_REPORT = 4_000

TAB_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""What a tab's state is found by."""
TELLING = (
    "reflex.app",
    "reflex.istate.manager.redis",
    "reflex.utils.token_manager",
    "reflex_base.event.processor.event_processor",
)
"""Loggers of the framework that would write it down."""

FrontendEventExceptionState.auto_reload_on_errors = []


def log_handler_failure(exception: Exception) -> None:
    """An event handler raised: nothing is shown, pages only ever show what the database confirmed."""
    if isinstance(exception, LateEvent):
        return
    if isinstance(exception, LockExpiredError):
        logger.error("event handler failed: it held its tab for too long, what it read is not kept")
        return
    logger.error("event handler failed", exc_info=exception)


def keep_tokens_out_of_the_log() -> None:
    """Of what the framework writes, tokens of tabs are left out."""
    for name in TELLING:
        logging.getLogger(name).addFilter(_without_token)


def _without_token(record: logging.LogRecord) -> bool:
    record.msg, record.args = TAB_TOKEN.sub("…", record.getMessage()), ()
    return True


def log_page_failure(exception: Exception) -> None:
    """A browser reported an error; anyone may send such a report, so it is cut and holds no token."""
    logger.warning("page failed: %s", LINK_TOKEN.sub(r"\1…", str(exception))[:LONGEST_REPORT])


def failed_page() -> rx.Component:
    """Around every page: where rendering fails, its live parts leave and the first page comes back."""
    return ErrorBoundary.create(fallback_render=rx.Var("() => null"))

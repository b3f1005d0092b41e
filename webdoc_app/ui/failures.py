"""When a page or an event handler fails: the log learns it, the person keeps what stands on the screen.

Reflex would answer with toasts and reloads sent as code to evaluate: the client page's policy forbids
that, and a reload loses what was being typed.
"""

import logging
import re
from typing import Any

import reflex as rx
from reflex.state import FrontendEventExceptionState
from reflex_base.utils.exceptions import LockExpiredError
from reflex_components_core.base.error_boundary import ErrorBoundary

from webdoc_app.core.log_lines import plain
from webdoc_app.core.meters import Meter
from webdoc_app.ui.tabs.binding import LateEvent

logger = logging.getLogger(__name__)

# Browsers report errors with addresses, and the address of a webdocument is its key.
LINK_TOKEN = re.compile(r"(/d/)[^\s/:?#)]+")
LONGEST_REPORT = 1_500
_reports = Meter(20 / 60, 20)
_reports_of_a_network = Meter(5 / 60, 5)

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
    """A browser reported an error; anyone may send such a report, so there are few, each one line without a token."""
    _tell(str(exception))


def log_page_report(payload: dict[str, Any], network: str) -> None:
    """What a page reports with `handle_frontend_exception`: nothing of it is kept, and nobody fills the log with it."""
    if _reports_of_a_network.take(network) is not None:
        _tell(str(payload.get("info", "")))


def _tell(report: str) -> None:
    if _reports.take("") is not None:
        logger.warning(
            "page failed: %s", plain(LINK_TOKEN.sub(r"\1…", report[: 2 * LONGEST_REPORT]), LONGEST_REPORT)
        )


def failed_page() -> rx.Component:
    """Around every page: where rendering fails, its live parts leave and the first page comes back."""
    return ErrorBoundary.create(fallback_render=rx.Var("() => null"))

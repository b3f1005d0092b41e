"""Any socket may call any handler: each one says who may."""

from reflex_base.registry import RegistrationContext

import webdoc_app.webdoc_app  # noqa: F401 - registers every state


def test_every_handler_of_ours_is_guarded() -> None:
    ours = {
        name: registered.handler.fn
        for name, registered in RegistrationContext.get().event_handlers.items()
        if registered.handler.fn.__module__.startswith("webdoc_app.")
    }
    assert len(ours) > 40
    assert [name for name, fn in ours.items() if not getattr(fn, "__guarded__", False)] == []

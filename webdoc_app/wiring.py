"""The composition root: builds from the settings what services need, and hands it to them."""

from collections.abc import Awaitable, Callable

from webdoc_app.services import keys
from webdoc_app.services.database import async_engine
from webdoc_app.services.work import Change, Runtime, configure
from webdoc_app.settings import Settings

Publish = Callable[[list[Change]], Awaitable[None]]
RenderPdf = Callable[[str, bytes | None], Awaitable[bytes]]


def wire(
    settings: Settings, *, publish: Publish | None = None, render_pdf: RenderPdf | None = None
) -> Runtime:
    """Configures the services of this process. Without `render_pdf`, PDFs are made by the first who needs them."""
    runtime = Runtime(
        engine=async_engine(settings.database),
        keys=keys.load_keys(settings.secret_keys, settings.data_dir),
        origin=settings.origin,
        render_pdf=render_pdf,
        payment_apis=settings.payment_apis,
        reply_address=settings.reply_address,
        authserv=settings.inbound_authserv,
        data_dir=settings.data_dir,
    )
    if publish:
        runtime.publish = publish
    configure(runtime)
    return runtime

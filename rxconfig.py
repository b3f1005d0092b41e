"""Reflex configuration, nothing else. No address stands here: the built pages find theirs at run time."""

import reflex as rx

from webdoc_app.settings import settings

config = rx.Config(
    app_name="webdoc_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # Plain CSS in assets/: a stylesheet generator would weigh on the client's page.
    plugins=[],
    disable_plugins=[rx.plugins.SitemapPlugin],
    react_strict_mode=False,
    frozen_lockfile=True,
    # The first one a browser accepts is served.
    frontend_compression_formats=["brotli", "gzip"],
    # States are projections of the database; a restart may lose them. Redis only carries several workers.
    state_manager_mode="redis" if settings().redis_url else "memory",
    redis_url=settings().redis_url,
    cors_allowed_origins=settings().origins,
    trusted_proxy_hops=settings().trusted_proxies,
)

"""What the client's page weighs and how it is served, on the real build: a phone pays for each byte."""

import re
from pathlib import Path

import httpx
import pytest

from webdoc_app.build import build_pages
from webdoc_app.http import shell
from webdoc_app.http.assets import HashedAssets

BUDGET_KB = 175
ROUTES = ("d/:token", "fr/d/:token", "en/d/:token")


@pytest.fixture
def built(monkeypatch):
    pages = build_pages()
    monkeypatch.setenv("REFLEX_WEB_WORKDIR", str(pages))
    caches = (shell._shell, shell._shell_parts, shell._modules)
    for cached in caches:
        cached.cache_clear()
    yield pages
    for cached in caches:
        cached.cache_clear()


def page_of(route: str) -> str:
    return shell.render_shell(lang="fr", head="", body="<main></main>", route=route)


def modules_of(route: str) -> list[str]:
    told = re.search(r'data-modules="([^"]+)"', page_of(route))
    assert told
    return told[1].split()


def imported_by(built: Path, module: str) -> set[str]:
    code = (built / "build/client" / module.lstrip("/")).read_text()
    return {f"/assets/{name}" for name in re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', code)}


@pytest.mark.parametrize("route", ROUTES)
def test_scripts_and_styles_stay_within_their_budget(built, route):
    styles = re.findall(r'href="(/assets/[^"]+\.css)"', page_of(route))
    files = {built / "build/client" / f"{name.lstrip('/')}.br" for name in [*modules_of(route), *styles]}

    assert sum(file.stat().st_size for file in files) <= BUDGET_KB * 1024


@pytest.mark.parametrize("route", ROUTES)
def test_every_module_is_asked_for_at_once(built, route):
    modules = set(modules_of(route))

    assert len(modules) > 5
    for module in modules:
        assert imported_by(built, module) <= modules


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_competes_with_the_document(built, route):
    page = page_of(route)
    links = re.findall(r"<link\b[^>]*>", page)

    assert len(links) == 2
    assert all("disabled" in link or 'media="not all"' in link for link in links)
    running = [tag for tag in re.findall(r"<script\b[^>]*>", page) if "text/plain" not in tag]
    assert len(running) == 1
    assert page.index("<main>") < page.index(running[0])


@pytest.mark.parametrize("coding", ["br", "gzip"])
async def test_assets_are_kept_for_good_and_come_compressed(built, coding):
    transport = httpx.ASGITransport(app=HashedAssets(built))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as browser:
        for module in modules_of(ROUTES[0]):
            path = module.removeprefix("/assets")
            answer = await browser.get(path, headers={"Accept-Encoding": coding})
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-encoding"] == coding
            assert "accept-encoding" in answer.headers["vary"].lower()
            assert answer.content == (built / "build/client" / module.lstrip("/")).read_bytes()

"""Built pages hold no address, and are built again exactly when a source changes."""

import gzip

import brotli
import pytest

from webdoc_app import build

ADDRESSES = "var e={EVENT:`ws://localhost:8000/_event`,PING:`http://localhost:8000/ping`,T:`websocket`};"
GUESSES = "var A=[`localhost`,`0.0.0.0`,`::`,`0:0:0:0:0:0:0:0`],token;"


def built(tmp_path, addresses=ADDRESSES, guesses=GUESSES):
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "reflex-env-x.js").write_text(addresses)
    (assets / "context-y.js").write_text(guesses)
    (assets / "other.js").write_text("var u=`https://example.org/help`;")
    return assets


def test_addresses_come_from_the_pages_own_location(tmp_path):
    assets = built(tmp_path)

    build.free_of_addresses(tmp_path)

    code = (assets / "reflex-env-x.js").read_text()
    assert code == (
        "var e={EVENT:location.protocol.replace('http','ws')+'//'+location.host+\"/_event\","
        "PING:location.protocol+'//'+location.host+\"/ping\",T:`websocket`};"
    )
    assert (assets / "context-y.js").read_text() == "var A=[],token;"
    assert (assets / "other.js").read_text() == "var u=`https://example.org/help`;"


def test_compressed_copies_say_the_same(tmp_path):
    assets = built(tmp_path)

    build.free_of_addresses(tmp_path)

    code = (assets / "reflex-env-x.js").read_bytes()
    assert gzip.decompress((assets / "reflex-env-x.js.gz").read_bytes()) == code
    assert brotli.decompress((assets / "reflex-env-x.js.br").read_bytes()) == code


@pytest.mark.parametrize("shape", [{"addresses": "var e={}"}, {"guesses": "var A=[]"}])
def test_a_build_of_another_shape_is_refused(tmp_path, shape):
    built(tmp_path, **shape)

    with pytest.raises(build.BuildFailed):
        build.free_of_addresses(tmp_path)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    for name in ("rxconfig.py", "webdoc_app/ui/page.py", "webdoc_app/services/work.py", "assets/app.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


@pytest.mark.parametrize("source", ["webdoc_app/ui/page.py", "assets/app.css", "webdoc_app/locales/en/x.po"])
def test_a_changed_source_changes_the_fingerprint(project, source):
    before = build.fingerprint()
    (project / source).parent.mkdir(parents=True, exist_ok=True)
    (project / source).write_text("2")

    assert build.fingerprint() != before


@pytest.mark.parametrize("other", ["webdoc_app/services/work.py", "webdoc_app/ui/__pycache__/page.pyc"])
def test_what_no_page_is_made_of_does_not(project, other):
    before = build.fingerprint()
    (project / other).parent.mkdir(parents=True, exist_ok=True)
    (project / other).write_text("2")

    assert build.fingerprint() == before

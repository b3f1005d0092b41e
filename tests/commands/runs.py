"""The commands as an operator types them, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from tests.serving.processes import environment
from webdoc_app.build import ROOT


def run(
    data_dir: Path, *arguments: object, typed: str = "", **settings: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webdoc_app", *(str(argument) for argument in arguments)],
        cwd=ROOT,
        env=environment(data_dir, **settings),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def answer(data_dir: Path, *arguments: object, typed: str = "", **settings: object) -> str:
    """What a command prints that succeeds, and says nothing else."""
    done = run(data_dir, *arguments, typed=typed, **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def new_company(data_dir: Path) -> dict[str, str]:
    arguments = ("--name", "Atelier Morel", "--email", "lucas@atelier.example", "--password", "sapin-neuf-12")
    made: dict[str, str] = json.loads(answer(data_dir, "company", "create", *arguments))
    return made

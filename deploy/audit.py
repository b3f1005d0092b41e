"""Asks for known flaws in the pinned requirements: `python deploy/audit.py FILE…`, by `make audit`.

Exit codes: 0 none is known, 1 some are, 3 nobody could be asked, of some packages or of all: then nothing is known.
"""

import json
import subprocess
import sys
from pathlib import Path

UNREACHED = (
    "webdoc: nobody could be asked for known flaws: pypi.org does not tell of them here.\n"
    "Nothing is known, neither good nor bad: run `make audit` where the network allows it."
)


def audit(files: list[str]) -> int:
    """Prints a line for each flaw and says how many packages were asked about."""
    program = Path(sys.executable).parent / "pip-audit"
    command = [
        str(program),
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    for file in files:
        command += ["--requirement", file]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(ended.stderr.strip()[-500:], UNREACHED, sep="\n", file=sys.stderr)
        return 3
    asked = [each for each in found if "skip_reason" not in each]
    flaws = [(each, flaw) for each in asked for flaw in each["vulns"]]
    for each, flaw in flaws:
        mended = ", ".join(flaw["fix_versions"]) or "no release yet"
        print(f"{each['name']} {each['version']}: {flaw['id']} (mended in {mended})")
    if flaws:
        return 1
    if len(asked) < len(found):
        print(f"asked about {len(asked)} of {len(found)} packages", UNREACHED, sep="\n", file=sys.stderr)
        return 3
    print(f"no known flaw in {len(asked)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(audit(sys.argv[1:]))

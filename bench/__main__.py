"""`python -m bench [--json] [measure …]`. Exit code 1 when something could not be measured, else 0."""

import argparse
import os
import sys
from pathlib import Path

from bench.figures import Figure
from bench.ground import Ground
from bench.registry import Measure, all_measures
from bench.report import as_json, keep, table


def main() -> int:
    known = all_measures()
    wanted = _arguments(known)
    load = os.getloadavg()[0]
    figures: list[Figure] = []
    with Ground() as ground:
        for name in wanted.measures or known:
            print(f"{name}: {known[name].tells}…", file=sys.stderr, flush=True)
            figures += _measured(known[name], ground)
    told = as_json(figures, load)
    if wanted.json:
        print(told)
    else:
        print(f"{table(figures)} {os.cpu_count()} processors, load at start {load:.1f}.")
    print(f"JSON: {os.path.relpath(keep(told), Path.cwd())}", file=sys.stderr)
    return int(any(figure.value is None for figure in figures))


def _arguments(known: dict[str, Measure]) -> argparse.Namespace:
    listed = "\n".join(f"  {measure.name:8}{measure.tells}" for measure in known.values())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="How fast Webdoc is on this machine.",
        epilog=f"measures:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("measures", nargs="*", metavar="measure", help="all of them where none is named")
    parser.add_argument("--json", action="store_true", help="the figures as JSON instead of the table")
    wanted = parser.parse_args()
    if unknown := set(wanted.measures) - set(known):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    return wanted


def _measured(measure: Measure, ground: Ground) -> list[Figure]:
    """Its figures; what could not be measured is a row too, and the others go on."""
    figures: list[Figure] = []
    try:
        figures.extend(measure.run(ground))
    except Exception as failure:  # noqa: BLE001 - whatever it was, it is told in the table
        reason = (str(failure).splitlines() or [""])[0][:100]
        figures.append(
            Figure(measure.name, measure.tells, None, beside=f"{type(failure).__name__}: {reason}")
        )
    return figures


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: everything, once. The table goes to standard output, all of it to dist/bench.json.

python -m tests.benchmarks [--check | --write]; --write makes the run the baseline, and puts it into
docs/benchmarks.md
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from deploy.package import PackageError
from harness.fc.instances.interpreters import find_interpreter
from tests.benchmarks.baseline import TOLERANCE_OF_BYTES, TOLERANCE_OF_TIMES, find_regressions, write_baseline
from tests.benchmarks.cloud import measure_cloud
from tests.benchmarks.collecting import measure_collector
from tests.benchmarks.costs import measure_costs
from tests.benchmarks.figures import Figure, Goal, Sample
from tests.benchmarks.guide import write_figures
from tests.benchmarks.invoking import measure_batch, measure_others, measure_warm
from tests.benchmarks.operating import measure_operator
from tests.benchmarks.packages import Packages, make_packages
from tests.benchmarks.report import Report
from tests.benchmarks.setting import Place, Stub
from tests.benchmarks.starting import measure_imports, measure_starts
from tests.certificate import make_certificate
from tests.project import PROJECT

DIST = PROJECT / "dist"
PYTHON = "3.12"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    interpreter = find_interpreter(PYTHON)
    if interpreter is None:
        print(f"make bench: this machine has no Python {PYTHON}, which the function runs on", file=sys.stderr)
        return 2
    try:
        report = run(DIST / "bench", interpreter)
    except PackageError as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return 2
    (DIST / "bench.json").write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    print(report)
    if arguments == ["--write"]:
        write_baseline(report.figures)
        write_figures(report.figures, report.costs)
    return check(report) if arguments == ["--check"] else 0


def run(folder: Path, interpreter: str) -> Report:
    """`folder`: for packages, certificate and the clip."""
    started, load = time.monotonic(), os.getloadavg()[0]
    folder.mkdir(parents=True, exist_ok=True)
    key, certificate = make_certificate(folder)
    _say("packages")
    packages = make_packages(folder, interpreter, certificate)
    peers = packages.peers
    with Stub(key) as stub:
        place = Place(interpreter, stub, peers["ours"].folder / "certifi" / "cacert.pem")
        _say("cold starts")
        figures = measure_starts(place, peers)
        imports = {name: measure_imports(place, peers[name]) for name in ("ours", "sdk")}
        figures.append(_package_sizes(packages))
        _say("warm invocations")
        figures += measure_warm(place, peers)
        figures += measure_others(place, peers)
        _say("1,000 videos in one event")
        figures += measure_batch(place, peers)
    _say("the local cloud")
    figures += measure_cloud()
    _say("the collector with many entries")
    figures += measure_collector()
    _say("the operator's command line over 100,000 objects")
    figures += measure_operator()
    _say("a GIF of a minute in 1080p")
    costs = measure_costs(figures, folder)
    return Report(figures, imports, costs, PYTHON, load, time.monotonic() - started)


def _package_sizes(packages: Packages) -> Figure:
    sizes = {name: Sample((size / 2**20,)) for name, size in packages.zip_bytes.items()}
    return Figure("package, zip", "MiB", sizes, Goal(0.5, "sdk"))


def check(report: Report) -> int:
    problems = find_regressions(report.figures)
    limits = f"{TOLERANCE_OF_TIMES:.0%} (times), {TOLERANCE_OF_BYTES:.0%} (bytes and requests)"
    if problems:
        print(f"\nWorse than baseline.json by more than {limits}:", *problems, sep="\n- ")
        return 1
    print(f"\nNothing is worse than baseline.json by more than {limits}.")
    return 0


def _say(what: str) -> None:
    print(f"measuring: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

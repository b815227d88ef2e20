"""`make bench-check`: the ratios of a run against those of the committed run.

Only ratios: absolute times are another machine's. A figure without a peer is compared as it is where it does not
depend on the machine (requests, memory), and else has to meet its goal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure

FILE = Path(__file__).with_name("baseline.json")
#: How much worse a ratio may be than the committed one: times vary from run to run, bytes and requests do not.
TOLERANCE_OF_TIMES, TOLERANCE_OF_BYTES = 0.25, 0.05
_BYTES = ("MiB", "")


def write_baseline(figures: Sequence[Figure], file: Path = FILE) -> None:
    watched = {figure.name: round(value, 3) for figure in figures if (value := _watched(figure)) is not None}
    file.write_text(json.dumps(watched, indent=2) + "\n", encoding="utf-8")


def find_regressions(figures: Sequence[Figure], file: Path = FILE) -> list[str]:
    """What became worse than the tolerance allows, one line each; also what is no longer measured."""
    known = json.loads(file.read_text(encoding="utf-8"))
    watched = {figure.name: value for figure in figures if (value := _watched(figure)) is not None}
    problems = [f"{name}: not measured any more" for name in known if name not in watched]
    for figure in figures:
        if figure.name in known and figure.name in watched:
            before, now = known[figure.name], watched[figure.name]
            if _worse(figure, before, now):
                problems.append(f"{figure.name}: {now:.3f}, and it was {before:.3f}")
        elif figure.met is False:
            problems.append(f"{figure.name}: {figure.ours.median:.3f} {figure.unit}, its goal is {figure.goal}")
    return problems


def _watched(figure: Figure) -> float | None:
    if figure.ratio is not None and figure.unit:
        return figure.ratio.median
    return figure.ours.median if figure.unit in _BYTES else None


def _worse(figure: Figure, before: float, now: float) -> bool:
    tolerance = TOLERANCE_OF_BYTES if figure.unit in _BYTES else TOLERANCE_OF_TIMES
    if figure.better == "higher":
        return now < before * (1 - tolerance)
    return now > before * (1 + tolerance)

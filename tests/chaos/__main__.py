"""`make chaos`: breaks everything, says what came of it, and writes the counts into docs/guarantees.md.

`--share 0.1` runs a tenth of it, chosen by the seed, and writes only with `--write`; the page then says the share.
`--part "any order"` runs one part of it again, whose row alone is written.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from . import page
from .counting import Count, Outcome, count
from .matrix import Cell, Matrix
from .parts import PARTS
from .running import Progress, run_cells
from .world import world

SEED = 20261126
PAIRS, OUTAGES = 2500, 600
#: Cells a second that one core runs, to say beforehand how long it takes.
RATE = 8.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="run only so much of it")
    parser.add_argument("--write", action="store_true", help="write the counts of a share, too")
    parser.add_argument("--part", choices=[*page.KINDS_ZH], help="run this one only, and write its row only")
    given = parser.parse_args(arguments)
    share = given.share
    parts = [part for part in PARTS if given.part in (None, part.kind)]
    processes = os.cpu_count() or 1
    begun = time.monotonic()
    with world() as one:
        matrix = Matrix(one)
        cells = {
            "one break": list(matrix.every()),
            "two breaks": list(matrix.pairs(PAIRS, SEED)),
            "an outage": list(matrix.long_ones(OUTAGES, SEED)),
        }
    chosen = random.Random(SEED)
    shares = {kind: chosen.sample(found, max(1, round(len(found) * share))) for kind, found in cells.items()}
    shares = {kind: found for kind, found in shares.items() if given.part in (None, kind)}
    total = sum(map(len, shares.values()))
    seconds = total / RATE / processes + sum(part.seconds for part in parts) * share
    print(f"{total:,} cells and {len(parts)} other parts: about {seconds / 60:.0f} minutes on {processes} cores")
    counts = [count(kind, _watched(kind, found, run_cells(found, processes))) for kind, found in shares.items()]
    for part in parts:
        outcomes = part.run(share)
        counts.append(count(part.kind, _watched(part.kind, range(part.cells(share)), outcomes)))
    minutes = (time.monotonic() - begun) / 60
    for each in counts:
        print(each.row())
    is_right = all(each.is_right for each in counts)
    if (share == 1.0 or given.write) and is_right:
        _write(counts, minutes, share if given.part is None else None)
    print(f"{'nothing lost, nothing doubled' if is_right else 'NOT AS PROMISED'}, {minutes:.1f} minutes")
    return 0 if is_right else 1


def _watched(kind: str, cells: Sequence[Cell] | range, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    progress = Progress(kind, len(cells))
    for outcome in outcomes:
        progress.add(outcome)
        yield outcome


def _write(counts: Sequence[Count], minutes: float, share: float | None) -> None:
    """share: None for a part, which leaves the rest as it is."""
    if share is None:
        page.write_rows(counts)
        return
    when = datetime.now(timezone.utc).date().isoformat()
    facts = {
        "share": f"{share:.0%}",
        "when": when,
        "python": platform.python_version(),
        "seed": SEED,
        "minutes": round(minutes),
    }
    page.write(counts, facts)
    print("written into " + " and ".join(str(each.name) for each in page.PAGES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

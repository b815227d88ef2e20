"""The cells of the matrix, shared out over processes, each with a cloud of its own."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .counting import Outcome
from .matrix import Cell, Matrix
from .verdict import End, Verdict
from .world import world

#: Cells that one process takes at a time. A cloud grows with what it has seen, so that a new one is soon faster.
AT_A_TIME = 200


def run_cells(cells: Sequence[Cell], processes: int) -> Iterator[Outcome]:
    """In any order, as they come."""
    shares = [list(cells[start : start + AT_A_TIME]) for start in range(0, len(cells), AT_A_TIME)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for outcomes in pool.imap_unordered(_run, shares):
            yield from outcomes


def _run(cells: list[Cell]) -> list[Outcome]:
    for name in [name for name in os.environ if name.startswith(("ALIBABA_CLOUD_", "FC_", "OSS_"))]:
        del os.environ[name]
    with world() as one:
        matrix = Matrix(one)
        return [Outcome(str(cell), run_one(matrix, cell)) for cell in cells]


def run_one(matrix: Matrix, cell: Cell) -> Verdict:
    """A fault of the product's own, too, is a verdict."""
    try:
        return matrix.run(cell)
    except Exception:  # noqa: BLE001 - the other cells are run all the same
        return Verdict(End.WRONG, traceback.format_exc(limit=-2))


class Progress:
    """One line that tells how far it is, and how long it may still take; a wrong cell gets a line of its own."""

    def __init__(self, kind: str, total: int, write: Callable[[str], Any] = sys.stderr.write) -> None:
        self._kind, self._total, self._write = kind, total, write
        self._begun, self._done = time.monotonic(), 0

    def add(self, outcome: Outcome) -> None:
        self._done += 1
        if not outcome.is_right:
            self._write(f"\r{outcome.verdict.end.value.upper()}: {outcome.name}: {outcome.verdict.why}\n")
        if self._done % 20 == 0 or self._done == self._total:
            taken = time.monotonic() - self._begun
            left = taken / self._done * (self._total - self._done)
            done = f"{self._done:,} of {self._total:,}"
            self._write(f"\r{self._kind}: {done}, {self._done / taken:.1f} a second, {left / 60:.1f} min left   ")
        if self._done == self._total:
            self._write("\n")

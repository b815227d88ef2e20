"""The table, and what a run leaves behind as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.costs import Cost
from tests.benchmarks.figures import Figure, Sample

_COLUMNS = ("ours", "sdk", "sdk, pruned", "sdk-idempotent", "floor")
_MARKS = {True: "✓", False: "✗", None: ""}


@dataclass(frozen=True)
class Report:
    """One run. imports: milliseconds by package, ours and the sdk peer's. load: the machine's, before the run."""

    figures: Sequence[Figure]
    imports: Mapping[str, Mapping[str, float]]
    costs: Sequence[Cost]
    python: str
    load: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return {
            "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": self.python},
            "load": self.load,
            "seconds": self.seconds,
            "figures": [figure.to_json() for figure in self.figures],
            "imports_ms": self.imports,
            "costs": [cost.to_json() for cost in self.costs],
        }

    def __str__(self) -> str:
        figures = [["", "", *_COLUMNS, "ratio", "goal", ""], *(_row(figure) for figure in self.figures)]
        imports = [["import time by package, ms", "ours", "sdk"], *_import_rows(self.imports)]
        costs = [["a million videos", "size", "CNY", "seconds each"], *(_cost_row(cost) for cost in self.costs)]
        notes = (
            "Medians of the rounds ± interquartile range; ratio: ours to the other's, round by round. "
            "Of a cold start, a round has the fastest of three."
        )
        machine = f"Python {self.python}, {os.cpu_count()} CPUs, load {self.load:.1f}; took {self.seconds:.0f} s."
        return "\n\n".join([_table(figures), notes, _table(imports), _table(costs), machine])


def _row(figure: Figure) -> list[str]:
    cells = [_value(figure.samples.get(name)) for name in _COLUMNS]
    ratio = ""
    if figure.ratio is not None:
        ratio = f"{figure.ratio.median:.2f} ± {figure.ratio.spread:.2f} × {figure.against}"
    return [figure.name, figure.unit, *cells, ratio, str(figure.goal or ""), _MARKS[figure.met]]


def _value(sample: Sample | None) -> str:
    if sample is None:
        return ""
    digits = 0 if sample.median >= 100 else 1 if sample.median >= 10 else 2 if sample.median else 0
    spread = f" ± {sample.spread:.{digits}f}" if sample.spread else ""
    return f"{sample.median:.{digits}f}{spread}"


def _import_rows(imports: Mapping[str, Mapping[str, float]], largest: int = 12) -> list[list[str]]:
    names = {
        name: max(times.get(name, 0.0) for times in imports.values()) for one in imports.values() for name in one
    }
    chosen = sorted(names, key=lambda name: -names[name])[:largest]
    rows = [[name, *(_import(imports[peer].get(name)) for peer in ("ours", "sdk"))] for name in chosen]
    return [*rows, ["all", *(f"{sum(imports[peer].values()):.0f}" for peer in ("ours", "sdk"))]]


def _import(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.1f}"


def _cost_row(cost: Cost) -> list[str]:
    return [cost.name, str(cost.size), f"{cost.per_million:,.2f}", f"{cost.seconds:.3f}"]


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Markdown that can be read as it is; the first row is the header."""
    widths = [max(3, *(len(cell) for cell in column)) for column in zip(*rows, strict=True)]
    header, *others = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join([header, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *others])

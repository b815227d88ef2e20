"""The figures of docs/benchmarks.md, in both languages, written from a run: `python -m tests.benchmarks --write`.

A page says what its rows are called and which columns there are; the cells come from here, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.costs import CHOSEN, Cost
from tests.benchmarks.figures import Figure
from tests.project import PROJECT

FILES = (PROJECT / "docs" / "benchmarks.md", PROJECT / "docs" / "benchmarks.zh-CN.md")
PEERS = ("ours", "sdk", "sdk, pruned", "sdk-idempotent", "floor", "ideal")
#: The figures of the table's rows, in the order of the page.
ROWS = (
    "cold start to ready",
    "first invocation after it, TLS",
    "peak memory",
    "package, zip",
    "new video, 10 ms latency, CPU",
    "new video, 10 ms latency",
    "COLLECT=off: new video, 10 ms latency, CPU",
    "COLLECT=off: new video, 10 ms latency",
    "duplicate, requests",
    "no video, CPU",
    "1,000 videos in one event",
    "COLLECT=off: 1,000 videos in one event",
    "gifs backfill --dry-run, 100,000 objects: requests",
    "gifs audit, 100,000 objects: requests",
    "gifs audit, 100,000 objects: peak memory",
    "local cloud, start of the process to ready",
    "local cloud, upload to record",
    "collector, 5,000 entries",
    "collector, 5,000 entries: each",
)


def write_figures(figures: Sequence[Figure], costs: Sequence[Cost], files: Sequence[Path] = FILES) -> None:
    """Replaces the cells behind the first of each row in the tables "bench" and "costs"."""
    known = {figure.name: figure for figure in figures}
    bench = [[*(_cell(known[name], peer) for peer in PEERS), _ratio(known[name])] for name in ROWS]
    money = [[f"{cost.per_million:.3g}"] for cost in costs if cost.size == CHOSEN or "FFmpeg" in cost.name]
    for file in files:
        text = file.read_text(encoding="utf-8")
        for name, cells in {"bench": bench, "costs": money}.items():
            text = _fill_in(text, name, cells)
        file.write_text(text, encoding="utf-8")


def _cell(figure: Figure, peer: str) -> str:
    if peer not in figure.samples:
        return ""
    value = figure.samples[peer].median
    return f"{value:{'.3g' if value < 100 else '.0f'}} {figure.unit}".strip()


def _ratio(figure: Figure) -> str:
    return f"{figure.ratio.median:.2f} × {figure.against}" if figure.ratio and figure.unit else ""


def _fill_in(text: str, name: str, cells: Sequence[Sequence[str]]) -> str:
    """The table between `<!-- name -->` and `<!-- /name -->`, with `cells` behind the labels of its rows."""
    before, start, rest = text.partition(f"<!-- {name} -->")
    block, end, after = rest.partition(f"<!-- /{name} -->")
    lines = block.split("\n")
    rows = [number for number, line in enumerate(lines) if line.startswith("|")][2:]  # below the header
    for number, row in zip(rows, cells, strict=True):
        label = lines[number].split("|")[1].strip()
        lines[number] = f"| {' | '.join([label, *row])} |"
    return before + start + "\n".join(lines) + end + after

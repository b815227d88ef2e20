"""What a part of the run has come to, in a form that is added up, printed and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from .verdict import GOOD, WINDOWS, End, Verdict


class Outcome(NamedTuple):
    """What became of one cell. name: the cell's own words."""

    name: str
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        return self.verdict.end in (*GOOD, *WINDOWS)


class Count(NamedTuple):
    """kind: such as "one break". requests: the most that any video has needed, where that was counted."""

    kind: str
    ends: Counter[End]

    @property
    def cells(self) -> int:
        return sum(self.ends.values())

    @property
    def is_right(self) -> bool:
        return all(end in (*GOOD, *WINDOWS) for end in self.ends)

    def row(self) -> str:
        """As a line of the table on the page."""
        numbers = [self.cells, *(self.ends[end] for end in COLUMNS)]
        return f"| {self.kind} | " + " | ".join(f"{number:,}" for number in numbers) + " |"


#: In the table's order; "window" is both of WINDOWS.
COLUMNS = (End.STORED, End.TOLD, End.LOST, End.DOUBLED, End.STUCK, End.WRONG, *WINDOWS)


def count(kind: str, outcomes: Iterable[Outcome]) -> Count:
    return Count(kind, Counter(outcome.verdict.end for outcome in outcomes))

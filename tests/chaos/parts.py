"""What `make chaos` runs beside the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import burst, instances, orders, races
from .counting import Outcome


class Part(NamedTuple):
    """seconds: that the whole of it takes about. Both functions take the share of it that is run."""

    kind: str
    seconds: float
    cells: Callable[[float], int]
    run: Callable[[float], Iterator[Outcome]]


PARTS = [
    Part("instances", instances.SECONDS, instances.cells, instances.run),
    Part("races", races.SECONDS, races.cells, races.run),
    Part("any order", orders.SECONDS, orders.cells, orders.run),
    Part("a burst", burst.SECONDS, burst.cells, burst.run),
]

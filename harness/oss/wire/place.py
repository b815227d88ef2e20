"""Where this OSS is, and whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """`clock`: epoch seconds."""

    region: str
    account_id: str
    clock: Callable[[], float]

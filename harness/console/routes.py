"""Which function answers which request, and the refusals they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.http.server import Request, Response


@dataclass(frozen=True)
class Route:
    """`operation`: its name in the journal."""

    method: str
    path: str
    operation: str
    answer: Callable[[Request], Response]


@dataclass(frozen=True)
class Call:
    """A request and its route, None when there is none."""

    request: Request
    route: Route | None

    @property
    def name(self) -> str:
        return self.route.operation if self.route else "Invalid"


class BadRequest(ValueError):
    """The request makes no sense; the message says what would."""


def whole_number(params: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A parameter between `low` and `high`; raises BadRequest."""
    text = params.get(name) or str(default)
    if not re.fullmatch("[0-9]{1,18}", text) or not low <= int(text) <= high:
        raise BadRequest(f"{name} must be a whole number from {low} to {high}, it is {text!r}")
    return int(text)


def required(params: Mapping[str, str], name: str) -> str:
    """Raises BadRequest."""
    if not params.get(name):
        raise BadRequest(f"{name} is missing")
    return params[name]

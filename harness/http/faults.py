"""Faults on demand: which call goes wrong, and how.

A fault names a service and an operation, and when: the nth matching call, the first `times`, or each with a
probability (seeded, so that a run can be repeated). As text, for the command line and the admin path:

    multimediaai:CreateGifTask:error=503/ServiceUnavailable:times=2
    oss:AppendObject:reset_after:nth=2
    *:*:latency=0.5:probability=0.1:seed=7
"""

from __future__ import annotations

import difflib
import random
import threading
from dataclasses import dataclass, field, fields
from typing import Any

from harness.http.operations import OPERATIONS

KINDS = {
    "error": "refused with a status and code, before it has any effect: error=503/ServiceUnavailable",
    "throttle": "refused as that service throttles",
    "latency": "answered later: latency=SECONDS",
    "reset": "the connection is reset before the call has any effect",
    "reset_after": "the call takes effect, then the connection is reset",
    "truncate": "the call takes effect, and the answer's body ends after so many bytes: truncate=BYTES",
    "page": "a gateway's page is answered, before the call has any effect: page=503",
    "page_after": "the call takes effect, and a gateway's page is answered: page_after=200",
    "interim": "an interim answer comes before the answer: interim=103",
    "drip": "100 Continue comes every tenth of a second, and the answer at the end: drip=SECONDS",
    "expire": "every STS token issued so far expires first",
    "kill": "the function's processes are killed before the call has any effect",
    "kill_after": "the call takes effect, then the function's processes are killed",
}
#: Kinds that say nothing without a value; the others take none.
_VALUED = ("error", "latency", "truncate", "page", "page_after", "interim", "drip")
_STATUSES = {"page": range(200, 600), "page_after": range(200, 600), "interim": (100, 102, 103)}
_THROTTLED = {
    "oss": (503, "TotalQpsLimitExceeded"),
    "multimediaai": (400, "Throttling.User"),
    "imm": (400, "Throttling.User"),
    "sts": (400, "Throttling.User"),
    "fc": (429, "ResourceExhausted"),
    "sls": (403, "ReadQuotaExceed"),
}


class FaultError(ValueError):
    """The text of a fault is wrong; the message says what, and what would be right."""


@dataclass
class Fault:
    """One fault. value: of the kind (status/code, seconds, bytes). nth counts matching calls from 1.

    id: among the faults of one cloud, from 1. calls: that matched so far. hits: of these, how many it spoiled;
    `times` limits them.
    """

    service: str
    operation: str
    kind: str
    value: str = ""
    nth: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int | None = None
    id: int = field(default=0, compare=False)
    calls: int = field(default=0, compare=False)
    hits: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if problem := self._misnamed() or self._never_due():
            raise FaultError(problem)
        self._random = random.Random(self.seed)
        try:
            good = bool(self.value) == (self.kind in _VALUED) and self.number() >= 0
            good = good and (self.kind != "error" or 400 <= self.refusal(self.service)[0] <= 599)
            good = good and self.status() in _STATUSES.get(self.kind, (0,))
        except ValueError:
            good = False
        if not good:
            raise FaultError(f"{self.kind}{'=' if self.value else ''}{self.value}: {KINDS[self.kind]}")

    def _misnamed(self) -> str:
        """A fault of a call that nobody makes would wait for ever."""
        if self.kind not in KINDS:
            return f"unknown kind of fault {self.kind!r}; there are: {', '.join(KINDS)}"
        if self.service not in ("*", *OPERATIONS):
            return f"unknown service {self.service!r}; there are: {', '.join(OPERATIONS)} and *"
        services = OPERATIONS if self.service == "*" else (self.service,)
        known = [operation for service in services for operation in OPERATIONS[service]]
        if self.operation in ("*", *known):
            return ""
        alike = difflib.get_close_matches(self.operation, known) or sorted(set(known))
        return f"unknown operation {self.operation!r}; there are: {', '.join(alike)} and *"

    def _never_due(self) -> str:
        for name, number in (("nth", self.nth), ("times", self.times)):
            if number is not None and number < 1:
                return f"{name} must be 1 or more, it is {number}"
        return (
            ""
            if 0 < self.probability <= 1
            else f"probability must be over 0 and up to 1, it is {self.probability}"
        )

    def refusal(self, service: str) -> tuple[int, str]:
        """HTTP status and code of an `error` or a `throttle`."""
        if self.kind == "throttle":
            return _THROTTLED.get(service, (503, "ServiceUnavailable"))
        status, _, code = self.value.partition("/")
        return (int(status), code or "InternalError") if self.kind == "error" else (0, "")

    def number(self) -> float:
        """Seconds of a `latency` or a `drip`, bytes of a `truncate`."""
        return float(self.value or 0) if self.kind in ("latency", "truncate", "drip") else 0.0

    def status(self) -> int:
        """HTTP status of a `page`, a `page_after` or an `interim`."""
        return int(self.value) if self.kind in _STATUSES else 0

    @property
    def spent(self) -> bool:
        """Whether it can spoil nothing any more."""
        passed = self.nth is not None and self.calls >= self.nth
        return passed or (self.times is not None and self.hits >= self.times)

    def due(self, service: str, operation: str) -> bool:
        """Whether it could spoil this call; counts it when it matches."""
        if self.service not in ("*", service) or self.operation not in ("*", operation):
            return False
        self.calls += 1
        if self.nth is not None and self.calls != self.nth:
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        return self.probability >= 1.0 or self._random.random() < self.probability


class Faults:
    """The faults of one local cloud; empty unless somebody asks for some."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._added = 0
        self._lock = threading.Lock()

    def add(self, fault: Fault | str) -> Fault:
        fault = parse_fault(fault) if isinstance(fault, str) else fault
        with self._lock:
            self._added += 1
            fault.id = self._added
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: int) -> bool:
        """Whether there was such a one."""
        with self._lock:
            kept = [fault for fault in self._faults if fault.id != fault_id]
            removed = len(kept) < len(self._faults)
            self._faults = kept
        return removed

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def draw(self, service: str, operation: str) -> Fault | None:
        """The first fault that is due, if any: it alone is used up. Every fault that matches counts the call."""
        with self._lock:
            due = [fault for fault in self._faults if fault.due(service, operation)]
            if not due:
                return None
            due[0].hits += 1
            return due[0]


def parse_fault(text: str) -> Fault:
    """`service:operation:kind[=value][:nth=N][:times=N][:probability=P][:seed=N]`; raises FaultError."""
    parts = text.split(":")
    if len(parts) < 3:
        raise FaultError(f"{text!r}: a fault is service:operation:kind[=value][:nth=N][:times=N][:probability=P]")
    kind, _, value = parts[2].partition("=")
    options: dict[str, Any] = {}
    convert = {"nth": int, "times": int, "probability": float, "seed": int}
    for part in parts[3:]:
        name, _, given = part.partition("=")
        if name not in convert:
            raise FaultError(f"{text!r}: unknown option {name!r}; there are: {', '.join(convert)}")
        try:
            options[name] = convert[name](given)
        except ValueError as exc:
            raise FaultError(f"{text!r}: {name} must be a number, it is {given!r}") from exc
    return Fault(parts[0], parts[1], kind, value, **options)


def describe(fault: Fault) -> str:
    """The text that `parse_fault` reads."""
    kind = f"{fault.kind}={fault.value}" if fault.value else fault.kind
    options = {
        f.name: getattr(fault, f.name)
        for f in fields(fault)
        if f.name in ("nth", "times", "probability", "seed") and getattr(fault, f.name) != f.default
    }
    return ":".join([fault.service, fault.operation, kind, *(f"{k}={v}" for k, v in options.items())])

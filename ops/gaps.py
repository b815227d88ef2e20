"""What could not be found out, beside what could: one permission that is missing takes away one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ops.errors import GOOD, Denied, NotAnswered, OpsError

T = TypeVar("T")


@dataclass
class Gaps:
    """why: by the name of what is not known. errors: those by which a command does not end well."""

    why: dict[str, str] = field(default_factory=dict)
    errors: list[OpsError] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code for it: that of the worst error."""
        return max((error.exit_code for error in self.errors), default=GOOD)

    def ask(self, name: str, call: Callable[[], T]) -> T | None:
        """What it gives; None where it cannot be had. What does not exist fails nothing."""
        try:
            return call()
        except OpsError as error:
            self.why[name] = str(error)
            if isinstance(error, (Denied, NotAnswered)):
                self.errors.append(error)
            return None

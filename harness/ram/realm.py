"""What all services of one local cloud share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.journal import Journal
from harness.ram.asking import Authorize, Gate
from harness.ram.identity import ACCOUNT_ID, Identities


@dataclass(frozen=True)
class Realm:
    """One account in one region: who signs, who may do what, and what has happened. clock: epoch seconds."""

    identities: Identities
    authorize: Authorize
    journal: Journal
    clock: Callable[[], float] = time.time
    region: str = "cn-beijing"
    account_id: str = ACCOUNT_ID

    def gate(self, service: str) -> Gate:
        """By which that service asks; denials are journalled under its name."""
        return Gate(service, self.authorize, self.journal, self.clock)

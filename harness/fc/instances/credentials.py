"""The STS credentials that functions are given: those of their role, renewed before they get old."""

from __future__ import annotations

import threading
from collections.abc import Callable

from harness.ram.identity import Credentials, Identities, IdentityError

#: What FC's documentation promises: credentials are valid for 36 hours.
VALID_SECONDS = 36 * 3600
#: An instance may run a day long on the credentials of its start, so they are renewed well before.
_RENEW_SECONDS = 900


class RoleCredentials:
    """Thread-safe. `clock` gives epoch seconds."""

    def __init__(self, identities: Identities, clock: Callable[[], float]) -> None:
        self._identities = identities
        self._clock = clock
        self._lock = threading.Lock()
        self._current: dict[str, tuple[Credentials, float]] = {}

    def of(self, role: str | None) -> Credentials | None:
        """Current credentials of the role; None for a function without role."""
        if not role:
            return None
        with self._lock:
            known = self._current.get(role)
            if not known or self._clock() - known[1] >= _RENEW_SECONDS or not self._valid(known[0]):
                known = self._current[role] = (self._identities.assume_role(role, VALID_SECONDS), self._clock())
            return known[0]

    def rotate(self) -> None:
        """The next invocation gets new ones."""
        with self._lock:
            self._current.clear()

    def _valid(self, credentials: Credentials) -> bool:
        try:
            self._identities.resolve(credentials.access_key_id, credentials.token)
        except IdentityError:
            return False
        return True

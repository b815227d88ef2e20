"""One at a time for each name, while others go on: for work that is too long for the database's lock."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    def __init__(self) -> None:
        self._changed, self._taken = threading.Condition(), set[str]()

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Waits until nobody else is inside under this name. Not to be entered with the database's lock held."""
        with self._changed:
            self._changed.wait_for(lambda: name not in self._taken)
            self._taken.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._taken.remove(name)
                self._changed.notify_all()

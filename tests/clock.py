"""A clock that tests move."""

from __future__ import annotations

import time


class Clock:
    """The real time in seconds since 1970, put forward by `ahead` seconds."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

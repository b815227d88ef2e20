"""Where results are kept between their download and their storage: small ones in memory, others in /tmp.

/tmp is small (diskSize of s.yaml: 512 MB), and many results are on their way at the same time. So a file says how
much it will hold before it holds anything, and waits until there is room for it.
"""

from __future__ import annotations

import threading
from tempfile import SpooledTemporaryFile

from handler.errors import ResultNotFetched

#: Up to here in memory, and beyond in /tmp.
IN_MEMORY = 1 << 20
#: Of all files together: what /tmp holds with some room to spare.
MOST_HELD = 384 << 20


class Spool:
    """The room of one instance, used by many threads. A file that is larger than all of it may have it alone."""

    def __init__(self, size: int | None = None) -> None:
        self._size = size or MOST_HELD
        self._taken = 0
        self._changed = threading.Condition()

    def file(self) -> SpoolFile:
        """A new one; to be closed."""
        return SpoolFile(self)

    def take(self, size: int, seconds: float) -> int:
        """Waits until there is room; what was taken. Raises ResultNotFetched after `seconds`."""
        size = min(size, self._size)
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken + size <= self._size, seconds):
                raise ResultNotFetched(f"other results left too little room for {size} bytes")
            self._taken += size
        return size

    def give(self, size: int) -> None:
        with self._changed:
            self._taken -= size
            self._changed.notify_all()


class SpoolFile(SpooledTemporaryFile[bytes]):
    """One result, for one thread."""

    def __init__(self, spool: Spool) -> None:
        super().__init__(max_size=IN_MEMORY)
        self._spool, self._room = spool, 0

    def reserve(self, size: int, seconds: float) -> None:
        """To be called once, before anything is written. Raises ResultNotFetched."""
        self._room = self._spool.take(size, seconds)

    def shrink(self, size: int) -> None:
        """Gives back what is more than `size`, which is all that it holds."""
        if size < self._room:
            self._spool.give(self._room - size)
            self._room = size

    def close(self) -> None:
        super().close()
        self.shrink(0)

"""A clock that is moved instead of waited for: the product's, and the local cloud's, in several processes at once.

What the product's modules call `time`, and what they and the OSS SDK call `datetime`, is replaced while it is
installed. Sleeping moves the clock on. Time limits of sockets stay real ones.
"""

from __future__ import annotations

import datetime as real_datetime
import importlib
import mmap
import pkgutil
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import alibabacloud_oss_v2  # noqa: F401  (so that its modules are there to be looked through)

import handler
from handler.signature import Acs3Auth
from handler.tracking import Lease

_SIZE = 8


class Timeline:
    """The real time, put forward by `ahead` seconds. path: a file by which processes share it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _SIZE)
        self.path = path
        self._lock = threading.Lock()

    @property
    def ahead(self) -> float:
        return float(struct.unpack("<d", self._shared[:])[0])

    def move(self, seconds: float) -> None:
        """Everywhere, at once."""
        with self._lock:
            self._shared[:] = struct.pack("<d", self.ahead + max(0.0, seconds))

    def time(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.move(seconds)

    def __getattr__(self, name: str) -> Any:
        """gmtime, strftime: of a moment that is given."""
        return getattr(time, name)

    def now(self, zone: real_datetime.tzinfo | None = None) -> real_datetime.datetime:
        return real_datetime.datetime.fromtimestamp(self.time(), zone)

    @contextmanager
    def installed(self) -> Iterator[None]:
        undo: list[tuple[object, str, object]] = []

        def replace(owner: object, name: str, value: object) -> None:
            undo.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)

        timeline = self

        class Moved(real_datetime.datetime):
            @classmethod
            def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
                return timeline.now(tz)

        moved = SimpleNamespace(**{**vars(real_datetime), "datetime": Moved})
        for module in [*_modules_of_the_product(), *_modules_of_the_sdk()]:
            for name, value in list(vars(module).items()):
                if value is time and module.__name__.startswith("handler."):
                    replace(module, name, self)
                elif value is real_datetime.datetime:
                    replace(module, name, Moved)
                elif value is real_datetime:
                    replace(module, name, moved)
        replace(Lease.__init__, "__defaults__", (self.monotonic, self.time))
        replace(Acs3Auth.__init__, "__defaults__", (self.time, *(Acs3Auth.__init__.__defaults__ or ())[1:]))
        try:
            yield
        finally:
            for owner, name, value in reversed(undo):
                setattr(owner, name, value)


def _modules_of_the_product() -> list[Any]:
    """All of them, also those that are imported only when they are needed."""
    names = [f"handler.{found.name}" for found in pkgutil.iter_modules(handler.__path__)]
    return [importlib.import_module(name) for name in names]


def _modules_of_the_sdk() -> list[Any]:
    return [module for name, module in list(sys.modules.items()) if name.startswith("alibabacloud_oss_v2.")]

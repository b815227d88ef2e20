"""Has the code of a function changed since its instances started?"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

#: What a function is made of; videos and other results that land in the same folder are not.
_SUFFIXES = (".py", ".so", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg")
#: At most this part of the time is spent looking.
_SHARE = 0.05


class CodeWatch:
    """Looks at size and time of the sources below `root`; folders that begin with "." and caches don't count."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._files = dict(_files(str(root)))
        self._next_look = 0.0

    def changed(self) -> bool:
        """Since the last call. May be answered late, by twenty times what a look takes."""
        with self._lock:
            begun = time.monotonic()
            if begun < self._next_look:
                return False
            files = dict(_files(str(self._root)))
            ended = time.monotonic()
            self._next_look = ended + (ended - begun) / _SHARE
            if files == self._files:
                return False
            for path, status in files.items():
                if status != self._files.get(path):
                    _forget_bytecode(Path(path))
            self._files = files
            return True


def _files(folder: str) -> list[tuple[str, tuple[int, int]]]:
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(".") and entry.name not in ("__pycache__", "node_modules"):
                        found += _files(entry.path)
                elif entry.name.endswith(_SUFFIXES):
                    status = entry.stat()
                    found.append((entry.path, (status.st_mtime_ns, status.st_size)))
    except OSError:  # removed while we look: the next look sees it
        pass
    return found


def _forget_bytecode(path: Path) -> None:
    """Python compares whole seconds and size, and would take the old code for a quick edit."""
    if path.suffix == ".py":
        for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            cached.unlink(missing_ok=True)

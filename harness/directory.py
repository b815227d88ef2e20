"""The directory in which one local cloud keeps its state: locked while it runs, so that two never share one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

#: Only a directory with this file in it is ever removed.
_KEY = "identity.key"
_LOCK = "running"


class DirectoryInUse(Exception):
    """Another local cloud keeps its state there."""

    def __init__(self, path: Path, url: str) -> None:
        """`url`: its endpoint, "" while it is starting."""
        where = f"the local cloud at {url}" if url else "a local cloud that is starting"
        super().__init__(f"{path} is in use by {where}")


class StateDirectory:
    """Made where it is missing. Without `path` a temporary one, removed by `close`.

    Raises DirectoryInUse, OSError.
    """

    def __init__(self, path: Path | None) -> None:
        self._temporary = path is None
        self.path = path or Path(tempfile.mkdtemp(prefix="local-cloud-"))
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._lock):
            os.close(self._lock)
            raise DirectoryInUse(self.path, _read(self.path))
        os.truncate(self._lock, 0)

    def key(self) -> bytes:
        """The key under which STS credentials are issued; it outlives a restart, so that presigned URLs do."""
        path = self.path / _KEY
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(os.urandom(32))
        return path.read_bytes()

    def announce(self, url: str) -> None:
        """Where the cloud answers, for `running_at`."""
        os.pwrite(self._lock, url.encode(), 0)

    def close(self) -> None:
        """Others may use it now. The lock also ends with the process, however that ends."""
        os.close(self._lock)
        if self._temporary:
            shutil.rmtree(self.path, ignore_errors=True)


def running_at(path: Path) -> str | None:
    """The endpoint of the local cloud that keeps its state there now, if one does."""
    try:
        lock = os.open(path / _LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _try_lock(lock) else _read(path)
    finally:
        os.close(lock)


def remove_state(path: Path) -> bool:
    """Removes the state of a local cloud that is not running; False when the directory holds none."""
    if not (path / _KEY).is_file():
        return False
    StateDirectory(path).close()  # raises when it is in use
    shutil.rmtree(path)
    return True


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> str:
    return (path / _LOCK).read_text(encoding="utf-8")

"""The directory in which one local cloud keeps its state: locked while it runs, so that two never share one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

#: A directory with this file in it is a local cloud's, and no other is ever touched.
_KEY = "identity.key"
_LOCK = "running"
#: What a local cloud makes in it: all that `remove_state` takes away.
_MADE = ("oss", "multimediaai", "imm", "fc", "sls", _LOCK, _KEY)


class DirectoryInUse(Exception):
    """Another local cloud keeps its state there."""

    def __init__(self, path: Path, url: str) -> None:
        """`url`: its endpoint, "" while it is starting."""
        where = f"the local cloud at {url}" if url else "a local cloud that is starting"
        super().__init__(f"{path} is in use by {where}")


class NotAStateDirectory(Exception):
    """The directory holds something, and that is not a local cloud's."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not empty and holds no state of a local cloud")


class StateUnreadable(Exception):
    """What is kept there is broken."""

    def __init__(self, path: Path, reason: Exception) -> None:
        super().__init__(f"the state in {path} can't be used: {reason}")


class StateDirectory:
    """Made where it is missing. Without `path` a temporary one, removed by `close`.

    Raises DirectoryInUse, NotAStateDirectory, OSError.
    """

    def __init__(self, path: Path | None) -> None:
        self._temporary = path is None
        self.path = path or Path(tempfile.mkdtemp(prefix="local-cloud-"))
        self.path.mkdir(parents=True, exist_ok=True)
        # What lies among other files would be taken for one of them, and they for the cloud's.
        if not (self.path / _KEY).is_file() and set(os.listdir(self.path)) - {_LOCK}:
            raise NotAStateDirectory(self.path)
        self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._lock):
            os.close(self._lock)
            raise DirectoryInUse(self.path, _read(self.path))
        os.truncate(self._lock, 0)

    def key(self) -> bytes:
        """The key under which STS credentials are issued; it outlives a restart, so that presigned URLs do."""
        path = self.path / _KEY
        if not path.is_file() or not path.stat().st_size:  # an older version may have died before it wrote one
            made = self.path / f".{_KEY}"
            made.unlink(missing_ok=True)
            made.touch(mode=0o600)
            made.write_bytes(os.urandom(32))
            made.replace(path)
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
    """Removes the state of a local cloud that is not running, and the directory when nothing else is in it.

    False when the directory holds none. Raises DirectoryInUse, OSError.
    """
    if not (path / _KEY).is_file():
        return False
    state = StateDirectory(path)  # raises when it is in use
    try:
        for name in _MADE:
            _remove(path / name)
    finally:
        state.close()
    with contextlib.suppress(OSError):  # what else is there is not ours
        path.rmdir()
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> str:
    return (path / _LOCK).read_text(encoding="utf-8")

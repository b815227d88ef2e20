"""The folder that files are fetched into. Nothing is written outside of it, whatever stands in it.

Each part of a name is entered by itself, and a symbolic link on the way is refused; one where the file belongs is
replaced. A file is written under another name beside its own, and has its own once it is whole.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import stat
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from ops.errors import Mistake

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: What is in the way of one file only.
_IN_THE_WAY = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY})


class InTheWay(Exception):
    """Something stands where a file or a folder for it belongs; the message says what, and where."""


class Folder:
    """Made when it is not there, and held by one command at a time. Methods raise Mistake; used by many threads.

    folds: whether its disk takes names for the same that differ in case or in Unicode's normal form.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._understood(path):
            path.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._hold()
            self.folds = self._probe()
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def shown(self, parts: tuple[str, ...]) -> str:
        return str(self.path.joinpath(*parts))

    def has(self, parts: tuple[str, ...], size: int, changed: datetime) -> bool:
        """Whether the file is there, as large and as old as it should be. Raises InTheWay."""
        with self._understood(self.path.joinpath(*parts)), self._inside(parts, make=False) as fd:
            if fd is None:
                return False
            try:
                found = os.stat(parts[-1], dir_fd=fd, follow_symlinks=False)
            except FileNotFoundError:
                return False
            is_as_old = int(found.st_mtime) == int(changed.timestamp())
            return stat.S_ISREG(found.st_mode) and found.st_size == size and is_as_old

    @contextlib.contextmanager
    def writing(self, parts: tuple[str, ...], changed: datetime) -> Iterator[IO[bytes]]:
        """A file to write into; it gets its name, and that time, when the body has ended well. Raises InTheWay."""
        meanwhile = f".gifs-{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:16]}.part"
        with self._understood(self.path.joinpath(*parts)), self._inside(parts, make=True) as fd:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(meanwhile, dir_fd=fd)  # of a run that was killed
            file = os.fdopen(os.open(meanwhile, _WRITE, 0o666, dir_fd=fd), "wb")
            try:
                with file:
                    yield file
                    file.flush()
                    os.utime(file.fileno(), (changed.timestamp(), changed.timestamp()))
                os.rename(meanwhile, parts[-1], src_dir_fd=fd, dst_dir_fd=fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(meanwhile, dir_fd=fd)
                raise

    @contextlib.contextmanager
    def _inside(self, parts: tuple[str, ...], *, make: bool) -> Iterator[int | None]:
        """The folder of a file, open; None when it is not there, and is not to be made."""
        fd = os.dup(self._fd)
        try:
            for depth, part in enumerate(parts[:-1], 1):
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, dir_fd=fd)
                try:
                    below = os.open(part, _OPEN, dir_fd=fd)
                except FileNotFoundError:
                    yield None
                    return
                except OSError as exc:
                    if exc.errno not in _IN_THE_WAY:
                        raise
                    where = self.shown(parts[:depth])
                    is_link = stat.S_ISLNK(os.stat(part, dir_fd=fd, follow_symlinks=False).st_mode)
                    what = "a symbolic link, which is not followed" if is_link else "not a folder"
                    raise InTheWay(f"{where} is {what}") from exc
                os.close(fd)
                fd = below
            yield fd
        finally:
            os.close(fd)

    @contextlib.contextmanager
    def _understood(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            if exc.errno in _IN_THE_WAY and path != self.path:
                raise InTheWay(f"{path}: {os.strerror(exc.errno)}") from exc
            raise Mistake(f"{path}: {exc.strerror or exc}") from exc

    def _hold(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Mistake(
                f"{self.path}: another `gifs fetch` is writing there: wait, or name another one"
            ) from None
        except OSError:
            pass  # a disk without locks, as some that are reached over a network

    def _probe(self) -> bool:
        """By a file whose name has a capital and an accent."""
        name = f".gifs-É{secrets.token_hex(8)}.part"
        others = (name.casefold(), unicodedata.normalize("NFD", name))
        with self._understood(self.path):
            os.close(os.open(name, _WRITE, 0o666, dir_fd=self._fd))
            try:
                return any(self._exists(other) for other in others)
            finally:
                os.unlink(name, dir_fd=self._fd)

    def _exists(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

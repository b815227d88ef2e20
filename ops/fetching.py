"""One GIF into one file: whole or not at all, and not a second time."""

from __future__ import annotations

import os
import stat
import tempfile
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from ops.buckets import Bucket, Stored
from ops.errors import Mistake


class Fetched(Enum):
    WRITTEN = "written"
    THERE = "there"
    MISSING = "missing"
    #: A key's file has the name of another key's folder.
    CLASH = "clash"


class Wanted(NamedTuple):
    """A video's GIF, None when there is none, and where it goes."""

    video: str
    gif: Stored | None
    path: Path


def fetch(bucket: Bucket, wanted: Wanted, folder: Path) -> Fetched:
    """folder: what `path` may not leave, by a symbolic link neither. Raises OpsError.

    A file that has the GIF's size and time is the GIF: the time is set when it is whole, and only then.
    """
    path, gif = wanted.path, wanted.gif
    if gif is None:
        return Fetched.MISSING
    _require_inside(path, folder)
    try:
        return Fetched.THERE if _is_there(path, gif) else _write(bucket, gif, path, folder)
    except (NotADirectoryError, FileExistsError, IsADirectoryError):
        return Fetched.CLASH
    except OSError as exc:
        raise Mistake(f"{path}: {exc.strerror or exc}") from exc


def _is_there(path: Path, gif: Stored) -> bool:
    try:
        known = path.lstat()
    except FileNotFoundError:
        return False
    is_same = known.st_size == gif.size and abs(known.st_mtime - gif.changed.timestamp()) < 1
    return is_same and stat.S_ISREG(known.st_mode)


def _write(bucket: Bucket, gif: Stored, path: Path, folder: Path) -> Fetched:
    path.parent.mkdir(parents=True, exist_ok=True)
    _require_inside(path, folder)
    handle, part = tempfile.mkstemp(prefix=".fetching-", dir=path.parent)
    os.close(handle)
    moment = gif.changed.timestamp()
    try:
        if bucket.download(gif.key, Path(part)) is None:
            return Fetched.MISSING
        os.chmod(part, 0o644)
        os.utime(part, (moment, moment))
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
    return Fetched.WRITTEN


def _require_inside(path: Path, folder: Path) -> None:
    """As far as it is there already, the way to the file leads nowhere else."""
    home = folder.resolve()
    place = path.parent.resolve()
    if place != home and home not in place.parents:
        raise Mistake(f"{path}: a symbolic link on the way leads out of {folder}: remove it")

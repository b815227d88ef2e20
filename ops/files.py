"""Where the GIF of a key goes below a folder: never outside, and two keys never into one file.

A key may hold anything: `..`, a leading slash, backslashes, a name that Windows keeps for a device, 255 bytes and
more between two slashes. What a file system cannot hold is escaped as in a URL, so that it can still be read.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

#: Bytes that most file systems allow a name; a part of a key may have four times as many.
_MOST_BYTES = 200
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*%]')


class Targets:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: By the name in lower case, as a file system may see it, the key that has it.
        self._taken: dict[str, str] = {}

    def path(self, bucket: str, key: str) -> Path:
        """Below the folder, in one of the bucket's name. The same key has the same path in every run.

        Only of two keys that differ in case alone the later one in this run has a mark, its SHA-256's beginning.
        """
        parts = [_fit(part) for part in f"{key}.gif".split("/")]
        name = "/".join([bucket, *parts])
        if self._taken.setdefault(name.lower(), key) != key:
            stem = parts[-1].removesuffix(".gif")
            parts[-1] = f"{stem}~{_digest(key)}.gif"
            name = "/".join([bucket, *parts])
            self._taken[name.lower()] = key
        return self._folder / name


def _fit(part: str) -> str:
    """A part of a key as the name of a file or folder. Different parts have different names."""
    if part in ("", ".", ".."):
        return {"": "%2F", ".": "%2E", "..": "%2E%2E"}[part]
    name = _UNFIT.sub(_escape, part)
    if name[-1] in ". ":
        name = name[:-1] + f"%{ord(name[-1]):02X}"
    if _DEVICES.match(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name.encode()) > _MOST_BYTES:
        suffix = ".gif" if name.endswith(".gif") else ""
        cut = name.encode()[: _MOST_BYTES - 20].decode(errors="ignore")
        name = f"{cut}~{_digest(part)}{suffix}"
    return name


def _escape(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]

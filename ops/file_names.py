"""The name of a file for a GIF: `<bucket>/<key>.gif`, each part of it such that it is one name, and on any disk.

A key is any text, and people who may upload choose it. What a part cannot hold is written as `%` and two hex
digits for each byte: control characters, `\\` and `<>:"|?*`; a dot or a space at the end of a folder's name; the
dots of a folder that is called `.` or `..`, and the dot of one that is called as a file of ours is; the first
letter of a device (CON, NUL, COM1, …); and a `%` that would be read as such a mark. An empty folder's name is `%`.

A part that is too long for a name is cut, and `~` with 16 hex digits of its SHA-256 follows. On a disk that takes
`A` for `a`, or one way to write `é` for another, that follows each part which is not in the one form that such a
disk compares. So two keys are two files, on every disk and in whatever order they come.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

#: Bytes of one name on the usual disks.
MOST_BYTES = 255
_DIGITS = 16
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\]|%(?=[0-9A-Fa-f]{2}|\Z)|~(?=[0-9a-f]{16}\Z)')
_FOLDERS_END = re.compile(r"[. ]\Z|\.(?=(gif|part)\Z)", re.IGNORECASE)
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|\Z)", re.IGNORECASE)


def file_name(bucket: str, key: str, *, folds: bool) -> tuple[str, ...]:
    """Folders, then the file. folds: whether the disk compares texts without regard to case or normal form."""
    *folders, last = key.split("/")
    return (*(_part(folder, "", folds) for folder in (bucket, *folders)), _part(last, ".gif", folds))


def _part(text: str, suffix: str, folds: bool) -> str:
    fit = _UNFIT.sub(_escape, text)
    if not suffix:
        fit = (_FOLDERS_END.sub(_escape, fit) if fit.strip(".") else fit.replace(".", "%2e")) or "%"
    if _DEVICE.match(fit + suffix):
        fit = f"%{ord(fit[0]):02x}{fit[1:]}"
    mark = ""
    if len((fit + suffix).encode()) > MOST_BYTES or (folds and fit != _folded(fit)):
        mark = f"~{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"
    return _cut(fit, MOST_BYTES - len((mark + suffix).encode())) + mark + suffix


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02x}" for byte in match[0].encode())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")

"""Bytes of objects as files, written, hashed and read in pieces, so that size never costs memory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.http.crc64 import combine, crc64
from harness.oss.state.model import Content

PIECE = 256 * 1024


class Blobs:
    """The blob files of one store. A blob's bytes never change; only an appendable object's grow."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def write(self, pieces: Iterable[bytes]) -> Content:
        """A new blob with all of `pieces`; when they raise, no blob."""
        size, crc, md5 = 0, 0, hashlib.md5(usedforsecurity=False)
        with self._new() as (blob, descriptor):
            for piece in pieces:
                _write_all(descriptor, piece)
                size, crc = size + len(piece), crc64(piece, crc)
                md5.update(piece)
        return Content(blob, size, crc, md5.digest())

    def concatenate(self, contents: Sequence[Content]) -> Content:
        """A new blob with the bytes of `contents`, which were hashed when they came; it has no MD5."""
        size, crc = 0, 0
        with self._new() as (blob, descriptor):
            for content in contents:
                for piece in self.open(content):
                    _write_all(descriptor, piece)
                size, crc = size + content.size, combine(crc, content.crc64, content.size)
        return Content(blob, size, crc)

    @contextlib.contextmanager
    def _new(self) -> Iterator[tuple[str, int]]:
        """A new blob and its file's descriptor; it is gone when what is done with it raises."""
        blob = secrets.token_hex(16)
        path = self._path(blob)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb", buffering=0) as file:
                yield blob, file.fileno()
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def append(self, content: Content, pieces: Iterable[bytes]) -> Content:
        """`content` with `pieces` after it. What a crash left behind `content.size` is overwritten."""
        size, crc = content.size, content.crc64
        with self._path(content.blob).open("r+b", buffering=0) as file:
            file.seek(size)
            for piece in pieces:
                _write_all(file.fileno(), piece)
                size, crc = size + len(piece), crc64(piece, crc)
        return Content(content.blob, size, crc)

    def md5(self, content: Content) -> bytes:
        """Of all of `content`, which is read for it."""
        digest = hashlib.md5(usedforsecurity=False)
        for piece in self.open(content):
            digest.update(piece)
        return digest.digest()

    def duplicate(self, content: Content) -> Content:
        """The same bytes under another blob: a second link to the file, so only for what is never appended to."""
        blob = secrets.token_hex(16)
        self._path(blob).parent.mkdir(parents=True, exist_ok=True)
        os.link(self._path(content.blob), self._path(blob))
        return Content(blob, content.size, content.crc64, content.md5)

    def open(self, content: Content) -> BlobReader:
        """All of `content`; the blob may be deleted or appended to meanwhile."""
        return BlobReader(os.open(self._path(content.blob), os.O_RDONLY) if content.blob else -1, content.size)

    def delete(self, content: Content) -> None:
        if content.blob:
            self._path(content.blob).unlink(missing_ok=True)

    def keep_only(self, blobs: set[str]) -> None:
        """Deletes what nothing refers to: the leftovers of uploads that a stop cut off."""
        for path in self._directory.iterdir():
            if path.name not in blobs:
                path.unlink(missing_ok=True)

    def _path(self, blob: str) -> Path:
        return self._directory / blob


class BlobReader:
    """A stretch of a blob as pieces of bytes. Iterates once and closes itself then, or when it is dropped."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._position, self._end = 0, size

    @property
    def length(self) -> int:
        return self._end - self._position

    def narrow(self, start: int, length: int) -> BlobReader:
        """Only `length` bytes from `start`."""
        self._position, self._end = start, start + length
        return self

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._position < self._end:
                piece = os.pread(self._descriptor, min(PIECE, self._end - self._position), self._position)
                if not piece:
                    raise OSError("a blob file is shorter than its object")
                self._position += len(piece)
                yield piece
        finally:
            self.close()

    def read(self) -> bytes:
        return b"".join(self)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            self.close()


def _write_all(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]

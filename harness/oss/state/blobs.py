"""Bytes of objects as files, written, hashed and read in pieces, so that size never costs memory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from harness.http.crc64 import combine, crc64
from harness.oss.state.model import Content

PIECE = 256 * 1024


#: what a blob in a pack has in its name: before it the file, after it where its bytes begin
_IN = "@"


class Blobs:
    """The blob files of one store. A blob's bytes never change; only an appendable object's grow.

    A pack is one file with many blobs, which were loaded together. It stays until nothing refers to it at a start.
    """

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
    def pack(self) -> Iterator[Pack]:
        """A new pack; it is gone when what is done with it raises."""
        with self._new() as (blob, descriptor), open(descriptor, "wb", closefd=False) as file:
            yield Pack(blob, file)

    def own(self, content: Content) -> Content:
        """`content` in a file of its own, which may grow: itself, or a copy of what is in a pack."""
        return replace(self.write(self.open(content)), md5=content.md5) if _IN in content.blob else content

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
        if _IN in content.blob:
            return self.own(content)
        blob = secrets.token_hex(16)
        self._path(blob).parent.mkdir(parents=True, exist_ok=True)
        os.link(self._path(content.blob), self._path(blob))
        return Content(blob, content.size, content.crc64, content.md5)

    def open(self, content: Content) -> BlobReader:
        """All of `content`; the blob may be deleted or appended to meanwhile."""
        descriptor = os.open(self._path(content.blob), os.O_RDONLY) if content.blob else -1
        return BlobReader(descriptor, content.size, int(content.blob.partition(_IN)[2] or 0))

    def delete(self, content: Content) -> None:
        if content.blob and _IN not in content.blob:
            self._path(content.blob).unlink(missing_ok=True)

    def keep_only(self, blobs: set[str]) -> None:
        """Deletes what nothing refers to: the leftovers of uploads that a stop cut off, and empty packs."""
        kept = {self._path(blob).name for blob in blobs}
        for path in self._directory.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def delete_all(self, blobs: set[str]) -> None:
        """With the packs that they are in."""
        for path in {self._path(blob) for blob in blobs if blob}:
            path.unlink(missing_ok=True)

    def _path(self, blob: str) -> Path:
        return self._directory / blob.partition(_IN)[0]


class Pack:
    """A file in the making: one blob after the other."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name, self._file = name, file
        self._end = 0

    def add(self, data: bytes, hashed: bool = True) -> Content:
        """hashed: whether it gets an MD5."""
        self._file.write(data)
        start, self._end = self._end, self._end + len(data)
        md5 = hashlib.md5(data, usedforsecurity=False).digest() if hashed else b""
        return Content(f"{self._name}{_IN}{start}", len(data), crc64(data), md5)


class BlobReader:
    """A stretch of a blob as pieces of bytes. Iterates once and closes itself then, or when it is dropped."""

    def __init__(self, descriptor: int, size: int, base: int = 0) -> None:
        self._descriptor = descriptor
        self._position, self._end, self._base = base, base + size, base

    @property
    def length(self) -> int:
        return self._end - self._position

    def narrow(self, start: int, length: int) -> BlobReader:
        """Only `length` bytes from `start`."""
        self._position, self._end = self._base + start, self._base + start + length
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

"""The body of a request, read as it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

CHUNK = 64 * 1024


class MalformedBody(Exception):
    """Where the body ends cannot be told. The answer is 400, and the connection ends with it."""


class Body:
    """The request's body as a stream; it knows its own end, so that it can be drained for keep-alive.

    Raises MalformedBody at construction and when it is read, ConnectionError when the client stops early.
    """

    def __init__(self, stream: Any, headers: Message) -> None:
        self._stream = stream
        self.chunked = _is_chunked(headers)
        #: Content-Length in bytes; None without one (then the body is empty, or chunked)
        self.length: int | None = None if self.chunked else _length(headers)
        self._left = self.length or 0
        self._in_chunk = 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (-1: all); b"" at the end."""
        if size < 0:
            return b"".join(self)
        return self._read_chunked(size) if self.chunked else self._read_plain(size)

    def skip(self, limit: int | None) -> bool:
        """Reads what is left, unless it is more than `limit` bytes; whether the end was reached."""
        if limit is not None and self._left > limit:
            return False
        while data := self.read(CHUNK):
            if limit is not None:
                limit -= len(data)
                if limit < 0:
                    return False
        return True

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(CHUNK):
            yield data

    def _read_plain(self, size: int) -> bytes:
        wanted = min(size, self._left)
        data: bytes = self._stream.read(wanted) if wanted else b""
        if len(data) < wanted:
            raise ConnectionError("the client closed the connection inside the body")
        self._left -= len(data)
        return data

    def _read_chunked(self, size: int) -> bytes:
        if not self._in_chunk and not self._ended:
            self._in_chunk = _chunk_size(self._line(1024))
            if not self._in_chunk:
                self._ended = True
                while self._stream.readline(65536).strip():
                    pass
        wanted = min(size, self._in_chunk)
        data: bytes = self._stream.read(wanted) if wanted else b""
        if len(data) < wanted:
            raise ConnectionError("the client closed the connection inside a chunk")
        self._in_chunk -= len(data)
        if wanted and not self._in_chunk and self._line(2).strip():
            raise MalformedBody("a chunk is longer than it says")
        return data

    def _line(self, limit: int) -> bytes:
        line: bytes = self._stream.readline(limit)
        if not line:
            raise ConnectionError("the client closed the connection between chunks")
        return line


def _is_chunked(headers: Message) -> bool:
    codings = [str(coding).strip().lower() for coding in headers.get_all("Transfer-Encoding", [])]
    if codings not in ([], ["chunked"]):
        raise MalformedBody("the only Transfer-Encoding there is here is chunked")
    if codings and "Content-Length" in headers:  # RFC 9112, 6.3: two readers may see two bodies
        raise MalformedBody("Content-Length and Transfer-Encoding do not go together")
    return bool(codings)


def _length(headers: Message) -> int | None:
    lengths = {str(length).strip() for length in headers.get_all("Content-Length", [])}
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,19}", length):
        raise MalformedBody("Content-Length must be one whole number")
    return int(length)


def _chunk_size(line: bytes) -> int:
    found = re.fullmatch(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n", line)
    if not found:
        raise MalformedBody("the size of a chunk must be a hexadecimal number")
    return int(found[1], 16)

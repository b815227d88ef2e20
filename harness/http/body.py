"""The body of a request, read as it comes."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

CHUNK = 64 * 1024


class MalformedBody(Exception):
    """Where the body ends cannot be told. The answer is 400, and the connection ends with it."""


@dataclass
class Limits:
    """How long and how much a server reads of a body."""

    #: seconds for which a client may send nothing of a body that it announced
    silence: float = 20.0
    #: the same when its answer is a refusal, which should not wait
    silence_refused: float = 1.0
    #: bytes that are read of a body that is refused
    skipped: int = 1 << 20


class BodyTimeout(TimeoutError):
    """The client said that there is a body, or more of it, and sent nothing for too long."""


class Body:
    """The request's body as a stream; it knows its own end, so that it can be drained for keep-alive.

    Raises MalformedBody at construction and when it is read, ConnectionError when the client stops early, and
    BodyTimeout when it is silent for longer than `limits` say. `connection`: under `stream`, where there is one.
    """

    def __init__(
        self, stream: Any, headers: Message, connection: socket.socket | None = None, limits: Limits | None = None
    ) -> None:
        self._stream, self._connection, self._limits = stream, connection, limits or Limits()
        self.chunked = _is_chunked(headers)
        #: Content-Length in bytes; None without one (then the body is empty, or chunked)
        self.length: int | None = None if self.chunked else _length(headers)
        self._left = self.length or 0
        self._in_chunk = 0
        self._ended = False
        #: whether anybody asked for any of it
        self._touched = False
        self._silent = False
        self._wait(self._limits.silence)

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (-1: all); b"" at the end."""
        if size < 0:
            return b"".join(self)
        if self._silent:
            raise BodyTimeout
        self._touched = True
        try:
            return self._read_chunked(size) if self.chunked else self._read_plain(size)
        except TimeoutError as exc:
            self._silent = True
            raise BodyTimeout from exc

    def leave(self, method: str, refused: bool) -> bool:
        """Reads what nobody wanted, for the sake of the connection; whether that was worth it.

        Not for a GET, whose body some clients announce and never send, and only a little for a refusal.
        """
        unsent = method in ("GET", "HEAD") and not self._touched and bool(self.length)
        if refused:
            self._wait(min(self._limits.silence, self._limits.silence_refused))
        reached = not unsent and self._skip(self._limits.skipped if refused else None)
        self._wait(None)
        return reached

    def _wait(self, seconds: float | None) -> None:
        if self._connection is not None:
            self._connection.settimeout(seconds)

    def _skip(self, limit: int | None) -> bool:
        """Reads what is left, unless it is more than `limit` bytes; whether the end was reached."""
        if limit is not None and self._left > limit:
            return False
        try:
            while data := self.read(CHUNK):
                if limit is not None:
                    limit -= len(data)
                    if limit < 0:
                        return False
        except BodyTimeout:
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

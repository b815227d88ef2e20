"""One HTTP/1.1 answer off a socket, or an error: nothing is guessed about where an answer begins and ends.

What http.client lets pass is what makes one request's answer another's: interim answers other than 100 taken for
final ones, a head that ends without its blank line, two lengths, negative chunks, bytes that nobody asked for.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass

from requests.structures import CaseInsensitiveDict

#: The records are some hundred bytes long, and a page of ListTasks some ten thousand.
MAX_HEAD, MAX_CONTENT = 64 << 10, 32 << 20
_RECEIVED = 64 << 10
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?")


class BadAnswer(Exception):
    """The bytes are not an answer of HTTP/1.1, or not a whole one."""


class Limit:
    """A total of seconds, which begins now.

    By two clocks, of which the faster one counts: a frozen instance's monotonic clock may stand still.
    """

    __slots__ = ("_monotonic", "_seconds", "_wall")

    def __init__(self, seconds: float) -> None:
        self._seconds, self._monotonic, self._wall = seconds, time.monotonic(), time.time()

    def left(self) -> float:
        return self._seconds - max(time.monotonic() - self._monotonic, time.time() - self._wall)

    def apply(self, connection: socket.socket) -> None:
        """The next call on `connection` may take what is left. Raises TimeoutError."""
        if (left := self.left()) <= 0:
            raise TimeoutError
        connection.settimeout(left)


@dataclass
class Answer:
    """What requests.Response calls these: of it no more is used. headers: the last of several with one name."""

    status_code: int
    reason: str
    headers: CaseInsensitiveDict[str]
    content: bytes
    #: whether the connection may carry another request
    reusable: bool


def read_answer(connection: socket.socket, method: str, limit: Limit) -> Answer:
    """The final answer to a request. Raises BadAnswer, OSError; TimeoutError when `limit` is over."""
    stream = _Stream(connection, limit)
    while True:
        version, status, reason, fields = _head(stream.until(b"\r\n\r\n", MAX_HEAD))
        if status == 101:
            raise BadAnswer("another protocol, for which nobody asked")
        if status >= 200:
            break
    content = _content(stream, method, status, fields)
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(fields)
    closes = "close" in headers.get("Connection", "").lower() or version == b"0"
    return Answer(status, reason, headers, content, not closes and stream.is_empty())


class _Stream:
    """What has come so far and what is still to come."""

    def __init__(self, connection: socket.socket, limit: Limit) -> None:
        self._connection = connection
        self._limit = limit
        self._held = b""

    def _receive(self) -> bytes:
        self._limit.apply(self._connection)
        if not (received := self._connection.recv(_RECEIVED)):
            raise BadAnswer("the connection ended inside the answer")
        return received

    def until(self, end: bytes, most: int) -> bytes:
        """Everything before `end`, which is taken too."""
        while (place := self._held.find(end)) < 0:
            if len(self._held) > most:
                raise BadAnswer(f"more than {most} bytes without an end")
            self._held += self._receive()
        taken, self._held = self._held[:place], self._held[place + len(end) :]
        return taken

    def take(self, length: int) -> bytes:
        parts, missing = [self._held], length - len(self._held)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        taken = b"".join(parts)
        self._held = taken[length:]
        return taken[:length]

    def is_empty(self) -> bool:
        """Whether nothing is left over, decrypted bytes that TLS still holds included."""
        return not self._held and not (hasattr(self._connection, "pending") and self._connection.pending())


def _head(head: bytes) -> tuple[bytes, int, str, list[tuple[str, str]]]:
    first, *lines = head.split(b"\r\n")
    if not (status := _STATUS.fullmatch(first)):
        raise BadAnswer("no status line")
    fields = [match.groups() if (match := _HEADER.fullmatch(line)) else (b"", b"") for line in lines]
    if any(not name for name, _ in fields):
        raise BadAnswer("a line of the head is not a header")
    version, code, reason = status.groups()
    return (
        version,
        int(code),
        (reason or b"").decode("latin-1"),
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields],
    )


def _content(stream: _Stream, method: str, status: int, fields: list[tuple[str, str]]) -> bytes:
    lengths = {value for name, value in fields if name.lower() == "content-length"}
    codings = [value.lower() for name, value in fields if name.lower() == "transfer-encoding"]
    if len(lengths) > 1 or (lengths and codings) or codings not in ([], ["chunked"]):
        raise BadAnswer("more than one length, or an unknown coding")
    if method == "HEAD" or status in (204, 304):
        return b""
    if codings:
        return _chunks(stream)
    if not lengths:
        # Only the connection's end would end it, and that cannot be told from one that broke.
        raise BadAnswer("no length")
    length = lengths.pop()
    if not (length.isascii() and length.isdigit() and len(length) < 12 and int(length) <= MAX_CONTENT):
        raise BadAnswer("a length that is not one, or is longer than any answer")
    return stream.take(int(length))


def _chunks(stream: _Stream) -> bytes:
    chunks: list[bytes] = []
    received = 0
    while True:
        if not (size := _CHUNK.fullmatch(stream.until(b"\r\n", MAX_HEAD))):
            raise BadAnswer("a chunk without a size")
        length = int(size[1], 16)
        received += length
        if received > MAX_CONTENT:
            raise BadAnswer("longer than any answer")
        if length == 0:
            break
        chunks.append(stream.take(length))
        if stream.take(2) != b"\r\n":
            raise BadAnswer("a chunk that is longer than it says")
    while line := stream.until(b"\r\n", MAX_HEAD):
        if not _HEADER.fullmatch(line):
            raise BadAnswer("a trailer is not a header")
    return b"".join(chunks)

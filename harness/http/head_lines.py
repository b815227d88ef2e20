"""The head of a request without http.client's limit of 100 headers: OSS takes 8 KB of x-oss-meta-* alone."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any

#: bytes that all headers together may have
MAX_HEAD = 60 * 1024


class RoomyHead(BaseHTTPRequestHandler):
    def parse_request(self) -> bool:
        stream, self.rfile = self.rfile, _HeadLines(self.rfile)  # type: ignore[assignment]
        try:
            return super().parse_request()
        finally:
            self.rfile = stream


class _HeadLines:
    """`stream` for parse_request, which counts lines: all headers come as one line.

    What is longer than MAX_HEAD stays longer than it allows a line to be, so that it answers 431.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._end = b""

    def readline(self, limit: int = -1) -> bytes:
        if self._end:
            return self._end
        lines, size = [], 0
        while line := self._stream.readline(limit):
            if line in (b"\r\n", b"\n"):
                self._end = line
                break
            lines.append(line)
            size += len(line)
            if size > MAX_HEAD:
                return b"".join(lines).ljust(limit)
        return b"".join(lines) or self._end

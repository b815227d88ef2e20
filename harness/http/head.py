"""The head of a message: a request's that could mean two things is refused, an answer's is put into bytes."""

from __future__ import annotations

import re
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message

_NO_HEADER = re.compile(r"[\r\n\0]")


class MalformedHead(Exception):
    """Whom the request is for, or where its headers end, cannot be told. The answer is 400."""


def check_head(headers: Message, version: str) -> None:
    """Raises MalformedHead. version: such as "HTTP/1.1"."""
    if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in headers.defects):
        raise MalformedHead("a line among the headers is not one")  # the parser would drop all that follow
    hosts = headers.get_all("Host", [])
    if len(hosts) > 1 or (not hosts and version == "HTTP/1.1"):
        raise MalformedHead("there must be one Host header")  # RFC 9112, 3.2


def header_line(header: tuple[str, str]) -> bytes:
    """A value that is not latin-1 is sent as UTF-8; what would end the line is left out."""
    text = _NO_HEADER.sub(" ", f"{header[0]}: {header[1]}")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")

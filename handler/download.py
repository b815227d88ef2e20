"""One URL into a file, for what another service says is at that address: it is not believed to be harmless.

No redirect is followed. The host's addresses are looked up once, checked, and connected to, so that nothing inside
a private network, on this machine or at the platform's own services (link-local) can be reached; the hosts of the
configured endpoints are an exception, for the function talks to them anyway. What comes is counted, and goes into
a file for which there is room.
"""

from __future__ import annotations

import ipaddress
import math
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import closing
from urllib.parse import SplitResult, urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from handler.errors import ResultNotFetched, ResultUnusable
from handler.settings import Settings
from handler.spool import Spool, SpoolFile
from handler.wire import Limit

#: Between two pieces of a download; and for all of it, beside what its size takes at a megabyte a second.
SILENCE_SECONDS, LIMIT_SECONDS = 10.0, 30.0
_PIECE = 64 << 10


class Downloads:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, ca_bundle: str | None = None, spool: Spool | None = None) -> None:
        """spool: where what is fetched finds room."""
        self.spool = spool or Spool()
        self._own = tuple(_place(urlsplit(address)) for address in settings.own_addresses)
        self._ca_bundle = ca_bundle or certifi.where()
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def fetch(self, url: str, into: SpoolFile, most: int, seconds: float = math.inf) -> int:
        """Writes what is at `url` into `into`, within `seconds`; its length in bytes.

        Raises ResultNotFetched when it may succeed later or with a new URL, ResultUnusable when it will not: an
        address that is not allowed, a redirect, more than `most` bytes.
        """
        parts = _split(url)
        limit = Limit(min(LIMIT_SECONDS + most / (1 << 20), seconds))
        pool = self._pool(parts, self._address(parts), max(0.1, min(SILENCE_SECONDS, seconds)))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Host": parts.netloc, "Accept-Encoding": "identity", "User-Agent": "gif-on-upload"}
        try:
            answer = pool.urlopen(
                "GET", target, headers=headers, redirect=False, retries=False, preload_content=False
            )
            with closing(answer):
                _check(answer.status, parts)
                into.reserve(_expected(answer.headers.get("Content-Length"), most), limit.left())
                length = _copy(answer.stream(_PIECE, decode_content=False), into, most, limit, parts)
                into.shrink(length)
                return length
        except (HTTPError, OSError, UnicodeError) as exc:
            raise ResultNotFetched(f"{_shown(parts)}: {type(exc).__name__}") from exc
        finally:
            pool.close()

    def _address(self, parts: SplitResult) -> str:
        host, port = _place(parts)
        try:
            found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            raise ResultNotFetched(f"{_shown(parts)}: the host's name cannot be looked up") from exc
        if not self._is_own(host, port) and not all(_is_public(str(entry[4][0])) for entry in found):
            raise ResultUnusable(
                f"{_shown(parts)}: the host has an address inside a network, from which nothing is fetched"
            )
        return str(found[0][4][0])

    def _is_own(self, host: str, port: int) -> bool:
        """An endpoint's own host, or a bucket before it."""
        return any(port == own and (host == name or host.endswith(f".{name}")) for name, own in self._own)

    def _pool(self, parts: SplitResult, address: str, silence: float) -> HTTPConnectionPool:
        host, port = _place(parts)
        timeout = Timeout(connect=silence, read=silence)
        if parts.scheme == "http":
            return HTTPConnectionPool(address, port, timeout=timeout)
        return HTTPSConnectionPool(
            address, port, timeout=timeout, ssl_context=self._trust(), server_hostname=host, assert_hostname=host
        )

    def _trust(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=self._ca_bundle)
            return self._context


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of the port, or of an address in brackets
        is_usable = False
    if not is_usable or not url.isascii() or "@" in parts.netloc:
        raise ResultUnusable("the result's address is not a URL that can be fetched")
    return parts


def _place(parts: SplitResult) -> tuple[str, int]:
    return str(parts.hostname).rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    found = mapped or found
    return found.is_global and not found.is_multicast


def _check(status: int, parts: SplitResult) -> None:
    if 300 <= status < 400:
        raise ResultUnusable(f"{_shown(parts)}: {status}: a redirect, which is not followed")
    if status != 200:
        # 403 and 404 too: the URL has expired, and a new one may be had.
        raise ResultNotFetched(f"{_shown(parts)}: {status}")


def _expected(length: str | None, most: int) -> int:
    """Bytes for which there must be room: no more will come than the answer says, or than is allowed."""
    return min(int(length), most) if length and length.isascii() and length.isdigit() else most


def _copy(pieces: Iterable[bytes], into: SpoolFile, most: int, limit: Limit, parts: SplitResult) -> int:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > most:
            raise ResultUnusable(
                f"{_shown(parts)}: more than {most} bytes", hint="raise GIF_MAX_BYTES if that is what you want"
            )
        if limit.left() <= 0:
            raise ResultNotFetched(f"{_shown(parts)}: it took too long")
        into.write(piece)
    return length


def _shown(parts: SplitResult) -> str:
    """Without the query, which signs it."""
    return f"{parts.scheme}://{parts.netloc}{parts.path}"

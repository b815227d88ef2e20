"""Downloading VideoUrl exactly as it was given, as the real service must.

Nothing repairs the URL on its way: a wrong signature or a forgotten percent-encoding fails here, and the reason
says so. Reasons name the place of the video and never the query, which holds its signature.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import requests
import urllib3

_CHUNK = 256 * 1024
#: RFC 3986, section 2: what may stand in a URI; `%` only before two hexadecimal digits
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_ERROR_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_ERROR_MESSAGE = re.compile(rb"<Message>([^<]{1,200})</Message>")

_HINTS = {
    "PublicEndpointForbidden": "the account's public endpoint serves no data: bind a domain to the bucket, "
    "set BUCKET_DOMAINS, then submit the video again with force",
    "This request is forbidden by kms.": "the object has a key of your own: allow kms:Decrypt to the "
    "function's role (ram/role-kms-policy.json), then submit the video again with force",
    "You are denied by bucket referer policy.": "the bucket's Referer whitelist refuses downloads without a "
    "Referer: allow empty ones, then submit the video again with force",
}


class DownloadError(Exception):
    """The video cannot be had; the message says why."""


class Cancelled(Exception):
    """The service is being stopped."""


@dataclass(frozen=True)
class Limits:
    """Bytes, and seconds: to connect, of silence, and altogether."""

    size: int = 2 << 30
    connect: float = 5.0
    silence: float = 15.0
    total: float = 900.0


def too_large(size: int) -> str:
    """Why a file of so many bytes gets no GIF here, in words; "" when it may get one."""
    most = Limits().size
    return f"{size} bytes, and the local GIF service downloads at most {most}: no GIF" if size > most else ""


def download(
    url: str,
    target: Path,
    limits: Limits,
    progress: Callable[[float], None] = lambda done: None,
    cancelled: Callable[[], bool] = lambda: False,
    answered_at: Callable[[str], str | None] = lambda host: None,
) -> int:
    """Writes what `url` gives to `target`; its size in bytes.

    `progress` is called with 0 to 1, if the size is known. Raises DownloadError, or Cancelled.
    `answered_at`: the URL at which this machine answers for a host, whose name then is not looked up.
    """
    place = _place(url)
    try:
        with requests.Session() as session:
            # Neither a proxy nor a .netrc of this machine has a say in what is fetched.
            session.trust_env = False
            session.max_redirects = 5
            request = requests.Request("GET", url, headers={"Accept-Encoding": "identity"})
            prepared = session.prepare_request(request)
            prepared.url = url  # requests would tidy it up
            parts = urlsplit(url)
            if local := answered_at(parts.hostname or ""):
                prepared.url = local + url[url.index(parts.netloc) + len(parts.netloc) :].partition("#")[0]
                prepared.headers["Host"] = parts.netloc.rpartition("@")[2]
            with session.send(prepared, stream=True, timeout=(limits.connect, limits.silence)) as response:
                if response.status_code != 200:
                    raise DownloadError(f"{place} answered {response.status_code}{_code(response)}")
                with target.open("wb") as file:
                    return _copy(response, file, limits, progress, cancelled)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as exc:
        raise DownloadError(f"{place}: {_what(exc, limits)}") from exc


def _place(url: str) -> str:
    """The URL without its query; raises DownloadError for what is not a URL."""
    valid = _URI.match(url)
    if valid is None or valid.end() < len(url):
        wrong = url[valid.end() if valid else 0 :][:1]
        raise DownloadError(f"VideoUrl is not a valid URL: {wrong!r} must be percent-encoded")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DownloadError("VideoUrl is not a valid URL: it must start with http:// or https:// and name a host")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _copy(
    response: requests.Response,
    file: IO[bytes],
    limits: Limits,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> int:
    length = int(response.headers.get("Content-Length") or 0)
    size, until = 0, time.monotonic() + limits.total
    # What is there, and never a wait for more: a server that drips must not outlast the limits.
    while data := response.raw.read1(_CHUNK, decode_content=False):
        file.write(data)
        size += len(data)
        if cancelled():
            raise Cancelled
        if max(size, length) > limits.size:
            raise DownloadError(f"the video is larger than {limits.size} bytes")
        if time.monotonic() > until:
            raise DownloadError(f"the download takes longer than {limits.total:.0f} s")
        if length:
            progress(min(1.0, size / length))
    if size < length:
        raise DownloadError(f"only {size} of {length} bytes came")
    return size


def _code(response: requests.Response) -> str:
    """OSS's own error code, if the answer has one, and what to do about it."""
    page = next(response.iter_content(4096), b"")
    found, message = _ERROR_CODE.search(page), _ERROR_MESSAGE.search(page)
    if not found:
        return ""
    code = found[1].decode()
    hint = _HINTS.get(code) or (_HINTS.get(message[1].decode("utf-8", "replace")) if message else None)
    return f" ({code})" + (f": {hint}" if hint else "")


def _what(exc: Exception, limits: Limits) -> str:
    """In words of our own, since those of the libraries hold the URL."""
    if isinstance(exc, requests.ConnectTimeout):
        return f"no connection within {limits.connect:.0f} s"
    if isinstance(exc, (requests.Timeout, urllib3.exceptions.ReadTimeoutError)):
        return f"no data for {limits.silence:.0f} s"
    if isinstance(exc, requests.exceptions.SSLError):
        return "the TLS certificate is not accepted"
    if isinstance(exc, requests.TooManyRedirects):
        return "too many redirects"
    if isinstance(exc, (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError)):
        return "the connection broke before the end"
    if isinstance(exc, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return "it leads to what is not a valid URL"
    return "the connection failed"

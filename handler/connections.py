"""One requests.Session for everything an instance sends, without what no service here needs.

No cookies, redirects, proxies, .netrc or hooks, and a URL is sent as it was signed, not quoted once more: that was
a quarter of an invocation's CPU time. Reading the CA bundle takes longer than a submission does, and requests has
it read for each connection; here it is read once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import certifi
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError
from urllib3.util.ssl_ import create_urllib3_context

#: One that idled longer may be dead without anybody having said so, for the instance was frozen meanwhile. Reusing
#: it would lose a request in a way that cannot be told from a lost answer.
MAX_IDLE_SECONDS = 10.0


class Connections(Session):
    """Kept-alive connections, at most `size` idle ones per host; used by many threads. ca_bundle: a PEM file."""

    def __init__(self, size: int, ca_bundle: str | None = None) -> None:
        super().__init__()
        self._adapter = _Adapter(ca_bundle or certifi.where(), pool_maxsize=size)
        self.mount("https://", self._adapter)
        self.mount("http://", self._adapter)

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | None],
        data: Mapping[str, str] | bytes | None = None,
        auth: Callable[[PreparedRequest], PreparedRequest] | None = None,
        timeout: tuple[float, float],
        stream: bool = False,
        **_ignored: Any,
    ) -> Response:
        """As Session.request; a header that is None is not sent. Raises requests.RequestException."""
        request = PreparedRequest()
        request.method, request.url = method, url
        request.headers = {n: v for n, v in headers.items() if v is not None}  # type: ignore[assignment]
        if isinstance(data, Mapping):
            data = urlencode(data).encode()
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        if data:
            request.body = data
            request.headers["Content-Length"] = str(len(data))
        if auth is not None:
            auth(request)
        response = self._adapter.send(request, stream=stream, timeout=timeout)
        if not stream:
            _ = response.content  # read here, where its failure is the request's
        return response


class _Adapter(HTTPAdapter):
    """Verifies with one context for all connections, whose CA bundle is read before the first of them.

    What it overrides is what requests offers to subclasses.
    """

    def __init__(self, ca_bundle: str, **options: Any) -> None:
        self._ca_bundle, self._lock, self._has_read_it = ca_bundle, threading.Lock(), False
        self._context = create_urllib3_context()
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Called before each request. Nothing is set on `conn`: it would be read again for each connection."""
        with self._lock:
            if url.startswith("https:") and not self._has_read_it:
                self._context.load_verify_locations(self._ca_bundle)
                self._has_read_it = True

    def get_connection_with_tls_context(self, request: PreparedRequest, *_: Any, **__: Any) -> Any:
        """The pool of the request's host, which nothing else distinguishes."""
        return self.poolmanager.connection_from_url(str(request.url))

    def request_url(self, request: PreparedRequest, *_: Any, **__: Any) -> str:
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Without a cookie jar."""
        response = Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = resp.headers  # case-insensitive, as those of requests
        response.request, response.url = req, str(req.url)
        return response


class _Connection(HTTPConnection):
    """Sends a request's head together with its body: a segment less to send, and for the service to wait for.

    One that was idle for too long counts as closed.
    """

    _held: list[bytes] | None = None
    _answered = 0.0

    @property
    def is_connected(self) -> bool:
        # Not the monotonic clock: it may stand still while the instance is frozen.
        return super().is_connected and time.time() - self._answered <= MAX_IDLE_SECONDS

    def connect(self) -> None:
        """Within its time limit as a whole: looking the name up has none, and each address has one of its own."""
        started = time.time()
        super().connect()
        if isinstance(self.timeout, float) and time.time() - started > self.timeout:
            self.close()
            raise ConnectTimeoutError(self, "connecting took too long")

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3
        try:
            return super().getresponse()
        finally:
            self._answered = time.time()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = []
        try:
            super().request(*args, **kwargs)
        finally:
            held, self._held = self._held, None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection

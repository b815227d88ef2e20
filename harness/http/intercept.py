"""The production addresses, answered by a local cloud: for clients in this process, with nothing configured.

While it is on, every requests-based client that addresses OSS, multimediaai or Function Compute at *.aliyuncs.com
gets its answer from the local cloud: same path, same headers, same Host (which is signed, and names the bucket),
but no TLS, no name lookup and no network. That takes one seam, Session.get_adapter, in requests and in the copy of
it that aliyun-python-sdk-core carries; whatever adapters a session has, they are asked for there.

Nothing else may reach Alibaba Cloud meanwhile: other *.aliyuncs.com hosts are refused, and so is the lookup of any
*.aliyuncs.com name by clients that do not use requests (aiohttp, http.client). All other hosts pass untouched.

Not implemented: interception in other processes, of names looked up past the socket module, and two at a time.
"""

from __future__ import annotations

import contextlib
import importlib
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from harness.http.hosts import INTERCEPTED, in_production, service_at

_REQUESTS = ("requests.sessions", "aliyunsdkcore.vendored.requests.sessions")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_starting = threading.Lock()


class InterceptionError(RuntimeError):
    """Not an OSError and not a requests exception, so that no client takes it for a network that fails."""


class Interception:
    """Off until `start`; `stop` puts everything back, also when it was never started. Or use it in a `with`.

    `url`: of the local cloud, such as "http://127.0.0.1:9000". `is_bound`: whether a host is a domain bound to
    one of its buckets, and answered too.
    """

    def __init__(self, url: str, is_bound: Callable[[str], bool] = lambda host: False) -> None:
        self.url = url
        self._is_bound = is_bound
        self._undo = contextlib.ExitStack()
        self._look_up: Callable[..., Any] = socket.getaddrinfo

    def start(self) -> None:
        """Raises InterceptionError when a local cloud in this process intercepts already."""
        with _starting:
            other = getattr(socket.getaddrinfo, "__self__", None)
            if isinstance(other, Interception):
                raise InterceptionError(
                    f"the local cloud at {other.url} answers the production addresses already, and only one can"
                )
            self._look_up = socket.getaddrinfo
            self._replace(socket, "getaddrinfo", self._guarded)
            for name in _REQUESTS:
                with contextlib.suppress(ImportError):
                    session = importlib.import_module(name).Session
                    self._replace(session, "get_adapter", self._answering(session.get_adapter))

    def stop(self) -> None:
        self._undo.close()

    def __enter__(self) -> Interception:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        self._undo.callback(setattr, owner, name, getattr(owner, name))
        setattr(owner, name, value)

    def _answering(self, get_adapter: Callable[..., Any]) -> Callable[..., Any]:
        """Session.get_adapter, for production addresses with the local cloud at the other end."""

        def answer(session: Any, url: str) -> Any:
            adapter, host = get_adapter(session, url), urlsplit(url).hostname or ""
            is_ours = in_production(host) or self._is_bound(host)
            return _Readdressing(adapter, self.url) if is_ours else adapter

        return answer

    def _guarded(self, host: Any, *args: Any, **options: Any) -> Any:
        """socket.getaddrinfo, with no way to Alibaba Cloud."""
        name = host.decode("latin-1") if isinstance(host, bytes) else str(host)
        if in_production(name):
            raise InterceptionError(
                f"{name}: only clients based on requests are intercepted; give this one {self.url} as its endpoint"
            )
        return self._look_up(host, *args, **options)


class _Readdressing:
    """An adapter that sends with another one, to the local cloud at `url`."""

    def __init__(self, adapter: Any, url: str) -> None:
        self._adapter = adapter
        self._url = url
        self.close = adapter.close

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        options["proxies"] = {}
        response = self._adapter.send(self._readdressed(request), *args, **options)
        response.url, response.request = request.url, request
        return response

    def _readdressed(self, request: Any) -> Any:
        address = urlsplit(request.url)
        host = address.hostname or ""
        if in_production(host) and service_at(host) is None:
            raise InterceptionError(
                f"{host}: the local cloud has no such service, and nothing is sent to Alibaba Cloud meanwhile"
            )
        port = address.port or _DEFAULT_PORTS[address.scheme]
        local = request.copy()
        local.url = self._url + request.path_url
        local.headers[INTERCEPTED] = host
        local.headers.setdefault("Host", host if port == _DEFAULT_PORTS[address.scheme] else f"{host}:{port}")
        return local

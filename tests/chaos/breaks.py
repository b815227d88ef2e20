"""Every way in which one request is broken. `before`: without effect; `after`: with it.

The clock is moved where something takes longer than anybody waits. What a service says itself (with its own body)
is true: it has refused, and there was no effect. A page from somewhere between may be about either.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable

from tests.e2e.breaking import AFTERWARDS, ANYWHERE, WHOLE, head, page

from .proxy import Break, Spoil
from .timeline import Timeline

#: Longer than any request may take, and shorter than a lease.
PAST_ANY_LIMIT = 15.0

#: What the two services say themselves when they refuse: status, code.
_OSS = [
    (500, "InternalError"),
    (503, "ServiceUnavailable"),
    (503, "TotalQpsLimitExceeded"),
    (403, "AccessDenied"),
    (403, "SecurityTokenExpired"),
]
_API = [
    (500, "InternalError"),
    (503, "ServiceUnavailable"),
    (400, "Throttling.User"),
    (429, "Throttling"),
    (403, "NoPermission"),
    (403, "InvalidSecurityToken.Expired"),
]


def _oss_says(status: int, code: str) -> Spoil:
    """With the header by which an answer to HEAD, that has no body, is known to be OSS's own."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message>'
        "<RequestId>5C3D9175B6FC201293AD0001</RequestId><HostId>oss</HostId></Error>"
    ).encode()
    lines = ("Content-Type: application/xml", "x-oss-request-id: 5C3D9175B6FC201293AD0001", "Connection: close")
    return lambda *_: head(status, *lines, f"Content-Length: {len(body)}") + body


def _api_says(status: int, code: str) -> Spoil:
    body = json.dumps({"Code": code, "Message": "no", "RequestId": "4E6F-0001", "HostId": "api"}).encode()
    return page(status, body, "application/json")


def _and_close(spoil: Spoil) -> Spoil:
    """Of an answer to HEAD no body is read: it would be the beginning of the next answer."""

    def closing(client: socket.socket, answer: bytes, over: threading.Event) -> None:
        with contextlib.suppress(OSError):
            if (sent := spoil(client, answer, over)) is not None:
                client.sendall(sent)
            client.shutdown(socket.SHUT_WR)

    return closing


def _late(timeline: Timeline, begin: Callable[[bytes], bytes], rest: Callable[[bytes], bytes]) -> Spoil:
    """So much comes at once, and the rest when nobody waits any more."""

    def send(client: socket.socket, answer: bytes, _: threading.Event) -> None:
        with contextlib.suppress(OSError):  # the client has lost its patience
            timeline.move(PAST_ANY_LIMIT)
            client.sendall(begin(answer))
            time.sleep(0.002)
            client.sendall(rest(answer))
            client.shutdown(socket.SHUT_RDWR)

    return send


def slow(timeline: Timeline) -> dict[str, Spoil]:
    interim, endless = head(100), head(200, "Content-Length: 100000") + b"x"
    return {
        "silent": _late(timeline, lambda _: b"H", lambda _: b""),
        "100 for ever": _late(timeline, lambda _: interim, lambda _: interim),
        "a body for ever": _late(timeline, lambda _: endless, lambda _: b"x"),
    }


def own_refusals() -> list[Break]:
    found = [Break(f"OSS says {code}", False, _and_close(_oss_says(status, code))) for status, code in _OSS]
    return found + [Break(f"the API says {code}", False, _and_close(_api_says(s, code))) for s, code in _API]


def pages() -> dict[str, Spoil]:
    more = {f"page {status}": page(status) for status in (500, 502)}
    return {name: _and_close(spoil) for name, spoil in {**ANYWHERE, **more}.items()}


def held(timeline: Timeline) -> Break:
    """It takes effect, but only when nobody waits for it any more."""
    return Break("held", False, _late(timeline, lambda _: b"H", lambda _: b""), is_held=True)


def in_this_process(timeline: Timeline) -> list[Break]:
    """All but what stops a process."""
    late = _late(timeline, lambda answer: answer[:1], lambda answer: answer[1:])
    anywhere = {**pages(), **slow(timeline)}
    before = [Break(name, False, spoil) for name, spoil in anywhere.items()]
    after = [Break(name, True, spoil) for name, spoil in {**anywhere, **AFTERWARDS, **WHOLE}.items()]
    return [*before, *own_refusals(), held(timeline), *after, Break("late", True, late)]

"""What the handler's tests share: settings, and an environment without anything of this machine's."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from handler.settings import Settings, read_settings
from tests.handler.environ import ENVIRON

from .http_server import answering


@pytest.fixture
def settings() -> Settings:
    return read_settings(ENVIRON, region="cn-beijing", timeout=120)


@pytest.fixture
def received() -> list[bytes]:
    return []


@pytest.fixture
def serve(received: list[bytes]) -> Iterator[Callable[..., int]]:
    """Starts a server that gives one answer to all, none for b"", and gives its port."""
    listeners: list[socket.socket] = []

    def start(answer: bytes, tls: ssl.SSLContext | None = None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=answering, args=(listener, answer, tls, received), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()

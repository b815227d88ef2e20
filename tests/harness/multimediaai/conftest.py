"""One port for the services of all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.http.server import Server
from harness.ram.identity import Identities
from tests.harness.multimediaai.world import OWNER, World


class Port:
    """One listening port for all tests: starting one for each would take most of their time."""

    def __init__(self) -> None:
        self.server = Server(lambda request: self.world.dispatch(request))
        self.world: World


@pytest.fixture(scope="session")
def port() -> Iterator[Port]:
    made = Port()
    made.server.start()
    yield made
    made.server.stop()


@pytest.fixture
def world(tmp_path: Path, port: Port) -> Iterator[World]:
    """Its service does not render unless the test starts it."""
    port.world = made = World(tmp_path, port.server, Identities(OWNER, key=b"k" * 32))
    yield made
    made.service.stop()

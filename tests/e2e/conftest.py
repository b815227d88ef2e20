"""The handler against the local cloud: in this process, or as the cloud's own function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.handling import Handler, handler_for


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Iterator[LocalCloud]:
    """A cloud of its own for each test; GIFs are not rendered, which only costs time here."""
    with local_cloud(render=False, retry_delay=lambda _: 0.05, clock=clock) as started:
        yield started


@pytest.fixture
def make_handler(cloud: LocalCloud, clock: Clock) -> Callable[..., Handler]:
    def make(timeout: float = 120, **environ: str) -> Handler:
        return handler_for(cloud, clock, cloud.url, timeout, **environ)

    return make

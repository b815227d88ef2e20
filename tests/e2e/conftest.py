"""The handler against the local cloud: in this process, or as the cloud's own function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.handling import Handler, handler_for
from tests.e2e.imm_site import IMM
from tests.e2e.services import SERVICES, Service


@pytest.fixture(scope="session")
def shared() -> Iterator[tuple[LocalCloud, Clock]]:
    """One cloud for all; GIFs are not rendered, which only costs time here."""
    clock = Clock()
    with local_cloud(render=False, retry_delay=lambda _: 0.05, clock=clock) as started:
        yield started, clock


@pytest.fixture
def clock(shared: tuple[LocalCloud, Clock]) -> Clock:
    _, clock = shared
    clock.ahead = 0.0
    return clock


@pytest.fixture
def cloud(shared: tuple[LocalCloud, Clock], clock: Clock) -> LocalCloud:
    """As if it had just started, but for its function, which is warm."""
    cloud, _ = shared
    cloud.reset()
    return cloud


@pytest.fixture(scope="session")
def shared_oss() -> Iterator[tuple[LocalCloud, Clock]]:
    """Another one for all, with GIF_SERVICE=oss: its tasks stay as they are until a test ends them."""
    clock = Clock()
    with local_cloud(render=False, environ=IMM, clock=clock) as started:
        yield started, clock


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    """Each of the two, in a cloud as if it had just started. `cloud` and `clock` are the first one's alone."""
    shared = {"multimediaai": "shared", "oss": "shared_oss"}[request.param]
    cloud, clock = request.getfixturevalue(shared)
    clock.ahead = 0.0
    cloud.reset()
    return SERVICES[request.param](cloud, clock)


@pytest.fixture
def make_handler(cloud: LocalCloud, clock: Clock) -> Callable[..., Handler]:
    def make(timeout: float = 120, **environ: str) -> Handler:
        return handler_for(cloud, clock, cloud.url, timeout, **environ)

    return make

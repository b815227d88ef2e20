"""The races that few need to be in; `make chaos` has the large ones, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cloud import local_cloud
from tests.clock import Clock

from .races import RACES, Site
from .verdict import GOOD


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    clock = Clock()
    with local_cloud(render=False, clock=clock) as cloud:
        yield Site(cloud, clock)


@pytest.mark.parametrize("name", [name for name in RACES if not name[0].isdigit()])
def test_however_it_is_run_it_ends_well(site: Site, name: str) -> None:
    site.begin()
    verdict = RACES[name](site)
    assert verdict.end in GOOD, verdict.why

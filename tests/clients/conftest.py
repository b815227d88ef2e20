"""One local cloud for all clients of a module; every cell has names of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cloud import local_cloud
from tests.clients.matrix import Site


@pytest.fixture(scope="module")
def site(pytestconfig: pytest.Config) -> Iterator[Site]:
    with local_cloud(render=False) as cloud:
        cloud.oss.store.create_bucket("my-clients")
        cloud.imm.bind("my-clients", "my-project")
        site = Site(cloud, lambda: pytestconfig.cache.mkdir("npm"))
        yield site
        site.close()

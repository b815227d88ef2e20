from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cloud import LocalCloud, local_cloud


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """Without functions; each test has a project of its own in it."""
    with local_cloud(stack_file=None, render=False) as started:
        yield started

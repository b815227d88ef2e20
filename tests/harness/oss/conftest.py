from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.oss.local import TEMP_BUCKET, LocalOss, Switch


@pytest.fixture(scope="session")
def switch() -> Iterator[Switch]:
    server = Switch()
    yield server
    server.stop()


@pytest.fixture
def oss(tmp_path: Path, switch: Switch) -> Iterator[LocalOss]:
    """With the empty buckets "videos" and TEMP_BUCKET."""
    local = LocalOss(tmp_path / "oss", switch)
    local.store.create_bucket("videos")
    local.store.create_bucket(TEMP_BUCKET)
    yield local
    local.close()

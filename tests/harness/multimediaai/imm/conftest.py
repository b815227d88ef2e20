"""One local cloud for all tests of a module, and a video in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.harness.multimediaai.imm.orders import PROJECT_NAME
from tests.harness.multimediaai.media.videos import make_video


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """4 s, 160×120."""
    return make_video(tmp_path_factory.mktemp("video") / "v.mp4").read_bytes()


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    with local_cloud(stack_file=None, buckets=("videos", "gifs"), imm_project=PROJECT_NAME) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud, video: bytes) -> LocalCloud:
    """As new, with "videos/a.mp4" in it; "videos" and "gifs" are bound."""
    running.reset()
    running.oss.store.put("videos", "a.mp4", video)
    return running


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """Where a test keeps a GIF to look at it."""
    return tmp_path / "seen.gif"

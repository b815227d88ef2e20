"""A local cloud, and a browser for which evil.example is this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.harness.console.chromium import Page, chromium, find_chromium, new_page


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(render=False, stack_file=None, buckets=("my-videos", "private")) as started:
        yield started


@pytest.fixture(scope="session")
def rebinding_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    rule = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    with chromium(program, tmp_path_factory.mktemp("chromium"), rule) as address:
        yield address


@pytest.fixture
def tab(rebinding_browser: str) -> Iterator[Page]:
    with new_page(rebinding_browser) as opened:
        yield opened

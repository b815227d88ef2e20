"""The commands against the local cloud, which runs the real functions of s.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator

# It reads the environment once, when it is imported: not while a test has put a key there.
import alibabacloud_credentials.provider  # noqa: F401
import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.ops.running import Ran, run_gifs
from tests.project import PROJECT


@pytest.fixture(scope="package")
def server() -> Iterator[LocalCloud]:
    with local_cloud(stack_file=PROJECT / "s.yaml", render=False, retry_delay=lambda _: 0.05) as started:
        yield started


@pytest.fixture
def cloud(server: LocalCloud) -> LocalCloud:
    """One server for all, empty; its functions stay warm."""
    server.reset()
    return server


@pytest.fixture
def gifs(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs `gifs COMMAND …` with --local of the test's cloud."""
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")

    def run(command: str, *arguments: str, given: str | None = None) -> Ran:
        return run_gifs(command, "--local", cloud.url, *arguments, given=given)

    return run

"""One local cloud, empty for each test, a session without proxies, and a browser where one is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cloud import LocalCloud, local_cloud

from .chromium import Page, chromium, find_chromium, new_page

#: A function that tells everything it knows, as somebody's may who looks for a mistake.
TALKATIVE = """
import json, os

def handler(event, context):
    print("I was called with", event.decode())
    for name, value in sorted(os.environ.items()):
        print(name, value)
    print(json.dumps({"level": "INFO", "message": "environment", "environment": dict(os.environ)}))
    return {"environment": dict(os.environ)}
"""


@pytest.fixture(scope="package")
def shared_cloud() -> Iterator[LocalCloud]:
    """Without GIFs, which only cost time here."""
    with local_cloud(render=False, retry_delay=lambda _: 0.05) as started:
        yield started


@pytest.fixture
def cloud(shared_cloud: LocalCloud) -> LocalCloud:
    """As if it had just started, but for its function, which is warm."""
    shared_cloud.reset()
    return shared_cloud


@pytest.fixture
def talkative_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """Its function prints its environment, credentials and all."""
    (tmp_path / "index.py").write_text(TALKATIVE)
    s_yaml = f"""
edition: 3.0.0
name: talkative
resources:
  talkative:
    component: fc3
    props:
      region: cn-beijing
      functionName: talkative
      runtime: python3.12
      handler: index.handler
      code: .
      timeout: 10
      role: acs:ram::1234567890123456:role/talkative
      environmentVariables:
        TRACKING_BUCKET: my-gif-records
      triggers:
        - triggerName: uploads
          triggerType: oss
          sourceArn: acs:oss:cn-beijing:1234567890123456:my-videos
          triggerConfig: {json.dumps({"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": ""}}})}
"""
    (tmp_path / "s.yaml").write_text(s_yaml)
    with local_cloud(render=False, stack_file=tmp_path / "s.yaml") as started:
        yield started


@pytest.fixture(scope="session")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with chromium(program, tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
def page(devtools: str) -> Iterator[Page]:
    """A tab of its own. The test fails when the browser had anything to complain of."""
    with new_page(devtools) as opened:
        yield opened
        assert opened.problems == []

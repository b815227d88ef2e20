"""Where what the services publish is found."""

from __future__ import annotations

from pathlib import Path

import requests

from harness.cloud import local_cloud
from harness.cloud.bridge import RESULTS_BUCKET, TEMP_BUCKET


def test_code_and_results_are_in_buckets_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    with local_cloud(render=False) as cloud:
        code = cloud.bridge.publish("functions/f/1.zip", b"PK")
        result = cloud.bridge.publish_file("processResult/1.gif", tmp_path / "a.gif")
        assert [entry.key for entry in cloud.oss.store.list(TEMP_BUCKET)] == ["functions/f/1.zip"]
        assert [entry.key for entry in cloud.oss.store.list(RESULTS_BUCKET)] == ["processResult/1.gif"]
        assert requests.get(code, timeout=10).content == b"PK"
        assert requests.get(result, timeout=10).content == b"GIF89a"

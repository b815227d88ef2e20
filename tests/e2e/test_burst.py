"""A folder is uploaded at once, and every event is delivered twice and out of order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.cloud import LocalCloud
from tests.e2e.uploads import records, upload

pytestmark = pytest.mark.slow

VIDEOS = 120


def test_every_upload_makes_one_task(cloud: LocalCloud) -> None:
    cloud.fc.delivery.duplicate = 1
    cloud.fc.delivery.shuffle(seed=7)
    keys = [f"batch/猫 {number}.mp4" for number in range(VIDEOS)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: upload(cloud, key, key.encode()), keys))
    assert cloud.fc.drain(120)
    lines = [history[-1] for history in records(cloud).values()]
    assert sorted(line["video"] for line in lines) == sorted(f"oss://my-videos/{key}" for key in keys)
    assert {line["status"] for line in lines} == {"submitted"}
    assert sorted(line["task_id"] for line in lines) == sorted(t.task_id for t in cloud.multimediaai.tasks.list())
    assert len(cloud.multimediaai.tasks.list()) == VIDEOS

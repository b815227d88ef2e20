"""The function's process dies at the worst moments, and Function Compute delivers again."""

from __future__ import annotations

import pytest

from harness.cloud import local_cloud
from tests.e2e.uploads import records, upload

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("fault", "adopted"),
    [
        ("oss:AppendObject:kill:nth=1", False),  # before the claim
        ("oss:AppendObject:kill_after:nth=1", False),  # claimed, not yet called
        ("multimediaai:CreateGifTask:kill:nth=1", False),  # called, but nothing reached the service
        ("multimediaai:CreateGifTask:kill_after:nth=1", True),  # the task exists, nobody knows
        ("oss:AppendObject:kill:nth=2", True),  # the task exists, its record does not
        ("oss:AppendObject:kill_after:nth=2", False),  # all is done, only the answer is lost
    ],
)
def test_a_death_makes_no_second_task_and_loses_none(fault: str, adopted: bool) -> None:
    variables = {"CLAIM_LEASE_SECONDS": "1.5"}
    with local_cloud(render=False, retry_delay=lambda _: 0.05, function_environment=variables) as cloud:
        cloud.faults.add(fault)
        upload(cloud, "clip.mp4")
        assert cloud.fc.drain(60)
        (task,) = cloud.multimediaai.tasks.list()
        (lines,) = records(cloud).values()
        assert lines[-1]["status"] == "submitted"
        assert lines[-1]["task_id"] == task.task_id
        assert lines[-1].get("adopted", False) is adopted
        assert len(cloud.fc.invocations) >= 2

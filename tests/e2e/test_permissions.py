"""The deployed policy is the one that is enforced, and nothing in it is too much."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cloud import local_cloud
from tests.e2e.policies import document, grants, without
from tests.e2e.uploads import event_for, records, upload

POLICY = document("role-policy.json")


@pytest.mark.parametrize(("sid", "action"), grants(POLICY), ids=lambda value: str(value))
def test_every_permission_is_needed(sid: str, action: str, tmp_path: Path) -> None:
    policy = without(POLICY, sid, action, tmp_path / "policy.json")
    with local_cloud(
        policy_file=policy, retry_delay=lambda _: 0.05, function_environment={"CLAIM_LEASE_SECONDS": "1.5"}
    ) as cloud:
        if action == "multimediaai:ListTasks":
            cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
        if sid == "HandOverDeadLetters":
            cloud.faults.add("multimediaai:CreateGifTask:error=400/InvalidParameter")
        upload(cloud, "clip.mp4")
        assert cloud.fc.drain(60)
        if sid == "KeepRecords":
            cloud.fc.invoke("gif-on-upload", json.dumps(event_for("clip.mp4")).encode())
            cloud.fc.invoke("gif-on-upload", json.dumps(event_for("clip.mp4")).encode())
        for task in cloud.multimediaai.tasks.list():
            cloud.multimediaai.tasks.wait(task.task_id, 20)  # it downloads as the URL's signer
        denied = {entry.fields["action"] for entry in cloud.journal.entries("denied")}
        assert denied == {action}
        if action == "multimediaai:ListTasks":
            (lines,) = records(cloud).values()
            assert lines[-1]["not_searched"]


def test_with_the_whole_policy_nothing_is_denied() -> None:
    with local_cloud(retry_delay=lambda _: 0.05) as cloud:
        upload(cloud, "clip.mp4")
        assert cloud.fc.drain(60)
        (task,) = cloud.multimediaai.tasks.list()
        cloud.multimediaai.tasks.wait(task.task_id, 20)
        assert cloud.journal.entries("denied") == []

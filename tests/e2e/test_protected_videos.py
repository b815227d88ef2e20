"""Videos that a bucket protects: what the service is refused, what the task says, and that nobody pays twice."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest

from harness.cloud import LocalCloud, local_cloud
from harness.multimediaai import Task, TaskStatus
from tests.e2e.uploads import VIDEOS, owner_client, upload
from tests.project import PROJECT

KEY_ID = "9468da86-3509-4f8d-a61e-6eab1eac0f4d"
KMS_POLICY = PROJECT / "ram" / "role-kms-policy.json"


def cloud_with(*policies: Path) -> AbstractContextManager[LocalCloud]:
    return local_cloud(retry_delay=lambda _: 0.05, attached_policy_files=policies)


def ended(cloud: LocalCloud) -> Task:
    assert cloud.fc.drain(60)
    (task,) = cloud.multimediaai.tasks.list()
    return cloud.multimediaai.tasks.wait(task.task_id, 60)


def put_encrypted(cloud: LocalCloud, key: str) -> None:
    request = oss.PutObjectRequest(bucket=VIDEOS, key=key, body=b"no film")
    request.server_side_encryption, request.server_side_encryption_key_id = "KMS", KEY_ID
    owner_client(cloud).put_object(request)


@pytest.mark.parametrize("attached", [(), (KMS_POLICY,)], ids=["without the right", "with it"])
def test_a_key_of_ones_own_takes_the_right_to_decrypt(attached: tuple[Path, ...]) -> None:
    with cloud_with(*attached) as cloud:
        put_encrypted(cloud, "clip.mp4")
        task = ended(cloud)
        denied = cloud.journal.entries("denied")
        if attached:
            assert "Download" not in task.error_name  # it came, and is not a video
            assert denied == []
            return
        assert task.status is TaskStatus.FAILED
        assert "403 (AccessDenied): the object has a key of your own: allow kms:Decrypt" in task.error_reason
        (entry,) = denied
        assert entry.fields["action"] == "kms:Decrypt"
        assert entry.fields["resource"] == f"acs:kms:cn-beijing:1234567890123456:key/{KEY_ID}"
        put_encrypted(cloud, "clip.mp4")  # the same content: the same upload, delivered again
        assert ended(cloud).task_id == task.task_id


def test_a_referer_whitelist_refuses_the_service() -> None:
    with cloud_with() as cloud:
        rules = oss.RefererConfiguration(
            allow_empty_referer=False, referer_list=oss.RefererList(referers=["https://www.example.com"])
        )
        owner_client(cloud).put_bucket_referer(
            oss.PutBucketRefererRequest(bucket=VIDEOS, referer_configuration=rules)
        )
        upload(cloud, "clip.mp4")
        task = ended(cloud)
        assert task.status is TaskStatus.FAILED
        assert "the bucket's Referer whitelist refuses downloads without a Referer" in task.error_reason
        upload(cloud, "clip.mp4")
        assert ended(cloud).task_id == task.task_id

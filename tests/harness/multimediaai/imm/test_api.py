"""IMM's API by its official SDK: projects, buckets bound to them, and its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_imm20200930 import models
from alibabacloud_imm20200930.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from harness.cloud import LocalCloud, local_cloud
from harness.multimediaai.imm.state.tasks import KEPT_SECONDS, Tasks
from harness.multimediaai.media.wanted import Wanted
from harness.ram.identity import Credentials
from tests.clients.tea import tea_config
from tests.harness.multimediaai.imm.orders import PROJECT_NAME, by_v2, get_task, imm_client, process


@pytest.fixture
def imm(cloud: LocalCloud) -> Any:
    return imm_client(cloud, cloud.identities.owner)


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(AlibabaCloudException) as raised:
        call()
    return raised.value.status_code, str(raised.value.code), str(raised.value.message)


def attachment(imm: Any, bucket: str) -> Any:
    return imm.get_ossbucket_attachment(models.GetOSSBucketAttachmentRequest(ossbucket=bucket)).body


def test_a_bucket_is_bound_and_unbound(cloud: LocalCloud, imm: Any) -> None:
    imm.detach_ossbucket(models.DetachOSSBucketRequest(ossbucket="videos"))
    assert refused(lambda: attachment(imm, "videos"))[:2] == (404, "ResourceNotFound")
    imm.create_project(models.CreateProjectRequest(project_name="another", description="of mine"))
    request = models.AttachOSSBucketRequest(project_name="another", ossbucket="videos", description="why")
    imm.attach_ossbucket(request)
    found = attachment(imm, "videos")
    assert (found.project_name, found.description) == ("another", "why")
    cloud.imm.stay_running = True
    task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))
    assert get_task(imm, task_id, "another").status == "Running"
    assert refused(lambda: get_task(imm, task_id))[:2] == (404, "ResourceNotFound")


def test_projects(imm: Any) -> None:
    made = imm.create_project(models.CreateProjectRequest(project_name="p", description="of mine")).body.project
    found = imm.get_project(models.GetProjectRequest(project_name="p")).body.project
    assert (made.project_name, made.description, made.service_role) == ("p", "of mine", "AliyunIMMDefaultRole")
    assert found.to_map() == made.to_map()


def _attach(project: str, bucket: str) -> Callable[[Any], object]:
    return lambda imm: imm.attach_ossbucket(models.AttachOSSBucketRequest(project_name=project, ossbucket=bucket))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (_attach("nothing", "gifs"), (404, "ResourceNotFound", "project is not found")),
        (_attach(PROJECT_NAME, "nowhere"), (404, "ResourceNotFound", "bucket is not found")),
        (_attach(PROJECT_NAME, "videos"), (409, "ResourceAlreadyExists", "attachment already exists")),
        (_attach("", "videos"), (400, "InvalidArgument", "ProjectName is required but not provided")),
        (
            lambda imm: imm.create_project(models.CreateProjectRequest(project_name=PROJECT_NAME)),
            (409, "ResourceAlreadyExists", "project already exists"),
        ),
        (
            lambda imm: imm.get_project(models.GetProjectRequest(project_name="nothing")),
            (404, "ResourceNotFound", "project is not found"),
        ),
        (lambda imm: get_task(imm, "t"), (404, "ResourceNotFound", "task is not found")),
        (
            lambda imm: get_task(imm, "t", "nothing"),
            (404, "ResourceNotFound", "project is not found"),
        ),
        (lambda imm: get_task(imm, "", kind="MediaConvert"), (400, "InvalidArgument", "TaskId is required")),
        (
            lambda imm: imm.list_projects(models.ListProjectsRequest()),
            (501, "NotImplemented", "does not implement ListProjects"),
        ),
    ],
)
def test_errors(imm: Any, call: Callable[[Any], object], expected: tuple[int, str, str]) -> None:
    status, code, message = refused(lambda: call(imm))
    assert (status, code) == expected[:2]
    assert expected[2] in message


def test_a_task_of_another_type_is_not_found(cloud: LocalCloud, imm: Any) -> None:
    cloud.imm.stay_running = True
    task_id = by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))
    call = lambda: get_task(imm, task_id, kind="VideoLabelClassification")  # noqa: E731
    assert refused(call)[:2] == (404, "ResourceNotFound")


def test_signatures_are_verified(cloud: LocalCloud) -> None:
    owner = cloud.identities.owner
    wrong = imm_client(cloud, Credentials(owner.access_key_id, "not the secret"))
    assert refused(lambda: get_task(wrong, "t"))[:2] == (400, "SignatureDoesNotMatch")
    unknown = imm_client(cloud, Credentials("LTAI5tNobodys", owner.access_key_secret))
    assert refused(lambda: get_task(unknown, "t"))[:2] == (404, "InvalidAccessKeyId.NotFound")


def test_faults_can_be_asked_for(cloud: LocalCloud, imm: Any) -> None:
    cloud.faults.add("imm:GetTask:error=503/ServiceUnavailable")
    cloud.faults.add("oss:AsyncProcessObject:error=503/Unavailable:times=1")
    assert refused(lambda: get_task(imm, "t"))[:2] == (503, "ServiceUnavailable")
    with pytest.raises(Exception, match="Unavailable"):
        by_v2(cloud, cloud.identities.owner, "videos", "a.mp4", process("a.gif"))


def test_a_task_is_forgotten_after_a_week(cloud: LocalCloud) -> None:
    now = [1_000_000.0]
    tasks = Tasks(cloud.imm._database, lambda: now[0], lambda task: None)
    task_id = tasks.create(PROJECT_NAME, ("videos", "a.mp4"), ("videos", "a.gif"), Wanted()).task_id
    now[0] += KEPT_SECONDS - 1
    assert tasks.get(task_id) is not None
    now[0] += 1
    assert tasks.get(task_id) is None


def test_the_production_address_leads_here() -> None:
    """The SDK has it from the region alone."""
    with local_cloud(stack_file=None, buckets=("videos",), imm_project=PROJECT_NAME, intercept=True) as cloud:
        client = Client(tea_config(cloud.identities.owner))
        assert attachment(client, "videos").project_name == PROJECT_NAME

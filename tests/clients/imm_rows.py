"""IMM: what its client does, and what there is then."""

from __future__ import annotations

from typing import Any

from alibabacloud_imm20200930 import models
from alibabacloud_imm20200930.client import Client

from harness.multimediaai.media.wanted import Wanted
from harness.ram.identity import Credentials
from tests.clients.matrix import Cell, Row, Section, Site, unknown_key, wrong_secret
from tests.clients.tea import TeaClient, tea_config

PROJECT_NAME = "my-project"


class Imm(TeaClient):
    """alibabacloud-imm20200930, signed with ACS3."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = Client(tea_config(keys, site.url))

    def create_project(self, name: str) -> str:
        answer = self._client.create_project(models.CreateProjectRequest(project_name=name))
        return str(answer.body.project.project_name)

    def project(self, name: str) -> str:
        return str(self._client.get_project(models.GetProjectRequest(project_name=name)).body.project.project_name)

    def attach(self, bucket: str, project: str) -> None:
        self._client.attach_ossbucket(models.AttachOSSBucketRequest(ossbucket=bucket, project_name=project))

    def detach(self, bucket: str) -> None:
        self._client.detach_ossbucket(models.DetachOSSBucketRequest(ossbucket=bucket))

    def attached_to(self, bucket: str) -> str:
        request = models.GetOSSBucketAttachmentRequest(ossbucket=bucket)
        return str(self._client.get_ossbucket_attachment(request).body.project_name)

    def task(self, task_id: str) -> Any:
        request = models.GetTaskRequest(project_name=PROJECT_NAME, task_type="MediaConvert", task_id=task_id)
        return self._client.get_task(request).body


def projects(cell: Cell) -> None:
    assert cell.client().create_project(cell.plain_name) == cell.plain_name
    assert cell.site.cloud.imm.projects.get(cell.plain_name).name == cell.plain_name
    assert cell.client().project(cell.plain_name) == cell.plain_name


def binding(cell: Cell) -> None:
    cell.site.cloud.oss.store.create_bucket(cell.plain_name)
    cell.client().attach(cell.plain_name, PROJECT_NAME)
    assert cell.site.cloud.imm.projects.attachment(cell.plain_name).project == PROJECT_NAME
    assert cell.client().attached_to(cell.plain_name) == PROJECT_NAME
    cell.client().detach(cell.plain_name)
    assert cell.refusal(cell.owner, lambda client: client.attached_to(cell.plain_name)) == "ResourceNotFound"


def get_task(cell: Cell) -> None:
    tasks = cell.site.cloud.imm.tasks
    made = tasks.create(PROJECT_NAME, ("my-clients", "a.mp4"), ("my-clients", "a.gif"), Wanted())
    assert cell.client().task(made.task_id).status == "Running"
    tasks.end(made.task_id, "InvalidArgument", "no video")
    told = cell.client().task(made.task_id)
    assert (told.status, told.code, told.message) == ("Failed", "InvalidArgument", "no video")


def denied(cell: Cell) -> str:
    return cell.refusal(cell.site.cloud.role_credentials(), lambda client: client.task(cell.name))


def missing_parameter(cell: Cell) -> str:
    return cell.refusal(cell.owner, lambda client: client.task(""))


def refused_secret(cell: Cell) -> str:
    return cell.refusal(wrong_secret(cell), lambda client: client.task(cell.name))


def refused_key(cell: Cell) -> str:
    return cell.refusal(unknown_key(cell), lambda client: client.task(cell.name))


CLIENTS = {"alibabacloud-imm20200930": Imm}
IMM = Section(
    "IMM",
    CLIENTS,
    (
        Row("CreateProject, GetProject", projects),
        Row("AttachOSSBucket, GetOSSBucketAttachment, DetachOSSBucket", binding),
        Row("GetTask", get_task),
        Row("what the role may not", denied, dict.fromkeys(CLIENTS, "NoPermission")),
        Row("a parameter is missing", missing_parameter, dict.fromkeys(CLIENTS, "InvalidArgument")),
        Row("a wrong secret", refused_secret, dict.fromkeys(CLIENTS, "SignatureDoesNotMatch")),
        Row("an unknown key", refused_key, dict.fromkeys(CLIENTS, "InvalidAccessKeyId.NotFound")),
    ),
)

"""multimediaai: what each client does, and which tasks there are then."""

from __future__ import annotations

from tests.clients.matrix import ABSENT, Cell, Row, Section, unknown_key, wrong_secret
from tests.clients.multimediaai_clients import CoreMultimediaAI, MultimediaAI, OpenApiMultimediaAI

URL = "https://my-videos.oss-cn-beijing.aliyuncs.com/%E8%A7%86%E9%A2%91.mp4?x-oss-expires=60&a=b%2Bc"


def create_task(cell: Cell) -> None:
    name = f"{cell.name} 视频 a+b.mp4"
    task_id = cell.client().create("an-application", name, URL)
    task = cell.site.cloud.multimediaai.tasks.get(task_id)
    assert task is not None
    assert (task.application_id, task.video_name, task.video_url) == ("an-application", name, URL)


def existing(cell: Cell) -> int:
    tasks = cell.site.cloud.multimediaai.tasks
    return tasks.create(application_id="an-application", video_name=cell.name, video_url=URL).task_id


def task_status(cell: Cell) -> None:
    assert cell.client().status(existing(cell)) == 0


def task_result(cell: Cell) -> None:
    result = cell.client().result(existing(cell))
    assert (result["VideoName"], result["VideoUrl"]) == (cell.name, URL)


def list_tasks(cell: Cell) -> None:
    task_id = existing(cell)
    assert task_id in cell.client().tasks()


def sts_credentials(cell: Cell) -> None:
    task_id = cell.client(cell.site.cloud.role_credentials()).create("an-application", cell.name, URL)
    assert cell.site.cloud.multimediaai.tasks.get(task_id) is not None


def denied(cell: Cell) -> str:
    task_id = existing(cell)
    return cell.refusal(cell.site.cloud.role_credentials(), lambda client: client.result(task_id))


def missing_parameter(cell: Cell) -> str:
    return cell.refusal(cell.owner, lambda client: client.create("", cell.name, URL))


def refused_secret(cell: Cell) -> str:
    return cell.refusal(wrong_secret(cell), lambda client: client.create("an-application", cell.name, URL))


def refused_key(cell: Cell) -> str:
    return cell.refusal(unknown_key(cell), lambda client: client.create("an-application", cell.name, URL))


CLIENTS = {
    "alibabacloud-multimediaai20190810": MultimediaAI,
    "aliyun-python-sdk-multimediaai": CoreMultimediaAI,
    "alibabacloud-tea-openapi": OpenApiMultimediaAI,
}
_NOT_IN_SDKS = {"alibabacloud-multimediaai20190810": ABSENT, "aliyun-python-sdk-multimediaai": ABSENT}
_WRONG_SECRET = {
    **dict.fromkeys(CLIENTS, "SignatureDoesNotMatch"),
    # Its own name for a signature that differs over the same text.
    "aliyun-python-sdk-multimediaai": "InvalidAccessKeySecret",
}
MULTIMEDIAAI = Section(
    "Multimedia AI",
    CLIENTS,
    (
        Row("CreateGifTask", create_task),
        Row("GetTaskStatus", task_status),
        Row("GetTaskResult", task_result),
        Row("ListTasks", list_tasks, _NOT_IN_SDKS),
        Row("the role's STS credentials", sts_credentials),
        Row("what the role may not", denied, dict.fromkeys(CLIENTS, "NoPermission")),
        Row("a parameter is missing", missing_parameter, dict.fromkeys(CLIENTS, "MissingParameter")),
        Row("a wrong secret", refused_secret, _WRONG_SECRET),
        Row("an unknown key", refused_key, dict.fromkeys(CLIENTS, "InvalidAccessKeyId.NotFound")),
    ),
)

"""The official SDKs call the service: right keys work, wrong ones are refused with the documented code."""

from __future__ import annotations

from typing import Any

import pytest

from harness.multimediaai import TaskStatus
from harness.ram.identity import Credentials
from tests.clients.multimediaai_clients import CoreMultimediaAI, MultimediaAI, OpenApiMultimediaAI
from tests.harness.multimediaai.world import OWNER, World

NAME = "视频 a+b 100% #1?~*.mp4"
URL = "https://bkt.oss-cn-beijing.aliyuncs.com/in/%E4%B8%AD%2B.mp4?x-oss-expires=1&x-oss-signature=a%2Fb"
PARAMETERS = {"ApplicationId": "app-1", "VideoName": NAME, "VideoUrl": URL, "TemplateId": 689, "Scales": "1:1"}

Sdk = type[MultimediaAI] | type[CoreMultimediaAI] | type[OpenApiMultimediaAI]
sdks = pytest.mark.parametrize("sdk", [MultimediaAI, CoreMultimediaAI, OpenApiMultimediaAI])


def refusal(world: World, sdk: Sdk, who: Credentials, action: str, **parameters: Any) -> tuple[int, str, str]:
    """HTTP status, code and message of the error that the SDK raises."""
    client = sdk(world, who)
    with pytest.raises(client.refusal) as refused:
        client.ask(action, **parameters)
    return client.http_status(refused.value), client.code(refused.value), str(refused.value)


@sdks
def test_a_task_from_creation_to_result(world: World, sdk: Sdk) -> None:
    call = sdk(world, OWNER).ask
    world.service.tasks.next_task_id = 2**53 + 1  # a double would lose the last digit
    task_id = call("CreateGifTask", **PARAMETERS)["TaskId"]
    assert task_id == 2**53 + 1
    task = world.service.tasks.get(task_id)
    assert task is not None
    assert (task.application_id, task.video_name, task.video_url) == ("app-1", NAME, URL)
    assert (task.template_id, task.scales) == ("689", "1:1")
    assert call("GetTaskStatus", TaskId=task_id)["Status"] == TaskStatus.WAITING
    assert world.service.tasks.take(lambda: False) == world.service.tasks.get(task_id)
    world.service.tasks.end(task_id, TaskStatus.SUCCEEDED, result_url="http://r/1.gif?a=1&b=2")
    answer = call("GetTaskResult", TaskId=task_id)
    assert answer["Status"] == 2
    assert answer["Result"]["ProcessResultUrl"] == "http://r/1.gif?a=1&b=2"
    assert answer["Result"]["VideoName"] == NAME


@sdks
def test_sts_credentials(world: World, sdk: Sdk) -> None:
    role = world.identities.assume_role("gif")
    assert sdk(world, role).ask("CreateGifTask", **PARAMETERS)["TaskId"] == 400010
    (entry,) = world.journal.entries("request")
    assert (entry.fields["signer"], entry.fields["task_id"]) == ("gif", 400010)


@sdks
@pytest.mark.parametrize(
    ("signer", "status", "code"),
    [
        (Credentials(OWNER.access_key_id, "wrong"), 400, "SignatureDoesNotMatch"),
        (Credentials("LTAInobody", "test-secret"), 404, "InvalidAccessKeyId.NotFound"),
        (Credentials("STS.nobody", "s", "bm8gdG9rZW4="), 400, "InvalidSecurityToken.Malformed"),
    ],
)
def test_wrong_keys(world: World, sdk: Sdk, signer: Credentials, status: int, code: str) -> None:
    if sdk is CoreMultimediaAI and code == "SignatureDoesNotMatch":
        code = "InvalidAccessKeySecret"  # this SDK compares the server's string to sign with its own
    assert refusal(world, sdk, signer, "CreateGifTask", **PARAMETERS)[:2] == (status, code)
    assert world.service.tasks.count() == 0


@sdks
def test_expired_and_forbidden(world: World, sdk: Sdk) -> None:
    role = world.identities.assume_role("gif")
    world.forbidden = frozenset({"multimediaai:CreateGifTask"})
    assert refusal(world, sdk, role, "CreateGifTask", **PARAMETERS)[:2] == (403, "NoPermission")
    (denied,) = world.journal.entries("denied")
    assert (denied.fields["action"], denied.fields["resource"]) == ("multimediaai:CreateGifTask", "*")
    assert denied.fields["signer"] == "gif"
    world.identities.expire_all()
    expired = refusal(world, sdk, role, "CreateGifTask", **PARAMETERS)
    assert expired[:2] == (400, "InvalidSecurityToken.Expired")


@sdks
def test_errors_of_the_service_reach_the_client(world: World, sdk: Sdk) -> None:
    status, code, message = refusal(world, sdk, OWNER, "GetTaskResult", TaskId=1)
    assert (status, code) == (404, "ResourceNotFound")
    assert "TaskId" in message
    world.service.account.refuses_with = "ServiceUnavailable"
    assert refusal(world, sdk, OWNER, "GetTaskStatus", TaskId=1)[:2] == (500, "ServiceUnavailable")

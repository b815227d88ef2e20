"""The official SDKs call the service: right keys work, wrong ones are refused with the documented code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_multimediaai20190810 import models
from alibabacloud_multimediaai20190810.client import Client as MultimediaClient
from alibabacloud_tea_openapi import exceptions as tea
from alibabacloud_tea_openapi import models as tea_models
from alibabacloud_tea_openapi.client import Client as TeaClient
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkmultimediaai.request.v20190810 import (
    CreateGifTaskRequest,
    GetTaskResultRequest,
    GetTaskStatusRequest,
)
from darabonba.runtime import RuntimeOptions

from harness.multimediaai import TaskStatus
from harness.ram.identity import Credentials
from tests.harness.multimediaai.world import OWNER, World

NAME = "视频 a+b 100% #1?~*.mp4"
URL = "https://bkt.oss-cn-beijing.aliyuncs.com/in/%E4%B8%AD%2B.mp4?x-oss-expires=1&x-oss-signature=a%2Fb"
PARAMETERS = {"ApplicationId": "app-1", "VideoName": NAME, "VideoUrl": URL, "TemplateId": 689, "Scales": "1:1"}


class Refused(Exception):
    """What an SDK's own exception says: status, code, message."""


#: (action, parameters) → the answer's fields; raises Refused
Caller = Callable[[str, dict[str, Any]], dict[str, Any]]


def tea_config(world: World, signer: Credentials) -> tea_models.Config:
    return tea_models.Config(
        access_key_id=signer.access_key_id,
        access_key_secret=signer.access_key_secret,
        security_token=signer.token,
        endpoint=world.host,
        protocol="HTTP",
        region_id="cn-beijing",
    )


def new_sdk(world: World, signer: Credentials) -> Caller:
    """alibabacloud-multimediaai20190810: the legacy signature, parameters in a form."""
    client = MultimediaClient(tea_config(world, signer))

    def call(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in action)[1:]
        request = getattr(models, f"{action}Request")().from_map(parameters)
        try:
            answer: dict[str, Any] = getattr(client, snake)(request).to_map()["body"]
        except (tea.ClientException, tea.ServerException) as exc:
            raise Refused(exc.status_code, exc.code, exc.message) from exc
        return answer

    return call


def old_sdk(world: World, signer: Credentials) -> Caller:
    """aliyun-python-sdk-multimediaai: the legacy signature, parameters in the query, Scales in a form."""
    keys = (
        StsTokenCredential(signer.access_key_id, signer.access_key_secret, signer.token)
        if signer.token
        else AccessKeyCredential(signer.access_key_id, signer.access_key_secret)
    )
    client = AcsClient(region_id="cn-beijing", credential=keys, port=world.server.port, auto_retry=False)
    requests = {
        "CreateGifTask": CreateGifTaskRequest.CreateGifTaskRequest,
        "GetTaskStatus": GetTaskStatusRequest.GetTaskStatusRequest,
        "GetTaskResult": GetTaskResultRequest.GetTaskResultRequest,
    }

    def call(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        request = requests[action]()
        request.set_endpoint("127.0.0.1")
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        try:
            answer: dict[str, Any] = json.loads(client.do_action_with_exception(request))
        except ServerException as exc:
            raise Refused(exc.http_status, exc.error_code, exc.message) from exc
        return answer

    return call


def acs3_sdk(world: World, signer: Credentials) -> Caller:
    """alibabacloud-tea-openapi as newer generated clients use it: ACS3, parameters in query and form."""
    client = TeaClient(tea_config(world, signer))

    def call(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        params = tea_models.Params(
            action=action,
            version="2019-08-10",
            protocol="HTTP",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        query = {name: str(value) for name, value in parameters.items() if name != "VideoUrl"}
        form = {name: value for name, value in parameters.items() if name == "VideoUrl"}
        try:
            request = tea_models.OpenApiRequest(query=query, body=form)
            answer: dict[str, Any] = client.call_api(params, request, RuntimeOptions())["body"]
        except (tea.ClientException, tea.ServerException) as exc:
            raise Refused(exc.status_code, exc.code, exc.message) from exc
        return answer

    return call


Sdk = Callable[[World, Credentials], Caller]
sdks = pytest.mark.parametrize("sdk", [new_sdk, old_sdk, acs3_sdk])


@sdks
def test_a_task_from_creation_to_result(world: World, sdk: Sdk) -> None:
    call = sdk(world, OWNER)
    world.service.tasks.next_task_id = 2**53 + 1  # a double would lose the last digit
    task_id = call("CreateGifTask", PARAMETERS)["TaskId"]
    assert task_id == 2**53 + 1
    task = world.service.tasks.get(task_id)
    assert task is not None
    assert (task.application_id, task.video_name, task.video_url) == ("app-1", NAME, URL)
    assert (task.template_id, task.scales) == ("689", "1:1")
    assert call("GetTaskStatus", {"TaskId": task_id})["Status"] == TaskStatus.WAITING
    assert world.service.tasks.take(lambda: False) == world.service.tasks.get(task_id)
    world.service.tasks.end(task_id, TaskStatus.SUCCEEDED, result_url="http://r/1.gif?a=1&b=2")
    answer = call("GetTaskResult", {"TaskId": task_id})
    assert answer["Status"] == 2
    assert answer["Result"]["ProcessResultUrl"] == "http://r/1.gif?a=1&b=2"
    assert answer["Result"]["VideoName"] == NAME


@sdks
def test_sts_credentials(world: World, sdk: Sdk) -> None:
    role = world.identities.assume_role("gif")
    assert sdk(world, role)("CreateGifTask", PARAMETERS)["TaskId"] == 400010
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
    if sdk is old_sdk and code == "SignatureDoesNotMatch":
        code = "InvalidAccessKeySecret"  # this SDK compares the server's string to sign with its own
    with pytest.raises(Refused) as refused:
        sdk(world, signer)("CreateGifTask", PARAMETERS)
    assert refused.value.args[:2] == (status, code)
    assert world.service.tasks.count() == 0


@sdks
def test_expired_and_forbidden(world: World, sdk: Sdk) -> None:
    role = world.identities.assume_role("gif")
    world.forbidden = frozenset({"multimediaai:CreateGifTask"})
    with pytest.raises(Refused) as refused:
        sdk(world, role)("CreateGifTask", PARAMETERS)
    assert refused.value.args[:2] == (403, "NoPermission")
    (denied,) = world.journal.entries("denied")
    assert (denied.fields["action"], denied.fields["resource"]) == ("multimediaai:CreateGifTask", "*")
    assert denied.fields["signer"] == "gif"
    world.identities.expire_all()
    with pytest.raises(Refused) as refused:
        sdk(world, role)("CreateGifTask", PARAMETERS)
    assert refused.value.args[:2] == (400, "InvalidSecurityToken.Expired")


@sdks
def test_errors_of_the_service_reach_the_client(world: World, sdk: Sdk) -> None:
    with pytest.raises(Refused) as refused:
        sdk(world, OWNER)("GetTaskResult", {"TaskId": 1})
    status, code, message = refused.value.args
    assert (status, code) == (404, "ResourceNotFound")
    assert "TaskId" in message
    world.service.account.refuses_with = "ServiceUnavailable"
    with pytest.raises(Refused) as refused:
        sdk(world, OWNER)("GetTaskStatus", {"TaskId": 1})
    assert refused.value.args[:2] == (500, "ServiceUnavailable")

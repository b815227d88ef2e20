"""The multimediaai clients, each with the same small surface, so that one check serves all of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_multimediaai20190810 import models
from alibabacloud_multimediaai20190810.client import Client as MultimediaAIClient
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkmultimediaai.request.v20190810.CreateGifTaskRequest import CreateGifTaskRequest
from aliyunsdkmultimediaai.request.v20190810.GetTaskResultRequest import GetTaskResultRequest
from aliyunsdkmultimediaai.request.v20190810.GetTaskStatusRequest import GetTaskStatusRequest
from darabonba.runtime import RuntimeOptions

from harness.ram.identity import Credentials
from tests.clients.matrix import REGION, Site
from tests.clients.tea import TeaClient, tea_config


class MultimediaAI(TeaClient):
    """alibabacloud-multimediaai20190810, signed with the legacy RPC signature."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = MultimediaAIClient(tea_config(site, keys))
        self._options = RuntimeOptions()

    def create(self, application_id: str, name: str, url: str) -> int:
        request = models.CreateGifTaskRequest(application_id=application_id, video_name=name, video_url=url)
        return int(self._client.create_gif_task(request).body.task_id)

    def status(self, task_id: int) -> int:
        return int(self._client.get_task_status(models.GetTaskStatusRequest(task_id)).body.status)

    def result(self, task_id: int) -> dict[str, Any]:
        return dict(self._client.get_task_result(models.GetTaskResultRequest(task_id)).body.result.to_map())


class CoreMultimediaAI:
    """aliyun-python-sdk-multimediaai, signed with the legacy RPC signature."""

    refusal = ServerException

    def __init__(self, site: Site, keys: Credentials) -> None:
        address = urlsplit(site.url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        credential = (
            StsTokenCredential(keys.access_key_id, keys.access_key_secret, keys.token)
            if keys.token
            else AccessKeyCredential(keys.access_key_id, keys.access_key_secret)
        )
        self._client = AcsClient(region_id=REGION, credential=credential, port=self._port)

    @staticmethod
    def code(refused: Any) -> str:
        return str(refused.get_error_code())

    def _ask(self, request: Any) -> dict[str, Any]:
        request.set_endpoint(self._host)
        return dict(json.loads(self._client.do_action_with_exception(request)))

    def create(self, application_id: str, name: str, url: str) -> int:
        request = CreateGifTaskRequest()
        request.set_ApplicationId(application_id)
        request.set_VideoName(name)
        request.set_VideoUrl(url)
        return int(self._ask(request)["TaskId"])

    def status(self, task_id: int) -> int:
        request = GetTaskStatusRequest()
        request.set_TaskId(task_id)
        return int(self._ask(request)["Status"])

    def result(self, task_id: int) -> dict[str, Any]:
        request = GetTaskResultRequest()
        request.set_TaskId(task_id)
        return dict(self._ask(request)["Result"])


class OpenApiMultimediaAI(TeaClient):
    """alibabacloud-tea-openapi: any API by its name, signed with ACS3."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = OpenApiClient(tea_config(site, keys))

    def _ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        params = Params(
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
        answer = self._client.call_api(params, OpenApiRequest(query=parameters), RuntimeOptions())
        return dict(answer["body"])

    def create(self, application_id: str, name: str, url: str) -> int:
        return int(
            self._ask("CreateGifTask", ApplicationId=application_id, VideoName=name, VideoUrl=url)["TaskId"]
        )

    def status(self, task_id: int) -> int:
        return int(self._ask("GetTaskStatus", TaskId=str(task_id))["Status"])

    def result(self, task_id: int) -> dict[str, Any]:
        return dict(self._ask("GetTaskResult", TaskId=str(task_id))["Result"])

    def tasks(self) -> list[int]:
        found = self._ask("ListTasks", PageNumber="1", PageSize="100")
        return [int(task["TaskId"]) for task in found["Tasks"]]

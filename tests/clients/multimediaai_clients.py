"""The multimediaai clients, each with the same small surface, so that one check serves all of them."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from typing import Any, Protocol
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
from tests.clients.matrix import REGION
from tests.clients.tea import TeaClient, tea_config


class Place(Protocol):
    """Where the service is."""

    @property
    def url(self) -> str: ...


class GifTasks(ABC):
    """The API's calls, by way of `ask`."""

    @abstractmethod
    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        """The answer's fields. Parameters and fields have the API's own names."""

    def create(self, application_id: str, name: str, url: str) -> int:
        answer = self.ask("CreateGifTask", ApplicationId=application_id, VideoName=name, VideoUrl=url)
        return int(answer["TaskId"])

    def status(self, task_id: int) -> int:
        return int(self.ask("GetTaskStatus", TaskId=task_id)["Status"])

    def result(self, task_id: int) -> dict[str, Any]:
        return dict(self.ask("GetTaskResult", TaskId=task_id)["Result"])


class MultimediaAI(TeaClient, GifTasks):
    """alibabacloud-multimediaai20190810: the legacy RPC signature, parameters in a form."""

    def __init__(self, place: Place, keys: Credentials) -> None:
        self._client = MultimediaAIClient(tea_config(keys, place.url))

    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        request = getattr(models, f"{action}Request")().from_map(parameters)
        return dict(getattr(self._client, method)(request).body.to_map())


class CoreMultimediaAI(GifTasks):
    """aliyun-python-sdk-multimediaai: the legacy RPC signature, parameters in the query, Scales in a form."""

    refusal = ServerException
    _REQUESTS = (CreateGifTaskRequest, GetTaskResultRequest, GetTaskStatusRequest)

    def __init__(self, place: Place, keys: Credentials) -> None:
        address = urlsplit(place.url)
        self._host = str(address.hostname)
        credential = (
            StsTokenCredential(keys.access_key_id, keys.access_key_secret, keys.token)
            if keys.token
            else AccessKeyCredential(keys.access_key_id, keys.access_key_secret)
        )
        port = int(address.port or 80)
        self._client = AcsClient(region_id=REGION, credential=credential, port=port, auto_retry=False)

    @staticmethod
    def code(refused: Any) -> str:
        return str(refused.get_error_code())

    @staticmethod
    def http_status(refused: Any) -> int:
        return int(refused.get_http_status())

    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        (kind,) = (kind for kind in self._REQUESTS if kind.__name__ == f"{action}Request")
        request = kind()
        request.set_endpoint(self._host)
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        return dict(json.loads(self._client.do_action_with_exception(request)))


class OpenApiMultimediaAI(TeaClient, GifTasks):
    """alibabacloud-tea-openapi, any API by its name: ACS3, the URL in a form and the rest in the query."""

    def __init__(self, place: Place, keys: Credentials) -> None:
        self._client = OpenApiClient(tea_config(keys, place.url))

    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
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
        query = {name: str(value) for name, value in parameters.items() if name != "VideoUrl"}
        form = {name: value for name, value in parameters.items() if name == "VideoUrl"}
        answer = self._client.call_api(params, OpenApiRequest(query=query, body=form), RuntimeOptions())
        return dict(answer["body"])

    def tasks(self) -> list[int]:
        return [int(task["TaskId"]) for task in self.ask("ListTasks", PageNumber=1, PageSize=100)["Tasks"]]

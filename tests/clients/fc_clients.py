"""The Function Compute clients, each with the same small surface, so that one check serves all of them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import fc2
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client as Fc3Client
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions
from fc2.fc_exceptions import FcError

from harness.identity import Credentials
from tests.clients.matrix import Site
from tests.clients.tea import TeaClient, tea_config


@dataclass(frozen=True)
class Invocation:
    """What came back. `log`: the tail of the function's log, when it was asked for."""

    body: bytes
    request_id: str
    error_type: str = ""
    log: str = ""


def _invocation(headers: dict[str, str], body: bytes) -> Invocation:
    found = {name.lower(): value for name, value in headers.items()}
    log = base64.b64decode(found.get("x-fc-log-result", "")).decode()
    return Invocation(body, found["x-fc-request-id"], found.get("x-fc-error-type", ""), log)


class Fc3(TeaClient):
    """alibabacloud-fc20230330: FC 3.0."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = Fc3Client(tea_config(site, keys))

    def invoke(self, function: str, payload: bytes, kind: str = "Sync", log: str = "None") -> Invocation:
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type=kind, x_fc_log_type=log)
        request = models.InvokeFunctionRequest(body=payload)
        answer = self._client.invoke_function_with_options(function, request, headers, RuntimeOptions())
        return _invocation(answer.headers, answer.body.read())


class OpenApiFc(TeaClient):
    """alibabacloud-tea-openapi: any API by its name and path."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = OpenApiClient(tea_config(site, keys))

    def invoke(self, function: str, payload: bytes, kind: str = "Sync", log: str = "None") -> Invocation:
        params = Params(
            action="InvokeFunction",
            version="2023-03-30",
            protocol="HTTP",
            pathname=f"/2023-03-30/functions/{function}/invocations",
            method="POST",
            auth_type="AK",
            style="ROA",
            req_body_type="binary",
            body_type="binary",
        )
        request = OpenApiRequest(headers={"x-fc-invocation-type": kind, "x-fc-log-type": log}, stream=payload)
        answer = self._client.call_api(params, request, RuntimeOptions())
        return _invocation(answer["headers"], answer["body"])


class Fc2:
    """aliyun-fc2: FC 2.0, signed with FC's own signature. It raises what a function's error type says."""

    refusal = FcError

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = fc2.Client(
            endpoint=site.url,
            accessKeyID=keys.access_key_id,
            accessKeySecret=keys.access_key_secret,
            securityToken=keys.token or "",
        )

    @staticmethod
    def code(refused: Any) -> str:
        return str(refused.err_code or json.loads(refused.message)["errorType"])

    def invoke(self, function: str, payload: bytes, kind: str = "Sync", log: str = "None") -> Invocation:
        headers = {"x-fc-invocation-type": kind, "x-fc-log-type": log}
        answer = self._client.invoke_function("any-service", function, payload, headers=headers)
        return _invocation(answer.headers, answer.data)

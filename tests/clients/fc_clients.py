"""The Function Compute clients, each with the same small surface, so that one check serves all of them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import fc2
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client as Fc3Client
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions
from fc2.fc_exceptions import FcError

from harness.ram.identity import Credentials
from tests.clients.matrix import Site
from tests.clients.tea import TeaClient, tea_config


@dataclass(frozen=True)
class Invocation:
    """What came back. `log`: the tail of the function's log, when it was asked for."""

    body: bytes
    request_id: str
    error_type: str = ""
    log: str = ""


_PATHS = {
    "InvokeFunction": "POST /functions/{}/invocations",
    "CreateFunction": "POST /functions",
    "GetFunction": "GET /functions/{}",
    "UpdateFunction": "PUT /functions/{}",
    "ListFunctions": "GET /functions",
    "DeleteFunction": "DELETE /functions/{}",
    "CreateTrigger": "POST /functions/{}/triggers",
    "ListTriggers": "GET /functions/{}/triggers",
    "DeleteTrigger": "DELETE /functions/{}/triggers/{}",
    "PutAsyncInvokeConfig": "PUT /functions/{}/async-invoke-config",
    "PutConcurrencyConfig": "PUT /functions/{}/concurrency",
    "PublishFunctionVersion": "POST /functions/{}/versions",
    "CreateAlias": "POST /functions/{}/aliases",
}


def _invocation(headers: dict[str, str], body: bytes) -> Invocation:
    found = {name.lower(): value for name, value in headers.items()}
    log = base64.b64decode(found.get("x-fc-log-result", "")).decode()
    return Invocation(body, found["x-fc-request-id"], found.get("x-fc-error-type", ""), log)


class Fc3(TeaClient):
    """alibabacloud-fc20230330: FC 3.0."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = Fc3Client(tea_config(keys, site.url))

    def ask(self, operation: str, *names: str, body: Any = None, **query: str) -> dict[str, Any]:
        """`names`: those in the path. `body`: the document of the API."""
        arguments: list[Any] = list(names)
        if kind := getattr(models, f"{operation}Request", None):
            arguments.append(kind().from_map({"body": body or {}, **query}))
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        answer = getattr(self._client, method)(*arguments)
        return dict(answer.body.to_map()) if hasattr(answer, "body") else {}

    def invoke(self, function: str, payload: bytes, kind: str = "Sync", log: str = "None") -> Invocation:
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type=kind, x_fc_log_type=log)
        request = models.InvokeFunctionRequest(body=payload)
        answer = self._client.invoke_function_with_options(function, request, headers, RuntimeOptions())
        return _invocation(answer.headers, answer.body.read())


class OpenApiFc(TeaClient):
    """alibabacloud-tea-openapi: any API by its name and path."""

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = OpenApiClient(tea_config(keys, site.url))

    def _call(self, operation: str, names: Sequence[str], request: Any, kind: str) -> dict[str, Any]:
        method, _, path = _PATHS[operation].partition(" ")
        params = Params(
            action=operation,
            version="2023-03-30",
            protocol="HTTP",
            pathname="/2023-03-30" + path.format(*names),
            method=method,
            auth_type="AK",
            style="ROA",
            req_body_type=kind,
            body_type="none" if method == "DELETE" else kind,
        )
        return dict(self._client.call_api(params, request, RuntimeOptions()))

    def ask(self, operation: str, *names: str, body: Any = None, **query: str) -> dict[str, Any]:
        """As Fc3's."""
        request = OpenApiRequest(body=body, query=query)
        return dict(self._call(operation, names, request, "json").get("body") or {})

    def invoke(self, function: str, payload: bytes, kind: str = "Sync", log: str = "None") -> Invocation:
        headers = {"x-fc-invocation-type": kind, "x-fc-log-type": log}
        request = OpenApiRequest(headers=headers, stream=payload)
        answer = self._call("InvokeFunction", [function], request, "binary")
        return _invocation(answer["headers"], answer["body"])


def fc2_client(url: str, keys: Credentials) -> fc2.Client:
    return fc2.Client(
        endpoint=url,
        accessKeyID=keys.access_key_id,
        accessKeySecret=keys.access_key_secret,
        securityToken=keys.token or "",
    )


def temp_bucket_token(url: str, keys: Credentials) -> Any:
    """GetTempBucketToken, which the client for Node.js has; signed by the one for Python, which has not."""
    client, path = fc2_client(url, keys), "/2016-08-15/tempBucketToken"
    return json.loads(client._do_request("GET", path, client._build_common_headers("GET", path)).content)


class Fc2:
    """aliyun-fc2: FC 2.0, signed with FC's own signature. It raises what a function's error type says."""

    refusal = FcError

    def __init__(self, site: Site, keys: Credentials) -> None:
        self._client = fc2_client(site.url, keys)

    @staticmethod
    def code(refused: Any) -> str:
        return str(refused.err_code or json.loads(refused.message)["errorType"])

    def invoke(self, function: str, payload: bytes, kind: str = "Sync", log: str = "None") -> Invocation:
        headers = {"x-fc-invocation-type": kind, "x-fc-log-type": log}
        answer = self._client.invoke_function("any-service", function, payload, headers=headers)
        return _invocation(answer.headers, answer.data)

"""The official clients, unmodified, pointed at the local Function Compute."""

from __future__ import annotations

import json
from typing import Any

import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client

from harness.ram.identity import Credentials
from tests.clients.fc_clients import fc2_client
from tests.clients.tea import tea_config
from tests.harness.fc.account import LocalFc


def client3(local: LocalFc, key: Credentials | None = None) -> Any:
    """alibabacloud-fc20230330."""
    return Client(tea_config(key or local.identities.owner, local.server.url))


def client2(local: LocalFc, key: Credentials | None = None) -> Any:
    """aliyun-fc2."""
    return fc2_client(local.server.url, key or local.identities.owner)


def put_async(local: LocalFc, qualifier: str = "LATEST", **settings: Any) -> Any:
    body = models.PutAsyncInvokeConfigInput(**settings)
    request = models.PutAsyncInvokeConfigRequest(body=body, qualifier=qualifier)
    return client3(local).put_async_invoke_config("f", request).body


def publish(local: LocalFc, description: str = "") -> str:
    body = models.PublishVersionInput(description=description)
    published = client3(local).publish_function_version("f", models.PublishFunctionVersionRequest(body=body))
    return str(published.body.version_id)


def send(local: LocalFc, method: str, path: str, body: Any = b"") -> requests.Response:
    """A request that no client would make, signed by the one for FC 2.0. path: with a query."""
    headers = client2(local)._build_common_headers(method, path.partition("?")[0])
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.request(method, local.server.url + path, data=data, headers=headers, timeout=20)

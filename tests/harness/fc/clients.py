"""The official clients, unmodified, pointed at the local Function Compute."""

from __future__ import annotations

import json
from typing import Any

import fc2
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from harness.ram.identity import Credentials
from tests.harness.fc.account import REGION, LocalFc


def client3(local: LocalFc, key: Credentials | None = None) -> Any:
    """alibabacloud-fc20230330."""
    key = key or local.identities.owner
    config = Config(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        security_token=key.token,
        endpoint=f"{local.server.host}:{local.server.port}",
        protocol="HTTP",
        region_id=REGION,
    )
    return Client(config)


def client2(local: LocalFc, key: Credentials | None = None) -> Any:
    """aliyun-fc2."""
    key = key or local.identities.owner
    return fc2.Client(
        endpoint=local.server.url,
        accessKeyID=key.access_key_id,
        accessKeySecret=key.access_key_secret,
        securityToken=key.token or "",
    )


def temp_bucket_token(local: LocalFc, key: Credentials | None = None) -> Any:
    """GetTempBucketToken, which the client for Node.js has; signed by the one for Python, which has not."""
    client, path = client2(local, key), "/2016-08-15/tempBucketToken"
    return json.loads(client._do_request("GET", path, client._build_common_headers("GET", path)).content)


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

"""One description, two roads: s.yaml read by the local cloud, and the API's calls that `s deploy` makes of it."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from harness.cloud import LocalCloud, local_cloud
from harness.fc.spec import FunctionSpec
from harness.stack.reader import check_stack, read_stack
from serverless.document import StackError
from tests.clients.tea import tea_config

ROLE = "acs:ram::1234567890123456:role/a-role"
LEAST = {"functionName": "f", "runtime": "python3.12", "handler": "index.handler"}
ELSEWHERE = "acs:fc:cn-hangzhou:1234567890123456:functions/g"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(stack_file=None, render=False) as started:
        yield started


def from_stack(folder: Path, props: dict[str, Any]) -> FunctionSpec:
    """Raises StackError."""
    resource = {"component": "fc3", "props": {"region": "cn-beijing", "code": "./", **props}}
    stack = {"edition": "3.0.0", "name": "a", "vars": {"a": "${env('ACCOUNT_ID')}"}, "resources": {"f": resource}}
    (folder / "s.yaml").write_text(yaml.safe_dump(stack))
    read = read_stack(folder / "s.yaml", {"ACCOUNT_ID": "1234567890123456"}, dotenv=False)
    check_stack(read)
    return read.functions[0]


def deployed(cloud: LocalCloud, props: dict[str, Any]) -> FunctionSpec:
    """Raises AlibabaCloudException."""
    client: Any = Client(tea_config(cloud.identities.owner, cloud.url))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "")
    document = {
        name: value for name, value in props.items() if name not in ("asyncInvokeConfig", "concurrencyConfig")
    }
    document["code"] = {"zipFile": base64.b64encode(packed.getvalue()).decode()}
    client.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput().from_map(document)))
    try:
        if config := props.get("asyncInvokeConfig"):
            body = models.PutAsyncInvokeConfigInput().from_map(config)
            client.put_async_invoke_config("f", models.PutAsyncInvokeConfigRequest(body=body))
        if concurrency := props.get("concurrencyConfig"):
            reserved = models.PutConcurrencyInput().from_map(concurrency)
            client.put_concurrency_config("f", models.PutConcurrencyConfigRequest(body=reserved))
        (found,) = cloud.fc.functions
        return found
    finally:
        client.delete_function("f")


@pytest.mark.parametrize(
    "props",
    [
        {},
        {"memorySize": 1024},
        {"memorySize": 128},
        {"memorySize": 3072, "cpu": 1.5},
        {"cpu": 0.25},
        {"timeout": 60, "diskSize": 10240, "instanceConcurrency": 1, "description": "it"},
        {"environmentVariables": {"A": "1", "B": ""}, "role": ROLE},
        {"instanceLifecycleConfig": {"initializer": {"handler": "index.initialize"}}},
        {"instanceLifecycleConfig": {"initializer": {"handler": "index.initialize", "timeout": 30}}},
        {"logConfig": {"project": "p", "logstore": "l"}},
        {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0}},
        {"asyncInvokeConfig": {"maxAsyncEventAgeInSeconds": 60}},
        {
            "asyncInvokeConfig": {
                "destinationConfig": {"onFailure": {"destination": "acs:mns:::/queues/q/messages"}}
            }
        },
        {"concurrencyConfig": {"reservedConcurrency": 0}},
        {"concurrencyConfig": {"reservedConcurrency": 7}},
    ],
    ids=json.dumps,
)
def test_both_roads_lead_to_the_same_function(cloud: LocalCloud, tmp_path: Path, props: dict[str, Any]) -> None:
    made = deployed(cloud, {**LEAST, **props})
    assert from_stack(tmp_path, {**LEAST, **props}) == replace(made, code=tmp_path, code_checksum="")


def test_tags_have_the_component_s_names(tmp_path: Path) -> None:
    """In the API they are Key and Value."""
    from_stack(tmp_path, {**LEAST, "tags": [{"key": "team", "value": "video"}]})
    with pytest.raises(StackError, match=r"tags\[0\]\.key: is required"):
        from_stack(tmp_path, {**LEAST, "tags": [{"Key": "team"}]})


@pytest.mark.parametrize(
    ("props", "problem"),
    [
        ({"memorySize": 100}, "memorySize"),
        ({"memorySize": 1024, "cpu": 0.1}, "ratio"),
        ({"runtime": "python2.7"}, "runtime"),
        ({"timeout": 0}, "timeout"),
        ({"diskSize": 600}, "diskSize"),
        ({"instanceConcurrency": 0}, "instanceConcurrency"),
        ({"role": "acs:ram::99:role/a-role"}, "belongs to account 99"),
        ({"environmentVariables": {"FC_X": "1"}}, "FC_X"),
        ({"instanceLifecycleConfig": {"initializer": {"handler": "i.i", "timeout": 301}}}, "timeout"),
        ({"asyncInvokeConfig": {"maxAsyncRetryAttempts": 9}}, "maxAsyncRetryAttempts"),
        ({"asyncInvokeConfig": {"destinationConfig": {"onFailure": {"destination": ELSEWHERE}}}}, "cn-hangzhou"),
        ({"concurrencyConfig": {"reservedConcurrency": -1}}, "reservedConcurrency"),
        ({"gpuConfig": {"gpuMemorySize": 8}}, "gpuConfig"),
    ],
    ids=str,
)
def test_both_roads_refuse_the_same(
    cloud: LocalCloud, tmp_path: Path, props: dict[str, Any], problem: str
) -> None:
    with pytest.raises(AlibabaCloudException, match=problem):
        deployed(cloud, {**LEAST, **props})
    with pytest.raises(StackError, match=problem):
        from_stack(tmp_path, {**LEAST, **props})

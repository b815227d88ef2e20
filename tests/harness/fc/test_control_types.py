"""What has the wrong type, or belongs to somebody else, is refused, and leaves what was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.fc.account import LocalFc
from tests.harness.fc.clients import send
from tests.harness.fc.test_control import BUCKET_ARN, ROLE_ARN, create, get, zipped

# The SDK's own.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ALL = "/2023-03-30/functions"
ONE = f"{ALL}/f"
CODE = {"zipFile": base64.b64encode(zipped()).decode()}
FUNCTION = {"functionName": "g", "runtime": "python3.12", "handler": "index.handler", "code": CODE}
TRIGGER = {
    "triggerName": "t",
    "triggerType": "oss",
    "sourceArn": BUCKET_ARN,
    "invocationRole": ROLE_ARN,
    "triggerConfig": json.dumps({"events": ["oss:ObjectCreated:*"]}),
}
ALIAS = {"aliasName": "a", "versionId": "1"}
DEEP = b"[" * 200_000
FUNCTIONS: list[dict[str, Any]] = [
    {"functionName": 5},
    {"functionName": True},
    {"handler": ["index.handler"]},
    {"handler": "index.\nhandler"},
    {"description": {"x": 1}},
    {"description": "half of a pair: \ud800"},
    {"logConfig": "x"},
    {"logConfig": {"project": 5}},
    {"logConfig": {"logstore": "a\r\nb"}},
    {"instanceLifecycleConfig": "x"},
    {"instanceLifecycleConfig": {"initializer": 5}},
    {"instanceLifecycleConfig": {"initializer": {"handler": 5}}},
    {"environmentVariables": ["A=1"]},
    {"environmentVariables": {"A": "x\0y"}},
    {"role": [ROLE_ARN]},
    {"role": "acs:ram::9876543210987654:role/worker"},
    {"memorySize": 10**400},
    {"cpu": "1"},
    {"tags": "x"},
    {"tags": [{"Key": "k", "Value": 5}]},
    {"code": {"zipFile": "é"}},
    {"code": {"zipFile": 5}},
    {"code": {"ossBucketName": 5, "ossObjectName": "k"}},
    {"code": "x"},
]
TRIGGERS: list[dict[str, Any]] = [
    {"triggerName": 5},
    {"sourceArn": 5},
    {"sourceArn": BUCKET_ARN.replace("cn-beijing", "cn-hangzhou")},
    {"sourceArn": BUCKET_ARN.replace("1234567890123456", "9876543210987654")},
    {"invocationRole": "acs:ram::9876543210987654:role/notify"},
    {"invocationRole": []},
    {"qualifier": 5},
    {"description": ["x"]},
    {"triggerConfig": 5},
    {"triggerConfig": "[" * 200_000},
    {"triggerConfig": json.dumps({"events": ["oss:ObjectCreated:*"], "filter": "x"})},
]
CASES: list[tuple[str, str, Any]] = [
    *(("POST", ALL, {**FUNCTION, **settings}) for settings in FUNCTIONS),
    *(("POST", f"{ONE}/triggers", {**TRIGGER, **settings}) for settings in TRIGGERS),
    ("PUT", f"{ONE}/async-invoke-config", {"destinationConfig": "x"}),
    ("PUT", f"{ONE}/async-invoke-config", {"destinationConfig": {"onSuccess": ["x"]}}),
    ("PUT", f"{ONE}/async-invoke-config", {"destinationConfig": {"onFailure": {"destination": 5}}}),
    ("PUT", f"{ONE}/concurrency", {"reservedConcurrency": "7"}),
    ("POST", f"{ONE}/versions", {"description": 5}),
    ("POST", f"{ONE}/aliases", {**ALIAS, "aliasName": 5}),
    ("POST", f"{ONE}/aliases", {**ALIAS, "versionId": 1}),
    ("POST", f"{ONE}/aliases", {**ALIAS, "description": {}}),
    ("POST", "/2023-03-30/tags-v2", {"ResourceId": ["functions/f"], "Tag": "x"}),
    ("POST", "/2023-03-30/tags-v2", {"ResourceId": ["functions/f"], "Tag": [{"Key": 5}]}),
    ("POST", "/2023-03-30/tags-v2", {"ResourceId": "functions/f", "Tag": [{"Key": "k"}]}),
    ("POST", ALL, DEEP),
    ("GET", f"{ALL}?limit={'9' * 5000}", b""),
    ("GET", f"{ALL}?limit=%C2%B2", b""),
]


@pytest.fixture
def local(make: Callable[..., LocalFc]) -> LocalFc:
    """With the function "f", and its version 1."""
    local = make()
    create(local)
    assert send(local, "POST", f"{ONE}/versions", {}).status_code == 200
    return local


def kept(local: LocalFc) -> dict[str, str]:
    return {path.name: path.read_text() for path in (local.directory / "fc" / "functions").iterdir()}


def test_every_wrong_type_is_an_invalid_argument_and_changes_nothing(local: LocalFc) -> None:
    files, functions = kept(local), local.fc.functions
    for method, path, body in CASES:
        answer = send(local, method, path, body)
        assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidArgument"), (method, path, body)
    assert (kept(local), local.fc.functions, local.buckets.rules()) == (files, functions, [])
    assert get(local).description == ""


def test_a_change_that_cannot_be_kept_is_an_internal_error_and_no_change(local: LocalFc) -> None:
    folder = local.directory / "fc" / "functions"
    folder.rename(folder.with_name("away"))
    folder.touch()  # where a folder should be
    answer = send(local, "PUT", ONE, {"description": "new"})
    assert (answer.status_code, answer.json()["Code"]) == (500, "InternalServerError")
    assert (get(local).description, local.fc.function("f").description) == ("", "")

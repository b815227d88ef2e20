"""Two functions in one s.yaml: each with its role and document, the one the other's destination."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oss2
import pytest
import yaml

from deploy.policies import write_policies
from harness.cloud import LocalCloud, local_cloud
from harness.stack.documents import policy_names
from harness.stack.reader import read_stack
from serverless.document import StackError
from tests.clients.oss_sdk import oss2_bucket

ACCOUNT = "1234567890123456"
SUBMIT, COLLECT = "gif-on-upload", "gif-on-upload-collect"
ENVIRON = {"ACCOUNT_ID": ACCOUNT}
CODE = """
def handler(event, context):
    raise ValueError("no GIF today")

def collect(event, context):
    return event
"""
#: What each document of ram/ allows: an action and its resource.
DOCUMENTS = {
    "role-policy.json": ("fc:InvokeFunction", "acs:fc:*:*:functions/${COLLECTOR_NAME}"),
    "collector-policy.json": ("oss:DeleteObject", "acs:oss:*:*:${GIF_BUCKET}/${GIF_PREFIX}*"),
}


def function(name: str, handler: str, **props: Any) -> dict[str, Any]:
    shared = {"region": "cn-beijing", "runtime": "python3.12", "code": ".", "timeout": 20}
    role = f"acs:ram::{ACCOUNT}:role/{name}"
    return {
        "component": "fc3",
        "props": {"functionName": name, "handler": handler, "role": role, **shared, **props},
    }


def project(folder: Path, *more: dict[str, Any]) -> Path:
    """A folder with s.yaml, code and ram/ of its own; its s.yaml."""
    trigger = {
        "triggerName": "uploads",
        "triggerType": "oss",
        "sourceArn": f"acs:oss:cn-beijing:{ACCOUNT}:my-videos",
        "invocationRole": f"acs:ram::{ACCOUNT}:role/caller",
        "triggerConfig": {
            "events": ["oss:ObjectCreated:PutObject"],
            "filter": {"key": {"prefix": "", "suffix": ""}},
        },
    }
    failures = {"onFailure": {"destination": f"acs:fc:cn-beijing:{ACCOUNT}:functions/{COLLECT}"}}
    submit = function(
        SUBMIT,
        "index.handler",
        triggers=[trigger],
        environmentVariables={"TRACKING_BUCKET": "my-records"},
        asyncInvokeConfig={"maxAsyncRetryAttempts": 0, "destinationConfig": failures},
    )
    gifs = {"GIF_BUCKET": "my-gifs", "GIF_PREFIX": "gifs/"}
    resources = [submit, function(COLLECT, "index.collect", environmentVariables=gifs), *more]
    document = {"edition": "3.0.0", "name": "two", "resources": {f"f{i}": r for i, r in enumerate(resources)}}
    (folder / "index.py").write_text(CODE, encoding="utf-8")
    (folder / "s.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (folder / "ram").mkdir()
    for name, (action, resource) in DOCUMENTS.items():
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        text = json.dumps({"Version": "1", "Statement": [statement]})
        (folder / "ram" / name).write_text(text, encoding="utf-8")
    return folder / "s.yaml"


def gifs_as(cloud: LocalCloud, role: str) -> Any:
    return oss2_bucket(cloud.url, cloud.role_credentials(role), "my-gifs", connect_timeout=10)


def test_each_runs_with_its_role_and_a_failure_reaches_the_other(tmp_path: Path) -> None:
    stack, ram = project(tmp_path), tmp_path / "ram"
    files = {"policy_file": ram / "role-policy.json", "collector_policy_file": ram / "collector-policy.json"}
    with local_cloud(stack_file=stack, **files) as cloud:
        assert [spec.name for spec in cloud.fc.functions] == [SUBMIT, COLLECT]
        assert all(cloud.oss.store.has_bucket(name) for name in ("my-videos", "my-records", "my-gifs"))
        cloud.fc.invoke_async(SUBMIT, b"an event")
        assert cloud.fc.drain(60)
        (dead_letter,) = [json.loads(i.result) for i in cloud.fc.invocations if i.function == COLLECT]
        assert dead_letter["requestPayload"] == "an event"
        assert dead_letter["requestContext"]["condition"] == "UnhandledInvocationError"
        cloud.oss.store.put("my-gifs", "gifs/a.gif", b"GIF89a")
        with pytest.raises(oss2.exceptions.AccessDenied):
            gifs_as(cloud, SUBMIT).delete_object("gifs/a.gif")
        gifs_as(cloud, COLLECT).delete_object("gifs/a.gif")
        assert list(cloud.oss.store.list("my-gifs")) == []


def test_make_policies_fills_every_document(tmp_path: Path) -> None:
    stack = read_stack(project(tmp_path), ENVIRON, dotenv=False)
    written = write_policies(stack, tmp_path / "ram", tmp_path / "out")
    resources = {path.name: json.loads(path.read_text())["Statement"][0]["Resource"] for path in written}
    assert resources == {
        "role-policy.json": f"acs:fc:*:*:functions/{COLLECT}",
        "collector-policy.json": "acs:oss:*:*:my-gifs/gifs/*",
    }


@pytest.mark.parametrize("handler", ["index.handler", "index.collect"])
def test_a_third_function_has_no_document(tmp_path: Path, handler: str) -> None:
    stack = read_stack(project(tmp_path, function("third", handler)), ENVIRON, dotenv=False)
    with pytest.raises(StackError, match="at most one collector"):
        policy_names(stack)

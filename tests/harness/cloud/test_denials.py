"""A denial is in the journal once and in one form, whichever service asked and on whose behalf."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import oss2
import pytest
import requests
from alibabacloud_fc20230330 import models as fc
from alibabacloud_imm20200930 import models as imm
from alibabacloud_tea_openapi import utils_models as tea
from alibabacloud_tea_openapi.client import Client
from darabonba.exceptions import DaraException
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from harness.cloud import LocalCloud, local_cloud
from harness.fc import AsyncConfig, FunctionSpec
from harness.fc.triggers.specs import HttpTrigger
from harness.ram.identity import ACCOUNT_ID, Credentials
from tests.clients.oss_sdk import oss2_bucket
from tests.clients.tea import tea_config
from tests.harness.fc.clients import client3
from tests.harness.fc.sls import asking
from tests.harness.fc.test_http_triggers import signed
from tests.harness.multimediaai.imm.orders import by_oss2, imm_client, process
from tests.project import PROJECT

HERE = f"cn-beijing:{ACCOUNT_ID}"
FUNCTION = f"acs:fc:{HERE}:functions/f"
OTHER = f"acs:fc:{HERE}:functions/other"
ROLE_ARN = f"acs:ram::{ACCOUNT_ID}:role/f"
#: What lets a call come as far as to a second question, and a denial that only the time of the call brings about.
POLICY = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["oss:GetObject", "oss:PutObject", "oss:PostProcessTask", "oss:ProcessImm"],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": "fc:CreateFunction", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "fc:InvokeFunction",
            "Resource": OTHER,
            "Condition": {"DateGreaterThan": {"acs:CurrentTime": "2020-01-01T00:00:00Z"}},
        },
    ],
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A function "f", which tells "other" when it is done, an object with a key of its own, a bound bucket."""
    code = tmp_path_factory.mktemp("code")
    (code / "index.py").write_text("def handler(event, context): return 'done'")
    with local_cloud(stack_file=None, buckets=("videos",), imm_project="p", policy=POLICY) as made:
        made.fc.put_function(FunctionSpec("f", code, role="f", async_config=AsyncConfig(on_success=OTHER)))
        made.fc.put_trigger(HttpTrigger("web", "f", methods=("POST",)))
        made.sls.provide("lines", "store", None)
        made.oss.store.put("videos", "clip.mp4", b"x")
        key = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-encryption-key-id": "k"}
        bucket(made, made.identities.owner).put_object("locked.mp4", b"x", headers=key)
        yield made


def bucket(cloud: LocalCloud, who: Credentials) -> Any:
    return oss2_bucket(cloud.url, who, "videos")


def gif_task(cloud: LocalCloud, who: Credentials) -> None:
    call = {"version": "2019-08-10", "protocol": "HTTP", "pathname": "/", "method": "POST", "auth_type": "AK"}
    shape = {"style": "RPC", "req_body_type": "formData", "body_type": "json"}
    params = tea.Params(action="GetTaskStatus", **call, **shape)
    Client(tea_config(who, cloud.url)).call_api(
        params, tea.OpenApiRequest(query={"TaskId": "1"}), RuntimeOptions()
    )


def create_function(cloud: LocalCloud, who: Credentials) -> None:
    body = fc.CreateFunctionInput(function_name="g", runtime="python3.12", handler="index.handler", role=ROLE_ARN)
    client3(cast(Any, cloud), who).create_function(fc.CreateFunctionRequest(body=body))


def call_trigger(cloud: LocalCloud, who: Credentials) -> None:
    (trigger,) = cloud.fc.http.all()
    address = cloud.fc.http.url_of(trigger)
    assert requests.post(address, headers=signed(address, who), timeout=20).status_code == 403


def deliver(cloud: LocalCloud, who: Credentials) -> None:
    cloud.fc.invoke_async("f", b"")
    cloud.settle()


Use = Callable[[LocalCloud, Credentials], object]
#: (service, action, resource, denied_by, what is denied)
DENIALS: dict[str, tuple[str, str, str, str, Use]] = {
    "OSS": (
        "oss",
        "oss:DeleteObject",
        f"acs:oss:{HERE}:videos/clip.mp4",
        "default",
        lambda cloud, who: bucket(cloud, who).delete_object("clip.mp4"),
    ),
    "OSS, for KMS": (
        "kms",
        "kms:Decrypt",
        f"acs:kms:{HERE}:key/k",
        "default",
        lambda cloud, who: bucket(cloud, who).get_object("locked.mp4"),
    ),
    "OSS, for IMM": (
        "imm",
        "imm:CreateMediaConvertTask",
        f"acs:imm:{HERE}:project/p",
        "default",
        lambda cloud, who: by_oss2(cloud, who, "videos", "clip.mp4", process("a.gif")),
    ),
    "control plane": (
        "fc",
        "fc:GetFunction",
        FUNCTION,
        "default",
        lambda cloud, who: client3(cast(Any, cloud), who).get_function("f", fc.GetFunctionRequest()),
    ),
    "passing a role": ("fc", "ram:PassRole", ROLE_ARN, "default", create_function),
    "invocation": (
        "fc",
        "fc:InvokeFunction",
        FUNCTION,
        "default",
        lambda cloud, who: client3(cast(Any, cloud), who).invoke_function("f", fc.InvokeFunctionRequest()),
    ),
    "HTTP trigger": ("fc", "fc:InvokeFunction", FUNCTION, "default", call_trigger),
    "destination": ("fc", "fc:InvokeFunction", OTHER, "explicit", deliver),
    "Multimedia AI": ("multimediaai", "multimediaai:GetTaskStatus", "*", "default", gif_task),
    "IMM": (
        "imm",
        "imm:GetProject",
        f"acs:imm:{HERE}:project/p",
        "default",
        lambda cloud, who: imm_client(cloud, who).get_project(imm.GetProjectRequest(project_name="p")),
    ),
    "Log Service": (
        "sls",
        "log:GetLogStoreLogs",
        f"acs:log:{HERE}:project/lines/logstore/store",
        "default",
        lambda cloud, who: asking.ask(asking.client(cloud, who), "lines", "*", "store"),
    ),
}


@pytest.mark.parametrize("asker", DENIALS)
def test_a_denial_is_journalled_once_and_in_one_form(cloud: LocalCloud, asker: str) -> None:
    service, action, resource, denied_by, use = DENIALS[asker]
    cloud.journal.clear()
    with contextlib.suppress(oss2.exceptions.ServerError, DaraException, TeaException):
        use(cloud, cloud.role_credentials("f"))
    (entry,) = cloud.journal.entries("denied")
    assert dict(entry.fields) == {
        "service": service,
        "action": action,
        "resource": resource,
        "signer": "f",
        "denied_by": denied_by,
    }


def test_only_the_gate_journals_denials() -> None:
    """A service that comes later shall not have a form of its own, nor forget to journal."""
    harness = PROJECT / "harness"
    noting = [path for path in harness.rglob("*.py") if re.search(r'add\(\s*"denied"', path.read_text("utf-8"))]
    assert noting == [harness / "ram" / "asking.py"]

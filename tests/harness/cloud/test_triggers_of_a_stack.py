"""Timer and HTTP triggers of an s.yaml: read, refused, fired, called, and back after a reset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from harness.cloud import LocalCloud, local_cloud
from harness.fc import HttpTrigger, TimerTrigger
from harness.multimediaai.callback import tell
from serverless.document import StackError

CODE = """
def collect(event, context):
    return event
"""
TIMER = {"cronExpression": "CRON_TZ=Asia/Shanghai 0 */5 * * * *", "enable": "true", "payload": "{}"}
HTTP = {"authType": "anonymous", "methods": ["GET", "POST"]}


def project(folder: Path, timer: dict[str, Any] = TIMER, http: dict[str, Any] = HTTP) -> Path:
    triggers = [
        {"triggerName": "each-minute", "triggerType": "timer", "triggerConfig": timer},
        {"triggerName": "callback", "triggerType": "http", "triggerConfig": http},
    ]
    props = {
        "region": "cn-beijing",
        "functionName": "collector",
        "runtime": "python3.12",
        "handler": "index.collect",
        "code": ".",
        "timeout": 20,
        "role": "acs:ram::1234567890123456:role/collector",
        "triggers": triggers,
    }
    document = {"edition": "3.0.0", "name": "a", "resources": {"f": {"component": "fc3", "props": props}}}
    (folder / "index.py").write_text(CODE, encoding="utf-8")
    (folder / "s.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder / "s.yaml"


def events(cloud: LocalCloud) -> list[dict[str, Any]]:
    assert cloud.fc.drain(30)
    return [json.loads(invocation.result) for invocation in cloud.fc.invocations]


def test_they_are_fired_and_called_before_and_after_a_reset(tmp_path: Path) -> None:
    with local_cloud(stack_file=project(tmp_path), render=False) as cloud:
        for _ in range(2):
            timer = TimerTrigger("each-minute", "collector", str(TIMER["cronExpression"]), True, "{}")
            assert cloud.fc.timers.all() == [timer]
            assert cloud.fc.http.all() == [HttpTrigger("callback", "collector", ("GET", "POST"), "anonymous")]
            cloud.fire_timer("collector", "each-minute")
            (event,) = events(cloud)
            assert (event["triggerName"], event["payload"]) == ("each-minute", "{}")
            address = f"{cloud.url}/_http/collector/callback?claim=c"
            assert tell(address, {"TaskId": 1}) == "200", "by Multimedia AI, as by any program"
            assert [event.get("queryParameters") for event in events(cloud)] == [None, {"claim": "c"}]
            cloud.reset()
            assert cloud.fc.invocations == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Host": "evil.example"},
        {"Host": "collector"},
    ],
    ids=str,
)
def test_no_web_page_calls_one(called: LocalCloud, headers: dict[str, str]) -> None:
    address = f"{called.url}/_http/collector/callback"
    for method in ("GET", "POST"):
        assert requests.request(method, address, headers=headers, timeout=10).status_code == 403
    assert called.fc.invocations == []


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with local_cloud(stack_file=project(tmp_path_factory.mktemp("stack")), render=False) as cloud:
        yield cloud


def test_under_the_name_of_a_bucket_the_path_is_a_key(called: LocalCloud) -> None:
    called.oss.store.create_bucket("pictures")
    host = {"Host": f"pictures.oss-cn-beijing.aliyuncs.com:{called.server.port}"}
    answer = requests.get(f"{called.url}/_http/collector/callback", headers=host, timeout=10)
    assert "<BucketName>pictures</BucketName>" in answer.text or "AccessDenied" in answer.text
    assert called.fc.invocations == []


@pytest.mark.parametrize(
    ("timer", "http", "problem"),
    [
        ({"enable": True}, HTTP, "triggers[0].triggerConfig.cronExpression: is required"),
        ({**TIMER, "enable": "on"}, HTTP, "triggers[0].triggerConfig.enable: must be true or false, it is 'on'"),
        ({**TIMER, "cronExpression": "* * * * *"}, HTTP, "trigger each-minute: triggerConfig.cronExpression"),
        ({**TIMER, "payloads": "x"}, HTTP, "triggerConfig.payloads: there is no such setting; payload is meant"),
        (TIMER, {**HTTP, "methods": ["BREW"]}, "trigger callback: triggerConfig.methods"),
        (TIMER, {"methods": ["GET"]}, "triggers[1].triggerConfig.authType: is required"),
        (TIMER, {**HTTP, "authtype": "x"}, "triggerConfig.authtype: there is no such setting; authType is meant"),
    ],
    ids=str,
)
def test_what_would_not_deploy_does_not_run(
    tmp_path: Path, timer: dict[str, Any], http: dict[str, Any], problem: str
) -> None:
    with pytest.raises(StackError) as refused, local_cloud(stack_file=project(tmp_path, timer, http)):
        pass
    assert problem in str(refused.value)

"""s.yaml: what the local cloud makes of it."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.fc import AsyncConfig, FunctionSpec, OssTrigger, TimerTrigger
from harness.stack.reader import read_stack
from serverless.document import StackError
from tests.project import PROJECT

FILLED_IN = {
    "ACCOUNT_ID": "1234567890123456",
    "APPLICATION_ID": "app",
    "TRACKING_BUCKET": "records",
    "VIDEO_BUCKET": "in",
}

MINIMAL = """
    edition: 3.0.0
    name: x
    resources:
      fn:
        component: fc3
        props: {region: cn-beijing, functionName: fn, runtime: python3.12, handler: index.handler, code: ./code}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def with_props(**props: Any) -> str:
    document = yaml.safe_load(textwrap.dedent(MINIMAL))
    document["resources"]["fn"]["props"].update(props)
    return str(yaml.safe_dump(document))


def test_the_project_s_own_stack() -> None:
    stack = read_stack(PROJECT / "s.yaml", FILLED_IN, dotenv=False)
    assert (stack.region, stack.account_id) == ("cn-beijing", "1234567890123456")
    assert stack.buckets == ("in", "records")
    function, collector = stack.functions
    assert (function.name, collector.name) == ("gif-on-upload", "gif-on-upload-collect")
    assert (collector.handler, collector.environment) == ("index.collect", function.environment)
    assert function.code.parent == PROJECT / "dist"
    assert (function.handler, function.initializer) == ("index.handler", "index.initialize")
    assert function.environment["TRACKING_BUCKET"] == "records"
    assert {trigger.bucket for trigger in stack.oss_triggers} == {"in"}
    assert [trigger.function for trigger in stack.triggers] == [function.name, collector.name]
    assert all(event.startswith("oss:ObjectCreated:") for event in stack.oss_triggers[0].events)


def test_everything_that_is_read(tmp_path: Path) -> None:
    props = {
        "cpu": 0.5,
        "memorySize": "512",
        "diskSize": 10240,
        "timeout": 30,
        "description": "it does",
        "environmentVariables": {"TEXT": "猫", "NUMBER": 5, "FLAG": True, "EMPTY": "", "NOTHING": None},
        "role": "acs:ram::42:role/worker",
        "instanceLifecycleConfig": {"initializer": {"handler": "index.initialize", "timeout": 9}},
        "asyncInvokeConfig": {
            "maxAsyncRetryAttempts": 0,
            "maxAsyncEventAgeInSeconds": 60,
            "destinationConfig": {"onFailure": {"destination": "acs:fc:::functions/f"}},
        },
        "concurrencyConfig": {"reservedConcurrency": 0},
        "logConfig": {"project": "p", "logstore": "s"},
        "triggers": [
            {
                "triggerName": "uploads",
                "triggerType": "oss",
                "sourceArn": "acs:oss:cn-beijing:42:videos",
                "invocationRole": "acs:ram::42:role/notify",
                "triggerConfig": {
                    "events": ["oss:ObjectCreated:PutObject"],
                    "filter": {"key": {"prefix": "up/", "suffix": ".mp4"}},
                },
            },
            {
                "triggerName": "clock",
                "triggerType": "timer",
                "triggerConfig": {"cronExpression": "@every 5m", "enable": True, "payload": "now"},
            },
            {"triggerName": "queue", "triggerType": "mns_topic", "triggerConfig": {}},
        ],
    }
    stack = read_stack(write(tmp_path, with_props(**props)), {})
    assert stack.account_id == "42"
    assert stack.functions == (
        FunctionSpec(
            name="fn",
            code=tmp_path / "code",
            memory_mb=512,
            timeout_seconds=30,
            cpu=0.5,
            disk_mb=10240,
            environment={"TEXT": "猫", "NUMBER": "5", "FLAG": "true", "EMPTY": ""},
            role="worker",
            initializer="index.initialize",
            initializer_timeout_seconds=9,
            log_project="p",
            log_store="s",
            description="it does",
            reserved_concurrency=0,
            async_config=AsyncConfig(0, 60, None, "acs:fc:::functions/f"),
        ),
    )
    assert stack.triggers == (
        OssTrigger(
            "uploads",
            "fn",
            "videos",
            ("oss:ObjectCreated:PutObject",),
            "up/",
            ".mp4",
            "acs:oss:cn-beijing:42:videos",
            "acs:ram::42:role/notify",
        ),
        TimerTrigger("clock", "fn", "@every 5m", True, "now"),
    )


def test_defaults(tmp_path: Path) -> None:
    stack = read_stack(write(tmp_path, MINIMAL), {})
    assert stack.functions == (FunctionSpec("fn", tmp_path / "code"),)
    assert (stack.triggers, stack.buckets, stack.account_id) == ((), (), None)


def test_every_missing_variable_is_named_with_its_places(tmp_path: Path) -> None:
    path = write(
        tmp_path, with_props(environmentVariables={"A": "${env('ONE')}", "B": "x/${env('ONE')}/${env('TWO')}"})
    )
    with pytest.raises(StackError) as refused:
        read_stack(path, {})
    message = str(refused.value)
    assert "2 variables have no value" in message
    assert (
        "ONE  (used at resources.fn.props.environmentVariables.A, resources.fn.props.environmentVariables.B)"
        in message
    )
    assert "TWO  (used at resources.fn.props.environmentVariables.B)" in message
    assert ".env" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "not YAML"),
        ("- a", "must be a mapping"),
        ("edition: 1.0.0", "edition: must be 3.0.0"),
        ("edition: 3.0.0", "no entry with `component: fc3`"),
        ("edition: 3.0.0\nextend: other.yaml", "extend: not implemented"),
        ("edition: 3.0.0\nresources: [1]", "resources: must be a mapping"),
        (with_props(runtime=None), "resources.fn.props.runtime: is required"),
        (with_props(memorySize="much"), "props.memorySize: must be a number, it is 'much'"),
        (with_props(timeout=1.5), "props.timeout: must be a whole number"),
        (with_props(environmentVariables={"A": [1]}), "environmentVariables.A: must be a text"),
        (
            with_props(description="${secret('x')}"),
            "props.description: ${secret('x')}: only ${env(",
        ),
        (with_props(description="${vars.none}"), "'none' is not defined under `vars`"),
        (
            with_props(triggers=[{"triggerType": "oss", "sourceArn": "videos"}]),
            "triggers[0].sourceArn: must be acs:oss:",
        ),
        (with_props(triggers={}), "props.triggers: must be a list"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(StackError) as refused:
        read_stack(path, {})
    assert str(refused.value).startswith(f"{path}: ")
    assert expected in str(refused.value)


def test_variables_that_refer_to_themselves(tmp_path: Path) -> None:
    path = write(tmp_path, with_props(description="${vars.loop}") + "\nvars: {loop: '${vars.loop}'}")
    with pytest.raises(StackError, match="refers to itself"):
        read_stack(path, {})


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="No such file"):
        read_stack(tmp_path / "s.yaml", {})


def test_the_dotenv_file_beside_it_fills_in_but_never_overrides(tmp_path: Path) -> None:
    path = write(tmp_path, with_props(environmentVariables={"A": "${env('A')}", "B": "${env('B')}"}))
    (tmp_path / ".env").write_text("A=from file\nB=from file\n")
    environment = read_stack(path, {"A": "from environ"}).functions[0].environment
    assert environment == {"A": "from environ", "B": "from file"}
    with pytest.raises(StackError, match="2 variables have no value"):
        read_stack(path, {}, dotenv=False)

"""What functions print is in the logstore that their logConfig names."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from harness.cloud import ALLOW_ALL, LocalCloud, local_cloud
from harness.fc import FunctionSpec
from serverless.document import StackError
from tests.harness.fc.sls.asking import INDEX, ask, client

CODE = """
import json

def handler(event, context):
    print(json.dumps({"level": "INFO", "request_id": context.request_id, "video": "oss://猫"}))
    print("two", "lines", sep="\\n")
    return "done"
"""
STACK = """
edition: 3.0.0
name: logs
vars: {region: cn-beijing}
resources:
  printer:
    component: fc3
    props: &props
      region: cn-beijing
      functionName: printer
      runtime: python3.12
      handler: printer.handler
      code: ./
      role: acs:ram::1234567890123456:role/printer
      logConfig: {project: my-logs, logstore: lines}
  silent:
    component: fc3
    props: {<<: *props, functionName: silent, logConfig: {project: '', logstore: ''}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "printer.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "s.yaml").write_text(STACK, encoding="utf-8")
    return tmp_path


def with_index(folder: Path, text: str = json.dumps(INDEX)) -> Path:
    (folder / "alarms").mkdir()
    (folder / "alarms" / "index.json").write_text(text, encoding="utf-8")
    return folder


def cloud_of(folder: Path, **options: Any) -> Any:
    return local_cloud(stack_file=folder / "s.yaml", policy=ALLOW_ALL, render=False, **options)


def found(cloud: LocalCloud, query: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = ask(client(cloud), "my-logs", query).data
    return rows


def test_every_line_with_who_printed_it(folder: Path) -> None:
    with cloud_of(with_index(folder), directory=folder / "state") as cloud:
        result = cloud.fc.invoke("printer", b"{}")
        cloud.fc.invoke("silent", b"{}")
        lines = found(cloud, "*")
        (printed,) = found(cloud, "message.level: INFO")
        assert found(cloud, "message.request_id: other") == []
    assert [line["message"] for line in lines if line["message"] in result.lines] == [*result.lines]
    assert json.loads(printed["message"]) == {
        "level": "INFO",
        "request_id": result.request_id,
        "video": "oss://猫",
    }
    assert [line["message"] for line in lines].count("two") == 1
    for line in lines:
        assert line["__topic__"] == "FCLogs:printer"
        assert (line["functionName"], line["qualifier"], line["versionId"]) == ("printer", "LATEST", "")
        assert line["instanceID"] == result.instance_id
        assert abs(int(line["__time__"]) - time.time()) < 60
    with cloud_of(folder, directory=folder / "state") as again:
        assert found(again, "*") == lines
        again.reset()
        assert found(again, "*") == []


def test_without_an_index_beside_s_yaml_there_is_none(folder: Path) -> None:
    with cloud_of(folder) as cloud:
        cloud.fc.invoke("printer", b"{}")
        assert ask(client(cloud), "my-logs", "*").code == "IndexConfigNotExist"
        assert len([*cloud.sls.store.read("my-logs", "lines", 0, 1e12, False)]) >= 5


def test_a_logstore_that_is_gone_comes_back(folder: Path) -> None:
    with cloud_of(with_index(folder)) as cloud:
        cloud.sls.store.clear()
        cloud.fc.invoke("printer", b"{}")
        assert found(cloud, 'message.video: "oss://猫"')


def test_a_function_that_was_deployed_writes_too(folder: Path) -> None:
    with local_cloud(stack_file=None, ram=with_index(folder) / "ram", policy=ALLOW_ALL, render=False) as cloud:
        spec = FunctionSpec("printer", folder, handler="printer.handler", log_project="my-logs", log_store="lines")
        cloud.fc.put_function(spec)
        cloud.fc.invoke("printer", b"{}")
        assert found(cloud, "message.level: INFO and functionName: printer")


@pytest.mark.parametrize(
    ("index", "says"), [("{", "index.json"), ('{"keys": {"a": {"type": "date"}}}', "keys.a.type must be one of")]
)
def test_a_broken_index_is_said_at_the_start(folder: Path, index: str, says: str) -> None:
    with pytest.raises(StackError, match=says), cloud_of(with_index(folder, index)):
        pass


def test_a_name_that_no_logstore_can_have_is_said_at_the_start(folder: Path) -> None:
    file = folder / "s.yaml"
    file.write_text(STACK.replace("my-logs", "My Logs!"), encoding="utf-8")
    with pytest.raises(StackError, match="logConfig of function printer: project name must be"), cloud_of(folder):
        pass

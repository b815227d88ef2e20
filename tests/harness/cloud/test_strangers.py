"""The local cloud for a project of somebody else: its own s.yaml or none, its own policy, and waiting."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from harness.cloud import ALLOW_ALL, CloudOptions, LocalCloud, NotSettled, local_cloud
from harness.fc import FunctionSpec
from harness.ram.policy import PolicyError

CODE = """
def handler(event, context):
    raise ValueError("no letters today")
"""


def a_function(folder: Path) -> FunctionSpec:
    (folder / "index.py").write_text(CODE)
    return FunctionSpec("writer", folder, role="writer")


def denied_by(cloud: LocalCloud, action: str) -> str:
    """What the writer's role meets."""
    return cloud._authorize(cloud.role_credentials("writer"), action, "acs:oss:*:*:letters/a", {}).denied_by


def allowing(action: str) -> dict[str, object]:
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def test_s_yaml_and_policy_are_those_of_the_folder(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert CloudOptions().stack_file == project / "s.yaml"
    assert CloudOptions().role_document == project / "ram" / "role-policy.json"
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    monkeypatch.chdir(empty)
    options = CloudOptions()
    assert (options.stack_file, options.role_document, options.collector_document) == (None, None, None)
    with LocalCloud(options) as cloud:
        assert cloud.fc.functions == []


def test_a_role_without_a_document_may_do_nothing_and_is_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING), local_cloud() as cloud:
        cloud.fc.put_function(a_function(tmp_path))
        assert [denied_by(cloud, "oss:PutObject") for _ in range(2)] == ["default", "default"]
    (message,) = [record.getMessage() for record in caplog.records]
    for word in ("'writer'", "oss:PutObject", "ram/role-policy.json", "policy_file", "ALLOW_ALL"):
        assert word in message


def test_a_policy_is_given_or_permits_everything_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for policy, deleting, words in ((allowing("oss:PutObject"), "default", 0), (ALLOW_ALL, "", 1)):
        caplog.clear()
        with caplog.at_level(logging.WARNING), local_cloud(stack_file=None, policy=policy) as cloud:
            cloud.fc.put_function(a_function(tmp_path))
            assert denied_by(cloud, "oss:PutObject") == ""
            assert denied_by(cloud, "oss:DeleteObject") == deleting
        assert len(caplog.records) == words
    with pytest.raises(PolicyError, match=r"none\.json: No such file"):
        LocalCloud(CloudOptions(stack_file=None, policy_file=tmp_path / "none.json"))


def test_waiting_says_what_has_run(tmp_path: Path) -> None:
    with local_cloud(stack_file=None, retry_delay=lambda _: 60, policy=allowing("oss:*")) as cloud:
        cloud.settle()
        cloud.fc.put_function(a_function(tmp_path))
        cloud.fc.invoke_async("writer", b"{}")
        (failed,) = cloud.wait_for(lambda: cloud.fc.invocations)
        assert repr(failed) == "<writer Async failed UnhandledInvocationError: ValueError: no letters today>"
        with pytest.raises(NotSettled) as caught:
            cloud.settle(0.01)
        assert str(caught.value).endswith(
            f"not every delivery has ended; deliveries that have not ended: 1; the latest invocations: {failed!r}"
        )
        with pytest.raises(
            NotSettled, match=r"after 0.01 s, a letter has not come; the last answer was None; .*ValueError"
        ):
            cloud.wait_for(lambda: None, 0.01, "a letter")

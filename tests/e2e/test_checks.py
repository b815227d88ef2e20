"""`{"check": true}`: each function tries what it needs with its own role, and makes no task."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.collecting import collector_for, put
from tests.e2e.handling import handler_for
from tests.e2e.policies import document, grants, without
from tests.e2e.uploads import RECORDS
from tests.project import PROJECT

SUBMIT, COLLECT = "gif-on-upload", "gif-on-upload-collect"
SAMPLES = sorted((PROJECT / "events" / "check").glob("*.json"))
EVENT = {"check": True, "videos": ["oss://my-videos/clip.mp4"]}
ROLE, COLLECTOR = document("role-policy.json"), document("collector-policy.json")


def tried(cloud: LocalCloud, name: str, clock: Clock) -> list[dict[str, Any]]:
    """In this process, with the function's own role."""
    put(cloud, "clip.mp4", b"film")
    role = cloud.identities.assume_role(name)
    if name == COLLECT:
        answer = collector_for(cloud, role)(EVENT)
    else:
        handler = handler_for(cloud, clock, cloud.url)
        handler.role = role
        answer = handler.answer(EVENT)
    checks = answer["checks"]
    assert isinstance(checks, list)
    return checks


def wrong(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [check for check in checks if not check["ok"]]


@pytest.mark.parametrize("name", [SUBMIT, COLLECT])
def test_with_its_policy_everything_is_well_and_nothing_has_happened(
    cloud: LocalCloud, clock: Clock, name: str
) -> None:
    for _ in range(2):
        checks = tried(cloud, name, clock)
        assert wrong(checks) == []
    assert {"oss:PutObject", "video URL", "multimediaai:CreateGifTask"} <= {check["name"] for check in checks}
    assert cloud.multimediaai.tasks.list() == []
    assert cloud.journal.entries("denied") == []
    lines = cloud.oss.store.get(RECORDS, "gif-tasks/.check.jsonl").splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["checked", "checked"]
    assert cloud.oss.store.list(RECORDS, "gif-tasks/.pending/") == []


def test_two_checks_at_the_same_time_are_both_well(cloud: LocalCloud, clock: Clock) -> None:
    """The other one's line comes between reading and appending."""
    cloud.faults.add("oss:AppendObject:latency=1:nth=1")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(tried, cloud, SUBMIT, clock)
        cloud.wait_for(lambda: cloud.journal.entries("fault"))
        assert wrong(tried(cloud, COLLECT, clock)) == []
        assert wrong(first.result()) == []
    assert len(cloud.oss.store.get(RECORDS, "gif-tasks/.check.jsonl").splitlines()) == 1


#: Function Compute hands over dead letters with the role, and nobody else can try that.
GRANTS = [
    *((SUBMIT, ROLE, *grant) for grant in grants(ROLE) if grant[1] != "fc:InvokeFunction"),
    *((COLLECT, COLLECTOR, *grant) for grant in grants(COLLECTOR)),
]


@pytest.mark.parametrize(
    ("name", "policy", "sid", "action"), GRANTS, ids=[f"{row[0]}-{row[2:]}" for row in GRANTS]
)
def test_each_permission_that_is_missing_is_its_own_line(
    name: str, policy: dict[str, Any], sid: str, action: str, tmp_path: Path, clock: Clock
) -> None:
    file = without(policy, sid, action, tmp_path / "policy.json")
    options: dict[str, Any] = {"policy_file" if name == SUBMIT else "collector_policy_file": file}
    with local_cloud(render=False, clock=clock, **options) as cloud:
        found = wrong(tried(cloud, name, clock))
    assert {check["name"] for check in found} <= {action, "video URL"}
    assert action in {check["name"] for check in found}
    assert all(check["detail"] for check in found)


def test_what_else_is_wrong_is_found(clock: Clock) -> None:
    with local_cloud(render=False, clock=clock, new_account=True) as cloud:
        put(cloud, "clip.mp4", b"film")
        event = {"check": True, "videos": ["oss://my-videos/clip.mp4", "oss://my-videos/nothing.mp4"]}
        handler = handler_for(cloud, clock, cloud.url)
        checks = wrong(handler.answer(event)["checks"])
        assert [check["where"] for check in checks if check["name"] == "oss:GetObject"] == [
            "oss://my-videos/nothing.mp4"
        ]
        cloud.faults.add("multimediaai:CreateGifTask:error=403/ServiceNotOpened")
        checks = wrong(handler.answer({"check": True})["checks"])
        assert [check["name"] for check in checks] == ["multimediaai:CreateGifTask"]
        assert "open" in checks[0]["hint"]


def test_every_sample_is_answered_by_both_as_they_are_deployed() -> None:
    with local_cloud(render=False) as cloud:
        put(cloud, "clip.mp4", b"film")
        for name in (SUBMIT, COLLECT):
            for sample in SAMPLES:
                result = cloud.fc.invoke(name, sample.read_bytes())
                assert not result.error_type, result
                assert wrong(json.loads(result.body)["checks"]) == []
            for bad in ({"check": False}, {"check": True, "video": "x"}, {"check": True, "videos": ["x"]}):
                result = cloud.fc.invoke(name, json.dumps(bad).encode())
                assert json.loads(result.body)["errorType"] == "EventError", result
        assert cloud.multimediaai.tasks.list() == []

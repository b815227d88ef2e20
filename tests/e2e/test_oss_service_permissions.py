"""With GIF_SERVICE=oss, too: the deployed policies are enforced, and nothing in them is too much."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from handler.errors import GifOnUploadError
from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.handling import SHORT
from tests.e2e.imm_site import IMM, KEY, imm_collector, imm_handler, make_gif, orders, uploaded
from tests.e2e.policies import document, grants, without
from tests.e2e.uploads import VIDEOS

ROLE, COLLECTOR = document("role-oss-service-policy.json"), document("collector-oss-service-policy.json")
CHECK = {"check": True, "videos": [f"oss://{VIDEOS}/{KEY}"]}
#: Those whose need the documents of the other service have shown.
COMMON = ("HandOverDeadLetters", "ListWhatIsPending", "KeepRecordsAndLists", "RemoveWhatIsDone")


def statement(policy: dict[str, Any], sid: str) -> dict[str, Any]:
    return next(dict(each) for each in policy["Statement"] if each["Sid"] == sid)


def own(policy: dict[str, Any]) -> list[tuple[str, str]]:
    return [(sid, action) for sid, action in grants(policy) if sid not in COMMON]


def test_what_both_services_need_is_the_same() -> None:
    for policy, other in ((ROLE, "role-policy.json"), (COLLECTOR, "collector-policy.json")):
        sids = [each["Sid"] for each in policy["Statement"]]
        for sid in {*COMMON, "ReadVideos", "KeepRecords"} & set(sids):
            assert statement(policy, sid) == statement(document(other), sid)
        assert "multimediaai" not in str(policy)


def denied(cloud: LocalCloud) -> set[str]:
    return {entry.fields["action"] for entry in cloud.journal.entries("denied")}


def use(cloud: LocalCloud, clock: Clock) -> None:
    """A lost answer, a check, an order that is made, the way to its GIF, and an order by the collector."""
    handler, collect = imm_handler(cloud, clock, SHORT), imm_collector(cloud)
    event = uploaded(cloud, b"A")
    cloud.faults.add("oss:AsyncProcessObject:reset:nth=1")
    for _ in range(3):
        with contextlib.suppress(GifOnUploadError):
            handler(event)
        clock.ahead += 15
    handler.answer(CHECK)
    collect(CHECK)
    collect()
    make_gif(cloud)
    for task in orders(cloud):
        cloud.imm.tasks.end(task)
    collect()
    # What the function leaves, the collector orders.
    cloud.faults.add("oss:AsyncProcessObject:error=500/InternalError:times=1")
    with contextlib.suppress(GifOnUploadError):
        handler(uploaded(cloud, b"B", "other.mp4"))
    clock.ahead += 60
    collect()


@pytest.mark.parametrize(("sid", "action"), own(ROLE), ids=str)
def test_every_permission_of_the_function_is_needed(sid: str, action: str, tmp_path: Path) -> None:
    policy = without(ROLE, sid, action, tmp_path / "policy.json")
    clock = Clock()
    with local_cloud(render=False, environ=IMM, clock=clock, policy_file=policy) as cloud:
        use(cloud, clock)
        assert denied(cloud) == {action}


@pytest.mark.parametrize(("sid", "action"), own(COLLECTOR), ids=str)
def test_every_permission_of_the_collector_is_needed(sid: str, action: str, tmp_path: Path) -> None:
    policy = without(COLLECTOR, sid, action, tmp_path / "policy.json")
    clock = Clock()
    with local_cloud(render=False, environ=IMM, clock=clock, collector_policy_file=policy) as cloud:
        use(cloud, clock)
        assert denied(cloud) == {action}


def test_with_the_whole_policies_nothing_is_denied() -> None:
    clock = Clock()
    with local_cloud(render=False, environ=IMM, clock=clock) as cloud:
        use(cloud, clock)
        assert denied(cloud) == set()

"""ram/operator-policy.json: each right is needed, its lack is named, and with all of them nothing is denied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.e2e.policies import document, grants, without
from tests.ops.running import Ran, run_gifs
from tests.ops.stock import finish, stock
from tests.ops.telling import CLAIM, entry
from tests.project import PROJECT

POLICY = document("operator-policy.json")
#: What an operator calls; the arguments of each.
CALLS = (("status",), ("show", "oss://my-videos/clip.mp4"), ("show", "400010"), ("list",))
Operate = Callable[[Path], Iterator[Ran]]


@pytest.fixture
def operate(monkeypatch: pytest.MonkeyPatch) -> Operate:
    """Every call as the submitting function's role, which has the policy of this path instead of its own."""

    def run(policy: Path) -> Iterator[Ran]:
        with local_cloud(stack_file=PROJECT / "s.yaml", policy_file=policy, render=False) as cloud:
            prepare(cloud)
            role = cloud.role_credentials("gif-on-upload")
            monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", role.access_key_id)
            monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", role.access_key_secret)
            monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", str(role.token))
            for call in CALLS:
                yield run_gifs(*call, "--local", cloud.url)

    return run


def prepare(cloud: LocalCloud) -> None:
    """A video with its GIF, a task that the service knows, and one that it says nothing of but its status."""
    stock(cloud, ["clip.mp4"])
    finish(cloud, ["clip.mp4"])
    entry(cloud, ".failed/", CLAIM, video="oss://my-videos/another.mp4")
    cloud.multimediaai.tasks.create(
        application_id="local-application",
        video_name="clip.mp4 00000000",
        video_url=f"{cloud.url}/my-videos/clip.mp4",
        template_id="",
        callback_url="",
        scales="",
    )
    cloud.faults.add("multimediaai:GetTaskResult:error=404/ResourceNotFound:nth=2")


@pytest.mark.parametrize(("sid", "action"), grants(POLICY), ids=str)
def test_every_right_is_needed_and_its_lack_is_named(
    operate: Operate, tmp_path: Path, sid: str, action: str
) -> None:
    ran = list(operate(without(POLICY, sid, action, tmp_path / "policy.json")))
    denied = [each for each in ran if each.code == 4]
    assert denied
    assert all(f"needs {action}" in each.err for each in denied)


def test_with_all_of_them_nothing_is_denied(operate: Operate) -> None:
    ran = list(operate(PROJECT / "ram" / "operator-policy.json"))
    assert [each.code for each in ran if each.code not in (0, 1)] == [], [each.err for each in ran]

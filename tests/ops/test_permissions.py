"""ram/operator-policy.json: each right is needed, its lack is named, and with all of them nothing is denied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from handler.gif_key import gif_key
from harness.cloud import LocalCloud, local_cloud
from harness.multimediaai.media.wanted import Wanted
from tests.e2e.policies import document, grants, without
from tests.e2e.uploads import RECORDS, VIDEOS
from tests.ops.running import Ran, run_gifs
from tests.ops.stock import finish, stock
from tests.ops.telling import CLAIM, CLAIMED, SUBMITTED, entry, record
from tests.project import PROJECT

pytestmark = pytest.mark.slow

POLICY = document("operator-policy.json")
SHOW, SHOW_TASK = ("show", "oss://my-videos/clip.mp4"), ("show", "400010")
SHOW_IMM = ("show", "oss://my-videos/imm.mp4")
LIST, STATUS, FETCH = ("list",), ("status",), ("fetch", "--prefix", "", "--to", "fetched")
BACKFILL, AUDIT = ("backfill", "oss://my-videos/", "--yes"), ("audit", "oss://my-videos/")
OUTSIDE = ("doctor", "--outside")
#: Begins with a setting, as in a shell.
OUTSIDE_OSS = ("GIF_SERVICE=oss", *OUTSIDE)
RETRY = ("retry", "--failed", "--yes", "--wait", "0")
#: By statement, the calls that need it, and others that do without.
CALLS = {
    "ListRecordsAndLists": (STATUS, SHOW, LIST),
    "ReadRecordsAndLists": (SHOW, LIST),
    "LookAtVideos": (SHOW, STATUS),
    "ReadGifs": (SHOW, FETCH),
    "AskForTasks": (SHOW, SHOW_TASK, AUDIT),
    "AskForTasksOfImm": (SHOW_IMM, STATUS),
    "SeeThatBucketsAreBound": (OUTSIDE_OSS, STATUS),
    "SeeWhatIsDeployed": (STATUS, ("pause",)),
    "ReadLogs": (STATUS, SHOW),
    "ListVideos": (AUDIT, BACKFILL, LIST),
    "ListGifs": (AUDIT, FETCH, STATUS),
    "SendVideos": (BACKFILL, STATUS),
    "FollowRecords": (RETRY, AUDIT),
    "TakeOffTheList": (RETRY, AUDIT),
    "PauseAndResume": (("pause",), STATUS),
    "LeaveTheirRoles": (("pause",), STATUS),
    "CompareWhatIsDeployed": (OUTSIDE, STATUS),
    "LookAtBuckets": (OUTSIDE, STATUS),
    "LookAtTheIndex": (OUTSIDE, STATUS),
    "AskTheCollector": (("doctor",), OUTSIDE),
}
Operate = Callable[[Path, Collection[tuple[str, ...]]], Iterator[Ran]]


@pytest.fixture
def operate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operate:
    """Every call as the submitting function's role, which has the policy of this path instead of its own."""

    def run(policy: Path, calls: Collection[tuple[str, ...]]) -> Iterator[Ran]:
        with local_cloud(stack_file=PROJECT / "s.yaml", policy_file=policy, render=False) as cloud:
            prepare(cloud)
            role = cloud.role_credentials("gif-on-upload")
            monkeypatch.chdir(tmp_path)
            monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", role.access_key_id)
            monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", role.access_key_secret)
            monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", str(role.token))
            for call in calls:
                name, is_setting, value = call[0].partition("=")
                with monkeypatch.context() as patched:
                    if is_setting:
                        patched.setenv(name, value)
                    yield run_gifs(*call[bool(is_setting) :], "--local", cloud.url)

    return run


def prepare(cloud: LocalCloud) -> None:
    """A video is done, one is new, one of .failed/ has its task, and another one of IMM's; of a task of Multimedia
    AI's the result is not known.
    """
    stock(cloud, ["clip.mp4", "new.mp4", "failed.mp4", "imm.mp4"])
    cloud.imm.bind(VIDEOS, "local-project")
    place = (VIDEOS, "imm.mp4"), (RECORDS, gif_key("gifs/", VIDEOS, "imm.mp4"))
    task = cloud.imm.tasks.create("local-project", *place, Wanted())
    record(cloud, CLAIMED, {**SUBMITTED, "task_id": task.task_id}, key="imm.mp4")
    finish(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, SUBMITTED, key="failed.mp4")
    (failed,) = [item.key for item in cloud.oss.store.list("my-gif-records", "gif-tasks/my-videos/failed.mp4/")]
    uri, video = f"oss://my-gif-records/{failed}", "oss://my-videos/failed.mp4"
    entry(cloud, ".failed/", CLAIM, code="GivenUp", reason="given up", record=uri, video=video)
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
    ran = list(operate(without(POLICY, sid, action, tmp_path / "policy.json"), CALLS[sid]))
    denied = [each for each in ran if each.code == 4]
    assert denied, ran
    assert all(f"needs {action}" in each.err for each in denied)


def test_with_all_of_them_nothing_is_denied(operate: Operate) -> None:
    calls = {call for calls in CALLS.values() for call in calls} | {("resume",)}
    ran = list(operate(PROJECT / "ram" / "operator-policy.json", sorted(calls)))
    assert [each.err for each in ran if each.code not in (0, 1)] == []

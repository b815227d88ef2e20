"""With GIF_SERVICE=oss: uploads are found by the TaskIds of IMM, and doctor looks at what that service needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.cloud import LocalCloud, local_cloud
from tests.e2e.imm_site import IMM, make_gif, orders
from tests.e2e.uploads import RECORDS, VIDEOS
from tests.ops.running import Ran
from tests.ops.stock import stock
from tests.ops.telling import CLAIM, CLAIMED, SUBMITTED, entry, record
from tests.ops.uploading import collect, upload_all
from tests.project import PROJECT

Gifs = Callable[..., Ran]
CLIP = f"oss://{VIDEOS}/clip.mp4"
FOUND = f"found-{CLAIM}"
NOBODY = "MediaConvert-00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalCloud]:
    """Instead of the one of the other service."""
    stack = PROJECT / "s.yaml"
    with local_cloud(stack_file=stack, environ=IMM, render=False, retry_delay=lambda _: 0.05) as started:
        yield started


@pytest.fixture(autouse=True)
def _oss(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in IMM.items():
        monkeypatch.setenv(name, value)


def check(ran: Ran, area: str, name: str) -> dict[str, Any]:
    """The one line of doctor's table."""
    (found,) = [each for each in ran.document["checks"] if (each["area"], each["name"]) == (area, name)]
    return dict(found)


def test_an_upload_is_told_by_its_task_until_its_gif(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task,) = orders(cloud)
    under_way = gifs("show", task, "--json").document
    assert (under_way["video"], under_way["state"]) == (CLIP, "submitted")
    assert (under_way["task"]["task_id"], under_way["task"]["state"]) == (task, "under_way")
    make_gif(cloud)
    cloud.imm.tasks.end(task)
    collect(cloud)
    for what in (task, CLIP):
        ran = gifs("show", what)
        assert (ran.code, ran.out.splitlines()[1]) == (0, "  state   finished: the GIF is there"), ran.err
        assert f"  task    {task}: succeeded" in ran.out


def test_a_task_that_failed_says_why(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task,) = orders(cloud)
    cloud.imm.tasks.end(task, "InvalidArgument", "the video has no picture")
    collect(cloud)
    ran = gifs("show", task)
    assert (ran.code, f"{task}: failed: InvalidArgument: the video has no picture" in ran.out) == (1, True)
    told = gifs("show", task, "--json").document["task"]
    assert (told["state"], told["error_code"], told["reason"]) == (
        "failed",
        "InvalidArgument",
        "the video has no picture",
    )


def test_the_task_of_an_earlier_upload_leads_to_its_record(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4", data=b"first")
    upload_all(cloud, "clip.mp4", data=b"second")
    first, second = orders(cloud)
    cloud.faults.add("sls:GetLogsV2:error=404/LogStoreNotExist")  # IMM alone tells
    for task in (first, second):
        document = gifs("show", task, "--json").document
        assert (document["record"]["task_id"], document["other_uploads"]) == (task, 1)
    assert gifs("show", CLIP, "--json").document["record"]["task_id"] == second


def test_a_task_that_imm_has_forgotten_is_found_in_the_log(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task,) = orders(cloud)
    cloud.imm.tasks.clear()
    ran = gifs("show", task)
    assert (ran.code, ran.out.splitlines()[0]) == (0, CLIP), ran.err
    assert f"  task    {task}: IMM, which forgets a task after seven days, does not know it" in ran.out


def test_a_task_that_was_found_is_located_by_its_entry(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, {**SUBMITTED, "task_id": FOUND, "adopted": True})
    assert gifs("show", FOUND).code == 2
    for folder in (".pending/", ".failed/"):
        entry(cloud, folder, CLAIM)
        ran = gifs("show", FOUND)
        assert ran.out.splitlines()[0] == CLIP, ran.err
        assert f"{FOUND}: an attempt that died had ordered it, and it is known by its GIF alone" in ran.out
        cloud.reset()
        stock(cloud, ["clip.mp4"])
        record(cloud, CLAIMED, {**SUBMITTED, "task_id": FOUND, "adopted": True})


@pytest.mark.parametrize("task", [FOUND, NOBODY])
def test_what_nobody_knows_is_a_mistake(gifs: Gifs, cloud: LocalCloud, task: str) -> None:
    ran = gifs("show", task)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith(f"Error: task {task}: ")
    assert ran.err.endswith(", nor does the log\n")


def test_a_task_that_no_record_names_needs_a_person(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task,) = orders(cloud)
    cloud.oss.store.clear()
    cloud.oss.store.create_bucket(VIDEOS)
    cloud.oss.store.create_bucket(RECORDS)
    stock(cloud, ["clip.mp4"])
    ran = gifs("show", task)
    assert (ran.code, "no record names this task" in ran.out) == (1, True)
    cloud.reset()


def test_doctor_says_which_service_and_that_the_bucket_is_bound(gifs: Gifs, cloud: LocalCloud) -> None:
    ran = gifs("doctor", "--json")
    assert (ran.code, [each for each in ran.document["checks"] if each["mark"] == "bad"]) == (0, [])
    assert "GIFs by OSS (IMM's project local-project) in" in check(ran, "s.yaml and .env", "settings")["detail"]
    assert check(ran, f"oss://{VIDEOS} (videos)", "IMM")["mark"] == "good"
    assert "Referer" not in {each["name"] for each in ran.document["checks"]}  # no URL is downloaded


@pytest.mark.parametrize(("project", "said"), [("", "is bound to no project"), ("theirs", "to project theirs")])
def test_doctor_finds_from_outside_that_it_is_not(gifs: Gifs, cloud: LocalCloud, project: str, said: str) -> None:
    cloud.imm.projects.detach(VIDEOS)
    if project:
        cloud.imm.bind(VIDEOS, project)
    ran = gifs("doctor", "--outside", "--json")
    found = check(ran, f"oss://{VIDEOS} (videos)", "IMM")
    assert (ran.code, found["mark"], said in found["detail"]) == (1, "bad", True)


def test_a_retention_policy_is_in_the_way_of_the_first_gif(gifs: Gifs, cloud: LocalCloud) -> None:
    cloud.oss.store.create_bucket("my-gifs")
    cloud.oss.store.worms.initiate("my-gifs", 30)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GIF_BUCKET", "my-gifs")
        ran = gifs("doctor", "--outside", "--json")
    found = check(ran, "oss://my-gifs (GIFs)", "retention")
    assert (found["mark"], "no GIF can be stamped" in found["detail"]) == ("bad", True)

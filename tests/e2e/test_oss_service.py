"""OSS's own processing as the service: one task on record, and `finished` only for a GIF of this upload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.collecting import FAILED, PENDING, listed
from tests.e2e.handling import SHORT, Handler
from tests.e2e.imm_site import GIF, GIF_KEY, KEY, imm_collector, imm_handler, make_gif, orders, uploaded
from tests.e2e.uploads import RECORDS, VIDEOS, records


@pytest.fixture
def clock(shared_oss: tuple[LocalCloud, Clock]) -> Clock:
    shared_oss[1].ahead = 0.0
    return shared_oss[1]


@pytest.fixture
def cloud(shared_oss: tuple[LocalCloud, Clock], clock: Clock) -> LocalCloud:
    shared_oss[0].reset()
    return shared_oss[0]


@pytest.fixture
def handler(cloud: LocalCloud, clock: Clock) -> Handler:
    return imm_handler(cloud, clock, SHORT)


def lines(cloud: LocalCloud, etag: str) -> list[dict[str, Any]]:
    return next(lines for key, lines in records(cloud).items() if etag in key)


def etag_of(event: dict[str, Any]) -> str:
    return str(event["events"][0]["oss"]["object"]["eTag"])


def stamp(cloud: LocalCloud) -> dict[str, str]:
    return dict(cloud.oss.store.objects.find(RECORDS, GIF_KEY).attributes.meta)


def test_the_task_is_on_record_with_what_was_ordered(cloud: LocalCloud, handler: Handler) -> None:
    event = uploaded(cloud, b"A")
    (result,) = handler(event)
    (task,) = cloud.imm.tasks.list()
    assert (result["outcome"], result["task_id"]) == ("submitted", task.task_id)
    assert (task.source, task.target) == (f"oss://{VIDEOS}/{KEY}", f"oss://{RECORDS}/{GIF_KEY}")
    assert (task.wanted.frames, task.wanted.interval, task.wanted.width, task.wanted.scale) == (
        30,
        100,
        480,
        "fit",
    )
    assert handler(event)[0] == {**result, "outcome": "already_submitted"}
    submitted = lines(cloud, etag_of(event))[-1]
    assert submitted["animation"] == "f_gif,num_30,inter_100,w_480,h_480,scaletype_fit"
    assert "application_id" not in submitted
    assert orders(cloud) == [task.task_id]


def test_the_gif_is_stamped_and_on_record(cloud: LocalCloud, handler: Handler, clock: Clock) -> None:
    event = uploaded(cloud, b"A")
    (result,) = handler(event)
    collect = imm_collector(cloud)
    assert collect()["left"] == 1  # it is at work
    make_gif(cloud)
    cloud.imm.tasks.end(str(result["task_id"]))
    assert collect()["finished"] == 1
    last = lines(cloud, etag_of(event))[-1]
    assert (last["status"], last["gif"], last["bytes"]) == ("finished", f"oss://{RECORDS}/{GIF_KEY}", len(GIF))
    assert (stamp(cloud)["task-id"], stamp(cloud)["video-etag"]) == (result["task_id"], etag_of(event))
    assert cloud.oss.store.get(RECORDS, GIF_KEY) == GIF
    assert listed(cloud, PENDING) == []


def test_a_task_without_a_gif_is_not_finished(cloud: LocalCloud, handler: Handler) -> None:
    event = uploaded(cloud, b"A")
    cloud.imm.tasks.end(str(handler(event)[0]["task_id"]))
    assert imm_collector(cloud)()["failed"] == 1
    assert lines(cloud, etag_of(event))[-1]["error_code"] == "ResultMissing"


def test_what_the_key_holds_now_gets_its_gif_and_what_it_held_is_superseded(
    cloud: LocalCloud, handler: Handler, clock: Clock
) -> None:
    old = uploaded(cloud, b"A")
    first = handler(old)[0]["task_id"]
    clock.ahead += 60
    new = uploaded(cloud, b"B")
    second = handler(new)[0]["task_id"]
    clock.ahead += 5
    make_gif(cloud)
    cloud.imm.tasks.end(str(second))
    collect = imm_collector(cloud)
    assert collect()["finished"] == 1
    assert lines(cloud, etag_of(new))[-1]["gif"]
    # The first one's task ends late, and puts its GIF over the other's.
    clock.ahead += 60
    make_gif(cloud, b"GIF89a of what it held")
    cloud.imm.tasks.end(str(first))
    collect()
    superseded = next(line for line in lines(cloud, etag_of(old)) if line["status"] == "finished")
    assert (superseded["gif"], superseded["superseded_by"]) == ("", etag_of(new))
    for _ in range(3):
        collect()
    third = orders(cloud)[-1]
    assert third not in (first, second)
    assert lines(cloud, etag_of(new))[-1]["task_id"] == third
    clock.ahead += 5
    make_gif(cloud)
    cloud.imm.tasks.end(third)
    for _ in range(3):
        collect()
    assert stamp(cloud)["video-etag"] == etag_of(new)
    assert (lines(cloud, etag_of(new))[-1]["status"], len(orders(cloud))) == ("finished", 3)
    assert listed(cloud, PENDING) == []


@pytest.mark.parametrize("first_looked_at", ["old", "new"])
def test_two_tasks_that_end_together_are_not_told_apart_but_made_again(
    cloud: LocalCloud, handler: Handler, clock: Clock, first_looked_at: str
) -> None:
    """Whichever is looked at first."""
    old = uploaded(cloud, b"A")
    first = str(handler(old)[0]["task_id"])
    clock.ahead += 60
    new = uploaded(cloud, b"B")
    second = str(handler(new)[0]["task_id"])
    clock.ahead += 5
    make_gif(cloud)
    collect, again = imm_collector(cloud), 0
    for task in (first, second) if first_looked_at == "old" else (second, first):
        cloud.imm.tasks.end(task)
        again += collect()["resubmitted"]
    again += sum(collect()["resubmitted"] for _ in range(4))
    assert again == 1
    third = orders(cloud)[-1]
    assert third not in (first, second)
    clock.ahead += 60
    make_gif(cloud)
    cloud.imm.tasks.end(third)
    for _ in range(3):
        collect()
    last = lines(cloud, etag_of(new))[-1]
    assert (last["status"], last["task_id"], len(orders(cloud))) == ("finished", third, 3)
    assert stamp(cloud)["video-etag"] == etag_of(new)


def test_content_that_comes_back_gets_its_gif_again(cloud: LocalCloud, handler: Handler, clock: Clock) -> None:
    """A, B, A: the GIF under the name is B's, and A's record has ended."""
    collect, made = imm_collector(cloud), []
    for content in (b"A", b"B"):
        event = uploaded(cloud, content)
        made.append(str(handler(event)[0]["task_id"]))
        clock.ahead += 30
        make_gif(cloud, GIF + content)
        cloud.imm.tasks.end(made[-1])
        collect()
        clock.ahead += 30
    again = uploaded(cloud, b"A")
    assert handler(again)[0]["outcome"] == "already_submitted"
    assert collect()["resubmitted"] == 1
    assert len(orders(cloud)) == 3
    clock.ahead += 30
    make_gif(cloud, GIF + b"A")
    cloud.imm.tasks.end(orders(cloud)[-1])
    collect()
    assert lines(cloud, etag_of(again))[-1]["task_id"] == orders(cloud)[-1]
    assert stamp(cloud)["video-etag"] == etag_of(again)
    assert listed(cloud, PENDING) == []


def test_without_the_right_to_ask_imm_the_gif_tells(cloud: LocalCloud, handler: Handler, clock: Clock) -> None:
    clock.ahead -= 60
    make_gif(cloud, b"GIF89a of what it held before")
    clock.ahead += 60
    event = uploaded(cloud, b"A")
    handler(event)
    cloud.faults.add("imm:GetTask:error=403/NoPermission")
    collect = imm_collector(cloud)
    assert collect()["left"] == 1
    clock.ahead += 10
    make_gif(cloud)
    assert collect()["finished"] == 1
    assert stamp(cloud)["video-etag"] == etag_of(event)


def test_an_order_whose_answer_was_lost_is_repeated_while_there_is_no_gif(
    cloud: LocalCloud, handler: Handler, clock: Clock
) -> None:
    """The one window in which two are paid for. They are of the same thing, under the same name."""
    event = uploaded(cloud, b"A")
    cloud.faults.add("oss:AsyncProcessObject:reset_after:nth=1")
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(event)
    clock.ahead += 15
    (result,) = handler(event)
    first, second = cloud.imm.tasks.list()
    assert (result["outcome"], result["task_id"]) == ("submitted", second.task_id)
    assert (first.source, first.target, first.wanted) == (second.source, second.target, second.wanted)


def test_a_name_with_braces_is_refused_and_stands_on_the_list(cloud: LocalCloud, handler: Handler) -> None:
    event = uploaded(cloud, b"A", "clip {1}.mp4")
    with pytest.raises(VideosFailed, match=r"VideoUnusable: .*braces.*without \{ and \}"):
        handler(event)
    assert orders(cloud) == []
    assert imm_collector(cloud)()["failed"] == 1
    assert [entry["code"] for entry in listed(cloud, FAILED)] == ["NameHasBraces"]


def test_a_bucket_that_is_bound_to_no_project_is_said_to_be(cloud: LocalCloud, handler: Handler) -> None:
    cloud.imm.projects.detach(VIDEOS)
    with pytest.raises(VideosFailed, match=r"ServiceNotActive: .*bind the bucket to the project IMM_PROJECT"):
        handler(uploaded(cloud, b"A"))


def test_a_video_that_is_gone_is_said_to_be(cloud: LocalCloud, handler: Handler) -> None:
    event = uploaded(cloud, b"A")
    cloud.oss.store.objects.delete(VIDEOS, KEY)
    with pytest.raises(VideosFailed, match="VideoNotFound"):
        handler(event)


def test_a_task_of_the_other_service_waits_for_its_own(cloud: LocalCloud, clock: Clock) -> None:
    from tests.e2e.collecting import load_waiting

    load_waiting(cloud, [1])
    assert imm_collector(cloud)()["left"] == 1


def checks(cloud: LocalCloud, answer: Callable[..., Any]) -> dict[str, bool]:
    found = answer({"check": True, "videos": [f"oss://{VIDEOS}/{KEY}"]})["checks"]
    return {check["name"]: check["ok"] for check in found}


def test_a_check_tries_what_is_needed_and_makes_no_task(cloud: LocalCloud, handler: Handler) -> None:
    uploaded(cloud, b"A")
    tried = checks(cloud, handler.answer)
    assert {"oss:PostProcessTask", "imm:GetOSSBucketAttachment", "oss:PutObject"} <= tried.keys()
    followed = checks(cloud, imm_collector(cloud))
    assert "imm:GetTask" in followed
    assert all((tried | followed).values())
    assert not any("multimediaai" in name or name == "video URL" for name in tried | followed)
    cloud.imm.projects.detach(VIDEOS)
    assert checks(cloud, handler.answer)["imm:GetOSSBucketAttachment"] is False
    assert orders(cloud) == []

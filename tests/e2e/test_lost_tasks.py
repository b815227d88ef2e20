"""How Multimedia AI is asked for a task that no record names: ListTasks, and what its answers are worth.

What holds for both services is in test_takeovers.py. A person who insists is here, because with OSS's processing
the request that looks for the GIF is the one by which a person's video is looked at, too: while it fails, both do.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.errors import VideosFailed
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.handling import SHORT, Handler, deliver_until_done
from tests.e2e.uploads import EVENT, RECORD, VIDEOS, event_for, read_record, task_ids


def lose_the_answer(cloud: LocalCloud, handler: Handler) -> int:
    """The id of a task that no record names."""
    known = set(task_ids(cloud))
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(EVENT)
    (lost,) = set(task_ids(cloud)) - known
    return lost


def tasks_of_others(cloud: LocalCloud, clock: Clock, count: int, ahead: float) -> None:
    """Created a second after the other, until `ahead`."""
    others = {"application_id": "an-application", "video_name": "other", "video_url": "https://example.com/o.mp4"}
    now = clock.ahead
    for number in range(count):
        clock.ahead = ahead - count + number
        cloud.multimediaai.tasks.create(**others)
    clock.ahead = now


def persons_request(cloud: LocalCloud) -> dict[str, object]:
    """For the same upload as EVENT."""
    cloud.oss.store.put(VIDEOS, "clip.mp4", b"hello")
    return {"videos": [f"oss://{VIDEOS}/clip.mp4"]}


def pages_asked_for(cloud: LocalCloud) -> int:
    return [entry.fields["operation"] for entry in cloud.journal.entries("request")].count("ListTasks")


@pytest.mark.parametrize("create_time", ["iso", "date", "beijing"])
def test_a_task_is_recognised_whatever_form_its_time_has(
    cloud: LocalCloud, make_handler: Callable[..., Handler], create_time: str
) -> None:
    cloud.multimediaai.create_time_format = create_time
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
    assert deliver_until_done(make_handler(**SHORT))["outcome"] == "adopted"
    assert len(task_ids(cloud)) == 1


@pytest.mark.parametrize("create_time", ["iso", "date"])
@pytest.mark.parametrize("newest_first", [True, False])
def test_it_is_found_among_many_in_any_order(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler], newest_first: bool, create_time: str
) -> None:
    cloud.multimediaai.list_newest_first, cloud.multimediaai.create_time_format = newest_first, create_time
    tasks_of_others(cloud, clock, 130, ahead=-3 * 86400)
    handler = make_handler(**SHORT)
    lost = lose_the_answer(cloud, handler)
    tasks_of_others(cloud, clock, 60, ahead=60)
    assert handler(EVENT)[0] == {
        "video": f"oss://{VIDEOS}/clip.mp4",
        "outcome": "adopted",
        "task_id": lost,
        "record": f"oss://my-gif-records/{RECORD}",
    }
    # From the right end, where there is one: 60 newer tasks are on two of the four pages.
    assert pages_asked_for(cloud) <= {(True, "iso"): 2, (False, "iso"): 3}.get((newest_first, create_time), 4)


def test_what_is_too_old_is_not_looked_at(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler]
) -> None:
    tasks_of_others(cloud, clock, 140, ahead=-86400)
    cloud.faults.add("multimediaai:CreateGifTask:reset:nth=1")
    assert deliver_until_done(make_handler(**SHORT))["outcome"] == "submitted"
    assert pages_asked_for(cloud) == 1


@pytest.mark.parametrize("fault", ["error=500/InternalError", "error=403/Forbidden", "reset"])
def test_while_list_tasks_fails_nothing_is_submitted_unless_a_person_insists(
    cloud: LocalCloud, make_handler: Callable[..., Handler], fault: str
) -> None:
    handler = make_handler(CLAIM_LEASE_SECONDS="2")
    lost = lose_the_answer(cloud, handler)
    cloud.faults.add(f"multimediaai:ListTasks:{fault}")
    for _ in range(2):
        with pytest.raises(VideosFailed, match="nothing was sent, for the task may exist"):
            handler(EVENT)
    assert task_ids(cloud) == [lost]
    (result,) = handler({**persons_request(cloud), "force": True}, "request-2")
    assert task_ids(cloud) == [lost, result["task_id"]]
    assert read_record(cloud, RECORD)[-1]["not_searched"]


def test_a_forced_request_that_lost_its_own_answer_does_not_insist(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    """The platform delivers it again as it was."""
    handler = make_handler(**SHORT)
    forced = {**persons_request(cloud), "force": True}
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
    cloud.faults.add("multimediaai:ListTasks:error=500/InternalError")
    for _ in range(3):
        with pytest.raises(VideosFailed):
            handler(forced)
    assert len(task_ids(cloud)) == 1


def test_the_task_of_another_application_is_not_ours(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    other = make_handler(APPLICATION_ID="another", TRACKING_PREFIX="gif-tasks/another/")(EVENT)[0]
    cloud.faults.add("multimediaai:CreateGifTask:reset:nth=1")
    ours = deliver_until_done(make_handler(**SHORT))
    assert ours["outcome"] == "submitted"
    assert ours["task_id"] != other["task_id"]


@pytest.mark.parametrize("ahead", [-880.0, 880.0])
def test_it_is_found_by_an_instance_whose_clock_is_off_by_what_the_service_accepts(
    cloud: LocalCloud, clock: Clock, make_handler: Callable[..., Handler], ahead: float
) -> None:
    clock.ahead = ahead
    handler = make_handler(**SHORT)
    lost = lose_the_answer(cloud, handler)
    assert deliver_until_done(handler)["task_id"] == lost
    assert task_ids(cloud) == [lost]


def test_a_name_with_spaces_at_its_ends_is_found_too(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    handler = make_handler(**SHORT)
    event = event_for(" lead.mp4")
    cloud.faults.add("multimediaai:CreateGifTask:reset_after:nth=1")
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(event)
    assert handler(event)[0]["outcome"] == "adopted"

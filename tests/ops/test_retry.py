"""What stands in `.failed/` is sent again by what its record says, and leaves the list when somebody has it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from harness.cloud import LocalCloud
from harness.oss import Item
from tests.e2e.collecting import GIF, fail, put, succeed, url_of
from tests.e2e.uploads import RECORDS, VIDEOS, records
from tests.ops.running import Ran
from tests.ops.stock import finish, stock
from tests.ops.uploading import collect, upload_all

Gifs = Callable[..., Ran]
FAILED = "gif-tasks/.failed/"
REFUSED = "multimediaai:CreateGifTask:error=400/InvalidParameter"


def failed(cloud: LocalCloud) -> list[str]:
    return [entry.key for entry in cloud.oss.store.list(RECORDS, FAILED)]


def tasks(cloud: LocalCloud) -> Counter[str]:
    return Counter(task.video_name.rpartition(" ")[0] for task in cloud.multimediaai.tasks.list())


def refuse(cloud: LocalCloud, *keys: str) -> None:
    """They are refused for good, and the collector puts them on the list."""
    fault = cloud.faults.add(REFUSED)
    upload_all(cloud, *keys)
    collect(cloud)
    cloud.faults.remove(fault.id)


def test_what_was_refused_is_sent_again_and_leaves_the_list(gifs: Gifs, cloud: LocalCloud) -> None:
    refuse(cloud, "a.mp4", "猫 +.mp4")
    assert len(failed(cloud)) == 2
    planned = gifs("retry", "--failed", "--dry-run", "--json")
    assert (planned.code, {line["action"] for line in planned.lines}) == (1, {"send"})
    assert len(failed(cloud)) == 2
    ran = gifs("retry", "--failed", "--yes", "--json")
    assert (ran.code, ran.lines[-1]) == (0, {"done": 2, "left": 0})
    assert (failed(cloud), tasks(cloud)) == ([], Counter({"a.mp4": 1, "猫 +.mp4": 1}))
    assert gifs("retry", "--failed", "--yes").code == 0


def test_one_that_is_named_is_sent_and_the_others_stay(gifs: Gifs, cloud: LocalCloud) -> None:
    refuse(cloud, "a.mp4", "b.mp4")
    assert gifs("retry", f"oss://{VIDEOS}/b.mp4", "--yes").code == 0
    assert (len(failed(cloud)), tasks(cloud)) == (1, Counter({"b.mp4": 1}))
    assert gifs("retry").code == 2
    assert gifs("retry", "b.mp4").code == 2


def test_what_is_refused_again_stays_on_a_list(gifs: Gifs, cloud: LocalCloud) -> None:
    refuse(cloud, "a.mp4")
    cloud.faults.add(REFUSED)
    gifs("retry", "--failed", "--yes", "--wait", "2")
    cloud.settle(600)  # the event's own tries
    collect(cloud)
    assert len(failed(cloud)) >= 1
    assert tasks(cloud) == Counter()


def test_a_task_that_failed_is_paid_for_again_only_after_a_question(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "a.mp4")
    fail(cloud, error_code="500", error_name="Decode", error_reason="it does not play")
    collect(cloud)
    asked = gifs("retry", "--failed")
    assert (asked.code, "paid for" in asked.err, len(failed(cloud))) == (1, True, 1)
    assert tasks(cloud) == Counter({"a.mp4": 1})
    assert gifs("retry", "--failed", "--yes").code == 0
    assert (tasks(cloud), failed(cloud)) == (Counter({"a.mp4": 2}), [])
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    collect(cloud)
    assert cloud.oss.store.get(RECORDS, f"gifs/{VIDEOS}/a.mp4.gif") == GIF


def test_a_task_that_exists_is_followed_and_not_made_again(gifs: Gifs, cloud: LocalCloud) -> None:
    """As after it was given up."""
    upload_all(cloud, "a.mp4")
    pending = [entry.key for entry in cloud.oss.store.list(RECORDS, "gif-tasks/.pending/")]
    content = json.loads(cloud.oss.store.get(RECORDS, pending[0]))
    given_up = {**content, "code": "GivenUp", "reason": "given up after 24 hours"}
    cloud.oss.load(RECORDS, [Item(f"{FAILED}{content['claim']}.json", json.dumps(given_up).encode())])
    ran = gifs("retry", "--failed", "--json")
    assert (ran.code, ran.lines[0]["action"]) == (0, "follow")
    assert failed(cloud) == []
    assert [entry.key for entry in cloud.oss.store.list(RECORDS, "gif-tasks/.pending/")] == pending
    assert tasks(cloud) == Counter({"a.mp4": 1})


def test_a_dead_letter_is_sent_for_what_is_not_on_record(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["done.mp4"])
    finish(cloud, ["done.mp4"])
    put(cloud, "lost.mp4", b"film")
    place = {"bucket": {"name": VIDEOS}, "object": {"key": "lost.mp4"}}
    letters = {
        "person": {"videos": [f"oss://{VIDEOS}/done.mp4", f"oss://{VIDEOS}/lost.mp4"]},
        "trigger": {"events": [{"oss": place}]},
        "settled": {"videos": [f"oss://{VIDEOS}/done.mp4", f"oss://{VIDEOS}/gone.mp4"]},
        "no-json": "not an event",
    }
    cloud.oss.load(
        RECORDS,
        [
            Item(f"{FAILED}{name}.json", json.dumps({"condition": "RetryExhausted", "event": event}).encode())
            for name, event in letters.items()
        ],
    )
    ran = gifs("retry", "--dead-letters", "--yes", "--json")
    actions = {line["entry"].removeprefix(FAILED): line["action"] for line in ran.lines if "entry" in line}
    assert actions == {
        "person.json": "send",
        "trigger.json": "send",
        "settled.json": "remove",
        "no-json.json": "none",
    }
    assert (ran.code, ran.lines[-1]) == (1, {"done": 3, "left": 1})
    assert failed(cloud) == [f"{FAILED}no-json.json"]
    assert tasks(cloud) == Counter({"lost.mp4": 1})
    assert len(records(cloud)) == 2


def failed_task(cloud: LocalCloud) -> None:
    upload_all(cloud, "a.mp4")
    fail(cloud, error_code="500", error_name="Decode", error_reason="it does not play")
    collect(cloud)


@pytest.mark.parametrize(
    "fault",
    [
        "fc:InvokeFunction:reset_after:nth=1",  # it was sent, and nobody knows
        "fc:InvokeFunction:throttle:times=2",  # it surely was not
    ],
)
def test_another_task_is_ordered_once_whatever_becomes_of_the_order(
    gifs: Gifs, cloud: LocalCloud, fault: str
) -> None:
    failed_task(cloud)
    cloud.faults.add(fault)
    gifs("retry", "--failed", "--yes", "--wait", "3")
    cloud.settle()
    assert tasks(cloud)["a.mp4"] <= 2
    gifs("retry", "--failed", "--yes", "--wait", "15")
    cloud.settle()
    assert (tasks(cloud), failed(cloud)) == (Counter({"a.mp4": 2}), [])


def test_what_the_function_says_of_an_order_is_shown(gifs: Gifs, cloud: LocalCloud) -> None:
    failed_task(cloud)
    assert gifs("pause").code == 0
    ran = gifs("retry", "--failed", "--yes", "--wait", "1")
    assert gifs("resume").code == 0
    assert (ran.code, "PAUSED" in ran.err) == (1, True)
    assert (tasks(cloud)["a.mp4"], len(failed(cloud))) == (1, 1)


def test_an_event_that_function_compute_throttles_is_sent_again(gifs: Gifs, cloud: LocalCloud) -> None:
    refuse(cloud, "a.mp4")
    cloud.faults.add("fc:InvokeFunction:throttle:times=2")
    assert gifs("retry", "--failed", "--yes").code == 0
    assert tasks(cloud) == Counter({"a.mp4": 1})

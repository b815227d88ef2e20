"""An attempt that died, or was held up, is taken over: its task is looked for, and adopted where it is found.

What cannot be known is not repeated. Each service is asked in its own way: Multimedia AI for its list of tasks,
and OSS, which has none, whether the GIF is there. So there a task that is still at work is not found, and another
one is paid for; the record names one of them.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from handler.errors import VideosFailed
from handler.record import TaskId
from tests.e2e.handling import AFTER_A_SHORT_LEASE, SHORT, Handler, deliver_until_done
from tests.e2e.services import Service
from tests.e2e.uploads import EVENT, RECORD, read_record, statuses

Attempts = tuple["Future[dict[str, Any]]", "Future[dict[str, Any]]"]


def lose_the_answer(service: Service, handler: Handler) -> TaskId:
    """The id of a task that no record names, and that can be found."""
    service.upload()
    service.cloud.faults.add(f"{service.order}:reset_after:nth=1")
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(EVENT)
    service.show_lost()
    (lost,) = service.tasks()
    return lost


def first_claim(service: Service) -> str:
    return str(read_record(service.cloud, RECORD)[0]["claim"])


def test_a_lost_answer_is_on_record_as_unknown_and_its_task_is_adopted(service: Service) -> None:
    handler = service.handler(**SHORT)
    lost = lose_the_answer(service, handler)
    assert statuses(service.cloud) == ["claimed", "unknown"]
    (result,) = handler(EVENT)
    assert result["outcome"] == "adopted"
    assert service.tasks() == [lost]
    lines = read_record(service.cloud, RECORD)
    assert (lines[-1]["adopted"], lines[-1]["takes_over"]) == (True, [lines[0]["claim"]])
    assert lines[-1]["task_id"] == result["task_id"] == service.adopted(lost, lines[0]["claim"])


def test_an_attempt_that_was_held_up_gives_up_before_it_submits(service: Service) -> None:
    service.upload()
    service.cloud.faults.add("oss:AppendObject:latency=2:nth=1")
    handler = service.handler(**SHORT)
    with pytest.raises(VideosFailed, match="LeaseTooShort"):
        handler(EVENT)
    assert service.tasks() == []
    assert handler(EVENT)[0]["outcome"] == "submitted"
    assert len(service.tasks()) == 1


def held_up_before_its_record(
    service: Service, lease: dict[str, str] = SHORT, *, can_be_found: bool = True
) -> Attempts:
    """An attempt whose record takes longer than its lease, and the one that takes over meanwhile, with its own."""
    service.upload()
    fault = service.cloud.faults.add("oss:AppendObject:latency=3:nth=2")
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(lambda: service.handler(**SHORT)(EVENT)[0])
        until = time.monotonic() + 10
        while not fault.hits and time.monotonic() < until:
            time.sleep(0.01)
        if can_be_found:
            service.show_lost()
        service.clock.ahead += AFTER_A_SHORT_LEASE
        return slow, pool.submit(lambda: service.handler(**lease)(EVENT)[0])


def test_one_whose_task_was_adopted_meanwhile_agrees(service: Service) -> None:
    slow, other = (attempt.result() for attempt in held_up_before_its_record(service))
    assert (slow["outcome"], other["outcome"]) == ("already_submitted", "adopted")
    assert slow["task_id"] == other["task_id"]
    (task,) = service.tasks()
    assert other["task_id"] == service.adopted(task, first_claim(service))
    assert statuses(service.cloud) == ["claimed", "claimed", "submitted"]


def test_one_whose_task_is_adopted_a_little_later_waits_for_that(service: Service) -> None:
    service.cloud.faults.add(f"{service.search}:latency=4:nth=1")
    slow, other = (attempt.result() for attempt in held_up_before_its_record(service, {}))
    assert (slow["outcome"], other["outcome"]) == ("already_submitted", "adopted")
    assert slow["task_id"] == other["task_id"]
    assert len(service.tasks()) == 1


def test_a_task_that_no_record_names_is_named_in_the_log(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    """The only way to it: its record is held up, and it cannot be found: it is not listed, or has no GIF yet."""
    if not service.orders_again:
        service.cloud.faults.add(f"{service.search}:{service.not_permitted[0]}")
    slow, taken_over = held_up_before_its_record(service, can_be_found=False)
    other = taken_over.result()
    (orphan,) = (task_id for task_id in service.tasks() if task_id != other["task_id"])
    with pytest.raises(VideosFailed, match=f"OrphanedTask: .*task {orphan} was created"):
        slow.result()
    line = next(
        line
        for line in map(json.loads, capfd.readouterr().out.splitlines())
        if "without a record" in line["message"]
    )
    assert (line["level"], line["task_id"]) == ("ERROR", orphan)
    assert read_record(service.cloud, RECORD)[-1]["task_id"] == other["task_id"]


def test_a_task_that_another_attempt_may_still_find_is_no_alarm(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    """That one has taken over, and could not look for it yet."""
    service.cloud.faults.add(f"{service.search}:error=500/InternalError")
    slow, other = held_up_before_its_record(service)
    (task_id,) = service.tasks()
    with pytest.raises(VideosFailed, match="nothing was sent, for the task may exist"):
        other.result()
    with pytest.raises(
        VideosFailed, match=f"RecordNotWritten: .*task {task_id} was created.*taken the video over"
    ):
        slow.result()
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(line["level"], line["task_id"]) for line in lines if "task_id" in line] == [("WARNING", task_id)]
    service.cloud.faults.clear()
    (result,) = service.handler()(EVENT)
    assert (result["outcome"], result["task_id"]) == ("adopted", service.adopted(task_id, first_claim(service)))
    assert service.tasks() == [task_id]


def test_without_the_right_to_look_it_is_submitted_again_and_the_record_says_so(service: Service) -> None:
    refusal, code = service.not_permitted
    service.upload()
    service.cloud.faults.add(f"{service.order}:page=503:nth=1")
    service.cloud.faults.add(f"{service.search}:{refusal}")
    result = deliver_until_done(service.handler(**SHORT))
    assert (result["outcome"], service.tasks()) == ("submitted", [result["task_id"]])
    assert read_record(service.cloud, RECORD)[-1]["not_searched"] == code


@pytest.mark.parametrize("fault", ["reset", "error=500/InternalError", "throttle"])
def test_a_moment_in_which_nobody_can_look_is_no_reason_to_pay_again(service: Service, fault: str) -> None:
    handler = service.handler(CLAIM_LEASE_SECONDS="3")
    lost = lose_the_answer(service, handler)
    service.cloud.faults.add(f"{service.search}:{fault}:nth=1")
    assert handler(EVENT)[0]["outcome"] == "adopted"
    assert service.tasks() == [lost]


@pytest.mark.parametrize("fault", ["error=500/InternalError", "reset"])
def test_while_nobody_can_look_nothing_is_submitted_and_then_it_is_found(service: Service, fault: str) -> None:
    handler = service.handler(CLAIM_LEASE_SECONDS="1")
    lost = lose_the_answer(service, handler)
    service.cloud.faults.add(f"{service.search}:{fault}")
    for _ in range(2):
        with pytest.raises(VideosFailed, match=r"NotProcessed: .*nothing was sent, for the task may exist"):
            handler(EVENT)
    assert read_record(service.cloud, RECORD)[-1]["not_searched"]
    service.cloud.faults.clear()
    (result,) = handler(EVENT)
    assert (result["outcome"], result["task_id"]) == ("adopted", service.adopted(lost, first_claim(service)))
    assert service.tasks() == [lost]

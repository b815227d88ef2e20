"""GetTaskStatus, GetTaskResult and ListTasks, as their pages say it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from harness.multimediaai import TaskStatus
from tests.harness.multimediaai.calls import Call, acs3, error, legacy
from tests.harness.multimediaai.world import World

both = pytest.mark.parametrize("call", [legacy, acs3])


@both
@pytest.mark.parametrize("action", ["GetTaskStatus", "GetTaskResult"])
def test_asking_for_no_task(world: World, call: Call, action: str) -> None:
    for parameters, expected in (
        ({}, (400, "MissingParameter")),
        ({"TaskId": "abc"}, (400, "InvalidParameter")),
        ({"TaskId": "99999999999999999999"}, (400, "InvalidParameter")),
        ({"TaskId": "7"}, (404, "ResourceNotFound")),
    ):
        assert error(call(world, action, parameters)) == expected


def test_status_and_result_of_each_state(world: World) -> None:
    def ask(action: str) -> dict[str, Any]:
        answer: dict[str, Any] = legacy(world, action, {"TaskId": str(task_id)}, Format="JSON").json()
        return answer

    task_id = world.add_task("http://h/v.mp4?Signature=s")
    assert (ask("GetTaskStatus")["Status"], ask("GetTaskResult")["Status"]) == (0, 0)
    world.service.tasks.take(lambda: False)
    assert ask("GetTaskStatus")["Status"] == 1
    unfinished = ask("GetTaskResult")["Result"]
    assert unfinished == {"VideoName": "v", "VideoUrl": "http://h/v.mp4?Signature=s", "ApplicationId": "app"}
    world.service.tasks.end(
        task_id, TaskStatus.FAILED, error_code="1000", error_name="Download fail", error_reason="h answered 403"
    )
    assert ask("GetTaskStatus")["Status"] == 3
    failed = ask("GetTaskResult")["Result"]
    assert (failed["ErrorCode"], failed["ErrorName"], failed["ErrorMessage"], failed["ErrorReason"]) == (
        "1000",
        "Download fail",
        "Download fail",
        "h answered 403",
    )
    assert failed["AnalysisUseTime"] == 0


def list_tasks(world: World, **parameters: str) -> dict[str, Any]:
    paging = {"PageNumber": "1", "PageSize": "10", **parameters}
    answer: dict[str, Any] = acs3(world, "ListTasks", paging).json()
    return answer


def test_lists_are_paged_newest_first_and_filtered(world: World) -> None:
    ids = [world.add_task(f"http://h/{number}.mp4") for number in range(25)]
    first = list_tasks(world)
    assert (first["TotalCount"], first["PageNumber"], first["PageSize"]) == (25, 1, 10)
    third = list_tasks(world, PageNumber="3")["Tasks"]
    assert [task["TaskId"] for task in first["Tasks"]] == ids[:14:-1]
    assert [task["TaskId"] for task in third] == ids[4::-1]
    assert list_tasks(world, PageNumber="4")["Tasks"] == []
    world.service.tasks.take(lambda: False)
    for filtered, expected in (
        ({"Status": "1"}, [ids[0]]),
        ({"TaskId": str(ids[7])}, [ids[7]]),
        ({"ApplicationName": "other"}, []),
        ({"ServiceType": "1"}, []),
    ):
        found = list_tasks(world, **filtered)
        assert [task["TaskId"] for task in found["Tasks"]] == expected
        assert found["TotalCount"] == len(expected)
    assert list_tasks(world, ServiceType="3", ApplicationName="app")["TotalCount"] == 25


def test_the_fields_of_a_listed_task(world: World) -> None:
    world.now = lambda: 1_609_459_200.0  # 2021-01-01T00:00:00Z
    task_id = world.add_task("http://h/v.mp4?s=1", template_id="176")
    world.service.tasks.take(lambda: False)
    world.now = lambda: 1_609_459_201.5
    world.service.tasks.end(task_id, TaskStatus.SUCCEEDED, result_url="http://r/x.gif")
    (task,) = list_tasks(world)["Tasks"]
    assert task == {
        "TaskId": task_id,
        "ApplicationId": "app",
        "ApplicationName": "app",
        "VideoName": "v",
        "VideoUrl": "http://h/v.mp4?s=1",
        "Status": 2,
        "CreateTime": "2021-01-01T00:00:00Z",
        "ProcessingDuration": 1500,
        "Template": {"Id": "176", "Name": ""},
        "ProcessResultUrl": "http://r/x.gif",
    }
    for form, expected in (("date", "2021-01-01"), ("beijing", "2021-01-01 08:00:00")):
        world.service.create_time_format = form
        assert list_tasks(world)["Tasks"][0]["CreateTime"] == expected


def test_a_list_as_xml_repeats_its_element(world: World) -> None:
    ids = [world.add_task("http://h/1.mp4"), world.add_task("http://h/2.mp4")]
    answer = legacy(world, "ListTasks", {"PageNumber": "1", "PageSize": "10"})
    root = ElementTree.fromstring(answer.content)
    assert [task.findtext("TaskId") for task in root.findall("Tasks")] == [str(number) for number in ids[::-1]]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PageNumber": ""}, "MissingParameter"),
        ({"PageSize": ""}, "MissingParameter"),
        ({"PageNumber": "0"}, "InvalidParameter"),
        ({"PageSize": "101"}, "InvalidParameter"),
        ({"Status": "4"}, "InvalidParameter"),
        ({"ServiceType": "4"}, "InvalidParameter"),
        ({"TaskId": "x"}, "InvalidParameter"),
    ],
)
def test_lists_check_their_parameters(world: World, changed: dict[str, str], code: str) -> None:
    answer = acs3(world, "ListTasks", {"PageNumber": "1", "PageSize": "10", **changed})
    assert error(answer) == (400, code)

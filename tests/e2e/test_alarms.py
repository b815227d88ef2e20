"""The queries of alarms/ find the lines that they are for, among what the function writes, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

import handler.errors
from handler.errors import GifOnUploadError, VideosFailed
from handler.logs import utc_now
from harness.cloud import LocalCloud
from harness.fc.sls import Line as LogLine
from harness.journal import Entry
from tests.e2e.handling import Handler
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, owner_client, upload
from tests.harness.fc.sls.asking import ask, client
from tests.project import PROJECT

ALARMS = PROJECT / "alarms"
Line = dict[str, Any]


def query_of(name: str) -> str:
    alert = json.loads((ALARMS / f"{name}.json").read_text(encoding="utf-8"))
    (query,) = alert["configuration"]["queryList"]
    return str(query["query"])


def find(cloud: LocalCloud, query: str, story: str) -> list[dict[str, str]]:
    """What Log Service answers, with alarms/index.json, about the lines of a story."""
    project, logstore = "alarms", slug(story)
    index = json.loads((ALARMS / "index.json").read_text(encoding="utf-8"))
    cloud.sls.provide(project, logstore, index)
    rows: list[dict[str, str]] = ask(client(cloud), project, query, logstore).data
    return rows


def slug(story: str) -> str:
    return story.replace(" ", "-")


@pytest.fixture
def lines(
    cloud: LocalCloud, make_handler: Callable[..., Handler], capsys: pytest.CaptureFixture[str]
) -> dict[str, list[Line]]:
    """What is written about a video that is submitted, refused, left in doubt, and paid for without a record."""
    handle = make_handler()
    found = {}
    stories: dict[str, list[str]] = {
        "submitted": [],
        "refused": ["multimediaai:CreateGifTask:error=401/ServiceNotOpened"],
        "in doubt": ["multimediaai:CreateGifTask:reset_after:times=1"],
        "not on record yet": ["oss:AppendObject:error=403/AccessDenied:nth=2"],
    }
    for story, faults in stories.items():
        cloud.faults.clear()
        for fault in faults:
            cloud.faults.add(fault)
        capsys.readouterr()
        try:
            handle(event_for(f"{story}.mp4"))
        except VideosFailed:
            assert story != "submitted"
        found[story] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    cloud.faults.clear()
    found["orphaned"] = orphaned(cloud, handle, capsys)
    for story, written in found.items():
        find(cloud, "*", story)
        texts = [json.dumps(line, ensure_ascii=False) for line in written]
        now = int(cloud.options.clock())
        cloud.sls.write("alarms", slug(story), [LogLine(now, {"message": text}) for text in texts])
    return found


def orphaned(cloud: LocalCloud, handle: Handler, capsys: pytest.CaptureFixture[str]) -> list[Line]:
    """While a task is being made, another attempt puts a task of its own on record."""

    def overtake(entry: Entry) -> None:
        if entry.kind == "task" and not overtaken:
            (record,) = [each for each in cloud.oss.store.list(RECORDS) if "/orphaned.mp4/" in each.key]
            lines = [{"status": "claimed", "lease_seconds": 45}, {"status": "submitted", "task_id": 1}]
            text = "".join(json.dumps({"at": utc_now(), "claim": "another", **line}) + "\n" for line in lines)
            overtaken.append(record.key)
            length = len(cloud.oss.store.get(RECORDS, record.key))
            append = oss.AppendObjectRequest(bucket=RECORDS, key=record.key, position=length, body=text.encode())
            owner_client(cloud).append_object(append)

    overtaken: list[str] = []
    unlisten = cloud.journal.listen(overtake)
    capsys.readouterr()
    with pytest.raises(VideosFailed, match="OrphanedTask"):
        handle(event_for("orphaned.mp4"))
    unlisten()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("alarm", "stories"),
    [
        ("log-orphaned-task", {"orphaned"}),
        ("log-needs-a-person", {"refused"}),
        ("log-no-submissions", {"submitted"}),
    ],
)
def test_a_query_finds_what_it_is_for(
    cloud: LocalCloud, alarm: str, stories: set[str], lines: dict[str, list[Line]]
) -> None:
    query = query_of(alarm)
    found = {story for story in lines if any(row.get("cnt") != "0" for row in find(cloud, query, story))}
    assert found == stories


def test_every_field_of_a_query_is_one_that_is_written_and_indexed(lines: dict[str, list[Line]]) -> None:
    index = json.loads((ALARMS / "index.json").read_text(encoding="utf-8"))["keys"]["message"]["json_keys"]
    written = {name for of_story in lines.values() for line in of_story for name in line}
    for path in ALARMS.glob("log-*.json"):
        fields = set(re.findall(r"message\.(\w+)", query_of(path.stem)))
        assert fields, path.name
        assert fields - written == set(), path.name
        assert fields - set(index) == set(), path.name


def test_errors_that_queries_name_exist() -> None:
    for path in ALARMS.glob("log-*.json"):
        for name in re.findall(r"message\.error: (\w+)", query_of(path.stem)):
            assert issubclass(getattr(handler.errors, name), GifOnUploadError)


def test_the_alarm_says_what_to_do(cloud: LocalCloud, lines: dict[str, list[Line]]) -> None:
    (row,) = find(cloud, query_of("log-needs-a-person"), "refused")
    assert (row["video"], row["error"]) == (f"oss://{VIDEOS}/refused.mp4", "ServiceNotActive")
    assert "open" in row["detail"]


def test_the_lines_of_the_deployed_function_are_found(cloud: LocalCloud) -> None:
    """In the log project and logstore of s.yaml, with the index that `up` has for them."""
    upload(cloud, "good.mp4")
    cloud.settle()
    cloud.faults.add("multimediaai:CreateGifTask:error=401/ServiceNotOpened")
    upload(cloud, "refused.mp4")
    cloud.settle()
    spec = cloud.fc.function("gif-on-upload")

    def asked(query: str) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = ask(client(cloud), spec.log_project, query, spec.log_store).data
        return rows

    assert [row["cnt"] for row in asked(query_of("log-no-submissions"))] == ["1"]
    assert {row["video"] for row in asked(query_of("log-needs-a-person"))} == {f"oss://{VIDEOS}/refused.mp4"}
    assert asked(query_of("log-orphaned-task")) == []
    (submitted,) = asked("message.outcome: submitted")
    line = json.loads(submitted["message"])
    of_request = asked(f"message.request_id: {line['request_id']}")
    assert line["video"] == f"oss://{VIDEOS}/good.mp4"
    assert len(asked(f"message.task_id: {line['task_id']}")) == 1
    assert {json.loads(row["message"])["request_id"] for row in of_request} == {line["request_id"]}

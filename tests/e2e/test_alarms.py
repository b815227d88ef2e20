"""The alarms of alarms/ go off for what they are for, and for nothing else, over what the functions write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

import handler.errors
from handler.errors import GifOnUploadError
from harness.cloud import LocalCloud, local_cloud
from tests.clock import Clock
from tests.e2e.uploads import VIDEOS, upload
from tests.harness.fc.sls.asking import ask, client

from .alarm_stories import CALLED_BACK, COLLECTING, LETTERS, SUBMITTING, Stories
from .alarming import NAMES, Line, alarm, firing, looks_back, provide, query_of, text_of, write

COLLECTED = {"idle", "paused", *COLLECTING}
GOES_OFF = {
    "log-orphaned-task": {"orphaned"},
    "log-needs-a-person": {"refused"},
    "log-failed": {"task failed", "given up", "called back to a failure"},
    "log-late": {"late", "given up"},
    "log-dead-letter": {"dead letter"},
    # For what is missing: in each story without it.
    "log-no-submissions": {*SUBMITTING, "orphaned", *COLLECTED, *CALLED_BACK, *LETTERS} - {"submitted"},
    "log-collector-silent": {*SUBMITTING, "orphaned", *CALLED_BACK, *LETTERS},
}
Told = dict[str, list[Line]]


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def cloud(clock: Clock) -> Iterator[LocalCloud]:
    with local_cloud(render=False, retry_delay=lambda _: 0.05, clock=clock) as started:
        yield started


@pytest.fixture(scope="module")
def told(cloud: LocalCloud, clock: Clock) -> Told:
    """Each story's lines, which are in a logstore of its name, too."""
    stories = dict(Stories(cloud, clock).tell())
    clock.ahead = 0
    for name, lines in stories.items():
        provide(cloud, place_of(name))
        write(cloud, place_of(name), lines)
    return stories


def place_of(story: str) -> str:
    return story.replace(" ", "-")


def test_every_alarm_is_tried_here() -> None:
    assert sorted(GOES_OFF) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_alarm_goes_off_for_what_it_is_for(cloud: LocalCloud, name: str, told: Told) -> None:
    assert {story for story in told if firing(cloud, name, place_of(story))} == GOES_OFF[name]


@pytest.mark.parametrize(
    ("name", "story"), [("log-collector-silent", "idle"), ("log-no-submissions", "submitted")]
)
def test_a_line_keeps_an_alarm_quiet_for_its_time(cloud: LocalCloud, name: str, story: str, told: Told) -> None:
    store = f"{place_of(story)}-again"
    provide(cloud, store)
    write(cloud, store, told[story], ago=looks_back(name) + 30)
    assert firing(cloud, name, store)
    write(cloud, store, told[story], ago=looks_back(name) - 30)
    assert not firing(cloud, name, store)


@pytest.mark.parametrize("name", sorted({"log-failed", "log-late", "log-dead-letter", "log-needs-a-person"}))
def test_an_alarm_is_over_when_its_lines_are_old(cloud: LocalCloud, name: str, told: Told) -> None:
    store = f"old-{name}"
    provide(cloud, store)
    lines = [line for story in GOES_OFF[name] for line in told[story]]
    write(cloud, store, lines, ago=looks_back(name) + 30)
    assert not firing(cloud, name, store)
    write(cloud, store, lines)
    assert firing(cloud, name, store)


def test_the_text_says_what_is_wrong_and_what_to_do(cloud: LocalCloud, told: Told) -> None:
    def text(name: str, story: str) -> str:
        return text_of(name, firing(cloud, name, place_of(story))[0])

    refused = text("log-needs-a-person", "refused")
    assert "ServiceNotActive" in refused
    assert "open" in refused
    assert f"oss://{VIDEOS}/orphaned.mp4" in text("log-orphaned-task", "orphaned")
    assert "Within ten minutes 1 uploads" in text("log-failed", "task failed")
    assert "Within ten minutes 1 uploads" in text("log-failed", "called back to a failure")
    assert "1 uploads are pending, the oldest of them for 1.1 hours" in text("log-late", "late")
    assert "The event of request 1-a-b (UnhandledInvocationError)" in text("log-dead-letter", "dead letter")


def test_every_field_of_a_query_is_one_that_is_written_and_indexed(told: Told) -> None:
    index = alarm("index")["keys"]["message"]["json_keys"]
    written = {name for lines in told.values() for line in lines for name in line}
    for name in NAMES:
        fields = set(re.findall(r"message\.(\w+)", query_of(name)["query"]))
        assert fields, name
        assert fields - written == set(), name
        assert fields - set(index) == set(), name


def test_every_field_that_is_written_is_indexed_as_what_it_is(told: Told) -> None:
    """But for the time, which Log Service has itself, and for the results, which each have a line."""
    index = alarm("index")["keys"]["message"]["json_keys"]
    kinds = {bool: "text", str: "text", int: "long", float: "double"}
    for line in (line for lines in told.values() for line in lines):
        for name, value in line.items():
            if name not in ("at", "results"):
                # A TaskId of IMM's is a text.
                wanted = "text" if name == "task_id" else kinds[type(value)]
                assert index[name]["type"] == wanted, (name, value)


def test_errors_that_queries_name_exist() -> None:
    found = [error for name in NAMES for error in re.findall(r"message\.error: (\w+)", query_of(name)["query"])]
    assert "OrphanedTask" in found
    for error in found:
        assert issubclass(getattr(handler.errors, error), GifOnUploadError)


def test_the_lines_of_the_deployed_functions_are_found() -> None:
    """In the log project and logstore of s.yaml, with the index that `up` has for them."""
    with local_cloud(render=False, retry_delay=lambda _: 0.05) as cloud:
        upload(cloud, "good.mp4")
        cloud.settle()
        spec = cloud.fc.function("gif-on-upload")

        def goes_off(name: str) -> bool:
            return bool(firing(cloud, name, spec.log_store, spec.log_project))

        before = {name for name in NAMES if goes_off(name)}
        cloud.fire_timer("gif-on-upload-collect", "each-minute")
        cloud.settle()
        assert (before, {name for name in NAMES if goes_off(name)}) == ({"log-collector-silent"}, set())
        cloud.faults.add("oss:ListObjectsV2:error=403/AccessDenied")
        cloud.fire_timer("gif-on-upload-collect", "each-minute")
        cloud.settle()
        assert {name for name in NAMES if goes_off(name)} == {"log-needs-a-person"}
        (submitted,) = ask(client(cloud), spec.log_project, "message.outcome: submitted", spec.log_store).data
        line = json.loads(submitted["message"])
        assert line["video"] == f"oss://{VIDEOS}/good.mp4"
        query = f"message.task_id: {line['task_id']}"
        assert len(ask(client(cloud), spec.log_project, query, spec.log_store).data) == 1

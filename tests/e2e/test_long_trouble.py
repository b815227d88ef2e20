"""Ten minutes of trouble, over real instances: every upload of that time has its GIF, or its line in .failed/.

The clock of the local cloud is moved: minutes pass between an event's tries, and one between two runs of the
collector. Timeouts and tries are fewer than in s.yaml, so that an outage is over for the test in seconds.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import alibabacloud_oss_v2 as oss
import pytest

from harness.cloud import LocalCloud, local_cloud
from harness.multimediaai.tasks import TaskStatus
from tests.clock import Clock
from tests.project import PROJECT

from .collecting import FAILED, GIF, PENDING, TIMER, listed, put, succeed, url_of
from .uploads import RECORDS, VIDEOS, event_for, owner_client, records

pytestmark = pytest.mark.slow

SUBMITTING, COLLECTING = "gif-on-upload", "gif-on-upload-collect"
OUTAGE_SECONDS = 600.0
#: Of one event.
TRIES = 2
#: Requests are signed by the real time, from which the clock may be fifteen minutes away, before it or after it.
START = -840.0
MOST_RUNS = 16


class Site(NamedTuple):
    cloud: LocalCloud
    clock: Clock

    def send(self, key: str) -> str:
        """A video is uploaded, and its event is on its way; the event's request id."""
        etag = put(self.cloud, key, key.encode())
        return self.cloud.fc.invoke_async(SUBMITTING, json.dumps(event_for(key, etag, len(key))).encode())

    def wait_for_dead_letters(self, count: int) -> None:
        letters = lambda: len(self.cloud.journal.entries("destination")) >= count  # noqa: E731
        self.cloud.wait_for(letters, 60, f"{count} dead letters")

    @property
    def seconds(self) -> float:
        """Since the test's start."""
        return self.clock.ahead - START

    def run(self) -> None:
        """What the service has to do is done, and a minute later the collector runs."""
        while self.cloud.multimediaai.tasks.count(TaskStatus.WAITING):
            succeed(self.cloud, url_of(self.cloud, "result.gif", GIF))
        self.clock.ahead += 60
        self.cloud.fc.invoke_async(COLLECTING, json.dumps(TIMER).encode())
        self.cloud.settle(60)

    def run_to_the_end(self) -> None:
        """Until nothing is pending."""
        for _ in range(MOST_RUNS):
            self.run()
            if not listed(self.cloud, PENDING):
                return
        raise AssertionError(f"still pending: {listed(self.cloud, PENDING)}")

    def ends(self, *keys: str) -> list[str]:
        """Of each video: "GIF", "failed", "nothing" or both. And none has two tasks, or is finished twice."""
        failed = json.dumps(listed(self.cloud, FAILED))
        stored = {entry.key for entry in self.cloud.oss.store.list(RECORDS, "gifs/")}
        tasks = Counter(task.video for task in self.cloud.multimediaai.tasks.list())
        assert set(tasks.values()) <= {1}, tasks
        for lines in records(self.cloud).values():
            assert [line["status"] for line in lines].count("finished") <= 1
        is_stored = [f"gifs/{VIDEOS}/{key}.gif" in stored for key in keys]
        words = [["GIF"] * one + ["failed"] * (key in failed) for one, key in zip(is_stored, keys, strict=True)]
        return [" and ".join(word) or "nothing" for word in words]

    def resend(self) -> None:
        """As the guide says: what a person does with a dead letter when its cause is mended."""
        for entry in self.cloud.oss.store.list(RECORDS, FAILED):
            letter: dict[str, Any] = json.loads(self.cloud.oss.store.get(RECORDS, entry.key))
            self.cloud.fc.invoke_async(SUBMITTING, json.dumps(letter["event"]).encode())
            self.cloud.settle()
            owner_client(self.cloud).delete_object(oss.DeleteObjectRequest(bucket=RECORDS, key=entry.key))


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    """Instances of its own for each test: what they know of tasks is by a clock that never goes back."""
    clock.ahead = START

    def pause(retry: int) -> float:
        clock.ahead = max(clock.ahead, START + min(retry * OUTAGE_SECONDS / TRIES, OUTAGE_SECONDS))
        return 0.02

    text = (PROJECT / "s.yaml").read_text(encoding="utf-8")
    for usual, short in {
        "timeout: 120": "timeout: 8",
        "AsyncRetryAttempts: 8": f"AsyncRetryAttempts: {TRIES - 1}",
    }.items():
        assert usual in text
        text = text.replace(usual, short)
    stack = tmp_path / "s.yaml"
    stack.write_text(text, encoding="utf-8")
    with local_cloud(
        stack_file=stack,
        code=PROJECT,
        ram=PROJECT / "ram",
        function_environment={"CLAIM_LEASE_SECONDS": "1.5"},
        render=False,
        retry_delay=pause,
        clock=clock,
    ) as cloud:
        yield Site(cloud, clock)


def test_oss_is_away(site: Site) -> None:
    """From after one upload's claim, and so before that of all others."""
    site.cloud.faults.add("oss:AppendObject:latency=0:times=1")
    site.cloud.faults.add("oss:*:error=503/ServiceUnavailable")
    site.send("claimed.mp4")
    site.cloud.wait_for(lambda: site.cloud.multimediaai.tasks.count(), 30, "the task")
    site.send("unheard.mp4")
    site.wait_for_dead_letters(2)
    site.clock.ahead = START + OUTAGE_SECONDS
    site.cloud.faults.clear()
    site.cloud.settle(60)
    site.run_to_the_end()
    assert site.ends("claimed.mp4", "unheard.mp4") == ["GIF", "failed"]
    site.resend()
    site.run_to_the_end()
    assert site.ends("claimed.mp4", "unheard.mp4") == ["GIF", "GIF"]


def test_create_gif_task_is_throttled(site: Site) -> None:
    site.cloud.faults.add("multimediaai:CreateGifTask:throttle")
    site.send("clip.mp4")
    site.cloud.settle(60)
    while site.seconds < OUTAGE_SECONDS:
        site.run()
    assert site.cloud.multimediaai.tasks.count() == 0
    site.cloud.faults.clear()
    site.run_to_the_end()
    assert site.ends("clip.mp4") == ["GIF"]


def test_the_handler_is_killed_in_all_its_tries(site: Site) -> None:
    site.cloud.faults.add(f"oss:AppendObject:kill:times={TRIES}")
    site.send("unheard.mp4")
    site.cloud.settle(60)
    site.cloud.faults.add("multimediaai:CreateGifTask:kill_after:times=1")
    site.cloud.faults.add("multimediaai:ListTasks:kill:times=1")
    site.send("claimed.mp4")
    site.cloud.settle(60)
    assert [fault.hits for fault in site.cloud.faults.all()] == [TRIES, 1, 1]
    site.run_to_the_end()
    assert site.ends("claimed.mp4", "unheard.mp4") == ["GIF", "failed"]
    site.resend()
    site.run_to_the_end()
    assert site.ends("claimed.mp4", "unheard.mp4") == ["GIF", "GIF"]


@pytest.mark.parametrize(("setting", "value"), [("APPLICATION_ID", ""), ("CLAIM_LEASE_SECONDS", "20")])
def test_the_initializer_fails_until_it_is_mended(site: Site, setting: str, value: str) -> None:
    """One is wrong for both functions, and one for the submitting function only."""
    right = site.cloud.fc.functions
    for spec in right:
        wrong = dataclasses.replace(spec, environment={**spec.environment, setting: value})
        site.cloud.fc.put_function(wrong)
    site.send("clip.mp4")
    site.cloud.settle(60)
    assert site.ends("clip.mp4") == ["failed"]
    run = site.cloud.fc.invoke(COLLECTING, json.dumps(TIMER).encode())
    assert (b"SettingsError" in run.body) == (setting == "APPLICATION_ID")
    for spec in right:
        site.cloud.fc.put_function(spec)
    site.resend()
    site.run_to_the_end()
    assert site.ends("clip.mp4") == ["GIF"]

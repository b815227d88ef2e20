"""Videos from before the function: counted, priced, sent, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harness.cloud import LocalCloud
from harness.oss import Item
from ops.functions import Functions
from tests.e2e.uploads import records
from tests.ops.running import Ran
from tests.ops.stock import finish, keys, stock
from tests.ops.uploading import collect

Gifs = Callable[..., Ran]
BUCKET = "oss://my-videos/"


def tasks(cloud: LocalCloud) -> list[str]:
    """The names of the videos that tasks were made of."""
    return sorted(task.video_name for task in cloud.multimediaai.tasks.list())


def test_a_dry_run_says_what_there_is_to_do_and_does_nothing(gifs: Gifs, cloud: LocalCloud) -> None:
    names = keys(1200)
    stock(cloud, [*names, "folder/", "notes.txt", "._clip.mp4"])
    finish(cloud, names[:1000])
    stock(cloud, ["cold.mp4"], storage_class="Archive")
    ran = gifs("backfill", BUCKET, "--dry-run", "--price", "0.5", "--per-second", "2")
    assert ran.code == 0
    assert "200 new" in ran.out
    assert "1,000 done" in ran.out
    assert "CNY 100.00" in ran.out
    assert "1 archived" in ran.out
    assert "3 objects that are not videos" in ran.out
    planned = gifs("backfill", BUCKET, "--dry-run", "--json", "--price", "0.5").document
    assert (planned["new"], planned["done"], planned["archived"], planned["tasks"]) == (200, 1000, 1, 200)
    assert (planned["cost"], planned["sent"]) == (100.0, 0)
    assert tasks(cloud) == []


def test_it_sends_what_is_new_and_run_again_finds_nothing(gifs: Gifs, cloud: LocalCloud) -> None:
    names = ["猫 +.mp4", "a%20b.mp4", "deep/folder/clip.MOV", *keys(20)]
    stock(cloud, names)
    finish(cloud, keys(5))
    ran = gifs("backfill", BUCKET, "--yes", "--per-second", "1000", "--json")
    cloud.settle()
    assert (ran.code, ran.document["sent"]) == (0, 18)
    assert len(tasks(cloud)) == 18
    assert len(records(cloud)) == 23
    again = gifs("backfill", BUCKET, "--yes", "--json")
    assert (again.document["new"], again.document["done"], again.document["sent"]) == (0, 23, 0)


def test_without_a_yes_nothing_is_sent(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["a.mp4"])
    ran = gifs("backfill", BUCKET)
    assert (ran.code, "--yes" in ran.err) == (0, True)
    assert tasks(cloud) == []


def test_a_part_is_sent_and_the_rest_is_left(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, keys(10))
    stock(cloud, ["other/a.mp4"])
    assert gifs("backfill", f"{BUCKET}old/", "--limit", "4", "--yes", "--json").document["sent"] == 4
    cloud.settle()
    assert len(tasks(cloud)) == 4
    refused = gifs("backfill", BUCKET, "--max-tasks", "5", "--yes")
    assert (refused.code, "7 tasks" in refused.err) == (2, True)
    assert gifs("backfill", BUCKET, "--since", "1h", "--dry-run", "--json").document["new"] == 0
    assert len(tasks(cloud)) == 4


def test_what_was_uploaded_anew_is_sent(gifs: Gifs, cloud: LocalCloud) -> None:
    finish(cloud, ["a.mp4"])
    cloud.oss.load("my-videos", [Item("a.mp4", b"other content")])
    found = gifs("backfill", BUCKET, "--dry-run", "--json").document
    assert (found["new"], found["changed"]) == (1, 1)


def test_it_stops_when_too_much_fails(gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service refuses every video for good, and the collector puts each on the list."""
    monkeypatch.setattr("ops.sending._LOOK_EVERY", 0.0)
    monkeypatch.setattr("ops.sending._FEW", 2)
    monkeypatch.setattr("ops.sending.MOST_VIDEOS", 1)
    send = Functions.send

    def send_and_collect(self: Functions, name: str, event: Mapping[str, Any]) -> str:
        request_id = send(self, name, event)
        collect(cloud)
        return request_id

    monkeypatch.setattr(Functions, "send", send_and_collect)
    stock(cloud, keys(16))
    cloud.faults.add("multimediaai:CreateGifTask:error=400/InvalidParameter")
    ran = gifs("backfill", BUCKET, "--yes", "--per-second", "1000", "--json")
    assert ran.code == 1
    assert "stand in oss://my-gif-records/gif-tasks/.failed/" in ran.err
    assert 3 <= ran.document["sent"] < 10
    cloud.faults.clear()
    # What was refused has a record, so it is not sent a second time: that is for `retry`.
    assert gifs("backfill", BUCKET, "--yes", "--per-second", "1000", "--json").document["new"] < 16
    cloud.settle()
    assert tasks(cloud) == sorted(set(tasks(cloud)))


def test_the_records_own_folder_is_not_a_place_for_videos(gifs: Gifs) -> None:
    assert gifs("backfill", "oss://my-gif-records/gif-tasks/", "--dry-run").code == 2
    assert gifs("backfill", "my-videos/", "--dry-run").code == 2
    missing = gifs("backfill", "oss://not-there/", "--dry-run")
    assert (missing.code, "does not exist" in missing.err) == (2, True)

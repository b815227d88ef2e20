"""Each thing that can be wrong with an upload is found by its name, and mended where sending it again does."""

from __future__ import annotations

import json
from collections.abc import Callable

from harness.cloud import LocalCloud
from harness.oss import Item
from tests.e2e.uploads import RECORDS, VIDEOS, records
from tests.ops.running import Ran
from tests.ops.stock import ETAG, OLD, finish, keys, remove, replace, stock
from tests.ops.uploading import collect

Gifs = Callable[..., Ran]
BUCKET = f"oss://{VIDEOS}/"


def found(ran: Ran) -> dict[str, str]:
    """Finding by key."""
    return {line["video"].removeprefix(BUCKET): line["finding"] for line in ran.lines if "finding" in line}


def test_a_bucket_that_is_done_has_nothing_to_find(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["a.mp4", "猫 +.mp4", "x" * 1010 + ".mp4", "notes.txt", *keys(1100)])
    finish(cloud, ["a.mp4", "猫 +.mp4", "x" * 1010 + ".mp4", *keys(1100)])
    ran = gifs("audit", BUCKET, "--json")
    assert (ran.code, found(ran)) == (0, {})
    assert {name: ran.lines[-1][name] for name in ("videos", "done", "under_way")} == {
        "videos": 1103,
        "done": 1103,
        "under_way": 0,
    }


def test_each_thing_that_is_wrong_is_found(gifs: Gifs, cloud: LocalCloud) -> None:
    names = ["done.mp4", "no-record.mp4", "anew.mp4", "no-gif.mp4", "old-gif.mp4", "same-again.mp4", "failed.mp4"]
    stock(cloud, [name for name in names if name != "anew.mp4"])
    cloud.oss.load(VIDEOS, [Item("anew.mp4", b"other content", {}, OLD + 3600)])
    cloud.oss.load(VIDEOS, [Item("just-now.mp4", b"no film")])
    stock(cloud, ["cold.mp4"], storage_class="ColdArchive")
    finish(cloud, [*(name for name in names if name != "no-record.mp4"), "gone.mp4"])
    for name in ("no-gif.mp4", "failed.mp4"):
        remove(cloud, f"gifs/{VIDEOS}/{name}.gif")
    other = Item(f"gifs/{VIDEOS}/old-gif.mp4.gif", b"GIF89a", {"video-etag": "B" * 32}, OLD - 60)
    # The same content uploaded a second time: its GIF is older, and right.
    same = Item(f"gifs/{VIDEOS}/same-again.mp4.gif", b"GIF89a", {"video-etag": ETAG}, OLD - 60)
    entry = {"video": f"{BUCKET}failed.mp4", "code": "Failed", "reason": "it does not play"}
    replace(cloud, other, same, Item("gif-tasks/.failed/a.json", json.dumps(entry).encode()))
    ran = gifs("audit", BUCKET, "--json")
    assert ran.code == 1
    assert found(ran) == {
        "no-record.mp4": "missing",
        "anew.mp4": "stale",
        "no-gif.mp4": "unfinished",
        "old-gif.mp4": "other_content",
        "failed.mp4": "failed",
        "cold.mp4": "archived",
        "gone.mp4": "without_object",
    }
    last = ran.lines[-1]
    assert (last["videos"], last["done"], last["under_way"]) == (9, 2, 1)
    text = gifs("audit", BUCKET).out
    assert "failed          oss://my-videos/failed.mp4  it does not play" in text


def test_an_object_that_is_gone_is_named_and_no_alarm(gifs: Gifs, cloud: LocalCloud) -> None:
    finish(cloud, ["gone.mp4"])
    ran = gifs("audit", BUCKET, "--json")
    assert (ran.code, found(ran)) == (0, {"gone.mp4": "without_object"})


def test_a_task_that_no_record_names_is_found(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["a.mp4", "猫 +.mp4"])
    assert gifs("backfill", BUCKET, "--yes", "--per-second", "1000").code == 0
    cloud.settle()
    ours = cloud.multimediaai.tasks.list()[0]
    stray = cloud.multimediaai.tasks.create(
        application_id=ours.application_id, video_name=ours.video_name, video_url=ours.video_url
    )
    ran = gifs("audit", BUCKET, "--json")
    named = [line for line in ran.lines if line.get("finding") == "unnamed_task"]
    assert (ran.code, [line["detail"] for line in named]) == (1, [f"task {stray.task_id}"])
    assert ours.video_url not in ran.out
    assert gifs("audit", BUCKET, "--tasks", "0", "--json").code == 0


def test_fix_sends_and_follows_until_nothing_is_found(gifs: Gifs, cloud: LocalCloud) -> None:
    names = ["never seen.mp4", "猫 +.mp4"]
    stock(cloud, names)
    first = gifs("audit", BUCKET, "--fix", "--yes", "--per-second", "1000", "--json")
    assert first.code == 1
    cloud.settle()
    assert len(records(cloud)) == 2
    for name in [entry.key for entry in cloud.oss.store.list(RECORDS, "gif-tasks/.pending/")]:
        remove(cloud, name)  # as if writing them had failed
    collect(cloud)
    assert not cloud.oss.store.list(RECORDS, "gifs/")
    for record in list(records(cloud)):
        stored = cloud.oss.store.get(RECORDS, record)
        replace(cloud, Item(record, stored, {}, OLD + 60, appendable=True))
    assert set(found(gifs("audit", BUCKET, "--json")).values()) == {"unfinished"}
    assert gifs("audit", BUCKET, "--fix", "--yes").code == 1
    assert len(cloud.oss.store.list(RECORDS, "gif-tasks/.pending/")) == 2
    assert len(cloud.multimediaai.tasks.list()) == 2

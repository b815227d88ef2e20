"""One upload on one screen: where it stands in each state, and what it costs to say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from harness.cloud import LocalCloud
from harness.oss import Item
from tests.e2e.collecting import GIF, fail, succeed, url_of
from tests.e2e.uploads import RECORDS, VIDEOS, owner_client, task_ids
from tests.ops.running import Ran
from tests.ops.stock import OLD, finish, keys, stock
from tests.ops.telling import (
    CLAIM,
    CLAIMED,
    FINISHED,
    OTHER_ETAG,
    REQUEST,
    SUBMITTED,
    TASK_FAILED,
    entry,
    gif,
    record,
    refused,
)
from tests.ops.uploading import collect, upload_all

Gifs = Callable[..., Ran]
CLIP = f"oss://{VIDEOS}/clip.mp4"
UNKNOWN = refused(retryable=True, status="unknown")


def test_an_upload_is_told_from_its_event_to_its_gif(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "猫 +.mp4")
    uri = f"oss://{VIDEOS}/猫 +.mp4"
    under_way = gifs("show", uri, "--json")
    assert (under_way.code, under_way.document["state"]) == (0, "submitted")
    assert [each["video"] for each in under_way.document["pending"]] == [uri]
    assert under_way.document["task"]["state"] == "under_way"
    task_id = succeed(cloud, url_of(cloud, "result.gif", GIF))
    collect(cloud)
    ran = gifs("show", uri)
    assert ran.code == 0, ran.err
    for text in ("finished: the GIF is there", f"{task_id}: succeeded", "of what the key holds now", "Standard"):
        assert text in ran.out
    story = [line for line in ran.out.splitlines() if "  +" in line]
    assert [line.split("  ")[-1].split(",")[0].strip() for line in story] == [
        f"task {task_id} was made",
        "the GIF is stored",
    ]
    document = gifs("show", uri, "--json").document
    assert [line["status"] for line in document["record"]["lines"]] == ["claimed", "submitted", "finished"]
    assert document["gif"] | {"stored": ""} == {
        "uri": f"oss://{RECORDS}/gifs/{VIDEOS}/猫 +.mp4.gif",
        "size": len(GIF),
        "stored": "",
        "content_type": "image/gif",
        "etag": document["object"]["etag"],
        "fits": True,
    }


def test_a_task_that_failed_needs_a_person_and_says_why(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    fail(cloud, error_code="1000", error_name="Download fail", error_reason="404 from the bucket")
    collect(cloud)
    ran = gifs("show", CLIP)
    assert ran.code == 1
    assert ran.out.count("404 from the bucket") >= 3  # state, record, task; and the list of what needs a person
    document = gifs("show", CLIP, "--json").document
    assert (document["state"], document["needs_a_person"]) == ("task_failed", True)
    assert [each["code"] for each in document["failed"]] == ["1000"]


@pytest.mark.parametrize(
    ("lines", "is_pending", "state", "code", "said"),
    [
        ([CLAIMED], True, "claimed", 0, "if it has died, the collector's next run takes over"),
        ([CLAIMED, SUBMITTED], True, "submitted", 0, "under way"),
        ([CLAIMED, SUBMITTED], False, "submitted", 1, "no pending entry"),
        ([CLAIMED, refused(retryable=True)], True, "failed", 0, "tries again"),
        ([CLAIMED, refused(retryable=True)], False, "failed", 1, "if none comes, `./gifs retry"),
        ([CLAIMED, refused(retryable=False)], True, "failed", 1, "You have not purchased the service."),
        ([CLAIMED, UNKNOWN], True, "unknown", 0, "the collector's next run tries again"),
        ([CLAIMED, SUBMITTED, TASK_FAILED], False, "task_failed", 1, "1000: Download fail"),
        ([CLAIMED, SUBMITTED, {**FINISHED, "gif": "", "superseded_by": "E"}], False, "superseded", 0, "of eTag E"),
        (["[1, 2]"], False, "unreadable", 1, "move it away"),
    ],
)
def test_each_state_is_told_in_a_sentence(
    gifs: Gifs, cloud: LocalCloud, lines: list[Any], is_pending: bool, state: str, code: int, said: str
) -> None:
    stock(cloud, ["clip.mp4"])
    record(cloud, *lines)
    if is_pending:
        entry(cloud, ".pending/", CLAIM)
    ran = gifs("show", CLIP)
    assert (ran.code, ran.out.splitlines()[1].split()[1]) == (code, f"{state}:"), ran.err
    assert said in ran.out
    document = gifs("show", CLIP, "--json").document
    assert (document["state"], document["needs_a_person"]) == (state, code == 1)


def test_without_a_record_it_says_what_to_do(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4", "notes.txt", "._clip.mp4"])
    cloud.oss.load(VIDEOS, [Item("new.mp4", b"film", {})])
    assert f"`./gifs backfill {CLIP}` sends it" in gifs("show", CLIP).out
    assert "its event may be on its way" in gifs("show", f"oss://{VIDEOS}/new.mp4").out
    assert "not in VIDEO_SUFFIXES" in gifs("show", f"oss://{VIDEOS}/notes.txt").out
    assert "AppleDouble" in gifs("show", f"oss://{VIDEOS}/._clip.mp4").out
    cloud.oss.load(RECORDS, [Item("gifs/a.mp4", b"film", {})])
    assert f"no upload to {RECORDS} starts the function" in gifs("show", f"oss://{RECORDS}/gifs/a.mp4").out
    ran = gifs("show", CLIP, "--json")
    assert (ran.code, ran.document["state"], ran.document["record"]) == (0, "not_seen", None)


@pytest.mark.parametrize("what", [f"oss://{VIDEOS}/nothing.mp4", "400999", "1-0-0"])
def test_what_nobody_knows_is_a_mistake(gifs: Gifs, what: str) -> None:
    ran = gifs("show", what)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert what in ran.err


@pytest.mark.parametrize(
    ("what", "call"), [("400999", "multimediaai:ListTasks"), ("MediaConvert-1", "imm:GetTask")]
)
def test_a_service_that_does_not_answer_is_not_asked_for_ever(
    gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, what: str, call: str
) -> None:
    """One request may take thirteen seconds; it is repeated while there is time for another."""
    monkeypatch.setattr("ops.account.ASKING_SECONDS", 13.5)
    fault = cloud.faults.add(f"{call}:reset:times=200")
    ran = gifs("show", what)
    assert (ran.code, ran.out, ran.err.count(call.partition(":")[2])) == (3, "", 1), ran.err
    assert 1 <= fault.hits < 200


def test_what_is_in_no_form_is_a_mistake(gifs: Gifs) -> None:
    assert gifs("show", "clip.mp4").code == 2


def test_an_event_that_failed_for_good_is_found_without_a_record(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4"])
    event = {"events": [{"oss": {"bucket": {"name": VIDEOS}, "object": {"key": "clip.mp4"}}}]}
    entry(
        cloud, ".failed/", REQUEST, video=None, condition="RetriesExhausted", reason="StorageDenied", event=event
    )
    ran = gifs("show", CLIP)
    assert (ran.code, "it stands in .failed/: StorageDenied" in ran.out) == (1, True)


def test_other_uploads_of_the_key_have_a_line_each(gifs: Gifs, cloud: LocalCloud) -> None:
    """The key holds what it held at first; between, it held something else."""
    stock(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, SUBMITTED, FINISHED)
    record(cloud, CLAIMED, {**SUBMITTED, "task_id": 400011}, TASK_FAILED, etag=OTHER_ETAG, at=OLD + 600)
    record(cloud, CLAIMED, SUBMITTED, key="clip.mp4/of another.mp4")
    gif(cloud)
    ran = gifs("show", CLIP)
    assert ran.code == 0, ran.out
    (line,) = [line for line in ran.out.splitlines() if line.startswith("  earlier")]
    assert OTHER_ETAG in line
    assert "task 400011" in line
    assert [each["etag"] for each in gifs("show", CLIP, "--json").document["earlier"]] == [OTHER_ETAG]


def test_a_gif_of_other_content_needs_a_person(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, SUBMITTED, FINISHED)
    assert "the GIF is not there any more" in gifs("show", CLIP).out
    gif(cloud, etag=OTHER_ETAG)
    ran = gifs("show", CLIP)
    assert (ran.code, f"NOT of what the key holds now, but of eTag {OTHER_ETAG}" in ran.out) == (1, True)


def test_an_object_that_is_gone_has_its_record_still(gifs: Gifs, cloud: LocalCloud) -> None:
    record(cloud, CLAIMED, SUBMITTED, FINISHED)
    gif(cloud)
    ran = gifs("show", CLIP)
    assert (ran.code, "the object is not there any more" in ran.out) == (0, True)
    assert gifs("show", CLIP, "--json").document["object"] is None


def test_a_key_that_is_too_long_for_a_record_s_name_is_found(gifs: Gifs, cloud: LocalCloud) -> None:
    key = f"{'ü' * 480}.mp4"
    stock(cloud, [key])
    record(cloud, CLAIMED, SUBMITTED, key=key)
    assert gifs("show", f"oss://{VIDEOS}/{key}", "--json").document["record"]["task_id"] == 400010


def test_by_task_id_one_record_is_read_however_many_there_are(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task_id,) = task_ids(cloud)
    finish(cloud, keys(1500))
    record(cloud, CLAIMED, {**SUBMITTED, "task_id": 7}, TASK_FAILED, etag=OTHER_ETAG)
    cloud.journal.clear()
    ran = gifs("show", str(task_id), "--json")
    assert ran.code == 0, ran.err
    assert (ran.document["video"], ran.document["task"]["task_id"]) == (CLIP, task_id)
    assert ran.document["other_uploads"] == 1
    sent = [entry.fields for entry in cloud.journal.entries("request")]
    read = [each.get("key", "") for each in sent if each["operation"] == "GetObject"]
    assert len([key for key in read if key.endswith(".jsonl")]) == 1
    assert len(sent) <= 12
    assert f"{task_id}: waiting or running" in gifs("show", str(task_id)).out


def test_a_task_that_no_record_names_needs_a_person(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "clip.mp4")
    (task_id,) = task_ids(cloud)
    (name,) = [item.key for item in cloud.oss.store.list(RECORDS, "gif-tasks/my-videos/")]
    owner_client(cloud).delete_object(oss.DeleteObjectRequest(bucket=RECORDS, key=name))
    ran = gifs("show", str(task_id))
    assert (ran.code, "no record names this task" in ran.out) == (1, True)


def test_by_request_id_without_a_log_the_lists_are_asked(gifs: Gifs, cloud: LocalCloud) -> None:
    stock(cloud, ["clip.mp4"])
    record(cloud, CLAIMED, SUBMITTED)
    entry(cloud, ".pending/", CLAIM)
    assert gifs("show", REQUEST, "--json").document["video"] == CLIP


def test_what_was_there_before_cannot_control_the_terminal(gifs: Gifs, cloud: LocalCloud) -> None:
    key = "a\x1b[2J.mp4"
    stock(cloud, [key])
    record(cloud, CLAIMED, {**refused(retryable=False), "message": "\x1b]0;title\x07"}, key=key)
    assert "\x1b" not in gifs("show", f"oss://{VIDEOS}/{key}").out

"""What the lines of a record say together, and what its name says."""

from __future__ import annotations

import json

import pytest

from handler.errors import RecordUnreadable
from handler.record import (
    Claimed,
    Finished,
    History,
    Line,
    Outcome,
    Submitted,
    TaskFailed,
    encode,
    read_lines,
    record_key,
)
from handler.video import MAX_KEY_BYTES

AT = "2026-01-01T00:00:00.000Z"


def claimed(claim: str) -> Claimed:
    return {
        "status": "claimed",
        "claim": claim,
        "lease_seconds": 45,
        "lease_until": "",
        "at": AT,
        "request_id": "r",
    }


def submitted(claim: str, task_id: int) -> Submitted:
    return {
        "status": "submitted",
        "claim": claim,
        "task_id": task_id,
        "api_request_id": "",
        "video": "oss://my-videos/clip.mp4",
        "etag": "E",
        "size": 5,
        "application_id": "a",
        "video_name": "clip.mp4 E",
        "at": AT,
        "request_id": "r",
    }


def finished(claim: str, task_id: int) -> Finished:
    return {
        "status": "finished",
        "claim": claim,
        "task_id": task_id,
        "gif": "oss://my-gifs/clip.mp4.gif",
        "bytes": 7,
        "content_type": "image/gif",
        "task_seconds": 1.5,
        "at": AT,
        "request_id": "r",
    }


def task_failed(claim: str, task_id: int) -> TaskFailed:
    return {
        "status": "task_failed",
        "claim": claim,
        "task_id": task_id,
        "error_code": "1000",
        "error_name": "Download fail",
        "reason": "no video",
        "at": AT,
        "request_id": "r",
    }


@pytest.mark.parametrize("outcome", [finished("a", 1), task_failed("a", 1)])
def test_a_tasks_end_neither_holds_the_video_nor_resolves_a_claim(outcome: Outcome) -> None:
    ended: tuple[Line, ...] = (claimed("a"), submitted("a", 1), outcome)
    history = History(ended)
    assert history.seconds_held == 0
    assert history.submitted == ended[1]
    assert history.outcome == outcome
    taken_over = History((claimed("a"), submitted("a", 1), claimed("b"), outcome))
    assert [claim["claim"] for claim in taken_over.unresolved] == ["b"]
    assert taken_over.submitted is None
    assert taken_over.outcome is None
    newer = History((*ended, claimed("b"), submitted("b", 2)))
    assert newer.outcome is None


@pytest.mark.parametrize("line", [claimed("a"), submitted("a", 1), finished("a", 1), task_failed("a", 1)])
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    raw = encode(line)
    assert raw.startswith(b'{"status":"%s","at":"' % line["status"].encode())
    assert read_lines(raw + raw, "oss://b/k") == (line, line)


LINE = {"at": AT, "claim": "a", "request_id": "r"}
HELD = {**LINE, "status": "claimed", "lease_seconds": 45}
MADE = {**LINE, "status": "submitted", "task_id": 7}


@pytest.mark.parametrize(
    "line",
    [
        *({**HELD, "lease_seconds": seconds} for seconds in (0, 45, 4.5)),
        *({**MADE, "task_id": task_id} for task_id in (7, "MediaConvert-1")),
        {**HELD, "video_at": "host/clip.mp4"},
        {**MADE, "takes_over": ["b", "c"]},
    ],
    ids=str,
)
def test_every_form_of_a_line_is_read(line: dict[str, object]) -> None:
    assert read_lines(json.dumps(line).encode(), "oss://records/x.jsonl") == (line,)


@pytest.mark.parametrize(
    "line",
    [
        *({**HELD, "lease_seconds": seconds} for seconds in (True, "45", None, [45])),
        *({**MADE, "task_id": task_id} for task_id in (True, "", None, [7])),
        *({**HELD, "claim": claim} for claim in (1, None)),
        {**HELD, "video_at": 1},
        {**MADE, "takes_over": ["b", 1]},
        {**MADE, "takes_over": 1},
        {**HELD, "status": "held"},
        [HELD],
    ],
    ids=str,
)
def test_a_line_that_nobody_can_have_written_is_named(line: object) -> None:
    content = b"\n".join(json.dumps(each).encode() for each in (HELD, line))
    with pytest.raises(RecordUnreadable, match=r"x\.jsonl: line 2 is not a line"):
        read_lines(content, "oss://records/x.jsonl")


@pytest.mark.parametrize(
    ("last", "age", "held", "settled_at"),
    [
        (HELD, 10.0, 36.0, 1000.0),
        (HELD, 60.0, 0.0, 986.0),
        ({**HELD, "status": "unknown"}, 4.0, 7.0, 1000.0),
        ({**HELD, "status": "unknown"}, 20.0, 0.0, 991.0),
        ({**HELD, "status": "unknown", "lease_seconds": 3}, 1.0, 3.0, 1000.0),
        (MADE, 5.0, 0.0, 995.0),
        (None, 0.0, 0.0, 1000.0),
    ],
)
def test_how_long_an_upload_is_held_follows_from_its_last_line(
    last: dict[str, object] | None, age: float, held: float, settled_at: float
) -> None:
    """A claim: for its lease. What is unknown: while a request may be under way. And a second, for OSS's clock."""
    lines = read_lines(json.dumps(last).encode(), "x") if last else ()
    history = History(lines, age=age, read_at=1000.0)
    assert (history.seconds_held, history.settled_at) == (held, settled_at)


@pytest.mark.parametrize(("longer", "is_whole"), [(0, True), (1, False)])
def test_a_records_name_is_whole_as_long_as_it_may_be(longer: int, is_whole: bool) -> None:
    room = MAX_KEY_BYTES - len(record_key("gif-tasks/", "videos", "", "E"))
    name = record_key("gif-tasks/", "videos", "x" * (room + longer), "E")
    assert len(name.encode()) <= MAX_KEY_BYTES
    assert ("xxx" in name) == is_whole

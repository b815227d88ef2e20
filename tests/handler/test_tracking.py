from __future__ import annotations

import time
from typing import Any, cast

import pytest

from handler.errors import AppendConflict, StorageError
from handler.record import History, Line, record_key
from handler.settings import Settings
from handler.storage import Storage, StoredObject
from handler.tracking import Claim, Lease, TrackingLog
from handler.video import Video


def line(status: str, claim: str = "a", **fields: Any) -> dict[str, Any]:
    return {"status": status, "claim": claim, "lease_seconds": 45, **fields}


def named(video: Video) -> str:
    return record_key("gif-tasks/", video.bucket, video.key, video.etag)


def test_a_record_is_named_after_its_upload() -> None:
    video = Video("my-videos", "视频/a+b 100%.mp4", "cn-beijing", "ETAG", 5)
    assert named(video) == "gif-tasks/my-videos/视频/a+b 100%.mp4/ETAG.jsonl"


@pytest.mark.parametrize("length", [900, 994, 995, 1023])
def test_no_record_has_a_name_that_oss_refuses(length: int) -> None:
    video = Video("my-videos", "n" * length, "cn-beijing", "ETAG-12", 5)
    key = named(video)
    assert len(key.encode()) <= 1023
    assert key.endswith("/ETAG-12.jsonl")
    assert (video.key in key) == (length <= 989)


def test_two_long_keys_have_two_records() -> None:
    first, second = (Video("my-videos", "n" * 1000 + end, "cn-beijing", "E", 5) for end in ("1", "2"))
    assert named(first) != record_key("gif-tasks/", second.bucket, second.key, second.etag)


@pytest.mark.parametrize(
    ("lines", "age", "held"),
    [
        ([], 0, False),
        ([line("claimed")], 44, True),
        ([line("claimed")], 45.5, True),  # Last-Modified is in whole seconds
        ([line("claimed")], 47, False),
        ([line("claimed"), line("failed")], 0, False),
        ([line("claimed"), line("submitted", task_id=1)], 0, False),
        ([line("claimed"), line("unknown")], 5, True),  # the service may still be at work
        ([line("claimed"), line("unknown")], 12, False),
        ([line("claimed"), line("unknown", lease_seconds=2)], 4, False),
    ],
)
def test_a_claim_holds_until_its_lease_ends_by_the_clock_of_oss(
    lines: list[dict[str, Any]], age: float, held: bool
) -> None:
    assert bool(History(cast("tuple[Line, ...]", tuple(lines)), 100, age).seconds_held) is held


@pytest.mark.parametrize(
    ("lines", "unresolved"),
    [
        ([], []),
        ([line("claimed", "a")], ["a"]),
        ([line("claimed", "a"), line("unknown", "a")], ["a"]),
        ([line("claimed", "a"), line("failed", "a")], []),
        ([line("claimed", "a"), line("claimed", "b"), line("failed", "b")], ["a"]),
        ([line("claimed", "a"), line("claimed", "b"), line("submitted", "b", task_id=1)], []),
        ([line("claimed", "a"), line("submitted", "a", task_id=1), line("claimed", "b")], ["b"]),
    ],
)
def test_an_attempt_of_unknown_fate_is_remembered_until_it_is_resolved(
    lines: list[dict[str, Any]], unresolved: list[str]
) -> None:
    """Also when a later attempt was refused for sure: the earlier one may have made a task all the same."""
    assert [claim["claim"] for claim in History(cast("tuple[Line, ...]", tuple(lines))).unresolved] == unresolved


def test_a_lease_believes_the_faster_clock() -> None:
    """A frozen instance's monotonic clock may stand still while the wall clock goes on."""
    monotonic, wall = [100.0], [5000.0]
    lease = Lease(45, monotonic=lambda: monotonic[0], wall=lambda: wall[0])
    assert lease.left() == 45
    monotonic[0] += 10
    assert lease.left() == 35
    wall[0] += 3600
    assert lease.left() < 0


def test_a_lease_begins_before_the_log_last_showed_that_there_is_no_claim_yet(settings: Settings) -> None:
    """The first append may be applied right after that, and then OSS counts the lease from there."""

    class Away:
        def __init__(self) -> None:
            self.lines: list[bytes] = []
            self.reads: list[float] = []

        def append(self, bucket: str, key: str, position: int, line: bytes) -> None:
            if not self.lines:
                self.lines.append(line)
                raise StorageError("no answer", retryable=True)
            raise AppendConflict("it was applied after all")

        def read(self, bucket: str, key: str) -> StoredObject | None:
            self.reads.append(time.monotonic())
            time.sleep(0.05)
            return None if len(self.reads) == 1 else StoredObject(self.lines[0], 0.0, 1_800_000_000.0)

    away = Away()
    video = Video("my-videos", "clip.mp4", "cn-beijing", "E", 5)
    claim = TrackingLog(settings, cast("Storage", away), video).claim(
        History(), "r", "videos.example.com/clip.mp4", forced=False, left=lambda: 9.0
    )
    assert isinstance(claim, Claim)
    assert claim.lease.left() <= settings.claim_lease_seconds - (time.monotonic() - away.reads[0])
    assert claim.lease.left() > settings.claim_lease_seconds - 9.0

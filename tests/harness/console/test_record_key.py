"""The console finds a video's record under the name that the handler gives it."""

from __future__ import annotations

import pytest

import handler.record
from harness.console.records import record_key

#: What is around the key: prefix, bucket, two slashes, eTag and suffix.
AROUND = len("gif-tasks/my-videos//A1B2.jsonl")


@pytest.mark.parametrize(
    "key",
    ["clip.mp4", "a/视频 +1%.mp4", "k" * (1023 - AROUND), "k" * (1024 - AROUND), "视" * 340, "/.mp4"],
    ids=["plain", "awkward", "just fits", "one byte over", "in bytes, not characters", "a slash first"],
)
def test_both_name_a_record_alike(key: str) -> None:
    theirs = handler.record.record_key("gif-tasks/", "my-videos", key, "A1B2")
    assert record_key("gif-tasks/", "my-videos", key, "A1B2") == theirs
    assert len(theirs.encode()) <= 1023
    assert (key in theirs) == (AROUND + len(key.encode()) <= 1023)

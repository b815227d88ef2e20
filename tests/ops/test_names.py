from __future__ import annotations

import pytest

from ops.errors import Mistake
from ops.names import AnyTask, ObjectName, RequestId, anything, object_name, prefix_name


@pytest.mark.parametrize("key", ["clip.mp4", "猫 +.mp4", "a%20b.mp4", "x/../y.mp4", "a?b#c.mp4"])
def test_a_key_is_taken_as_it_is(key: str) -> None:
    assert object_name(f"oss://my-videos/{key}") == ObjectName("my-videos", key)
    assert anything(f"oss://my-videos/{key}").uri == f"oss://my-videos/{key}"  # type: ignore[union-attr]


def test_a_prefix_may_be_a_whole_bucket() -> None:
    assert prefix_name("oss://my-videos") == prefix_name("oss://my-videos/") == ObjectName("my-videos", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("my-videos/clip.mp4", "is not oss://BUCKET/"),
        ("oss://My_Videos/clip.mp4", "a bucket's name"),
        ("oss://my-videos", "the key is missing"),
        ("oss://my-videos/" + "x" * 1100, "at most 1,023 bytes"),
        ("oss://my-videos/\udce4.mp4", "not UTF-8"),
    ],
)
def test_what_is_no_object_is_said(text: str, said: str) -> None:
    with pytest.raises(Mistake, match=said):
        object_name(text)


def test_a_task_and_a_request_are_told_apart() -> None:
    assert anything("400010") == AnyTask(400010)
    for text in ("MediaConvert-0a1b2c3d-0000-4000-8000-000000000000", "found-0123456789abcdef0123456789abcdef"):
        assert anything(text) == AnyTask(text)
    assert anything("1-69131fb6-15a0a9a0-0f1f2f3f4f5f") == RequestId("1-69131fb6-15a0a9a0-0f1f2f3f4f5f")
    with pytest.raises(Mistake, match="neither"):
        anything("clip.mp4")

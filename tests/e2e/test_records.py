"""Records that cannot be read, written or had: said so, left alone, and nothing is paid for without a trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.errors import GifOnUploadError, VideosFailed
from harness.cloud import LocalCloud
from tests.e2e.handling import SHORT, Handler
from tests.e2e.uploads import EVENT, RECORD, RECORDS, append_to_record, task_ids


def test_a_record_that_somebody_changed_is_refused_and_left_alone(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    append_to_record(cloud, RECORD, b"not ours\n")
    with pytest.raises(VideosFailed, match=r"RecordUnreadable.*line 1"):
        make_handler()(EVENT)
    assert cloud.oss.store.get(RECORDS, RECORD) == b"not ours\n"
    assert task_ids(cloud) == []


def test_an_object_that_is_no_record_is_refused_and_left_alone(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    cloud.oss.store.put(RECORDS, RECORD, b"not ours")
    with pytest.raises(VideosFailed, match=r"ObjectNotAppendable.*move it away"):
        make_handler()(EVENT)
    assert cloud.oss.store.get(RECORDS, RECORD) == b"not ours"
    assert task_ids(cloud) == []


def test_a_holder_that_never_ends_is_not_waited_for_beyond_the_invocation(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    """A lease that is far too long, as an older deployment may have written it."""
    line = b'{"status":"claimed","claim":"other","lease_seconds":9999,"at":"2026-01-01T00:00:00.000Z"}\n'
    append_to_record(cloud, RECORD, line)
    handler = make_handler(timeout=5, **SHORT)
    with pytest.raises(VideosFailed, match="ClaimHeld"):
        handler(EVENT)
    assert task_ids(cloud) == []


def test_only_typed_errors_leave_the_handler(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    cloud.faults.add("oss:*:error=403/AccessDenied")
    with pytest.raises(GifOnUploadError):
        make_handler()(EVENT)


def test_an_append_that_is_always_refused_is_not_repeated_without_pause(
    cloud: LocalCloud, make_handler: Callable[..., Handler]
) -> None:
    fault = cloud.faults.add("oss:AppendObject:error=409/PositionNotEqualToLength")
    with pytest.raises(VideosFailed, match="ClaimHeld"):
        make_handler(timeout=5, **SHORT)(EVENT)
    assert fault.hits < 10


@pytest.mark.parametrize(
    "line",
    [
        b'{"status":"claimed","claim":"a"}',
        b'{"status":"claimed","claim":"a","lease_seconds":"soon"}',
        b'{"status":"claimed","claim":"a","lease_seconds":5,"video_at":["example.com"]}',
        b'{"status":"submitted","claim":"a","task_id":""}',
        b'{"status":"submitted","claim":"a","task_id":1,"takes_over":[5]}',
        b'{"status":["claimed"],"claim":"a","lease_seconds":5}',
        b"[" * 5_000,
        b"5",
    ],
)
def test_a_line_that_is_none_of_ours_is_refused(
    cloud: LocalCloud, make_handler: Callable[..., Handler], line: bytes
) -> None:
    append_to_record(cloud, RECORD, line + b"\n")
    with pytest.raises(VideosFailed, match="RecordUnreadable"):
        make_handler()(EVENT)
    assert task_ids(cloud) == []

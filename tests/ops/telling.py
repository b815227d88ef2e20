"""Records with the lines that a test wants, put there by the store."""

from __future__ import annotations

import json
from typing import Any

from handler.record import record_key
from harness.cloud import LocalCloud
from harness.oss import Item
from tests.e2e.uploads import RECORDS, VIDEOS
from tests.ops.stock import ETAG, OLD

CLAIM = "0123456789abcdef0123456789abcdef"
REQUEST = "1-69131fb6-15a0a9a0-0f1f2f3f4f5f"
OTHER_ETAG = "0" * 32
_COMMON = {"claim": CLAIM, "request_id": REQUEST}
CLAIMED = {"status": "claimed", "at": "2026-03-11T05:40:45.000Z", "lease_seconds": 45.0, **_COMMON}
SUBMITTED = {"status": "submitted", "at": "2026-03-11T05:40:45.250Z", "task_id": 400010, "size": 7, **_COMMON}
FINISHED = {
    "status": "finished",
    "at": "2026-03-11T05:41:45.000Z",
    "task_id": 400010,
    "gif": f"oss://{RECORDS}/gifs/{VIDEOS}/clip.mp4.gif",
    "bytes": 1234567,
    "task_seconds": 59.8,
    **_COMMON,
}
TASK_FAILED = {
    "status": "task_failed",
    "at": "2026-03-11T05:41:45.000Z",
    "task_id": 400010,
    "error_code": "1000",
    "error_name": "Download fail",
    "reason": "Download fail",
    **_COMMON,
}


def refused(*, retryable: bool, status: str = "failed") -> dict[str, Any]:
    return {
        "status": status,
        "at": "2026-03-11T05:40:46.000Z",
        "error": "ServiceNotActive",
        "code": "ServiceNotOpened",
        "message": "CreateGifTask: 401 ServiceNotOpened: You have not purchased the service.",
        "api_request_id": "A-1",
        "retryable": retryable,
        "lease_seconds": 45.0,
        **_COMMON,
    }


def record(
    cloud: LocalCloud, *lines: dict[str, Any] | str, key: str = "clip.mp4", etag: str = ETAG, at: float = OLD
) -> None:
    """A record with these lines; a text is no line of a record."""
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    name = record_key("gif-tasks/", VIDEOS, key, etag)
    cloud.oss.load(RECORDS, [Item(name, "".join(f"{text}\n" for text in texts).encode(), {}, at)])


def entry(cloud: LocalCloud, folder: str, name: str, *, at: float = OLD, **fields: Any) -> None:
    """An entry of `.pending/` or `.failed/`."""
    facts = {
        "record": f"oss://{RECORDS}/{record_key('gif-tasks/', VIDEOS, 'clip.mp4', ETAG)}",
        "video": f"oss://{VIDEOS}/clip.mp4",
        "etag": ETAG,
        "region": "cn-beijing",
        "request_id": REQUEST,
        "claim": CLAIM,
        "at": "2026-03-11T05:40:45.000Z",
        **fields,
    }
    cloud.oss.load(RECORDS, [Item(f"gif-tasks/{folder}{name}.json", json.dumps(facts).encode(), {}, at)])


def gif(cloud: LocalCloud, *, key: str = "clip.mp4", etag: str = ETAG) -> None:
    cloud.oss.load(
        RECORDS,
        [Item(f"gifs/{VIDEOS}/{key}.gif", b"GIF89a", {"video-etag": etag}, OLD, content_type="image/gif")],
    )

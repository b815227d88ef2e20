"""A bucket with many videos, their records and GIFs, put there by the store and not by uploads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

import alibabacloud_oss_v2 as oss

from handler.gif_key import gif_key
from handler.record import record_key
from harness.cloud import LocalCloud
from harness.oss import Item
from tests.e2e.uploads import RECORDS, VIDEOS, owner_client

#: Of every video, so that all have one eTag and the store keeps them once.
CONTENT = b"no film"
ETAG = hashlib.md5(CONTENT).hexdigest().upper()
OLD = 1_773_200_000.0


def keys(count: int, folder: str = "old/") -> list[str]:
    return [f"{folder}{number // 1000:03d}/clip {number:06d}.mp4" for number in range(count)]


def stock(cloud: LocalCloud, names: Iterable[str], *, at: float = OLD, storage_class: str = "Standard") -> None:
    """Videos, as if they had been there before the function."""
    cloud.oss.load(VIDEOS, (Item(name, CONTENT, {}, at, storage_class=storage_class) for name in names))


def finish(cloud: LocalCloud, names: Iterable[str], *, at: float = OLD + 60) -> None:
    """Their records, and their GIFs."""
    names = list(names)
    cloud.oss.load(RECORDS, (Item(_record(name), b"".join(_lines(name)), {}, at) for name in names))
    cloud.oss.load(
        RECORDS,
        (Item(gif_key("gifs/", VIDEOS, name), b"GIF89a", {"video-etag": ETAG}, at - 1) for name in names),
    )


def remove(cloud: LocalCloud, key: str) -> None:
    """An object of ours, as if it had never been written."""
    owner_client(cloud).delete_object(oss.DeleteObjectRequest(bucket=RECORDS, key=key))


def replace(cloud: LocalCloud, *items: Item) -> None:
    """Objects of ours, as if they had been written so."""
    for item in items:
        remove(cloud, item.key)
    cloud.oss.load(RECORDS, items)


def _record(name: str) -> str:
    return record_key("gif-tasks/", VIDEOS, name, ETAG)


def _lines(name: str) -> Iterator[bytes]:
    claim = hashlib.md5(name.encode()).hexdigest()
    common = {"at": "2026-03-11T05:40:45.000Z", "claim": claim, "request_id": "1-a-b"}
    task = int(claim[:12], 16)
    for line in (
        {"status": "claimed", "lease_seconds": 45.0, "lease_until": "2026-03-11T05:41:30.000Z"},
        {"status": "submitted", "task_id": task, "video": f"oss://{VIDEOS}/{name}", "etag": ETAG, "size": 7},
        {"status": "finished", "task_id": task, "gif": f"oss://{RECORDS}/{gif_key('gifs/', VIDEOS, name)}"},
    ):
        yield json.dumps({**line, **common}).encode() + b"\n"

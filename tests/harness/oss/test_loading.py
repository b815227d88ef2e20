"""Many objects at once: as if they had been uploaded, except that nobody was told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import pytest

from harness.oss import Item, OssError, Store
from harness.oss.notifications import NotificationRule
from tests.harness.oss.local import AWKWARD_KEY, LocalOss


def numbered(count: int) -> Iterator[Item]:
    return (Item(f"{number % 7}/{number:06}.mp4", b"film %d" % number) for number in range(count))


def blobs(oss: LocalOss) -> int:
    return sum(1 for _ in oss.store.blobs._directory.iterdir())


def test_what_is_loaded_reads_as_if_it_had_been_uploaded(oss: LocalOss) -> None:
    told: list[bytes] = []
    oss.service.notifications.add(
        NotificationRule("rule", "videos", ("oss:ObjectCreated:PutObject",), "", "", told.append)
    )
    item = Item(AWKWARD_KEY, b"moving", {"a": "1"}, 1_700_000_000, content_type="video/mp4")
    assert oss.service.load("videos", [Item("first", b"before"), item, Item("last", b"", storage_class="IA")]) == 3
    client, bucket = oss.v2(), oss.bucket()
    head = client.head_object(oss_v2.HeadObjectRequest("videos", AWKWARD_KEY))
    assert (head.content_type, head.metadata, head.last_modified.timestamp()) == (
        "video/mp4",
        {"a": "1"},
        1_700_000_000,
    )
    part = bucket.get_object(AWKWARD_KEY, byte_range=(2, 3))
    assert (part.read(), told) == (b"vi", [])
    uploaded = bucket.put_object("uploaded", b"moving")
    assert (uploaded.etag, uploaded.crc) == (head.etag.strip('"'), int(head.hash_crc64))
    listed = client.list_objects_v2(oss_v2.ListObjectsV2Request("videos")).contents
    assert {found.key: found.storage_class for found in listed} == {
        "first": "Standard",
        "last": "IA",
        "uploaded": "Standard",
        AWKWARD_KEY: "Standard",
    }


def test_it_can_be_copied_replaced_deleted_and_cleared(oss: LocalOss) -> None:
    oss.service.load("videos", numbered(3))
    bucket = oss.bucket()
    bucket.copy_object("videos", "0/000000.mp4", "copy")
    bucket.put_object("1/000001.mp4", b"other")
    bucket.delete_object("0/000000.mp4")
    assert [bucket.get_object(key).read() for key in ("copy", "1/000001.mp4", "2/000002.mp4")] == [
        b"film 0",
        b"other",
        b"film 2",
    ]
    oss.store.clear()
    assert blobs(oss) == 0


def test_a_loaded_log_grows(oss: LocalOss) -> None:
    lines = [Item(name, b"one\n", appendable=True) for name in ("log", "log2")]
    oss.service.load("videos", lines)
    bucket = oss.bucket()
    before = bucket.head_object("log")
    assert (before.object_type, before.headers["x-oss-next-append-position"]) == ("Appendable", "4")
    assert bucket.append_object("log", 4, b"two\n").next_position == 8
    assert bucket.append_object("log", 8, b"three\n").next_position == 14
    assert bucket.get_object("log").read() == b"one\ntwo\nthree\n"
    assert bucket.get_object("log2").read() == b"one\n"


def test_what_cannot_be_loaded_leaves_nothing(oss: LocalOss) -> None:
    oss.store.put("videos", "there", b"x")
    refused: list[tuple[str, Item, str]] = [
        ("videos", Item("there"), "FileAlreadyExists"),
        ("videos", Item("new"), "FileAlreadyExists"),  # twice
        ("videos", Item("/new"), "InvalidObjectName"),
        ("videos", Item("other", storage_class="Wooden"), "InvalidArgument"),
        ("nowhere", Item("other"), "NoSuchBucket"),
    ]
    for bucket, item, code in refused:
        with pytest.raises(OssError, match=code):
            oss.service.load(bucket, [Item("new", b"y"), item])
    assert [found.key for found in oss.store.list("videos")] == ["there"]
    assert blobs(oss) == 1


def test_it_survives_a_restart_and_its_file_goes_with_the_last_object(tmp_path: Path) -> None:
    def opened() -> Store:
        return Store(tmp_path / "store")

    store = opened()
    store.create_bucket("videos")
    store.load("videos", numbered(2))
    store.close()
    store = opened()
    assert store.get("videos", "1/000001.mp4") == b"film 1"
    for found in store.list("videos"):
        store.objects.delete("videos", found.key)
    store.close()
    store = opened()
    assert not [*(tmp_path / "store" / "blobs").iterdir()]
    store.close()


def steps_of_last_page(store: Store, bucket: str) -> int:
    """Hundreds of SQLite's instructions for the last page of 1,000."""
    counted: list[int] = []
    after = store.listing.page(bucket, limit=1000).next_marker
    while True:
        counted.clear()
        store._database._connection.set_progress_handler(lambda: counted.append(1), 100)
        after = store.listing.page(bucket, after=after).next_marker
        store._database._connection.set_progress_handler(None, 0)
        if not after:
            return len(counted)


def test_tens_of_thousands_take_seconds_and_a_page_costs_the_same_everywhere(oss: LocalOss) -> None:
    started = time.process_time()
    oss.service.load("videos", numbered(20_000))
    assert time.process_time() - started < 5  # it takes half a second
    oss.store.create_bucket("few")
    oss.service.load("few", numbered(2_000))
    assert steps_of_last_page(oss.store, "videos") < 1.5 * steps_of_last_page(oss.store, "few")
    page: Any = oss.v2().list_objects_v2(oss_v2.ListObjectsV2Request("videos", max_keys=1000, start_after="3/"))
    assert (len(page.contents), page.contents[0].key) == (1000, "3/000003.mp4")

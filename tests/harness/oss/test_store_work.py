"""What the store does is counted: work grows with what is asked for, and nothing is hashed or done twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from harness.http.crc64 import combine, crc64
from harness.oss import OssError, Store
from harness.oss.notifications import NotificationRule
from harness.oss.state import blobs
from harness.oss.state.model import Attributes
from tests.harness.oss.local import LocalOss

PART = bytes(range(256)) * 400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store")
    made.create_bucket("videos")
    yield made
    made.close()


def steps(store: Store, objects: int) -> dict[str, int]:
    """Hundreds of SQLite's instructions for a listing of all versions and for a bucket's statistics."""
    store.create_bucket(f"with-{objects}")
    with store._database.transaction():
        for number in range(objects):
            store.put(f"with-{objects}", f"{number:05}", b"")
    counts = {"versions": 0, "statistics": 0}
    for name, look in (("versions", store.versions), ("statistics", store.statistics)):

        def count(name: str = name) -> None:
            counts[name] += 1

        store._database._connection.set_progress_handler(count, 100)
        look(f"with-{objects}")
        store._database._connection.set_progress_handler(None, 0)
    return counts


def test_listings_and_statistics_are_linear(store: Store) -> None:
    few, many = steps(store, 100), steps(store, 800)
    for name, count in many.items():
        assert count < 16 * few[name], (name, few, many)


def test_a_list_of_objects_does_not_walk_through_their_versions(store: Store) -> None:
    store.set_versioning("videos", "Enabled")
    with store._database.transaction():
        for _ in range(2000):
            store.put("videos", "k", b"")
    counted: list[int] = []
    store._database._connection.set_progress_handler(lambda: counted.append(1), 100)
    assert len(store.list("videos")) == 1
    store._database._connection.set_progress_handler(None, 0)
    assert len(counted) < 20


@pytest.mark.parametrize("lengths", [(0, 0), (0, 5), (7, 0), (1, 1), (4096, 123_457)])
def test_crcs_combine(lengths: tuple[int, int]) -> None:
    first, second = map(os.urandom, lengths)
    assert combine(crc64(first), crc64(second), len(second)) == crc64(first + second)


def test_completing_hashes_nothing_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = store.uploads.initiate("videos", "big", Attributes())
    for number in (1, 2, 3):
        store.uploads.put_part(upload, number, store.write([PART, b"%d" % number]))
    hashed: list[int] = []

    def counting(data: bytes, crc: int = 0) -> int:
        hashed.append(len(data))
        return crc64(data, crc)

    monkeypatch.setattr(blobs, "crc64", counting)
    store.discard(store.write([b"1234"]))
    assert hashed.pop() == 4  # it does count
    made = store.uploads.complete(upload, None).object
    assert hashed == []
    whole = b"".join(PART + b"%d" % number for number in (1, 2, 3))
    assert (store.get("videos", "big"), made.content.crc64) == (whole, crc64(whole))


@pytest.mark.parametrize("versioning", ["", "Enabled"])
def test_a_repeated_completion_gets_the_same_answer(oss: LocalOss, versioning: str) -> None:
    if versioning:
        oss.store.set_versioning("videos", versioning)
    told: list[bytes] = []
    events = ("oss:ObjectCreated:CompleteMultipartUpload",)
    oss.service.notifications.add(NotificationRule("rule", "videos", events, "", "", told.append))
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("big").upload_id
    parts = [oss2.models.PartInfo(1, bucket.upload_part("big", upload, 1, PART).etag)]
    first, second = (bucket.complete_multipart_upload("big", upload, parts) for _ in range(2))
    assert (first.etag, first.crc, first.versionid) == (second.etag, second.crc, second.versionid)
    assert (len(told), len(oss.store.versions("videos"))) == (1, 1)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.complete_multipart_upload("big", upload, [oss2.models.PartInfo(1, "0" * 32)])
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part("big", upload, 2, PART)


def test_a_completion_that_comes_during_the_first_one_finds_what_that_made(oss: LocalOss) -> None:
    """As a client whose time is up sends it: the first one still copies."""
    bucket, store = oss.bucket(), oss.store
    upload = bucket.init_multipart_upload("big").upload_id
    parts = [oss2.models.PartInfo(1, bucket.upload_part("big", upload, 1, PART).etag)]
    answers: list[str] = []

    def complete() -> None:
        answers.append(oss.bucket().complete_multipart_upload("big", upload, parts).etag)

    both = [threading.Thread(target=complete) for _ in range(2)]
    with store.uploads._turns.alone(upload):
        for thread in both:
            thread.start()
    for thread in both:
        thread.join(20)
    assert answers == [store.stat("videos", "big").etag] * 2
    assert len(store.versions("videos")) == 1


@pytest.mark.parametrize("position", [0, 1])
def test_an_append_stops_nobody_else(store: Store, position: int) -> None:
    if position:
        store.objects.append("videos", "log", 0, [b"x"], Attributes())

    def pieces() -> Iterator[bytes]:
        yield b"y"
        other = threading.Thread(target=store.put, args=("videos", "other", b"film"))
        other.start()
        other.join(20)
        assert not other.is_alive()
        yield b"z"

    store.objects.append("videos", "log", position, pieces(), Attributes())
    assert store.get("videos", "other") == b"film"
    assert store.get("videos", "log") == b"x" * position + b"yz"
    assert store.stat("videos", "log").content.crc64 == crc64(b"x" * position + b"yz")


@pytest.mark.parametrize("position", [0, 1])
def test_what_happens_during_an_append_is_not_lost(store: Store, position: int) -> None:
    if position:
        store.objects.append("videos", "log", 0, [b"x"], Attributes())

    def pieces() -> Iterator[bytes]:
        yield b"y"
        store.objects.delete("videos", "log")
        store.put("videos", "log", b"somebody else's")

    with pytest.raises(OssError, match="ObjectNotAppendable"):
        store.objects.append("videos", "log", position, pieces(), Attributes())
    assert store.get("videos", "log") == b"somebody else's"
    store.objects.delete("videos", "log")
    assert not list((store.blobs._directory).iterdir())

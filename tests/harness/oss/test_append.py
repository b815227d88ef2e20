"""AppendObject is compare-and-swap, which the tracking log rests on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from tests.harness.oss.local import LocalOss


def test_each_append_names_the_length_it_saw(oss: LocalOss) -> None:
    bucket = oss.bucket()
    first = bucket.append_object("log", 0, b"one\n", init_crc=0)
    second = bucket.append_object("log", first.next_position, b"two\n", init_crc=first.crc)
    assert (first.next_position, second.next_position) == (4, 8)
    head = bucket.head_object("log")
    assert head.object_type == "Appendable"
    assert head.headers["x-oss-next-append-position"] == "8"
    assert head.headers["x-oss-hash-crc64ecma"] == str(second.crc)
    assert head.etag == second.etag != first.etag
    assert bucket.get_object("log").read() == b"one\ntwo\n"


@pytest.mark.parametrize("position", [0, 3, 5])
def test_another_length_is_refused_and_told(oss: LocalOss, position: int) -> None:
    oss.bucket().append_object("log", 0, b"one\n")
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as caught:
        oss.bucket().append_object("log", position, b"two\n")
    assert (caught.value.status, caught.value.next_position) == (409, 4)
    assert oss.store.get("videos", "log") == b"one\n"


def test_last_modified_is_the_last_append(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.append_object("log", 0, b"one\n")
    before = bucket.head_object("log").last_modified
    oss.clock.ahead = 60
    bucket.append_object("log", 4, b"two\n")
    after = bucket.head_object("log")
    assert 59 <= after.last_modified - before <= 62
    assert oss2.utils.http_to_unixtime(after.headers["Date"]) - after.last_modified <= 2


def test_normal_objects_cannot_be_appended_to(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        oss.bucket().append_object("k", 0, b"x")


def test_the_first_append_sets_the_attributes(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.append_object("log", 0, b"", headers={"Content-Type": "application/x-ndjson", "x-oss-meta-a": "1"})
    bucket.append_object("log", 0, b"x", headers={"Content-Type": "text/plain", "x-oss-meta-a": "2"})
    head = bucket.head_object("log")
    assert (head.content_type, head.headers["x-oss-meta-a"]) == ("application/x-ndjson", "1")


def test_a_put_replaces_and_a_delete_starts_anew(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.append_object("log", 0, b"one")
    bucket.put_object("log", b"put")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("log", 3, b"x")
    bucket.delete_object("log")
    assert bucket.append_object("log", 0, b"anew").next_position == 4


@pytest.mark.parametrize("versioning", ["", "Enabled", "Suspended"])
def test_of_many_at_once_exactly_one_wins_each_position(oss: LocalOss, versioning: str) -> None:
    if versioning:
        oss.store.set_versioning("videos", versioning)
    threads, rounds = 16, 5
    start = threading.Barrier(threads)

    def contend(name: int) -> int:
        bucket, won = oss.bucket(), 0
        start.wait(10)
        for turn in range(rounds):
            try:
                bucket.append_object("log", turn * 4, f"{turn}{name:02d}\n".encode())
                won += 1
            except oss2.exceptions.PositionNotEqualToLength:
                while len(oss.store.get("videos", "log")) < (turn + 1) * 4:
                    pass  # the winner's append is only just being answered
        return won

    with ThreadPoolExecutor(threads) as pool:
        wins = list(pool.map(contend, range(threads)))
    assert sum(wins) == rounds
    lines = oss.store.get("videos", "log").decode().split()
    assert [int(line[0]) for line in lines] == list(range(rounds))
    assert len(oss.store.versions("videos")) == 1


def test_content_md5_of_an_append(oss: LocalOss) -> None:
    with pytest.raises(oss2.exceptions.InvalidDigest):
        oss.bucket().append_object("log", 0, b"x", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="})
    assert oss.store.list("videos") == []


@pytest.mark.parametrize("position", ["-1", "x", "", "9" * 5000])
def test_positions_that_are_none(oss: LocalOss, position: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        oss.bucket().append_object("log", position, b"x")


def test_a_large_append_spills_and_is_whole(oss: LocalOss) -> None:
    data = bytes(range(256)) * 8192
    first = oss.bucket().append_object("log", 0, data, init_crc=0)
    grown = oss.bucket().append_object("log", len(data), data, init_crc=first.crc)
    assert grown.next_position == 2 * len(data)
    assert oss.bucket().get_object("log").read() == data * 2


def test_with_the_v2_sdk(oss: LocalOss) -> None:
    client = oss.v2()
    first = client.append_object(oss_v2.AppendObjectRequest("videos", "log", position=0, body=b"one\n"))
    assert first.next_position == 4
    with pytest.raises(oss_v2.exceptions.OperationError) as caught:
        client.append_object(oss_v2.AppendObjectRequest("videos", "log", position=0, body=b"two\n"))
    error = caught.value.unwrap()
    assert (error.status_code, error.code) == (409, "PositionNotEqualToLength")
    assert error.headers["x-oss-next-append-position"] == "4"

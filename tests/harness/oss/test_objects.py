"""Put, get, head and delete through oss2: bytes, headers, conditions, ranges."""

from __future__ import annotations

import base64
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import oss2
import pytest
import requests

from tests.harness.oss.local import AWKWARD_KEY, LocalOss

DATA = bytes(range(256)) * 8


def test_put_then_get_and_head(oss: LocalOss) -> None:
    bucket = oss.bucket()
    put = bucket.put_object(
        AWKWARD_KEY, DATA, headers={"Content-Type": "video/mp4", "x-oss-meta-Author": "猫".encode()}
    )
    assert put.etag == hashlib.md5(DATA).hexdigest().upper()
    got = bucket.get_object(AWKWARD_KEY)
    assert got.read() == DATA
    assert got.client_crc == got.server_crc == put.crc
    head = bucket.head_object(AWKWARD_KEY)
    assert (head.content_length, head.content_type, head.etag) == (len(DATA), "video/mp4", put.etag)
    assert head.object_type == "Normal"
    assert head.headers["x-oss-meta-author"].encode("latin-1").decode() == "猫"
    assert head.headers["Content-MD5"] == base64.b64encode(hashlib.md5(DATA).digest()).decode()
    assert head.headers["x-oss-storage-class"] == "Standard"


def test_headers_of_every_answer(oss: LocalOss) -> None:
    oss.clock.ahead = 100
    put = oss.bucket().put_object("k", b"")
    assert len(bytes.fromhex(put.request_id)) == 12
    assert put.headers["Server"] == "AliyunOSS"
    assert put.headers["x-oss-server-time"].isdigit()
    head = oss.bucket().head_object("k")
    assert 0 <= oss2.utils.http_to_unixtime(head.headers["Date"]) - head.last_modified <= 2
    assert abs(head.last_modified - oss.clock()) <= 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cache-Control", "no-cache"),
        ("Content-Disposition", 'attachment; filename="a.mp4"'),
        ("Content-Encoding", "identity"),
        ("Content-Language", "zh-CN"),
        ("Expires", "Fri, 28 Feb 2031 05:38:42 GMT"),
        ("x-oss-server-side-encryption", "AES256"),
    ],
)
def test_stored_headers_come_back(oss: LocalOss, name: str, value: str) -> None:
    oss.bucket().put_object("k", b"x", headers={name: value})
    assert oss.bucket().head_object("k").headers[name] == value
    overridden = oss.bucket().get_object("k", params={f"response-{name.lower()}": "other"})
    assert overridden.read() == b"x"
    assert overridden.headers[name] == (value if name.startswith("x-oss-") else "other")


def test_content_md5_is_checked(oss: LocalOss) -> None:
    right = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    assert oss.bucket().put_object("k", b"x", headers={"Content-MD5": right}).status == 200
    for wrong in (base64.b64encode(b"\0" * 16).decode(), "bm90IDE2IGJ5dGVz", "!"):
        with pytest.raises(oss2.exceptions.InvalidDigest):
            oss.bucket().put_object("other", b"x", headers={"Content-MD5": wrong})
    assert [found.key for found in oss.store.list("videos")] == ["k"]


@pytest.mark.parametrize(
    ("wanted", "standard", "status", "content_range"),
    [
        ("bytes=0-9", False, 206, "bytes 0-9/2048"),
        ("bytes=2000-", False, 206, "bytes 2000-2047/2048"),
        ("bytes=-48", False, 206, "bytes 2000-2047/2048"),
        ("bytes=0-1,5-6", False, 206, "bytes 0-1/2048"),
        ("bytes=2000-3000", False, 200, None),
        ("bytes=3000-", False, 200, None),
        ("bytes=9-1", False, 200, None),
        ("byte=0-9", False, 200, None),
        ("bytes=-", False, 200, None),
        ("bytes=-3000", False, 200, None),
        ("bytes=2000-3000", True, 206, "bytes 2000-2047/2048"),
        ("bytes=-3000", True, 206, "bytes 0-2047/2048"),
        ("bytes=2048-", True, 416, None),
        ("bytes=-0", True, 416, None),
    ],
)
def test_ranges(oss: LocalOss, wanted: str, standard: bool, status: int, content_range: str | None) -> None:
    oss.store.put("videos", "k", DATA)
    headers = {"Range": wanted} | ({"x-oss-range-behavior": "standard"} if standard else {})
    url = oss.bucket().sign_url("GET", "k", 60, headers=headers)
    got = requests.get(url, headers=headers, timeout=10)
    assert got.status_code == status
    if status == 416:
        assert "<Code>InvalidRange</Code>" in got.text
        return
    assert got.headers.get("Content-Range") == content_range
    first, last = (content_range or "bytes 0-2047/").split()[1].split("/")[0].split("-")
    assert got.content == DATA[int(first) : int(last) + 1]


PAST, FUTURE = formatdate(0, usegmt=True), formatdate(4_000_000_000, usegmt=True)
ETAG = hashlib.md5(b"x").hexdigest().upper()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": f'"{ETAG}"'}, 200),
        ({"If-Match": '"OTHER"'}, 412),
        ({"If-None-Match": f'"{ETAG}"'}, 304),
        ({"If-None-Match": '"OTHER"'}, 200),
        ({"If-Modified-Since": PAST}, 200),
        ({"If-Modified-Since": FUTURE}, 304),
        ({"If-Unmodified-Since": PAST}, 412),
        ({"If-Unmodified-Since": FUTURE}, 200),
        ({"If-Modified-Since": "no date"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(oss: LocalOss, method: str, headers: dict[str, str], status: int) -> None:
    oss.store.put("videos", "k", b"x")
    url = oss.bucket().sign_url(method, "k", 60)
    answer = requests.request(method, url, headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.content == (b"x" if (status, method) == (200, "GET") else answer.content)
    if method == "HEAD" and status == 412:
        assert b"<Code>PreconditionFailed</Code>" in base64.b64decode(answer.headers["x-oss-err"])


def test_conditional_put_does_not_exist(oss: LocalOss) -> None:
    with pytest.raises(oss2.exceptions.NotImplemented) as caught:
        oss.bucket().put_object("k", b"x", headers={"If-None-Match": "*"})
    assert caught.value.details["Header"] == "If-None-Match"
    assert not oss.bucket().object_exists("k")


def test_forbid_overwrite(oss: LocalOss) -> None:
    bucket, forbid = oss.bucket(), {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("k", b"first", headers=forbid)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("k", b"second", headers=forbid)
    assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")
    assert oss.store.get("videos", "k") == b"first"
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Suspended"))
    bucket.put_object("k", b"third", headers=forbid)
    assert oss.store.get("videos", "k") == b"third"


def test_missing_objects(oss: LocalOss) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey) as caught:
        oss.bucket().get_object("nothing")
    assert caught.value.details["Key"] == "nothing"
    assert caught.value.details["EC"] == caught.value.headers["x-oss-ec"] == "0026-00000001"
    with pytest.raises(oss2.exceptions.NotFound) as headed:
        oss.bucket().head_object("nothing")
    assert headed.value.details["Code"] == "NoSuchKey"
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        oss.bucket("nowhere").get_object("k")


def test_delete_answers_204_either_way(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x")
    assert oss.bucket().delete_object("k").status == 204
    assert oss.bucket().delete_object("k").status == 204
    assert oss.store.list("videos") == []


def test_batch_delete(oss: LocalOss) -> None:
    keys = [AWKWARD_KEY, "b", "line\nbreak", "never there"]
    for key in keys[:3]:
        oss.store.put("videos", key, b"x")
    assert oss.bucket().batch_delete_objects(keys).deleted_keys == keys
    assert oss.store.list("videos") == []


def test_object_meta_is_short(oss: LocalOss) -> None:
    oss.bucket().put_object("k", b"xy", headers={"Content-Type": "video/mp4"})
    meta = oss.bucket().get_object_meta("k")
    assert meta.content_length == 2
    assert "Content-Type" not in meta.headers


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-oss-object-acl": "open"}, "InvalidArgument"),
        ({"x-oss-storage-class": "Cheap"}, "InvalidArgument"),
        ({"x-oss-server-side-encryption": "ROT13"}, "InvalidEncryptionAlgorithmError"),
        ({"x-oss-meta-a": "x" * 9000}, "InvalidArgument"),
        ({"x-oss-meta-my_key": "x"}, "InvalidArgument"),
        ({"x-oss-meta-": "x"}, "InvalidArgument"),
        ({"x-oss-tagging": "&".join(f"k{n}=v" for n in range(11))}, "InvalidTag"),
        ({"x-oss-tagging": f"{'k' * 129}=v"}, "InvalidTag"),
        ({"x-oss-callback": "e30="}, "NotImplemented"),
    ],
)
def test_refused_headers(oss: LocalOss, headers: dict[str, str], code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        oss.bucket().put_object("k", b"x", headers=headers)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert oss.store.list("videos") == []


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"append": "", "position": "0"}, "append"),
        ({"partNumber": "1"}, "partNumber"),
        ({"uploads": ""}, "uploads"),
    ],
)
def test_half_of_another_operation_is_no_put(oss: LocalOss, parameters: dict[str, str], name: str) -> None:
    oss.store.put("videos", "k", b"before")
    with pytest.raises(oss2.exceptions.InvalidArgument) as caught:
        oss.bucket()._do("PUT", "videos", "k", params=parameters, data=b"x")
    assert caught.value.details["ArgumentName"] == name
    assert oss.store.get("videos", "k") == b"before"


def test_archived_objects_cannot_be_read(oss: LocalOss) -> None:
    oss.bucket().put_object("k", b"x", headers={"x-oss-storage-class": "Archive"})
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        oss.bucket().get_object("k")
    assert (caught.value.status, caught.value.code) == (403, "InvalidObjectState")


def test_of_many_forbidding_to_overwrite_one_wins(oss: LocalOss) -> None:
    start = threading.Barrier(12)

    def create(number: int) -> bytes | None:
        start.wait(10)
        try:
            oss.bucket().put_object("k", b"%d" % number, headers={"x-oss-forbid-overwrite": "true"})
        except oss2.exceptions.ServerError as exc:
            if exc.code != "FileAlreadyExists":
                raise
            return None
        return b"%d" % number

    with ThreadPoolExecutor(12) as pool:
        winners = [data for data in pool.map(create, range(12)) if data]
    assert winners == [oss.store.get("videos", "k")]

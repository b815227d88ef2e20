"""Buckets, and lists of what is in them."""

from __future__ import annotations

from itertools import product
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from tests.harness.oss.local import AWKWARD_KEY, TEMP_BUCKET, LocalOss


def test_a_buckets_life(oss: LocalOss) -> None:
    bucket = oss.bucket("fresh")
    bucket.create_bucket("public-read")
    info = bucket.get_bucket_info()
    assert (info.name, info.location, info.acl.grant) == ("fresh", "oss-cn-beijing", "public-read")
    assert info.extranet_endpoint == "oss-cn-beijing.aliyuncs.com"
    assert info.intranet_endpoint == "oss-cn-beijing-internal.aliyuncs.com"
    assert info.owner.id == "1234567890123456"
    assert info.versioning_status is None
    assert bucket.get_bucket_location().location == "oss-cn-beijing"
    bucket.put_bucket_acl("private")
    assert bucket.get_bucket_acl().acl == "private"
    bucket.put_object("k", b"xy")
    stat = bucket.get_bucket_stat()
    assert (stat.object_count, stat.storage_size_in_bytes) == (1, 2)
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("k")
    assert bucket.delete_bucket().status == 204
    assert not oss.store.has_bucket("fresh")


def test_creating_ones_own_bucket_again_is_no_error(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x")
    oss.bucket().create_bucket()
    assert oss.store.get("videos", "k") == b"x"


def test_list_buckets_in_pages(oss: LocalOss) -> None:
    service = oss.buckets()
    assert [found.name for found in service.list_buckets().buckets] == [TEMP_BUCKET, "videos"]
    assert [found.name for found in oss2.BucketIterator(service, max_keys=1)] == [TEMP_BUCKET, "videos"]
    assert [found.name for found in service.list_buckets(prefix="vid").buckets] == ["videos"]


@pytest.mark.parametrize("name", ["ab", "Videos", "-videos", "videos-", "vid_eos", "v" * 64, "vid.eos"])
def test_bucket_names(oss: LocalOss, name: str) -> None:
    bucket = oss.bucket()
    bucket.bucket_name = name  # the client would refuse it itself
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.create_bucket()
    assert (caught.value.status, caught.value.code) == (400, "InvalidBucketName")


def test_versioning_is_never_unset(oss: LocalOss) -> None:
    bucket = oss.bucket()
    assert bucket.get_bucket_versioning().status is None
    for status in ("Enabled", "Suspended"):
        bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig(status))
        assert bucket.get_bucket_versioning().status == status
        assert bucket.get_bucket_info().versioning_status == status
    with pytest.raises(oss2.exceptions.MalformedXml):
        bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig("Off"))


KEYS = ["a", "a/1", "a/2", "a/b/3", "a0", "b/", "b/\U0001f600", "b/\uffff", "c%2F", "line\rbreak", AWKWARD_KEY]


def in_byte_order(keys: list[str]) -> list[str]:
    return sorted(keys, key=str.encode)


def expected(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """Keys and common prefixes as a list would show them, worked out the plain way."""
    found = set()
    for key in keys:
        if key.startswith(prefix):
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            found.add(key[: cut + len(delimiter)] if cut >= 0 else key)
    return in_byte_order(list(found))


@pytest.mark.parametrize(
    ("prefix", "delimiter", "size"), list(product(["", "a", "a/", "b/", "none"], ["", "/", "/b/"], [1, 3]))
)
def test_every_way_to_list(oss: LocalOss, prefix: str, delimiter: str, size: int) -> None:
    for key in KEYS:
        oss.store.put("videos", key, b"x")
    wanted = expected(KEYS, prefix, delimiter)
    bucket = oss.bucket()
    v1 = oss2.ObjectIterator(bucket, prefix, delimiter, max_keys=size)
    v2 = oss2.ObjectIteratorV2(bucket, prefix, delimiter, max_keys=size)
    assert [found.key for found in v1] == wanted
    assert [found.key for found in v2] == wanted
    pages = (
        oss.v2()
        .list_objects_v2_paginator()
        .iter_page(oss_v2.ListObjectsV2Request("videos", prefix=prefix, delimiter=delimiter, max_keys=size))
    )
    assert in_byte_order([name for page in pages for name in names(page)]) == wanted


def names(page: Any) -> list[str]:
    return [found.key for found in page.contents or []] + [p.prefix for p in page.common_prefixes or []]


def test_what_a_list_says_of_an_object(oss: LocalOss) -> None:
    put = oss.bucket().put_object("k", b"xy")
    (found,) = oss.bucket().list_objects_v2(fetch_owner=True).object_list
    assert (found.size, found.type, found.storage_class, found.etag) == (2, "Normal", "Standard", put.etag)
    assert found.owner.id == "1234567890123456"
    assert found.last_modified == oss.bucket().head_object("k").last_modified


def test_start_after_and_marker(oss: LocalOss) -> None:
    for key in KEYS:
        oss.store.put("videos", key, b"x")
    listed = oss.bucket().list_objects_v2(start_after="a/2").object_list
    assert [found.key for found in listed] == in_byte_order(KEYS)[3:]
    listed = oss.bucket().list_objects(marker="zzz").object_list
    assert [found.key for found in listed] == [AWKWARD_KEY]


@pytest.mark.parametrize("size", [0, 1001, -1, "x"])
def test_page_sizes(oss: LocalOss, size: Any) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        oss.bucket().list_objects_v2(max_keys=size)


def test_a_continuation_token_of_another_world(oss: LocalOss) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        oss.bucket().list_objects_v2(continuation_token="!")

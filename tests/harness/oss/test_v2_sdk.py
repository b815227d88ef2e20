"""alibabacloud_oss_v2, its asyncio client and its transfer managers, over the operations that differ from oss2."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import alibabacloud_oss_v2 as oss_v2
import alibabacloud_oss_v2.aio as oss_aio
import pytest

from harness.oss.state.model import Attributes
from tests.harness.oss.local import AWKWARD_KEY, LocalOss


def test_buckets(oss: LocalOss) -> None:
    client = oss.v2()
    client.put_bucket(oss_v2.PutBucketRequest("fresh", acl="private"))
    info = client.get_bucket_info(oss_v2.GetBucketInfoRequest("fresh")).bucket_info
    assert (info.name, info.location, info.acl, info.versioning) == ("fresh", "oss-cn-beijing", "private", None)
    assert info.owner.id == "1234567890123456"
    enabled = oss_v2.VersioningConfiguration(status="Enabled")
    client.put_bucket_versioning(oss_v2.PutBucketVersioningRequest("fresh", enabled))
    assert client.get_bucket_versioning(oss_v2.GetBucketVersioningRequest("fresh")).version_status == "Enabled"
    location = client.get_bucket_location(oss_v2.GetBucketLocationRequest("fresh"))
    assert location.location == "oss-cn-beijing"
    names = [
        b.name
        for page in client.list_buckets_paginator().iter_page(oss_v2.ListBucketsRequest())
        for b in page.buckets
    ]
    assert "fresh" in names
    assert client.is_bucket_exist("fresh")
    client.delete_bucket(oss_v2.DeleteBucketRequest("fresh"))
    assert not client.is_bucket_exist("fresh")


def test_what_protects_a_bucket_is_in_its_info(oss: LocalOss) -> None:
    client = oss.v2()
    made = oss_v2.CreateBucketConfiguration(storage_class="Archive")
    client.put_bucket(oss_v2.PutBucketRequest("fresh", create_bucket_configuration=made))
    default = oss_v2.ApplyServerSideEncryptionByDefault(sse_algorithm="KMS", kms_master_key_id="my-key")
    rule = oss_v2.ServerSideEncryptionRule(apply_server_side_encryption_by_default=default)
    client.put_bucket_encryption(oss_v2.PutBucketEncryptionRequest("fresh", server_side_encryption_rule=rule))
    suspended = oss_v2.VersioningConfiguration(status="Suspended")
    client.put_bucket_versioning(oss_v2.PutBucketVersioningRequest("fresh", suspended))
    info = client.get_bucket_info(oss_v2.GetBucketInfoRequest("fresh")).bucket_info
    assert (info.sse_rule.sse_algorithm, info.sse_rule.kms_master_key_id) == ("KMS", "my-key")
    assert (info.versioning, info.storage_class, info.block_public_access) == ("Suspended", "Archive", False)
    client.put_object(oss_v2.PutObjectRequest("fresh", "a", body=b"x"))
    client.put_object(oss_v2.PutObjectRequest("fresh", "b", body=b"x", storage_class="IA"))
    listed = client.list_objects_v2(oss_v2.ListObjectsV2Request("fresh")).contents
    assert [found.storage_class for found in listed] == ["Archive", "IA"]


def test_objects(oss: LocalOss) -> None:
    client = oss.v2()
    put = oss_v2.PutObjectRequest(
        "videos", AWKWARD_KEY, body=b"moving", metadata={"a": "1"}, tagging="t=v", content_type="video/mp4"
    )
    etag = client.put_object(put).etag
    head = client.head_object(oss_v2.HeadObjectRequest("videos", AWKWARD_KEY))
    assert (head.etag, head.content_length, head.content_type) == (etag, 6, "video/mp4")
    assert (head.metadata, head.tagging_count, head.object_type) == ({"a": "1"}, 1, "Normal")
    part = oss_v2.GetObjectRequest("videos", AWKWARD_KEY, range_header="bytes=2-90", range_behavior="standard")
    assert client.get_object(part).body.content == b"ving"
    tags = client.get_object_tagging(oss_v2.GetObjectTaggingRequest("videos", AWKWARD_KEY))
    assert [(tag.key, tag.value) for tag in tags.tag_set.tags] == [("t", "v")]
    copied = client.copy_object(
        oss_v2.CopyObjectRequest("videos", "copy", source_key=AWKWARD_KEY, source_bucket="videos")
    )
    assert copied.etag == etag
    client.put_symlink(oss_v2.PutSymlinkRequest("videos", "link", symlink_target=quote(AWKWARD_KEY)))
    assert client.get_object(oss_v2.GetObjectRequest("videos", "link")).body.content == b"moving"
    client.put_object_acl(oss_v2.PutObjectAclRequest("videos", "copy", acl="public-read"))
    assert client.get_object_acl(oss_v2.GetObjectAclRequest("videos", "copy")).acl == "public-read"
    assert client.is_object_exist("videos", "copy")
    gone = [oss_v2.DeleteObject(key=key) for key in ("copy", "link")]
    deleted = client.delete_multiple_objects(oss_v2.DeleteMultipleObjectsRequest("videos", objects=gone))
    assert [found.key for found in deleted.deleted_objects] == ["copy", "link"]
    assert not client.is_object_exist("videos", "copy")


def test_forbid_overwrite(oss: LocalOss) -> None:
    client = oss.v2()
    request = oss_v2.PutObjectRequest("videos", "k", body=b"first", forbid_overwrite="true")
    client.put_object(request)
    with pytest.raises(oss_v2.exceptions.OperationError) as caught:
        client.put_object(request)
    error = caught.value.unwrap()
    assert (error.status_code, error.code) == (409, "FileAlreadyExists")
    assert error.request_id


def test_errors_of_get_and_head(oss: LocalOss) -> None:
    client = oss.v2()
    calls: list[Any] = [
        lambda: client.get_object(oss_v2.GetObjectRequest("videos", "nothing")),
        lambda: client.head_object(oss_v2.HeadObjectRequest("videos", "nothing")),
    ]
    for call in calls:
        with pytest.raises(oss_v2.exceptions.OperationError) as caught:
            call()
        error = caught.value.unwrap()
        assert (error.status_code, error.code, error.ec) == (404, "NoSuchKey", "0026-00000001")


def test_uploader_and_downloader(oss: LocalOss, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 4000)
    client = oss.v2()
    client.uploader(part_size=300 * 1024).upload_file(oss_v2.PutObjectRequest("videos", "big"), str(source))
    assert oss.store.stat("videos", "big").etag.endswith("-4")
    client.downloader(part_size=300 * 1024).download_file(oss_v2.GetObjectRequest("videos", "big"), str(target))
    assert target.read_bytes() == source.read_bytes()


def test_asyncio_client_learns_of_a_conflict(oss: LocalOss) -> None:
    """What else this client does is a column of tests/clients."""
    oss.store.objects.append("videos", "log", 0, [b"one\n"], Attributes())

    async def use() -> str:
        async with oss_aio.AsyncClient(oss.v2_config()) as client:
            with pytest.raises(oss_v2.exceptions.OperationError) as caught:
                await client.append_object(oss_v2.AppendObjectRequest("videos", "log", position=0, body=b"two\n"))
            return str(caught.value.unwrap().code)

    assert asyncio.run(use()) == "PositionNotEqualToLength"
    assert oss.store.get("videos", "log") == b"one\n"

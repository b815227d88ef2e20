"""What clients learn of a bucket: whether it exists, what it holds, how it is set."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from harness.oss import Store
from harness.oss.state.model import Attributes
from tests.harness.oss.local import LocalOss


def stranger(oss: LocalOss) -> Any:
    """Credentials that this OSS does not know."""
    return replace(oss.owner, access_key_id="LTAI5tNobody")


@pytest.mark.parametrize("key", ["k", "", "/k", "k" * 1024])
def test_a_missing_bucket_is_missing_for_everybody(oss: LocalOss, key: str) -> None:
    for who in (oss.owner, stranger(oss)):
        bucket = oss.bucket("missing", who)
        with pytest.raises(oss2.exceptions.NoSuchBucket):
            bucket.get_object(key) if key else bucket.get_bucket_acl()
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidAccessKeyId"):
        oss.bucket("videos", stranger(oss)).get_bucket_acl()


def test_is_bucket_exist_with_a_bad_key(oss: LocalOss) -> None:
    client = oss.v2(stranger(oss))
    assert (client.is_bucket_exist("videos"), client.is_bucket_exist("missing")) == (True, False)


@pytest.mark.parametrize("make", ["create_bucket", "put_bucket_acl"])
def test_a_bad_key_makes_no_bucket(oss: LocalOss, make: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidAccessKeyId"):
        getattr(oss.bucket("fresh", stranger(oss)), make)("private")
    assert not oss.store.has_bucket("fresh")


def test_an_acl_makes_the_bucket(oss: LocalOss) -> None:
    oss.bucket("fresh").put_bucket_acl("public-read")
    assert oss.store.bucket("fresh").acl == "public-read"
    role = oss.identities.assume_role("setter")
    oss.rights.let("setter", {"Effect": "Allow", "Action": "oss:PutBucketAcl", "Resource": "*"})
    oss.bucket("fresh", role).put_bucket_acl("private")
    with pytest.raises(oss2.exceptions.AccessDenied):
        oss.bucket("other", role).put_bucket_acl("private")
    assert (oss.store.bucket("fresh").acl, oss.store.has_bucket("other")) == ("private", False)


def test_info(oss: LocalOss) -> None:
    info = oss.v2().get_bucket_info(oss_v2.GetBucketInfoRequest("videos")).bucket_info
    assert (info.block_public_access, info.access_monitor, info.cross_region_replication) == (
        False,
        "Disabled",
        "Disabled",
    )
    assert info.resource_group_id
    assert info.resource_group_id == oss.buckets().list_buckets().buckets[0].resource_group_id
    assert oss.bucket().get_bucket_info().comment == ""


def test_statistics(oss: LocalOss) -> None:
    client, bucket = oss.v2(), oss.bucket()
    before = client.get_bucket_stat(oss_v2.GetBucketStatRequest("videos"))
    assert (before.storage, before.object_count, before.last_modified_time) == (0, 0, 0)
    oss.store.set_versioning("videos", "Enabled")
    for storage_class, size in (("Standard", 7), ("IA", 70_000), ("Archive", 5), ("ColdArchive", 6)):
        content = oss.store.write([b"x" * size])
        oss.store.objects.put("videos", storage_class, content, Attributes(storage_class=storage_class))
    bucket.delete_object("Standard")
    bucket.init_multipart_upload("upload")
    found = client.get_bucket_stat(oss_v2.GetBucketStatRequest("videos"))
    assert (found.object_count, found.storage, found.delete_marker_count) == (4, 70_018, 1)
    assert (found.multi_part_upload_count, found.live_channel_count) == (1, 0)
    assert found.last_modified_time >= oss.store.bucket("videos").created - 1
    assert (found.standard_storage, found.standard_object_count) == (7, 1)
    assert (found.infrequent_access_storage, found.infrequent_access_real_storage) == (70_000, 70_000)
    assert (found.archive_storage, found.archive_real_storage, found.archive_object_count) == (65_536, 5, 1)
    assert (found.cold_archive_storage, found.cold_archive_real_storage) == (65_536, 6)
    assert (found.deep_cold_archive_storage, found.deep_cold_archive_object_count) == (0, 0)


def test_a_state_directory_of_an_earlier_version(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.create_bucket("videos")
        upload = store.uploads.initiate("videos", "k", Attributes())
    with closing(sqlite3.connect(tmp_path / "oss.sqlite3")) as db:  # as it was before these columns
        db.execute("ALTER TABLE buckets DROP COLUMN encryption")
        db.execute("ALTER TABLE uploads DROP COLUMN sequential")
    with closing(Store(tmp_path)) as store:
        assert store.bucket("videos").encryption.algorithm == ""
        assert store.uploads.find("videos", "k", upload.upload_id) == upload

"""Multipart uploads: lists with a delimiter, parts in sequence, ACL and MD5 in answers."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from tests.harness.oss.local import LocalOss


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
def test_uploads_by_folder(oss: LocalOss, page_size: int) -> None:
    bucket = oss.bucket()
    own = sorted(bucket.init_multipart_upload("d/k").upload_id for _ in range(3))
    for name in ("d/a/1", "d/a/2", "d/中/1", "d/z/1/2", "e/1", "d"):
        bucket.init_multipart_upload(name)
    found = list(oss2.MultipartUploadIterator(bucket, prefix="d/", delimiter="/", max_uploads=page_size))
    assert [upload.upload_id for upload in found if not upload.is_prefix()] == own
    assert [upload.key for upload in found if upload.is_prefix()] == ["d/a/", "d/z/", "d/中/"]


def test_the_last_page_of_uploads_has_markers_too(oss: LocalOss) -> None:
    upload = oss.bucket().init_multipart_upload("k").upload_id
    page = oss.v2().list_multipart_uploads(oss_v2.ListMultipartUploadsRequest("videos"))
    assert (page.is_truncated, page.next_key_marker, page.next_upload_id_marker) == (False, "k", upload)


def assembled(oss: LocalOss, params: dict[str, str]) -> Any:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("k", params=params).upload_id
    parts = [oss2.models.PartInfo(n, bucket.upload_part("k", upload, n, b"x" * 102_400).etag) for n in (1, 2)]
    bucket.complete_multipart_upload("k", upload, parts)
    return bucket.get_object("k").headers.get("Content-MD5")


def test_a_sequential_upload_has_an_md5(oss: LocalOss) -> None:
    whole = hashlib.md5(b"x" * 204_800, usedforsecurity=False).digest()
    assert assembled(oss, {"sequential": ""}) == base64.b64encode(whole).decode()
    assert assembled(oss, {}) is None


def test_a_sequential_upload_takes_parts_in_their_order(oss: LocalOss) -> None:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("k", params={"sequential": ""}).upload_id
    for number in (1, 1, 2):  # a part may be sent again
        bucket.upload_part("k", upload, number, b"x")
    with pytest.raises(oss2.exceptions.PartNotSequential):
        bucket.upload_part("k", upload, 4, b"x")
    assert [part.part_number for part in bucket.list_parts("k", upload).parts] == [1, 2]


def test_an_uploaded_part_has_its_md5(oss: LocalOss) -> None:
    client = oss.v2()
    upload = client.initiate_multipart_upload(oss_v2.InitiateMultipartUploadRequest("videos", "k")).upload_id
    request = oss_v2.UploadPartRequest("videos", "k", part_number=1, upload_id=upload, body=b"x")
    expected = base64.b64encode(hashlib.md5(b"x", usedforsecurity=False).digest()).decode()
    assert client.upload_part(request).content_md5 == expected


@pytest.mark.parametrize("acl", ["private", "public-read", "nonsense"])
def test_the_acl_comes_with_the_completion(oss: LocalOss, acl: str) -> None:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("k").upload_id
    parts = [oss2.models.PartInfo(1, bucket.upload_part("k", upload, 1, b"x").etag)]
    headers = {"x-oss-object-acl": acl}
    if acl == "nonsense":
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.complete_multipart_upload("k", upload, parts, headers=headers)
        bucket.complete_multipart_upload("k", upload, parts)
        assert bucket.get_object_acl("k").acl == "default"
    else:
        bucket.complete_multipart_upload("k", upload, parts, headers=headers)
        assert bucket.get_object_acl("k").acl == acl

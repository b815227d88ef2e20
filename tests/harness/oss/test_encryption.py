"""Server-side encryption: what answers say of it, and a bucket's default rule."""

from __future__ import annotations

from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from tests.harness.oss.local import LocalOss

ALGORITHM = "x-oss-server-side-encryption"
DATA = "x-oss-server-side-data-encryption"
KEY_ID = "x-oss-server-side-encryption-key-id"


def said(answer: Any) -> tuple[Any, Any, bool]:
    headers = answer.headers
    return headers.get(ALGORITHM), headers.get(DATA), bool(headers.get(KEY_ID))


@pytest.mark.parametrize(
    ("algorithm", "data", "expected"),
    [
        ("", "", (None, None, False)),
        ("AES256", "", ("AES256", None, False)),
        ("SM4", "SM4", ("SM4", None, False)),
        ("KMS", "", ("KMS", None, True)),
        ("KMS", "SM4", ("KMS", "SM4", True)),
        ("", "SM4", (None, None, False)),
    ],
)
def test_what_answers_say(oss: LocalOss, algorithm: str, data: str, expected: tuple[Any, Any, bool]) -> None:
    bucket = oss.bucket()
    headers = {name: value for name, value in ((ALGORITHM, algorithm), (DATA, data)) if value}
    assert said(bucket.put_object("put", b"x", headers=headers)) == expected
    assert said(bucket.head_object("put")) == said(bucket.get_object("put")) == expected
    assert said(bucket.append_object("append", 0, b"x", headers=headers)) == expected
    assert said(bucket.append_object("append", 1, b"y", headers={ALGORITHM: "AES256"})) == expected
    begun = bucket.init_multipart_upload("parts", headers=headers)
    part = bucket.upload_part("parts", begun.upload_id, 1, b"x")
    whole = bucket.complete_multipart_upload("parts", begun.upload_id, [oss2.models.PartInfo(1, part.etag)])
    assert said(begun) == said(part) == said(whole) == expected


def test_a_copy_is_encrypted_as_its_own_request_says(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"x", headers={ALGORITHM: "KMS", "x-oss-meta-a": "1"})
    bucket.copy_object("videos", "k", "plain")
    bucket.copy_object("videos", "k", "other", headers={ALGORITHM: "AES256"})
    assert said(bucket.head_object("plain")) == (None, None, False)
    assert said(bucket.head_object("other")) == ("AES256", None, False)
    assert bucket.head_object("other").headers["x-oss-meta-a"] == "1"


def test_a_part_does_not_say_how_it_is_encrypted(oss: LocalOss) -> None:
    bucket, headers = oss.bucket(), {ALGORITHM: "KMS"}
    upload = bucket.init_multipart_upload("k", headers=headers).upload_id
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.upload_part("k", upload, 1, b"x", headers=headers)
    part = oss2.models.PartInfo(1, bucket.upload_part("k", upload, 1, b"x").etag)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.complete_multipart_upload("k", upload, [part], headers=headers)
    assert oss.store.list("videos") == []


def test_unknown_algorithms(oss: LocalOss) -> None:
    for headers in ({ALGORITHM: "ROT13"}, {ALGORITHM: "KMS", DATA: "ROT13"}):
        with pytest.raises(oss2.exceptions.ServerError, match="InvalidEncryptionAlgorithmError"):
            oss.bucket().put_object("k", b"x", headers=headers)
    assert oss.store.list("videos") == []


def test_a_new_bucket_with_a_rule(oss: LocalOss) -> None:
    bucket = oss.bucket("fresh")
    bucket.create_bucket(headers={ALGORITHM: "KMS", DATA: "SM4", KEY_ID: "my-key"})
    rule = bucket.get_bucket_info().bucket_encryption_rule
    assert (rule.sse_algorithm, rule.kms_master_keyid, rule.kms_data_encryption) == ("KMS", "my-key", "SM4")
    assert bucket.put_object("k", b"x").headers[KEY_ID] == "my-key"
    assert said(bucket.put_object("k", b"x", headers={ALGORITHM: "AES256"})) == ("AES256", None, False)


def test_a_buckets_rule(oss: LocalOss) -> None:
    client, bucket = oss.v2(), oss.bucket()
    default = oss_v2.ApplyServerSideEncryptionByDefault(sse_algorithm="AES256")
    rule = oss_v2.ServerSideEncryptionRule(apply_server_side_encryption_by_default=default)
    client.put_bucket_encryption(oss_v2.PutBucketEncryptionRequest("videos", server_side_encryption_rule=rule))
    answer = client.get_bucket_encryption(oss_v2.GetBucketEncryptionRequest("videos"))
    found = answer.server_side_encryption_rule.apply_server_side_encryption_by_default
    assert found.sse_algorithm == "AES256"
    assert said(bucket.put_object("k", b"x")) == ("AES256", None, False)
    client.delete_bucket_encryption(oss_v2.DeleteBucketEncryptionRequest("videos"))
    with pytest.raises(oss2.exceptions.NoSuchServerSideEncryptionRule):
        bucket.get_bucket_encryption()
    assert said(bucket.put_object("k", b"x")) == (None, None, False)
    assert said(bucket.head_object("k")) == (None, None, False)

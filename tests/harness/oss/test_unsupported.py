"""What is not implemented is refused the same in every operation, and leaves nothing behind."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests

from tests.harness.oss.local import LocalOss

_CALLBACK = {"callbackUrl": "http://127.0.0.1:1/", "callbackBody": "key=${object}"}
HEADERS = {"x-oss-callback": base64.b64encode(json.dumps(_CALLBACK).encode()).decode()}


def put(oss: LocalOss, headers: dict[str, str]) -> Any:
    return oss.bucket().put_object("k", b"film", headers=headers)


def append(oss: LocalOss, headers: dict[str, str]) -> Any:
    return oss.bucket().append_object("k", 0, b"film", headers=headers)


def complete(oss: LocalOss, headers: dict[str, str]) -> Any:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("k").upload_id
    parts = [oss2.models.PartInfo(1, bucket.upload_part("k", upload, 1, b"film").etag)]
    return bucket.complete_multipart_upload("k", upload, parts, headers=headers)


def put_by_url(oss: LocalOss, headers: dict[str, str]) -> Any:
    params = {"callback": headers["x-oss-callback"]}
    url = oss.bucket().sign_url("PUT", "k", 60, params=params)
    return oss2.Bucket(oss2.AnonymousAuth(), oss.url, "videos").put_object_with_url(url, b"film")


@pytest.mark.parametrize("upload", [put, append, complete, put_by_url])
def test_callbacks(oss: LocalOss, upload: Callable[[LocalOss, dict[str, str]], Any]) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        upload(oss, HEADERS)
    assert (raised.value.status, raised.value.code) == (400, "NotImplemented")
    assert "nothing was stored" in raised.value.message
    assert oss.store.list("videos") == []


def test_callbacks_of_forms(oss: LocalOss) -> None:
    oss.store.set_acl("videos", "public-read-write")
    fields = {"key": "k", "callback": HEADERS["x-oss-callback"]}
    answer = requests.post(f"{oss.url}/videos", fields, files={"file": ("a", b"film")}, timeout=10)
    assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (400, True)
    assert oss.store.list("videos") == []


#: as boto3 and rclone send them
S3 = {
    "signature V4": {
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/cn-beijing/s3/aws4_request, Signature=0"
    },
    "signature V2": {"Authorization": "AWS x:y="},
    "a header": {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"},
}


@pytest.mark.parametrize("headers", S3.values(), ids=S3)
@pytest.mark.parametrize("path", ["/", "/videos?list-type=2", "/videos/k"])
def test_clients_of_s3_are_told(oss: LocalOss, path: str, headers: dict[str, str]) -> None:
    oss.rights.open_to_all = True
    answer = requests.get(oss.url + path, headers=headers, timeout=10)
    assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (400, True)
    assert "Amazon S3" in answer.text


@pytest.mark.parametrize(
    "query", ["X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", "AWSAccessKeyId=x&Signature=y"]
)
def test_presigned_urls_of_s3(oss: LocalOss, query: str) -> None:
    answer = requests.get(f"{oss.url}/videos/k?{query}", timeout=10)
    assert (answer.status_code, "Amazon S3" in answer.text) == (400, True)

"""What this OSS does not offer is refused, and its own list names it."""

from __future__ import annotations

import re
from typing import Any

import oss2
import pytest
import requests
from alibabacloud_oss_v2.signer import SignerV1

from harness.oss import service
from harness.oss.wire import operations
from harness.signatures.oss_v1 import SUBRESOURCES
from tests.harness.oss.local import LocalOss


@pytest.mark.parametrize("name", ["qos", "qosInfo", "requesterQosInfo", "resourcePool", "lifecycle", "website"])
@pytest.mark.parametrize("path", ["videos", "videos/k"])
def test_a_sub_resource_is_no_list_and_no_object(oss: LocalOss, path: str, name: str) -> None:
    oss.rights.open_to_all = True
    oss.store.put("videos", "k", b"x")
    for method in ("GET", "PUT", "DELETE"):
        answer = requests.request(method, f"{oss.url}/{path}?{name}", timeout=10)
        assert (answer.status_code, b"<Code>NotImplemented</Code>" in answer.content) == (400, True)
    assert oss.store.get("videos", "k") == b"x"


def test_signature_version_2(oss: LocalOss) -> None:
    bucket = oss.bucket(version="v2")
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.put_object("k", b"x")
    answer = requests.put(bucket.sign_url("PUT", "k", 60), data=b"x", timeout=10)
    assert b"<Code>NotImplemented</Code>" in answer.content
    assert oss.store.list("videos") == []


@pytest.mark.parametrize(
    "params",
    [
        {"x-oss-ac-source-ip": "127.0.0.1", "x-oss-ac-subnet-mask": "32"},
        {"x-oss-ac-vpc-id": "vpc-1", "x-oss-ac-forward-allow": "true"},
    ],
)
def test_restrictions_in_a_signed_url(oss: LocalOss, params: dict[str, str]) -> None:
    oss.store.put("videos", "k", b"x")
    url = oss.bucket().sign_url("GET", "k", 60, params=params)
    assert requests.get(url, timeout=10).content == b"x"
    assert requests.get(url.replace("=127.", "=126.").replace("vpc-1", "vpc-2"), timeout=10).status_code == 403


@pytest.mark.parametrize("client", [oss2.Auth, SignerV1])
def test_what_a_client_signs_is_signed_here(client: Any) -> None:
    assert client._subresource_key_set - SUBRESOURCES == set()


def test_the_list_names_all_that_is_refused() -> None:
    named = set(re.findall(r"[\w-]+", str(service.__doc__)))
    offered = {operation.marker.partition("=")[0] for operation in operations.OPERATIONS} - {"tagging"}
    assert operations.NOT_OFFERED - named == set()
    assert offered & named == set()


def test_regions_of_buckets(oss: LocalOss) -> None:
    found: Any = oss.buckets().list_buckets(params={"regionList": ""})
    assert "videos" in [bucket.name for bucket in found.buckets]

"""Referer rules and the block of public access, by the official SDK."""

from __future__ import annotations

from datetime import timedelta

import alibabacloud_oss_v2 as oss_v2
import pytest
import requests

from harness.oss.state.protection import RefererRules
from tests.harness.oss.local import LocalOss


@pytest.mark.parametrize(
    ("rules", "referer", "admitted"),
    [
        (RefererRules(), "", True),
        (RefererRules(allow_empty=False), "", True),  # without a whitelist an empty one is not looked at
        (RefererRules(allow_empty=False, allowed=("https://a.example",)), "", False),
        (RefererRules(allowed=("https://a.example",)), "", True),
        (RefererRules(allowed=("https://*.example/",)), "https://a.example/", True),
        (RefererRules(allowed=("https://*.example/",)), "https://a.example.evil/", False),
        (RefererRules(allowed=("https://?.example/",)), "https://ab.example/", False),
        (RefererRules(allowed=("https://a.example/p",)), "https://a.example/p?q=1", True),
        (RefererRules(allowed=("https://a.example/p",), truncate_query=False), "https://a.example/p?q=1", False),
        (RefererRules(denied=("https://evil.example/*",)), "https://evil.example/x", False),
        (RefererRules(denied=("https://evil.example/*",)), "https://a.example/x", True),
    ],
)
def test_who_is_let_through(rules: RefererRules, referer: str, admitted: bool) -> None:
    assert rules.admit(referer) is admitted


def test_a_whitelist_is_for_what_anybody_may_send(oss: LocalOss) -> None:
    client = oss.v2()
    oss.store.put("videos", "clip.mp4", b"film")
    rules = oss_v2.RefererConfiguration(
        allow_empty_referer=False,
        allow_truncate_query_string=True,
        referer_list=oss_v2.RefererList(referers=["https://www.example.com"]),
        referer_blacklist=oss_v2.RefererBlacklist(referers=["https://evil.example"]),
    )
    client.put_bucket_referer(oss_v2.PutBucketRefererRequest(bucket="videos", referer_configuration=rules))
    kept = client.get_bucket_referer(oss_v2.GetBucketRefererRequest(bucket="videos")).referer_configuration
    assert (kept.allow_empty_referer, kept.referer_list.referers) == (False, ["https://www.example.com"])
    assert kept.referer_blacklist.referers == ["https://evil.example"]
    get = oss_v2.GetObjectRequest(bucket="videos", key="clip.mp4")
    url = client.presign(get, expires=timedelta(seconds=60)).url
    refused = requests.get(url, timeout=9)
    assert (refused.status_code, "bucket referer policy" in refused.text) == (403, True)
    assert requests.get(url, headers={"Referer": "https://www.example.com"}, timeout=9).content == b"film"
    with client.get_object(get).body as body:
        assert body.read() == b"film"  # who signs a header is known


def test_a_bucket_that_blocks_public_access_stays_closed(oss: LocalOss) -> None:
    client = oss.v2()
    oss.store.put("videos", "clip.mp4", b"film")
    client.put_bucket_acl(oss_v2.PutBucketAclRequest(bucket="videos", acl="public-read"))
    url = f"{oss.url}/videos/clip.mp4"
    assert requests.get(url, timeout=9).content == b"film"
    block = oss_v2.PublicAccessBlockConfiguration(block_public_access=True)
    client.put_bucket_public_access_block(
        oss_v2.PutBucketPublicAccessBlockRequest(bucket="videos", public_access_block_configuration=block)
    )
    assert requests.get(url, timeout=9).status_code == 403
    with pytest.raises(oss_v2.exceptions.OperationError, match="AccessDenied"):
        client.put_bucket_acl(oss_v2.PutBucketAclRequest(bucket="videos", acl="public-read"))
    kept = client.get_bucket_public_access_block(oss_v2.GetBucketPublicAccessBlockRequest(bucket="videos"))
    assert kept.public_access_block_configuration.block_public_access is True
    client.delete_bucket_public_access_block(oss_v2.DeleteBucketPublicAccessBlockRequest(bucket="videos"))
    assert requests.get(url, timeout=9).content == b"film"


def test_an_object_cannot_be_opened_either(oss: LocalOss) -> None:
    oss.store.put("videos", "clip.mp4", b"film")
    oss.store.protections.block_public("videos", True)
    with pytest.raises(oss_v2.exceptions.OperationError, match="AccessDenied"):
        oss.v2().put_object_acl(oss_v2.PutObjectAclRequest(bucket="videos", key="clip.mp4", acl="public-read"))

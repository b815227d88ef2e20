"""Custom domains on a bucket, and an account whose public endpoint serves no data; both SDKs unmodified."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest
import requests

from harness.cloud import LocalCloud, local_cloud
from tests.clients.oss_sdk import oss2_bucket, v2_client

BUCKET, DOMAIN, KEY = "my-videos", "videos.example.com", "uploads/a+b 100% 猫.mp4"
PUBLIC, INTERNAL = "http://oss-cn-beijing.aliyuncs.com", "http://oss-cn-beijing-internal.aliyuncs.com"


@pytest.fixture(scope="module")
def new_account() -> Iterator[LocalCloud]:
    with local_cloud(stack_file=None, buckets=(BUCKET, "other"), intercept=True, new_account=True) as started:
        yield started


@pytest.fixture(autouse=True)
def bound(new_account: LocalCloud) -> None:
    v2(new_account, INTERNAL).put_cname(put_request(BUCKET))
    new_account.oss.store.put(BUCKET, KEY, b"film")


def put_request(bucket: str) -> Any:
    cname = oss.BucketCnameConfiguration(cname=oss.Cname(domain=DOMAIN))
    return oss.PutCnameRequest(bucket=bucket, bucket_cname_configuration=cname)


def v2(cloud: LocalCloud, endpoint: str, **options: Any) -> Any:
    return v2_client(endpoint, cloud.identities.owner, retry_max_attempts=1, **options)


def get(bucket: str = BUCKET) -> Any:
    return oss.GetObjectRequest(bucket=bucket, key=KEY)


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_the_v2_sdk_works_on_a_domain(new_account: LocalCloud, version: str) -> None:
    client = v2(new_account, f"http://{DOMAIN}", use_cname=True, signature_version=version)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=KEY, body=b"new film"))
    assert client.get_object(get()).body.content == b"new film"
    url = client.presign(get(), expires=timedelta(seconds=60)).url
    assert url.startswith(f"http://{DOMAIN}/uploads/")
    assert requests.get(url, timeout=5).content == b"new film"
    assert requests.get(url.replace("uploads", "others", 1), timeout=5).status_code == 403
    assert requests.get(url.partition("?")[0], timeout=5).status_code == 403


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_oss2_works_on_a_domain(new_account: LocalCloud, version: str) -> None:
    owner = new_account.identities.owner
    bucket = oss2_bucket(f"http://{DOMAIN}", owner, BUCKET, version, is_cname=True)
    bucket.put_object(KEY, b"new film")
    assert bucket.get_object(KEY).read() == b"new film"
    url = bucket.sign_url("GET", KEY, 60, slash_safe=True)
    assert requests.get(url, timeout=5).content == b"new film"


def test_a_signature_for_another_bucket_does_not_hold_on_the_domain(new_account: LocalCloud) -> None:
    client = v2(new_account, f"http://{DOMAIN}", use_cname=True)
    assert requests.get(client.presign(get("other")).url, timeout=5).status_code == 403


def test_a_new_accounts_public_endpoint_serves_no_data(new_account: LocalCloud) -> None:
    client = v2(new_account, PUBLIC)
    answer = requests.get(client.presign(get()).url, timeout=5)
    assert answer.status_code == 400
    assert "<Code>PublicEndpointForbidden</Code>" in answer.text
    assert "<EC>0048-00000401</EC>" in answer.text
    with pytest.raises(oss.exceptions.OperationError, match="PublicEndpointForbidden"):
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="other.mp4", body=b""))
    assert not new_account.oss.store.list(BUCKET, "other.mp4")
    assert client.get_bucket_location(oss.GetBucketLocationRequest(bucket=BUCKET)).status_code == 200


def test_its_internal_endpoint_is_not_concerned(new_account: LocalCloud) -> None:
    assert v2(new_account, INTERNAL).get_object(get()).body.content == b"film"
    assert v2(new_account, new_account.url).get_object(get()).body.content == b"film"


def test_an_older_account_has_its_public_endpoint() -> None:
    with local_cloud(stack_file=None, buckets=(BUCKET,)) as older:
        older.oss.store.put(BUCKET, KEY, b"film")
        url = oss.Client.presign(v2(older, PUBLIC), get()).url.replace(
            f"http://{BUCKET}.oss-cn-beijing.aliyuncs.com", older.url
        )
        headers = {"Host": f"{BUCKET}.oss-cn-beijing.aliyuncs.com"}
        assert requests.get(url, headers=headers, timeout=5).content == b"film"


def test_domains_are_listed_and_unbound(new_account: LocalCloud) -> None:
    client = v2(new_account, INTERNAL)
    listed = client.list_cname(oss.ListCnameRequest(bucket=BUCKET))
    assert [(one.domain, one.status) for one in listed.cnames] == [(DOMAIN, "Enabled")]
    assert listed.bucket == BUCKET
    old = oss2_bucket(INTERNAL, new_account.identities.owner, BUCKET)
    assert [one.domain for one in old.list_bucket_cname().cname] == [DOMAIN]
    assert old.create_bucket_cname_token(DOMAIN).token == old.get_bucket_cname_token(DOMAIN).token
    old.delete_bucket_cname(DOMAIN)
    assert new_account.oss.store.domains.bucket_of(DOMAIN) is None


def test_a_domain_leads_to_one_bucket(new_account: LocalCloud) -> None:
    with pytest.raises(oss.exceptions.OperationError, match="NeedVerifyDomainOwnership"):
        v2(new_account, INTERNAL).put_cname(put_request("other"))
    assert new_account.oss.store.domains.bucket_of(DOMAIN) == BUCKET


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_cname_with_another_method_is_not_taken_for_the_bucket(new_account: LocalCloud, method: str) -> None:
    answer = requests.request(method, f"{new_account.url}/{BUCKET}?cname", timeout=5)
    assert "<Code>NotImplemented</Code>" in answer.text

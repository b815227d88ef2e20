"""A page of the user's own uploads with PostObject, from another origin, in a real browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import oss2
import pytest

from harness.cloud import LocalCloud
from harness.http.server import Response, Server
from tests.clients.oss_sdk import oss2_bucket
from tests.harness.console.chromium import Page

pytestmark = pytest.mark.slow

KEY = "uploads/猫 a+b.mp4"
FILM = "not really a film"


@pytest.fixture
def page_server() -> Iterator[Server]:
    made = Server(lambda _: Response(200, {"Content-Type": "text/html"}, b"<!doctype html><title>upload</title>"))
    made.start()
    yield made
    made.stop()


def fields(cloud: LocalCloud) -> dict[str, str]:
    """What the user's server gives to its page: a signed policy, and where the file goes."""
    owner = cloud.identities.owner
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    conditions = [["starts-with", "$key", "uploads/"], ["content-length-range", 1, 1000]]
    policy = base64.b64encode(json.dumps({"expiration": until, "conditions": conditions}).encode())
    digest = hmac.new(owner.access_key_secret.encode(), policy, hashlib.sha1).digest()
    return {
        "key": KEY,
        "policy": policy.decode(),
        "OSSAccessKeyId": owner.access_key_id,
        "Signature": base64.b64encode(digest).decode(),
        "success_action_status": "201",
    }


def upload(cloud: LocalCloud) -> str:
    """A JavaScript expression: status and ETag that the page sees, or an error where it sees nothing."""
    fill = f"for (const [k, v] of Object.entries({json.dumps(fields(cloud))})) form.append(k, v);"
    file = f"form.append('file', new Blob([{json.dumps(FILM)}], {{ type: 'video/mp4' }}), 'a.mp4');"
    send = f"fetch({json.dumps(cloud.url + '/my-videos')}, {{ method: 'POST', body: form }})"
    return (
        f"(() => {{ const form = new FormData(); {fill} {file} "
        f"return {send}.then((r) => [r.status, r.headers.get('ETag')], () => ['refused', null]); }})()"
    )


def allow(cloud: LocalCloud, origin: str) -> None:
    bucket = oss2_bucket(cloud.url, cloud.identities.owner, "my-videos")
    rule = oss2.models.CorsRule([origin], ["POST", "PUT"], ["*"], ["ETag"])
    bucket.put_bucket_cors(oss2.models.BucketCors([rule]))


def test_post_object_from_a_page(tab: Page, cloud: LocalCloud, page_server: Server) -> None:
    origin = f"http://localhost:{page_server.port}"
    tab.open(f"{origin}/")
    assert tab.evaluate(upload(cloud)) == ["refused", None]
    assert cloud.oss.store.list("my-videos") == []
    allow(cloud, origin)
    etag = hashlib.md5(FILM.encode()).hexdigest().upper()
    assert tab.evaluate(upload(cloud)) == [201, f'"{etag}"']
    stored = cloud.oss.store.stat("my-videos", KEY)
    assert (stored.etag, stored.attributes.content_type) == (etag, "video/mp4")
    allow(cloud, "http://localhost:1")  # rules are replaced, not added
    assert tab.evaluate(upload(cloud)) == ["refused", None]


def test_put_object_with_its_preflight(tab: Page, cloud: LocalCloud, page_server: Server) -> None:
    origin = f"http://localhost:{page_server.port}"
    bucket = oss2_bucket(cloud.url, cloud.identities.owner, "my-videos")
    headers = {"Content-Type": "video/mp4", "x-oss-meta-from": "page"}
    url = bucket.sign_url("PUT", KEY, 600, headers=headers)
    options = json.dumps({"method": "PUT", "headers": headers, "body": FILM})
    put = f"fetch({json.dumps(url)}, {options}).then((r) => r.status, () => 0)"
    tab.open(f"{origin}/")
    assert tab.evaluate(put) == 0
    allow(cloud, origin)
    assert tab.evaluate(put) == 200
    assert cloud.oss.store.stat("my-videos", KEY).attributes.meta == {"from": "page"}

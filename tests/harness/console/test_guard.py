"""Only this machine, and no web page but the console's own."""

from __future__ import annotations

from email.message import Message
from io import BytesIO

import pytest
import requests

from harness.cloud import LocalCloud, local_cloud
from harness.http.body import Body
from harness.http.server import Request
from harness.http.service import alone
from tests.harness.console.admin_path import state, upload

HOSTILE = {
    "a page of another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "a page of another site, old browser": {"Origin": "https://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site"},
    "a sandboxed page, or a file": {"Origin": "null"},
    "an image or script on another site": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "a form on another site": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
}
#: DNS rebinding: the hostile name resolves to 127.0.0.1, and the page is of the same origin as its requests.
REBOUND = {"Host": "evil.example:9000", "Origin": "http://evil.example:9000", "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_admin/state"),
        ("POST", "/_admin/reset"),
        ("POST", "/_admin/faults"),
        ("PUT", "/_admin/objects?bucket=my-videos&key=x.mp4"),
        ("POST", "/_console/reset"),
        ("POST", "/_console/faults"),
    ],
)
def test_another_origin_can_do_nothing(
    session: requests.Session, cloud: LocalCloud, method: str, path: str, headers: dict[str, str]
) -> None:
    cloud.oss.store.put("my-videos", "stays.mp4", b"film")
    answer = session.request(
        method, cloud.url + path, headers=headers, data="*:*:reset", timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
    assert not any(name.lower().startswith("access-control") for name in answer.headers)
    assert [entry.key for entry in cloud.oss.store.list("my-videos")] == ["stays.mp4"]
    assert cloud.faults.all() == []


@pytest.mark.parametrize("path", ["/_console", "/_admin/state", "/_console/static/console.js"])
def test_a_name_that_was_rebound_to_this_machine_reaches_no_console(
    session: requests.Session, cloud: LocalCloud, path: str
) -> None:
    answer = session.get(cloud.url + path, headers=REBOUND, timeout=10)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text  # it is OSS that answers


def test_other_machines_are_refused() -> None:
    with local_cloud(render=False) as cloud:
        headers = Message()
        headers["Host"] = "localhost:9000"
        request = Request("POST", "/_admin/reset", "", headers, Body(BytesIO(), headers), client="192.0.2.7")
        assert alone(cloud.console)(request).status == 403
        request = Request("GET", "/_admin/state", "", headers, Body(BytesIO(), headers), client="127.0.0.2")
        assert alone(cloud.console)(request).status == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST:9000", "[::1]:9000"])
def test_every_loopback_name_will_do(session: requests.Session, cloud: LocalCloud, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert session.get(f"{cloud.url}/_admin/faults", headers=headers, timeout=10).status_code == 200


def test_a_link_from_elsewhere_may_lead_to_a_page(session: requests.Session, cloud: LocalCloud) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert session.get(f"{cloud.url}/_console", headers=headers, timeout=10).status_code == 200
    framed = {**headers, "Sec-Fetch-Dest": "iframe"}
    assert session.get(f"{cloud.url}/_console", headers=framed, timeout=10).status_code == 403


def test_objects_may_have_the_consoles_names(session: requests.Session, cloud: LocalCloud) -> None:
    # Virtual-hosted style: the path is the key.
    for path in ("/_console", "/_admin/state"):
        answer = session.get(cloud.url + path, headers={"Host": "my-videos.localhost"}, timeout=10)
        assert answer.status_code == 403
        assert "AccessDenied" in answer.text
    assert upload(session, cloud, "_console", b"film").status_code == 201
    assert state(session, cloud)["videos"][0]["key"] == "_console"


def test_what_was_uploaded_does_not_act_as_the_console(session: requests.Session, cloud: LocalCloud) -> None:
    cloud.oss.store.put("my-videos", "evil.html", b"<script>fetch('/_admin/reset')</script>", "text/html")
    url = cloud.oss.presign_get("my-videos", "evil.html", 60, cloud.url)
    shown = session.get(url, headers={"Sec-Fetch-Dest": "document"}, timeout=10)
    assert shown.headers["Content-Security-Policy"] == "sandbox"
    plain = session.get(url, timeout=10)
    assert "Content-Security-Policy" not in plain.headers  # clients see what OSS would send
    where = {"bucket": "my-videos", "key": "evil.html"}
    media = session.get(f"{cloud.url}/_console/media", params=where, timeout=10)
    assert media.headers["Content-Type"] == "application/octet-stream"
    assert media.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in media.headers["Content-Security-Policy"]


def test_a_browser_at_the_root_is_shown_the_console(session: requests.Session, cloud: LocalCloud) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    shown = session.get(f"{cloud.url}/", headers=browser, timeout=10)
    assert (shown.status_code, shown.url) == (200, f"{cloud.url}/_console")
    for headers in ({"Accept": "*/*"}, {**browser, "Authorization": "OSS x:y"}, {**browser, "Host": "a.example"}):
        answer = session.get(f"{cloud.url}/", headers=headers, timeout=10, allow_redirects=False)
        assert answer.status_code >= 400, headers

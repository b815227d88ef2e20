"""The pages as HTML: complete without script, and everything that is shown is only shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote_plus, urljoin

import pytest
import requests

from harness.cloud import LocalCloud, local_cloud
from harness.fc import TimerTrigger
from harness.http.faults import KINDS
from tests.harness.console.admin_path import upload

PAGES = ["", "/tasks", "/invocations", "/failed", "/activity", "/faults", "/buckets", "/buckets?bucket=my-videos"]
HOSTILE_KEYS = [
    "<script>alert(1)</script>.mp4",
    '"><img src=x onerror=alert(1)>.mp4',
    "'onmouseover='alert(1).mp4",
    "javascript:alert(1).mp4",
    "{{ 7*7 }}{% raw %}.mp4",
    "&lt;b&gt;&amp;.mp4",
]


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> set[str]:
        """What a browser gets; a form that is posted is not a link."""
        names = ("href", "src", "action")
        found = [attrs for tag, attrs in self.found if not (tag == "form" and attrs.get("method") == "post")]
        return {str(attrs[name]) for attrs in found for name in names if attrs.get(name)}

    def videos(self) -> list[str]:
        """The keys that the players play."""
        sources = [str(attrs["src"]) for tag, attrs in self.found if tag == "video"]
        return [unquote_plus(source.split("key=")[1].split("&etag=")[0]) for source in sources]


def look(session: requests.Session, cloud: LocalCloud, path: str = "") -> Elements:
    answer = session.get(f"{cloud.url}/_console{path}", timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return Elements(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_cloud_says_what_to_type(session: requests.Session, cloud: LocalCloud, path: str) -> None:
    page = look(session, cloud, path)
    if path in ("", "/tasks", "/buckets?bucket=my-videos"):
        assert "python -m harness put clip.mp4 oss://my-videos/" in page.text
    if path == "/invocations":
        assert "python -m harness invoke events/put-object.json" in page.text
    if path == "/faults":
        assert all(kind in page.text for kind in KINDS)


def test_a_cloud_without_triggers_says_how_to_deploy(session: requests.Session) -> None:
    with local_cloud(stack_file=None, render=False) as cloud:
        page = look(session, cloud)
        assert "s deploy" in page.text
        assert not [attrs for tag, attrs in page.found if attrs.get("id") == "drop"]


def test_every_link_leads_somewhere_on_this_machine(session: requests.Session, cloud: LocalCloud) -> None:
    for key in [*HOSTILE_KEYS, "folder/视频 +.mp4", "a/../b.mp4", "notes.txt"]:
        upload(session, cloud, key, b"film")
    assert cloud.fc.drain(60)
    seen: set[str] = set()
    waiting = [f"{cloud.url}/_console"]
    while waiting:
        url = waiting.pop()
        answer = session.get(url, timeout=10)
        assert answer.status_code == 200, url
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        for link in Elements(answer.text).links():
            target = urljoin(url, link).partition("#")[0]
            assert target.startswith(f"{cloud.url}/_console"), link
            if target not in seen and "reset" not in target and "clear" not in target and "delivery" not in target:
                seen.add(target)
                waiting.append(target)
    assert len(seen) > 20


@pytest.mark.parametrize("path", PAGES)
def test_hostile_names_are_text(session: requests.Session, cloud: LocalCloud, path: str) -> None:
    before = [tag for tag, _ in look(session, cloud, path).found if tag in ("script", "iframe", "style")]
    for key in HOSTILE_KEYS:
        cloud.oss.store.put("my-videos", key, b"film", "<script>alert(2)</script>")
        cloud.journal.add("request", service="oss", operation="<b>", bucket="my-videos", key=key, status=200)
        cloud.journal.add("denied", signer=key, action=key, resource=key, denied_by="default")
    page = look(session, cloud, path)
    assert [tag for tag, _ in page.found if tag in ("script", "iframe", "style")] == before
    for tag, attrs in page.found:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], (tag, attrs)
        assert not str(attrs.get("href", "")).startswith("javascript:")
    if path == "":
        assert sorted(page.videos()) == sorted(HOSTILE_KEYS)
    if path in ("", "/activity"):
        assert all(key in page.text for key in HOSTILE_KEYS)


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_allow_no_foreign_resource_and_no_inline_script(
    session: requests.Session, cloud: LocalCloud, path: str
) -> None:
    answer = session.get(f"{cloud.url}/_console{path}", timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for tag, attrs in Elements(answer.text).found:
        assert tag != "script" or str(attrs.get("src", "")).startswith("/_console/static/")


def test_a_video_with_its_record_reads_well_without_script(session: requests.Session, cloud: LocalCloud) -> None:
    upload(session, cloud, "视频/a+b.mp4", b"film")
    assert cloud.fc.drain(30)
    (task,) = cloud.multimediaai.tasks.list()
    page = look(session, cloud)
    text = re.sub(r"\s+", " ", page.text)
    assert "oss://my-videos/视频/a+b.mp4" in text
    assert re.search(r"claimed by an attempt, for 45 s at most", text)
    assert f"submitted TaskId {task.task_id}" in text
    assert "oss://my-gif-records/gif-tasks/my-videos/视频/a+b.mp4/" in text
    assert str(task.task_id) in look(session, cloud, "/tasks").text
    calls = look(session, cloud, "/invocations").text
    assert "succeeded" in calls
    assert "outcome=submitted" in calls


def test_faults_work_without_script(session: requests.Session, cloud: LocalCloud) -> None:
    url = f"{cloud.url}/_console/faults"
    own = {"Origin": cloud.url, "Sec-Fetch-Site": "same-origin"}
    text = "oss:PutObject:latency=0.001:times=1"
    answer = session.post(url, data={"fault": text}, headers=own, timeout=10)
    assert (answer.url, answer.status_code) == (url, 200)
    assert text in answer.text
    assert [fault.kind for fault in cloud.faults.all()] == ["latency"]
    wrong = session.post(url, data={"fault": "oss:PutObject:<explode>"}, headers=own, timeout=10)
    assert wrong.status_code == 400
    page = Elements(wrong.text)
    assert "unknown kind of fault '<explode>'" in page.text
    assert "oss:PutObject:<explode>" in [attrs.get("value") for _, attrs in page.found]
    assert "1 fault is active" in look(session, cloud).text
    session.post(f"{url}/clear", headers=own, timeout=10)
    assert cloud.faults.all() == []


def test_a_timer_is_fired_without_script(session: requests.Session, cloud: LocalCloud) -> None:
    cloud.fc.put_trigger(TimerTrigger("sweep", "gif-on-upload", "CRON_TZ=Asia/Shanghai 0 0 4 * * *", False))
    page = look(session, cloud, "/invocations")
    assert "CRON_TZ=Asia/Shanghai 0 0 4 * * *" in page.text
    form = {str(attrs["name"]): str(attrs["value"]) for _, attrs in page.found if attrs.get("type") == "hidden"}
    assert form == {"function": "gif-on-upload", "trigger": "sweep"}
    own = {"Origin": cloud.url, "Sec-Fetch-Site": "same-origin"}
    answer = session.post(f"{cloud.url}/_console/timers", data=form, headers=own, timeout=10)
    assert (answer.url, answer.status_code) == (f"{cloud.url}/_console/invocations", 200)
    assert cloud.fc.drain(60)
    assert [entry.fields["trigger"] for entry in cloud.journal.entries("timer")] == ["sweep"]
    gone = session.post(f"{cloud.url}/_admin/timers", params={**form, "trigger": "gone"}, timeout=10)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "TriggerNotFound")


def test_delivery_and_reset_work_without_script(session: requests.Session, cloud: LocalCloud) -> None:
    upload(session, cloud, "clip.mp4", b"film")
    session.post(f"{cloud.url}/_console/delivery", data={"duplicate": "2", "shuffle": "on"}, timeout=10)
    assert (cloud.fc.delivery.duplicate, cloud.fc.delivery.shuffled) == (2, True)
    assert session.post(f"{cloud.url}/_console/delivery", data={"duplicate": "-1"}, timeout=10).status_code == 400
    answer = session.post(f"{cloud.url}/_console/reset", timeout=30)
    assert (answer.url, "Nothing uploaded yet" in answer.text) == (f"{cloud.url}/_console", True)
    assert cloud.oss.store.list("my-videos") == []
    assert (cloud.fc.delivery.duplicate, cloud.fc.delivery.shuffled) == (0, False)


def test_long_lists_are_cut_and_can_be_continued(session: requests.Session, cloud: LocalCloud) -> None:
    for number in range(30):
        cloud.oss.store.put("my-videos", f"{number:02}.mp4", b"film")
    page = look(session, cloud)
    assert len(page.videos()) == 24
    assert "30 videos, the latest 24 of them" in page.text
    assert len(look(session, cloud, "?limit=96").videos()) == 30


MEDIA = [
    ("clip.mp4", "", "video/mp4"),
    ("clip.bin", "video/webm", "video/webm"),
    ("x.gif", "image/gif", "image/gif"),
    ("page.html", "text/html", "application/octet-stream"),
    ("drawing.svg", "image/svg+xml", "application/octet-stream"),
    ("script.js", "text/javascript", "application/octet-stream"),
    ("record.jsonl", "", "text/plain; charset=utf-8"),
    ("a/../b.mp4", "video/mp4", "video/mp4"),
]


@pytest.mark.parametrize(("key", "declared", "shown"), MEDIA)
def test_media_are_shown_by_kind(
    session: requests.Session, cloud: LocalCloud, key: str, declared: str, shown: str
) -> None:
    cloud.oss.store.put("my-videos", key, b"0123456789", declared)
    url, where = f"{cloud.url}/_console/media", {"bucket": "my-videos", "key": key}
    answer = session.get(url, params=where, timeout=10)
    assert (answer.content, answer.headers["Content-Type"]) == (b"0123456789", shown)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = session.get(url, params=where, headers={"Range": "bytes=2-4"}, timeout=10)
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    tail = session.get(url, params=where, headers={"Range": "bytes=7-"}, timeout=10)
    assert (tail.status_code, tail.content) == (206, b"789")
    beyond = session.get(url, params=where, headers={"Range": "bytes=10-"}, timeout=10)
    assert beyond.status_code == 416
    same = session.get(url, params=where, headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
    assert (same.status_code, same.content) == (304, b"")
    missing = session.get(url, params={**where, "key": "missing"}, timeout=10)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NoSuchKey")

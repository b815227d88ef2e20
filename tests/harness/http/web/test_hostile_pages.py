"""Hostile pages in a real browser. The attack is shown to work where the guard is off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cloud import LocalCloud, local_cloud
from harness.http.server import Response, Server
from tests.harness.console.chromium import Page
from tests.harness.http.web import attacks

pytestmark = pytest.mark.slow


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """A web server of somebody else: every path is an empty page."""
    made = Server(lambda _: Response(200, {"Content-Type": "text/html"}, b"<!doctype html><title>page</title>"))
    made.start()
    yield made
    made.stop()


def own(tab: Page, cloud: LocalCloud, host: str) -> list[int]:
    """What a page gets that creates a function, runs it, and uploads; the statuses."""
    calls = (attacks.create_function, attacks.invoke_function, attacks.put_object)
    return [tab.evaluate(call(cloud, host).script()) for call in calls]


@pytest.mark.parametrize("open_to_all", [True, False])
def test_dns_rebinding(tab: Page, open_to_all: bool) -> None:
    with local_cloud(render=False, stack_file=None, buckets=("my-videos",), anywhere=open_to_all) as cloud:
        host = f"evil.example:{cloud.server.port}"
        tab.open(f"http://{host}/my-videos/page")  # of that origin, whatever is answered
        statuses = own(tab, cloud, host)
        outcomes = [record.outcome for record in cloud.fc.invocations]
        if open_to_all:
            assert (statuses, outcomes) == ([200, 200, 200], ["succeeded"])
            return
        assert statuses == [403, 403, 403]
        assert (cloud.fc.functions, outcomes, cloud.oss.store.list("my-videos")) == ([], [], [])


def test_a_page_of_another_site(tab: Page, cloud: LocalCloud, elsewhere: Server) -> None:
    tab.open(f"http://127.0.0.1:{elsewhere.port}/")
    host = f"127.0.0.1:{cloud.server.port}"
    assert own(tab, cloud, host) == [0, 0, 0]  # the browser shows it no answer
    image = attacks.create_task(cloud, host).url
    loaded = "new Promise((done) => { const i = new Image(); i.onload = i.onerror = () => done(1); i.src = %r; })"
    tab.evaluate(loaded % image)
    assert (cloud.fc.functions, cloud.multimediaai.tasks.list()) == ([], [])
    assert cloud.oss.store.list("my-videos") == []


def test_a_form_of_another_site(tab: Page, cloud: LocalCloud, elsewhere: Server) -> None:
    """No script and no preflight: a form is sent at once, and to a bucket that all may write it needs no key."""
    cloud.oss.store.set_acl("my-videos", "public-read-write")
    tab.open(f"http://127.0.0.1:{elsewhere.port}/")
    form = (
        f"<form method=post enctype=multipart/form-data action={cloud.url}/my-videos>"
        "<input name=key value=evil.mp4><input name=file value=x></form>"
    )
    tab.evaluate(f"document.body.innerHTML = {form!r}; document.forms[0].submit()")
    tab.wait_for("document.documentElement.textContent.includes('AccessDenied')")
    assert cloud.oss.store.list("my-videos") == []

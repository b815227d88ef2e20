"""The local cloud in tests, moto-style: a `with`, a decorator, and emptied in between."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from harness.cloud import LocalCloud, local_cloud
from harness.fc import FunctionSpec, OssTrigger
from tests.clients.matrix import Site
from tests.clients.oss_clients import Oss2

VIDEOS = "my-videos"
ECHO = "def handler(event, context): return event"


def keys(cloud: LocalCloud) -> list[str]:
    return [entry.key for entry in cloud.oss.store.list(VIDEOS)]


@local_cloud
def test_the_bare_decorator_hands_in_the_cloud(cloud: LocalCloud) -> None:
    assert requests.get(cloud.url, timeout=10).status_code == 403
    assert keys(cloud) == []


@local_cloud(render=False)
def test_the_decorator_with_options(cloud: LocalCloud) -> None:
    assert cloud.options.render is False


@local_cloud(intercept=True)
def test_a_test_needs_not_take_the_cloud() -> None:
    assert requests.get("https://my-videos.oss-cn-beijing.aliyuncs.com/", timeout=10).status_code == 403


@pytest.mark.parametrize("number", [1, 2])
@local_cloud
def test_beside_fixtures_and_parameters(tmp_path: Path, cloud: LocalCloud, number: int) -> None:
    assert tmp_path.is_dir()
    assert number in (1, 2)
    # Each call has a cloud of its own: the other one's object is not here.
    cloud.oss.store.put(VIDEOS, f"{number}.mp4", b"film")
    assert keys(cloud) == [f"{number}.mp4"]


def test_a_decorated_function_is_still_itself() -> None:
    @local_cloud
    def upload(name: str, cloud: LocalCloud) -> list[str]:
        """Says what it does."""
        cloud.oss.store.put(VIDEOS, name, b"film")
        return keys(cloud)

    assert (upload.__name__, upload.__doc__) == ("upload", "Says what it does.")
    assert list(inspect.signature(upload).parameters) == ["name"]
    assert upload("a.mp4") == ["a.mp4"]


def test_a_coroutine_keeps_its_cloud_until_it_ends() -> None:
    @local_cloud
    async def upload(cloud: LocalCloud) -> int:
        await asyncio.sleep(0)
        return requests.get(cloud.url, timeout=10).status_code

    assert asyncio.run(upload()) == 403


def test_what_cannot_be_decorated_is_refused() -> None:
    with pytest.raises(TypeError, match="the decorator is for functions"):

        @local_cloud
        class TestNothing:
            pass

    with pytest.raises(TypeError, match="the decorator is for functions"):

        @local_cloud()
        def fixture(cloud: LocalCloud) -> Iterator[int]:
            yield 1


def test_an_event_that_waits_when_the_cloud_stops_is_delivered_by_the_next(tmp_path: Path) -> None:
    failed = threading.Event()
    with local_cloud(directory=tmp_path, render=False, retry_delay=lambda _: 600.0) as cloud:
        cloud.journal.listen(lambda entry: failed.set() if entry.fields.get("phase") == "end" else None)
        cloud.faults.add("oss:AppendObject:error=403/AccessDenied")
        Oss2(Site(cloud), cloud.identities.owner).put(VIDEOS, "clip.mp4", b"film")
        assert failed.wait(60)
        assert not cloud.fc.drain(0)
    with local_cloud(directory=tmp_path, render=False) as cloud:
        assert cloud.fc.drain(60)
        assert [task.video for task in cloud.multimediaai.tasks.list()] == [f"{VIDEOS}/clip.mp4"]
    with local_cloud(directory=tmp_path, render=False) as cloud:
        assert cloud.fc.drain(0)
        assert cloud.fc.invocations == []


def test_an_upload_whose_trigger_leads_nowhere_is_an_upload_all_the_same() -> None:
    with local_cloud(render=False) as cloud:
        cloud.oss.store.create_bucket("other-videos")
        events = ("oss:ObjectCreated:PutObject",)
        cloud.fc.put_trigger(OssTrigger("gone", "gif-on-upload", "other-videos", events, qualifier="no-alias"))
        Oss2(Site(cloud), cloud.identities.owner).put("other-videos", "clip.mp4", b"film")
        assert [entry.key for entry in cloud.oss.store.list("other-videos")] == ["clip.mp4"]
        lost = [entry.fields.get("lost", "") for entry in cloud.journal.entries("event")]
        assert lost == ["", "AliasNotFound: function 'gif-on-upload' has no version or alias 'no-alias'"]


def test_two_local_clouds_do_not_see_each_other() -> None:
    with local_cloud(render=False) as one, local_cloud(render=False) as two:
        Oss2(Site(one), one.identities.owner).put(VIDEOS, "one.mp4", b"film")
        assert (keys(one), keys(two)) == (["one.mp4"], [])
        two.multimediaai.tasks.create(application_id="two", video_name="two", video_url="https://example.com")
        two.faults.add("oss:*:throttle")
        assert (one.multimediaai.tasks.count(), one.faults.all()) == (0, [])
        # Not even who they let in: a role's credentials are those of one cloud.
        stranger = Oss2(Site(one), two.role_credentials())
        with pytest.raises(Oss2.refusal) as refused:
            stranger.get(VIDEOS, "one.mp4")
        assert refused.value.code == "InvalidSecurityToken"


def our_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith(("http-", "fc-", "gif-"))}


def test_nothing_is_left_behind() -> None:
    before = our_threads()
    with local_cloud() as cloud:
        directory, url = cloud.directory, cloud.url
        (code := directory / "echo").mkdir()
        (code / "index.py").write_text(ECHO, encoding="utf-8")
        cloud.fc.put_function(FunctionSpec("echo", code))
        assert cloud.fc.invoke("echo", b"x").body == b"x"
    assert not directory.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)
    assert our_threads() == before


@pytest.fixture(scope="module")
def used() -> Iterator[LocalCloud]:
    with local_cloud(retry_delay=lambda _: 60.0) as cloud:
        yield cloud


def test_reset_leaves_nothing_but_the_stack(used: LocalCloud) -> None:
    buckets = {bucket.name for bucket in used.oss.store.buckets()}
    rules = {rule.id for rule in used.oss.notifications.rules()}
    used.oss.store.create_bucket("another")
    used.oss.store.set_versioning(VIDEOS, "Enabled")
    used.oss.store.put(VIDEOS, "clip.mp4", b"film")
    used.oss.notifications.remove(next(iter(rules)))
    used.multimediaai.tasks.create(application_id="a", video_name="b", video_url="https://example.com")
    used.faults.add("oss:*:throttle")
    used.fc.put_function(FunctionSpec("another", used.directory))
    used.fc.delivery.duplicate = 3
    used.reset()
    assert {bucket.name for bucket in used.oss.store.buckets()} == buckets
    assert {rule.id for rule in used.oss.notifications.rules()} == rules
    assert used.oss.store.bucket(VIDEOS).versioning == ""
    assert keys(used) == []
    assert used.multimediaai.tasks.count() == 0
    assert used.faults.all() == []
    assert [spec.name for spec in used.fc.functions] == ["gif-on-upload", "gif-on-upload-collect"]
    assert used.fc.delivery.duplicate == 0
    assert used.fc.invocations == []
    assert used.journal.entries() == []


def test_reset_keeps_the_address_and_warm_instances(used: LocalCloud) -> None:
    url, before = used.url, used.fc.invoke("gif-on-upload", b'{"events": []}')
    used.reset()
    after = used.fc.invoke("gif-on-upload", b'{"events": []}')
    assert used.url == url
    assert after.instance_id == before.instance_id != ""


def test_reset_drops_what_runs_and_what_waits(used: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context):\n    while True: pass", encoding="utf-8")
    used.fc.put_function(FunctionSpec("endless", tmp_path, timeout_seconds=90, reserved_concurrency=1))
    running = threading.Event()
    unlisten = used.journal.listen(lambda entry: running.set() if entry.fields.get("phase") == "start" else None)
    for _ in range(2):
        used.fc.invoke_async("endless", b"")
    assert running.wait(10)
    unlisten()
    used.reset()
    assert used.fc.drain(1)
    assert used.fc.invocations == []


def test_a_video_after_a_reset(used: LocalCloud) -> None:
    """Also after a fault that expired every token."""
    used.identities.expire_all()
    used.reset()
    Oss2(Site(used), used.identities.owner).put(VIDEOS, "clip.mp4", b"film")
    assert used.fc.drain(20)
    assert [task.video for task in used.multimediaai.tasks.list()] == [f"{VIDEOS}/clip.mp4"]
    assert [record.outcome for record in used.fc.invocations] == ["succeeded"]


def test_a_port_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="port must be between 0"), local_cloud(port=99999):
        pass

"""Production addresses, answered by the local cloud: nothing is configured, and nothing leaves this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aliyunsdkcore.vendored.requests.sessions as vendored
import oss2
import pytest
import requests
from aliyunsdkcore.client import AcsClient
from aliyunsdkmultimediaai.request.v20190810.CreateGifTaskRequest import CreateGifTaskRequest

from handler.app import Results
from handler.credentials import Credentials
from handler.main import compose
from handler.settings import read_settings
from harness.cloud import LocalCloud, local_cloud
from harness.fc.spec import FunctionSpec
from harness.http.intercept import InterceptionError
from harness.http.server import Request, Response, Server
from tests.clients.fc_clients import Fc2, Fc3
from tests.clients.multimediaai_clients import CoreMultimediaAI, MultimediaAI, OpenApiMultimediaAI
from tests.clients.oss_clients import Oss2, OssV2, OssV2Async

VIDEOS, RECORDS = "my-videos", "my-gif-records"
KEY = "2023-03-30/视频 a+b 100%.mp4"


@dataclass
class Production:
    """A client's site when nothing is configured: the service's own address."""

    url: str


@pytest.fixture(scope="module")
def server() -> Iterator[LocalCloud]:
    with local_cloud(render=False) as started:
        yield started


@pytest.fixture
def cloud(server: LocalCloud) -> Iterator[LocalCloud]:
    with server.interception:
        yield server


def client(cloud: LocalCloud, kind: Any, url: str) -> Any:
    return kind(Production(url), cloud.identities.owner)


@pytest.mark.parametrize("kind", [Oss2, OssV2])
@pytest.mark.parametrize(
    "url",
    [
        "https://oss-cn-beijing.aliyuncs.com",
        "http://oss-cn-beijing-internal.aliyuncs.com",
        "https://oss-accelerate.aliyuncs.com",
    ],
)
def test_oss_virtual_hosted(cloud: LocalCloud, kind: Any, url: str) -> None:
    oss = client(cloud, kind, url)
    oss.put(VIDEOS, KEY, b"film")
    assert cloud.oss.store.get(VIDEOS, KEY) == b"film"
    presigned = oss.presign("GET", VIDEOS, KEY)
    assert presigned.startswith(url.replace("//", f"//{VIDEOS}."))
    answer = requests.get(presigned, timeout=10)
    assert (answer.status_code, answer.content, answer.url) == (200, b"film", presigned)


def test_a_bucket_is_addressed_at_its_own_region(cloud: LocalCloud) -> None:
    with pytest.raises(oss2.exceptions.AccessDenied, match="must be addressed using the specified endpoint"):
        client(cloud, Oss2, "https://oss-cn-hangzhou.aliyuncs.com").put(VIDEOS, KEY, b"film")


@pytest.mark.parametrize(
    ("kind", "scheme"), [(MultimediaAI, "https"), (OpenApiMultimediaAI, "https"), (CoreMultimediaAI, "http")]
)
def test_multimediaai(cloud: LocalCloud, kind: Any, scheme: str) -> None:
    url = f"{scheme}://multimediaai.cn-beijing.aliyuncs.com"
    task_id = client(cloud, kind, url).create("an-application", "a video", "https://example.com/a.mp4")
    assert cloud.multimediaai.tasks.get(task_id) is not None


def test_a_client_that_finds_its_endpoint_by_its_region(cloud: LocalCloud) -> None:
    owner = cloud.identities.owner
    request = CreateGifTaskRequest()
    request.set_ApplicationId("an-application")
    request.set_VideoName("a video")
    request.set_VideoUrl("https://example.com/a.mp4")
    answer = AcsClient(owner.access_key_id, owner.access_key_secret, "cn-beijing").do_action_with_exception(
        request
    )
    assert cloud.multimediaai.tasks.get(json.loads(answer)["TaskId"]) is not None


@pytest.mark.parametrize(
    ("kind", "host"),
    [
        (Fc3, "fcv3.cn-beijing"),
        (Fc3, "1234567890123456.cn-beijing.fc"),
        (Fc2, "1234567890123456.cn-beijing-internal.fc"),
    ],
)
def test_function_compute(cloud: LocalCloud, tmp_path: Path, kind: Any, host: str) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context): return event", encoding="utf-8")
    cloud.fc.put_function(FunctionSpec("echo", tmp_path))
    assert client(cloud, kind, f"https://{host}.aliyuncs.com").invoke("echo", b"film").body == b"film"


def submit(cloud: LocalCloud, key: str) -> dict[str, Any]:
    """Uploads `key` and submits it with the handler in this process; only what has no default is set."""
    video = cloud.oss.store.put(VIDEOS, key, b"film of " + key.encode())
    settings = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": RECORDS}
    app = compose(read_settings(settings, region="cn-beijing", timeout=120))
    place = {"bucket": {"name": VIDEOS}, "object": {"key": key, "eTag": video.etag, "size": video.size}}
    record = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "region": "cn-beijing",
        "oss": place,
    }
    role = cloud.role_credentials()
    credentials = Credentials(role.access_key_id, role.access_key_secret, role.token or "")
    event = json.dumps({"events": [record]}).encode()
    answer = app.handle(event, "request-1", credentials)
    return dict(cast("Results", answer)["results"][0])


def test_the_handler_with_its_real_endpoints(cloud: LocalCloud) -> None:
    result = submit(cloud, KEY)
    assert result["outcome"] == "submitted"
    lines = cloud.oss.store.get(RECORDS, result["record"].removeprefix(f"oss://{RECORDS}/")).splitlines()
    assert json.loads(lines[-1])["task_id"] == result["task_id"]
    task = cloud.multimediaai.tasks.get(result["task_id"])
    assert task is not None
    assert task.video_url.startswith("https://my-videos.oss-cn-beijing.aliyuncs.com/2023-03-30/")
    assert requests.get(task.video_url, timeout=10).content == b"film of " + KEY.encode()


def test_the_service_downloads_from_the_real_address() -> None:
    with local_cloud(intercept=True) as cloud:
        task = cloud.multimediaai.tasks.wait(submit(cloud, "no-video.mp4")["task_id"], 20)
    # It got as far as to find that this is not a video.
    assert (task.error_name, task.ended) == ("Decode fail", True)


def test_state_and_presigned_urls_outlive_a_restart(tmp_path: Path) -> None:
    with local_cloud(intercept=True, render=False, directory=tmp_path) as cloud:
        first = submit(cloud, "clip.mp4")
        url = cloud.multimediaai.tasks.list()[0].video_url
    with local_cloud(intercept=True, render=False, directory=tmp_path) as cloud:
        assert requests.get(url, timeout=10).content == b"film of clip.mp4"
        assert submit(cloud, "clip.mp4") == {**first, "outcome": "already_submitted"}


def test_many_threads(cloud: LocalCloud) -> None:
    keys = [f"many/{number}.mp4" for number in range(50)]
    with ThreadPoolExecutor(10) as pool:
        assert {result["outcome"] for result in pool.map(lambda key: submit(cloud, key), keys)} == {"submitted"}


def test_a_proxy_has_no_say(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client(cloud, Oss2, "https://oss-cn-beijing.aliyuncs.com").location(VIDEOS) == "oss-cn-beijing"


@pytest.mark.parametrize(
    "reach",
    [
        lambda: requests.post("https://ram.aliyuncs.com/", timeout=1),
        lambda: requests.get("http://ecs.cn-beijing.aliyuncs.com/", timeout=1),
        lambda: socket.create_connection(("oss-cn-beijing.aliyuncs.com", 443), timeout=1),
        lambda: socket.getaddrinfo(b"my-videos.oss-cn-beijing.aliyuncs.com", "https"),
    ],
)
def test_nothing_else_of_alibaba_cloud_is_reached(cloud: LocalCloud, reach: Callable[[], object]) -> None:
    with pytest.raises(InterceptionError, match=r"aliyuncs\.com: "):
        reach()


def test_a_client_without_requests_is_told_what_to_do(cloud: LocalCloud) -> None:
    with pytest.raises(OssV2Async.refusal, match=f"give this one {cloud.url} as its endpoint"):
        client(cloud, OssV2Async, "https://oss-cn-beijing.aliyuncs.com").buckets()


def test_other_hosts_pass_untouched(cloud: LocalCloud) -> None:
    def answer(request: Request) -> Response:
        return Response(200, {}, f"{request.method} {request.path} at {request.host}".encode())

    other = Server(answer)
    other.start()
    try:
        assert requests.get(f"{other.url}/x", timeout=10).text == f"GET /x at 127.0.0.1:{other.port}"
        assert requests.get(f"http://localhost:{other.port}/", timeout=10).ok
    finally:
        other.stop()


def seams() -> list[Any]:
    return [requests.Session.get_adapter, vendored.Session.get_adapter, socket.getaddrinfo]


class Boom(Exception):
    pass


def test_afterwards_everything_is_as_before() -> None:
    before = seams()

    def fail() -> None:
        with local_cloud(intercept=True):
            assert all(now is not then for now, then in zip(seams(), before, strict=True))
            raise Boom

    with pytest.raises(Boom):
        fail()
    assert seams() == before


def test_without_the_option_nothing_is_replaced() -> None:
    before = seams()
    with local_cloud() as cloud:
        assert seams() == before
        with cloud.interception:
            assert client(cloud, Oss2, "https://oss-cn-beijing.aliyuncs.com").location(VIDEOS) == "oss-cn-beijing"
        assert seams() == before


def test_only_one_can_intercept() -> None:
    before = seams()
    with local_cloud(intercept=True) as first:
        with pytest.raises(InterceptionError, match=f"at {first.url} answers"), local_cloud(intercept=True):
            pass
        with local_cloud() as second:
            second.oss.store.put(VIDEOS, "second.mp4", b"film")
            client(first, Oss2, "https://oss-cn-beijing.aliyuncs.com").put(VIDEOS, "first.mp4", b"film")
            assert [entry.key for entry in first.oss.store.list(VIDEOS)] == ["first.mp4"]
            assert [entry.key for entry in second.oss.store.list(VIDEOS)] == ["second.mp4"]
    assert seams() == before
    with local_cloud(intercept=True):
        assert seams() != before

"""CreateGifTask against the local cloud, and against answers that it never gives."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from handler.connections import Connections
from handler.credentials import Credentials, CurrentCredentials
from handler.errors import LeaseTooShort, NotProcessed, OutcomeUnknown, RequestRejected
from handler.gif_task import GifTaskClient
from handler.settings import read_settings
from harness.cloud import LocalCloud, local_cloud
from tests.certificate import make_certificate
from tests.handler.environ import ENVIRON

from .http_server import response

VIDEO = ("clip.mp4 AB", "https://example.com/clip.mp4")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(render=False) as started:
        yield started


def client(
    endpoint: str,
    credentials: Credentials,
    *,
    ca_bundle: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> GifTaskClient:
    settings = read_settings(
        {**ENVIRON, "CLAIM_LEASE_SECONDS": "5", "GIF_ENDPOINT": endpoint, **(environ or {})},
        region="cn-beijing",
        timeout=120,
    )
    current = CurrentCredentials()
    current.set(credentials)
    return GifTaskClient(settings, current, Connections(1, str(ca_bundle) if ca_bundle else None))


def local(cloud: LocalCloud, **environ: str) -> GifTaskClient:
    keys = cloud.identities.owner
    return client(cloud.url, Credentials(keys.access_key_id, keys.access_key_secret), environ=environ)


def test_every_setting_that_the_service_knows_is_sent(cloud: LocalCloud) -> None:
    settings = {"TEMPLATE_ID": "689", "CALLBACK_URL": "https://example.com/done?a=1", "SCALES": "640x360"}
    made = local(cloud, **settings).create(*VIDEO, lambda: 99.0, settings["CALLBACK_URL"])
    task = cloud.multimediaai.tasks.get(int(made.task_id))
    assert task
    assert (task.application_id, task.video_name, task.video_url) == (ENVIRON["APPLICATION_ID"], *VIDEO)
    assert (task.template_id, task.callback_url, task.scales) == tuple(settings.values())


def test_a_call_names_who_makes_it(serve: Callable[..., int], received: list[bytes]) -> None:
    port = serve(response("200 OK", b'{"TaskId": 1, "Code": "OK"}'))
    client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)
    assert b"\r\nUser-Agent: gif-on-upload\r\n" in received[0]


def test_throttling_is_waited_out_while_the_lease_lasts(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("handler.repeat.time", SimpleNamespace(sleep=pauses.append))
    fault = cloud.faults.add("multimediaai:CreateGifTask:throttle:times=12")
    made = local(cloud).create(*VIDEO, lambda: 99.0)
    assert fault.hits == len(pauses) == 12
    assert max(pauses) <= 5.0
    assert cloud.multimediaai.tasks.get(int(made.task_id))
    cloud.faults.clear()


def test_what_was_frozen_before_it_is_signed_is_not_sent(cloud: LocalCloud) -> None:
    before = len(cloud.multimediaai.tasks.list())
    with pytest.raises(LeaseTooShort, match="nothing was sent"):
        local(cloud).create(*VIDEO, lambda: 1.0)
    assert len(cloud.multimediaai.tasks.list()) == before


def test_and_afterwards_its_signature_is_as_old_as_its_last_look(
    serve: Callable[..., int], received: list[bytes]
) -> None:
    """So that the service refuses it when that is too long ago."""
    looked = []

    def left() -> float:
        time.sleep(1.01)  # the signature tells seconds
        looked.append(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        return 99.0

    port = serve(response("200 OK", b'{"TaskId": 1, "Code": "OK"}'))
    client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).create(*VIDEO, left)
    (line,) = (line for line in received[0].decode().split("\r\n") if line.startswith("x-acs-date: "))
    assert line.removeprefix("x-acs-date: ") < looked[0]


def test_what_was_frozen_in_a_pause_sends_nothing_when_its_lease_has_ended(cloud: LocalCloud) -> None:
    before = cloud.multimediaai.tasks.count()
    fault = cloud.faults.add("multimediaai:CreateGifTask:throttle:times=1")
    left = iter([99.0, 0.1])  # before the pause, and after it
    with pytest.raises(NotProcessed):
        local(cloud).create(*VIDEO, lambda: next(left))
    assert fault.hits == 1
    assert cloud.multimediaai.tasks.count() == before
    cloud.faults.clear()


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"Code":"Surprise"}',
        b'{"TaskId":true}',
        b'{"TaskId":0,"Code":"OK"}',
        b'{"TaskId":-7,"Code":"OK"}',
        b'{"TaskId":"-7","Code":"OK"}',
        b'{"TaskId":7,"Code":"Throttling","RequestId":"R"}',
        b"[" * 9999,
    ],
)
def test_a_success_without_a_task_id_says_nothing_about_the_task(
    serve: Callable[..., int], status: str, body: bytes
) -> None:
    port = serve(response(status, body if "204" not in status else b""))
    with pytest.raises(OutcomeUnknown):
        client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)


@pytest.mark.parametrize(
    "body",
    [
        b'{"TaskId": "400010"}',
        b'{"TaskId": 400010, "Code": "Success"}',
        b"<a xmlns='urn:x'><TaskId>400010</TaskId></a>",
    ],
)
def test_any_success_with_a_task_id_is_one(serve: Callable[..., int], body: bytes) -> None:
    port = serve(response("201 Created", body))
    made = client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)
    assert made.task_id == 400010


def test_a_connection_that_breaks_under_tls_leaves_the_outcome_unknown(
    serve: Callable[..., int], certificate: tuple[Path, Path]
) -> None:
    """The request had been sent: only a certificate that is refused comes before that."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate[0])
    endpoint = f"https://127.0.0.1:{serve(b'', tls)}"
    with pytest.raises(OutcomeUnknown):
        client(endpoint, Credentials("id", "secret"), ca_bundle=certificate[1]).create(*VIDEO, lambda: 99.0)
    with pytest.raises(RequestRejected, match="certificate"):
        client(endpoint, Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)


@pytest.mark.parametrize(
    "status", ["408 Late", "429 Many", "500 Error", "502 Bad", "503 Busy", "403 No", "302 Go"]
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>503</html>", b'{"Code":"Throttling"}', b'{"RequestId":"R"}', b'{"message":"busy"}']
)
def test_what_the_service_has_not_written_is_not_sent_again(
    serve: Callable[..., int], received: list[bytes], status: str, body: bytes
) -> None:
    """Who answers in its place cannot know what became of the request."""
    port = serve(response(status, body))
    with pytest.raises(OutcomeUnknown):
        client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)
    assert len(received) == 1


def test_a_nonce_that_was_used_says_that_the_request_was_seen_before(
    serve: Callable[..., int], received: list[bytes]
) -> None:
    port = serve(response("400 Bad Request", b'{"Code":"SignatureNonceUsed","RequestId":"R"}'))
    with pytest.raises(OutcomeUnknown):
        client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)
    assert len(received) == 1


@pytest.mark.parametrize(
    "body", [b'{"RequestId":"R"}', b'{"TotalCount":90,"Tasks":[]}', b"<R><RequestId>R</RequestId></R>"]
)
def test_a_later_page_without_tasks_is_not_the_end_unless_it_says_so(
    serve: Callable[..., int], body: bytes
) -> None:
    port = serve(response("200 OK", body))
    with pytest.raises(OutcomeUnknown, match="neither has tasks nor says"):
        client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).list_tasks(2, lambda: 1.0)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"TotalCount":3,"Tasks":null}', b'{"TotalCount":3,"Tasks":{"Task":[]}}']
)
def test_an_answer_without_the_tasks_it_counts_does_not_say_that_there_are_none(
    serve: Callable[..., int], body: bytes
) -> None:
    port = serve(response("200 OK", body))
    with pytest.raises(OutcomeUnknown, match=r"neither has tasks nor says|not the service's own"):
        client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).list_tasks(1, lambda: 1.0)


def test_no_tasks_are_none(serve: Callable[..., int]) -> None:
    port = serve(response("200 OK", b'{"TotalCount":0,"PageSize":50}'))
    page = client(f"http://127.0.0.1:{port}", Credentials("id", "secret")).list_tasks(1, lambda: 1.0)
    assert (page.tasks, page.pages) == ([], 0)


def test_a_request_that_cannot_be_written_is_refused_for_good(
    serve: Callable[..., int], received: list[bytes]
) -> None:
    """Nothing was sent, so there is no task to look for, and a second try would be no better."""
    endpoint = f"http://127.0.0.1:{serve(b'')}/猫"
    with pytest.raises(RequestRejected, match="GIF_ENDPOINT"):
        client(endpoint, Credentials("id", "secret")).create(*VIDEO, lambda: 99.0)
    assert received == []

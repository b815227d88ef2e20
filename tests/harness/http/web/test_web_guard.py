"""No web page reaches a service, by whatever name it calls this machine; programs and the owner's pages do."""

from __future__ import annotations

import socket
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import requests

from harness.cloud import LocalCloud, local_cloud
from harness.oss.state.cors import Cors, CorsRule
from tests.harness.http.web import attacks
from tests.harness.http.web.attacks import Attack

#: who may write objects, and nobody else
PAGE = "http://localhost:3000"
FOREIGN = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "an old browser": {"Origin": "https://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site"},
    "a file or a sandbox": {"Origin": "null"},
    "an image or a script": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "a form": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
}
CALLS: dict[str, Callable[[LocalCloud, str], Attack]] = {
    "FC": attacks.create_function,
    "multimediaai": attacks.create_task,
    "OSS object": attacks.put_object,
    "OSS bucket": attacks.put_cors,
}


def untouched(cloud: LocalCloud) -> bool:
    return (
        not cloud.fc.functions
        and not cloud.multimediaai.tasks.list()
        and not cloud.oss.store.list("my-videos")
        and cloud.oss.store.cors.of("my-videos") is None
    )


def refusal(call: str, answer: requests.Response) -> tuple[int, str | None]:
    """The status, and the code where each service has it."""
    if call.startswith("OSS"):
        return answer.status_code, ElementTree.fromstring(answer.content).findtext("Code")
    if "xml" in answer.headers["Content-Type"]:
        return answer.status_code, ElementTree.fromstring(answer.content).findtext("Code")
    return answer.status_code, answer.json()["Code"]


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("call", CALLS)
def test_pages_of_other_origins_can_do_nothing(
    session: requests.Session, cloud: LocalCloud, call: str, headers: dict[str, str]
) -> None:
    attack = CALLS[call](cloud, cloud.url.removeprefix("http://"))
    answer = attack.send(session, cloud.url, **headers)
    assert refusal(call, answer) == (403, "AccessDenied")
    assert not any(name.lower().startswith("access-control") for name in answer.headers)
    assert untouched(cloud)


HOSTS = [
    "evil.example",
    "[::1].evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil",
    "0.0.0.0",
    "aliyuncs.com.evil",
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("call", CALLS)
def test_names_of_others_reach_no_service(
    session: requests.Session, cloud: LocalCloud, call: str, host: str
) -> None:
    attack = CALLS[call](cloud, cloud.url.removeprefix("http://"))
    answer = attack.send(session, cloud.url, Host=f"{host}:{cloud.server.port}")
    assert refusal(call, answer) == (403, "AccessDenied")
    assert "--anywhere" in answer.text
    assert untouched(cloud)


@pytest.mark.parametrize("path", ["/_console", "/_admin/state"])
def test_a_name_that_only_begins_like_loopback_is_not_the_consoles(
    session: requests.Session, cloud: LocalCloud, path: str
) -> None:
    answer = session.get(cloud.url + path, headers={"Host": "[::1].evil.example:9000"}, timeout=10)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


@pytest.mark.parametrize("call", ["FC", "multimediaai", "OSS object"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.0.1", "[::1]", "192.168.1.9", "localhost", "localhost.", "a.localhost"]
)
def test_programs_use_any_name_of_this_machine(
    session: requests.Session, cloud: LocalCloud, call: str, host: str
) -> None:
    answer = CALLS[call](cloud, f"{host}:{cloud.server.port}").send(session, cloud.url)
    assert "--anywhere" not in answer.text
    assert answer.status_code < 300 or host == "a.localhost", answer.text  # there is no bucket a


def test_production_names_are_programs_too(session: requests.Session, cloud: LocalCloud) -> None:
    for host in ("my-videos.oss-cn-beijing.aliyuncs.com", "multimediaai.cn-beijing.aliyuncs.com"):
        answer = session.get(f"{cloud.url}/x", headers={"Host": host}, timeout=10)
        assert "--anywhere" not in answer.text


def test_anywhere_opens_all(session: requests.Session) -> None:
    with local_cloud(render=False, stack_file=None, buckets=("my-videos",), anywhere=True) as cloud:
        attack = attacks.create_function(cloud, f"evil.example:{cloud.server.port}")
        answer = attack.send(session, cloud.url, **FOREIGN["another site"])
        assert answer.status_code == 200, answer.text
        assert [spec.name for spec in cloud.fc.functions] == ["evil"]


def allow(cloud: LocalCloud, bucket: str, *methods: str, origin: str = PAGE) -> None:
    cloud.oss.store.cors.put(bucket, Cors((CorsRule((origin,), methods, ("*",)),)))


@pytest.mark.parametrize("origin", [PAGE, "*"])
def test_a_rule_of_the_owner_lets_pages_work_with_objects_only(
    session: requests.Session, cloud: LocalCloud, origin: str
) -> None:
    methods = ("GET", "PUT", "POST", "DELETE", "HEAD")
    for bucket in ("my-videos", "fc-temp-code"):  # what is in the latter gets run
        allow(cloud, bucket, *methods, origin=origin)
    host, page = cloud.url.removeprefix("http://"), {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    allowed = attacks.put_object(cloud, host).send(session, cloud.url, **page)
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, origin)
    for attack in (
        attacks.put_cors(cloud, host),
        attacks.create_function(cloud, host),
        attacks.create_task(cloud, host),
        attacks.put_object(cloud, host, bucket="private"),
        attacks.put_object(cloud, host, bucket="fc-temp-code"),
    ):
        assert attack.send(session, cloud.url, **page).status_code == 403, attack.url
    assert (cloud.fc.functions, cloud.multimediaai.tasks.list()) == ([], [])
    assert cloud.oss.store.list("private") == cloud.oss.store.list("fc-temp-code") == []


def test_a_rule_is_for_its_origin_and_method(session: requests.Session, cloud: LocalCloud) -> None:
    allow(cloud, "my-videos", "GET")
    host = cloud.url.removeprefix("http://")
    assert attacks.put_object(cloud, host).send(session, cloud.url, Origin=PAGE).status_code == 403
    allow(cloud, "my-videos", "PUT", origin="http://localhost:3001")
    assert attacks.put_object(cloud, host).send(session, cloud.url, Origin=PAGE).status_code == 403
    assert cloud.oss.store.list("my-videos") == []


def test_a_page_cannot_copy_what_it_may_not_read(session: requests.Session, cloud: LocalCloud) -> None:
    cloud.oss.store.put("private", "secret", b"film")
    allow(cloud, "my-videos", "PUT", "GET")
    cloud.oss.store.set_acl("my-videos", "public-read-write")
    headers = {"Origin": PAGE, "x-oss-copy-source": "/private/secret"}
    answer = session.put(f"{cloud.url}/my-videos/copy", headers=headers, timeout=10)
    assert (answer.status_code, cloud.oss.store.list("my-videos")) == (403, [])


def test_a_link_may_lead_to_an_object_and_shows_it_without_scripts(
    session: requests.Session, cloud: LocalCloud
) -> None:
    cloud.oss.store.put("my-videos", "a.html", b"<script>1</script>", "text/html")
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    host = cloud.url.removeprefix("http://")
    answer = attacks.get_object(cloud, host, "a.html").send(session, cloud.url, **link)
    assert (answer.status_code, answer.headers["Content-Security-Policy"]) == (200, "sandbox")
    assert attacks.create_task(cloud, host).send(session, cloud.url, **link).status_code == 403
    assert attacks.put_object(cloud, host).send(session, cloud.url, **link).status_code == 403


@pytest.mark.parametrize(
    ("target", "mark"),
    [("/my-videos/k", "<Code>BadRequest</Code>"), ("/2023-03-30/functions", '"Code": "BadRequest"')],
)
def test_the_services_own_form_of_400(cloud: LocalCloud, target: str, mark: str) -> None:
    with socket.create_connection((cloud.server.host, cloud.server.port), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n".encode())
        read = b""
        while data := connection.recv(1000):
            read += data
    assert read.startswith(b"HTTP/1.1 400 ")
    assert mark in read.decode()

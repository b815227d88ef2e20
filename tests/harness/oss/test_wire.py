"""What no client sends on purpose, and where a request is addressed to."""

from __future__ import annotations

import base64
import http.client
import re
import socket
from xml.etree import ElementTree

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.oss.service import HANDLERS
from harness.oss.wire.operations import DOMAIN_OPERATIONS, OPERATIONS
from tests.harness.oss.local import LocalOss


def test_every_operation_has_its_handler() -> None:
    assert {operation.name for operation in (*OPERATIONS, *DOMAIN_OPERATIONS)} == set(HANDLERS)


def test_the_error_document(oss: LocalOss) -> None:
    answer = requests.get(f"{oss.url}/nowhere/k", timeout=10)
    error = ElementTree.fromstring(answer.content)
    assert answer.headers["Content-Type"] == "application/xml"
    assert {node.tag: node.text for node in error} == {
        "Code": "NoSuchBucket",
        "Message": "The specified bucket does not exist.",
        "RequestId": answer.headers["x-oss-request-id"],
        "HostId": oss.url.removeprefix("http://"),
        "BucketName": "nowhere",
        "EC": "0015-00000101",
    }
    assert re.fullmatch("[0-9A-F]{24}", answer.headers["x-oss-request-id"])
    head = requests.head(f"{oss.url}/nowhere/k", timeout=10)
    assert b"<Code>NoSuchBucket</Code>" in base64.b64decode(head.headers["x-oss-err"])


def test_refuse_looks_like_oss(oss: LocalOss) -> None:
    oss.server.answer = lambda request: oss.service.refuse(
        oss.service.read(request), 503, "ServiceUnavailable", "Please try again."
    )
    answer = requests.get(f"{oss.url}/videos/k", timeout=10)
    assert (answer.status_code, "<Code>ServiceUnavailable</Code>" in answer.text) == (503, True)
    head = requests.head(f"{oss.url}/videos/k", timeout=10)
    assert b"<Code>ServiceUnavailable</Code>" in base64.b64decode(head.headers["x-oss-err"])


def get(oss: LocalOss, host: str, path: str) -> tuple[int, str]:
    oss.store.set_acl("videos", "public-read")
    answer = requests.get(oss.url + path, headers={"Host": host}, timeout=10)
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("127.0.0.1:9000", "/videos/a%2Fb"),
        ("127.0.0.1", "/videos/a/b"),
        ("[::1]:9000", "/videos/a/b"),
        ("localhost:9000", "/videos/a/b"),
        ("videos.localhost:9000", "/a/b"),
        ("videos.oss.example:9000", "/a/b"),
        ("oss.example", "/videos/a/b"),
        ("videos.oss-cn-beijing.aliyuncs.com", "/a/b"),
        ("videos.oss-cn-beijing-internal.aliyuncs.com", "/a/b"),
        ("videos.oss-accelerate.aliyuncs.com", "/a/b"),
        ("VIDEOS.oss-cn-beijing.aliyuncs.com", "/a/b"),
        ("videos.oss-cn-hangzhou.aliyuncs.com", "/a/b"),
    ],
)
def test_styles_of_addressing(oss: LocalOss, host: str, path: str) -> None:
    oss.store.put("videos", "a/b", b"x")
    assert get(oss, host, path) == (200, "x")


@pytest.mark.parametrize(
    ("host", "path", "code"),
    [
        ("oss-cn-beijing.aliyuncs.com", "/videos/a", "SecondLevelDomainForbidden"),
        ("videos.oss-cn-beijing.aliyuncs.com", "/videos/a", "NoSuchKey"),
        ("Videos_.oss-cn-beijing.aliyuncs.com", "/a", "InvalidBucketName"),
    ],
)
def test_addresses_that_oss_refuses(oss: LocalOss, host: str, path: str, code: str) -> None:
    oss.store.put("videos", "a", b"x")
    assert f"<Code>{code}</Code>" in get(oss, host, path)[1]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/videos?lifecycle"),
        ("PUT", "/videos?website"),
        ("GET", "/videos?policy"),
        ("GET", "/videos?tagging"),
        ("POST", "/videos/k?restore"),
        ("GET", "/videos/k?x-oss-process=video/snapshot"),
        ("POST", "/videos/k?seal"),
    ],
)
def test_what_is_not_implemented_says_so(oss: LocalOss, method: str, target: str) -> None:
    answer = requests.request(method, oss.url + target, timeout=10)
    assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (400, True)


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/videos/k"), ("POST", "/videos/k"), ("DELETE", "/")])
def test_methods_that_are_none(oss: LocalOss, method: str, path: str) -> None:
    answer = requests.request(method, oss.url + path, timeout=10)
    assert (answer.status_code, "<Code>MethodNotAllowed</Code>" in answer.text) == (405, True)


def test_a_put_without_a_length(oss: LocalOss) -> None:
    oss.store.set_acl("videos", "public-read-write")
    connection = http.client.HTTPConnection("127.0.0.1", oss.server.port, timeout=10)
    connection.putrequest("PUT", "/videos/k")
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, b"<Code>MissingContentLength</Code>" in answer.read()) == (411, True)
    connection.close()


def test_a_chunked_put(oss: LocalOss) -> None:
    oss.store.set_acl("videos", "public-read-write")
    assert requests.put(f"{oss.url}/videos/k", data=iter([b"mov", b"ing"]), timeout=10).status_code == 200
    assert oss.store.get("videos", "k") == b"moving"


def test_an_upload_of_more_than_5_gb_is_refused_by_its_length(oss: LocalOss) -> None:
    oss.store.set_acl("videos", "public-read-write")
    with socket.create_connection(("127.0.0.1", oss.server.port), timeout=10) as connection:
        connection.sendall(b"PUT /videos/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5368709121\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    refused = oss.journal.entries("request")[-1].fields
    assert (refused["operation"], refused["status"]) == ("PutObject", 400)


@pytest.mark.parametrize("length", ["-5", "many"])
def test_lengths_that_are_none(oss: LocalOss, length: str) -> None:
    with socket.create_connection(("127.0.0.1", oss.server.port), timeout=10) as connection:
        connection.sendall(f"PUT /videos/k HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert connection.recv(100).split()[1] == b"400"


def test_overrides_of_headers(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x")
    for value in ('attachment; filename="猫.mp4"', 'attachment; filename="é.mp4"'):
        url = oss.bucket().sign_url("GET", "k", 60, params={"response-content-disposition": value})
        sent = requests.get(url, timeout=10).headers["Content-Disposition"]
        assert sent.encode("latin-1").decode() == value
    url = oss.bucket().sign_url("GET", "k", 60, params={"response-content-type": "text/plain\r\nX-Evil: 1"})
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)


def test_a_key_with_a_slash_at_its_start_is_refused_in_any_style(oss: LocalOss) -> None:
    with socket.create_connection(("127.0.0.1", oss.server.port), timeout=10) as connection:
        connection.sendall(
            b"GET //k HTTP/1.1\r\nHost: videos.oss-cn-beijing.aliyuncs.com\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert (answer.split()[1], b"<Code>InvalidObjectName</Code>" in answer) == (b"400", True)


def test_a_client_that_breaks_off_leaves_nothing(oss: LocalOss) -> None:
    oss.store.set_acl("videos", "public-read-write")
    with socket.create_connection(("127.0.0.1", oss.server.port), timeout=10) as connection:
        connection.sendall(b"PUT /videos/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nonly this")
        connection.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionResetError):
            connection.recv(1000)
    assert oss.store.list("videos") == []


PARAMETERS = [
    *("acl", "append", "position", "uploads", "uploadId", "partNumber", "delete", "versioning", "versions"),
    *("versionId", "tagging", "symlink", "list-type", "max-keys", "marker", "continuation-token"),
    *("encoding-type", "objectMeta", "key-marker", "version-id-marker"),
]
HEADERS = [
    *("Range", "If-Match", "If-Modified-Since", "Content-MD5", "Content-Type", "x-oss-copy-source"),
    *("x-oss-copy-source-range", "x-oss-symlink-target", "x-oss-tagging", "x-oss-object-acl", "x-oss-acl"),
]
VALUES = ["", "x", "/videos/k", "videos", "bytes=0-", "private", "a=b&a=b", "multipart/form-data; boundary=b"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    path=st.sampled_from(["/", "/videos", "/videos/k", "/videos/log", "/fc-temp/", "/no-such/x"]),
    query=st.lists(
        st.tuples(st.sampled_from(PARAMETERS), st.sampled_from(["", "0", "1", "2", "-1", "x", "url", "null"])),
        max_size=3,
    ),
    headers=st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(VALUES), max_size=3),
    body=st.sampled_from([b"", b"x", b"<Delete/>", b"<Tagging><TagSet/></Tagging>", b"<a>&b;</a>"]),
)
def test_no_request_is_an_internal_error(
    oss: LocalOss, method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes
) -> None:
    oss.rights.open_to_all = True
    oss.store.clear()
    oss.store.create_bucket("videos")
    oss.store.put("videos", "k", b"x")
    answer = requests.request(method, oss.url + path, params=query, headers=headers, data=body, timeout=10)
    assert answer.status_code < 500

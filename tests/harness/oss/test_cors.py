"""CORS rules through both SDKs, preflights, and what answers tell a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest
import requests

from tests.harness.oss.local import LocalOss

PAGE = "http://localhost:3000"


def put_with_oss2(oss: LocalOss, **rule: Any) -> None:
    made = oss2.models.CorsRule(
        allowed_origins=rule["origins"],
        allowed_methods=rule["methods"],
        allowed_headers=rule.get("headers", []),
        expose_headers=rule.get("exposed", []),
        max_age_seconds=rule.get("max_age"),
    )
    oss.bucket().put_bucket_cors(oss2.models.BucketCors([made]))


def put_with_v2(oss: LocalOss, **rule: Any) -> None:
    made = oss_v2.CORSRule(
        allowed_origins=rule["origins"],
        allowed_methods=rule["methods"],
        allowed_headers=rule.get("headers", []),
        expose_headers=rule.get("exposed", []),
        max_age_seconds=rule.get("max_age"),
    )
    configuration = oss_v2.CORSConfiguration(cors_rules=[made])
    oss.v2().put_bucket_cors(oss_v2.PutBucketCorsRequest(bucket="videos", cors_configuration=configuration))


Put = Callable[..., None]


@pytest.fixture(params=[put_with_oss2, put_with_v2])
def put(request: pytest.FixtureRequest) -> Put:
    chosen: Put = request.param
    return chosen


def preflight(oss: LocalOss, method: str = "PUT", origin: str = PAGE, headers: str = "") -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return requests.options(f"{oss.url}/videos/not-there-yet?uploads", headers=asked, timeout=10)


def cors_headers(answer: requests.Response) -> dict[str, str]:
    prefix = "access-control-"
    return {k.lower()[len(prefix) :]: v for k, v in answer.headers.items() if k.lower().startswith(prefix)}


def test_rules_come_back_as_they_were_put(oss: LocalOss, put: Put) -> None:
    put(
        oss,
        origins=[PAGE, "https://*.example"],
        methods=["PUT", "GET"],
        headers=["*"],
        exposed=["ETag"],
        max_age=60,
    )
    (rule,) = oss.bucket().get_bucket_cors().rules
    assert (rule.allowed_origins, rule.allowed_methods) == ([PAGE, "https://*.example"], ["PUT", "GET"])
    assert (rule.allowed_headers, rule.expose_headers, rule.max_age_seconds) == (["*"], ["ETag"], 60)
    got = oss.v2().get_bucket_cors(oss_v2.GetBucketCorsRequest(bucket="videos")).cors_configuration
    assert got
    assert got.cors_rules
    assert (got.cors_rules[0].allowed_origins, got.response_vary) == ([PAGE, "https://*.example"], False)


def test_rules_that_were_deleted(oss: LocalOss, put: Put) -> None:
    put(oss, origins=["*"], methods=["GET"])
    oss.bucket().delete_bucket_cors()
    with pytest.raises(oss2.exceptions.NoSuchCors):
        oss.bucket().get_bucket_cors()
    answer = preflight(oss, "GET")
    assert (answer.status_code, cors_headers(answer)) == (403, {})
    assert "CORS is not enabled" in answer.text


def test_preflights(oss: LocalOss, put: Put) -> None:
    put(
        oss,
        origins=["http://localhost:*"],
        methods=["PUT", "GET"],
        headers=["x-oss-*", "Content-Type"],
        max_age=60,
    )
    answer = preflight(oss, headers="content-type, x-oss-meta-a")
    assert (answer.status_code, cors_headers(answer)) == (
        200,
        {
            "allow-origin": PAGE,
            "allow-methods": "PUT, GET",
            "allow-headers": "content-type, x-oss-meta-a",
            "max-age": "60",
        },
    )
    for refused in (
        preflight(oss, "DELETE"),
        preflight(oss, origin="https://evil.example"),
        preflight(oss, origin=""),
        preflight(oss, headers="content-type, authorization"),
    ):
        assert (refused.status_code, cors_headers(refused)) == (403, {})
        assert "<Code>AccessForbidden</Code>" in refused.text


def test_answers_say_who_may_read_them(oss: LocalOss, put: Put) -> None:
    put(oss, origins=["*"], methods=["GET"], exposed=["ETag", "x-oss-request-id"])
    oss.store.put("videos", "k", b"film")
    url = oss.bucket().sign_url("GET", "k", 60)
    allowed = requests.get(url, headers={"Origin": PAGE}, timeout=10)
    expected = {"allow-origin": "*", "allow-methods": "GET", "expose-headers": "ETag, x-oss-request-id"}
    assert (allowed.content, cors_headers(allowed)) == (b"film", expected)
    missing = requests.get(f"{oss.url}/videos/k", headers={"Origin": PAGE}, timeout=10)
    assert (missing.status_code, cors_headers(missing)) == (403, expected)  # a page shall see why
    assert cors_headers(requests.get(url, timeout=10)) == {}
    put(oss, origins=["http://localhost:3001"], methods=["GET"])
    assert cors_headers(requests.get(url, headers={"Origin": PAGE}, timeout=10)) == {}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"origins": [], "methods": ["GET"]}, "MalformedXML"),
        ({"origins": ["*"], "methods": []}, "MalformedXML"),
        ({"origins": ["*"], "methods": ["PATCH"]}, "InvalidArgument"),
        ({"origins": ["http://*.*"], "methods": ["GET"]}, "InvalidArgument"),
        ({"origins": ["*"], "methods": ["GET"], "exposed": ["*"]}, "InvalidArgument"),
        ({"origins": ["*"], "methods": ["GET"], "headers": ["a<b"]}, "InvalidArgument"),
        ({"origins": ["*"], "methods": ["GET"], "max_age": -1}, "InvalidArgument"),
    ],
)
def test_rules_that_oss_refuses(oss: LocalOss, rule: dict[str, Any], code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        put_with_oss2(oss, **rule)
    assert (raised.value.code, oss.store.cors.of("videos")) == (code, None)


def test_rules_go_with_their_bucket(oss: LocalOss) -> None:
    put_with_oss2(oss, origins=["*"], methods=["GET"])
    oss.bucket().delete_bucket()
    oss.store.create_bucket("videos")
    assert oss.store.cors.of("videos") is None

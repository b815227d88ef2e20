"""Keys travel unchanged through URLs, signatures, events, lists and error texts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote
from xml.etree import ElementTree

import oss2
import pytest
import requests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from harness.oss import NotificationRule
from tests.harness.oss.local import AWKWARD_KEY, LocalOss

LONGEST = "视频/" + "长" * 336 + "a" * 4 + ".mp4"

KEYS = [
    AWKWARD_KEY,
    LONGEST,
    "a//b/",
    "a/../b/./c",
    "%41%2F%zz",
    "a&b=c;d,e'f\"g<h>`{}|^~[]@$!*()",
    "tab\tnewline\nreturn\r",
    "\U0001f600\u202e\xa0",
    " leading and trailing ",
    "k?versionId=x",
    "a\\b",
]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_key_comes_through_everywhere(oss: LocalOss, key: str, version: str) -> None:
    told: list[str] = []
    oss.service.notifications.add(
        NotificationRule(
            "rule",
            "videos",
            ("oss:ObjectCreated:*",),
            "",
            "",
            lambda payload: told.append(json.loads(payload)["events"][0]["oss"]["object"]["key"]),
        )
    )
    bucket = oss.bucket(version=version)
    bucket.put_object(key, key.encode())
    assert bucket.get_object(key).read() == key.encode()
    assert requests.get(bucket.sign_url("GET", key, 60), timeout=10).content == key.encode()
    assert [found.key for found in bucket.list_objects_v2().object_list] == [key]
    assert [found.key for found in oss.store.list("videos")] == [key]
    assert told == [key]
    assert oss.journal.entries("request")[0].fields["key"] == key


def test_the_longest_key_has_1023_bytes() -> None:
    assert len(LONGEST.encode()) == 1023


@pytest.mark.parametrize("key", ["/a", "\\a", LONGEST + "a", "a" * 1024])
def test_keys_that_oss_refuses(oss: LocalOss, key: str) -> None:
    # The client would refuse the first two itself.
    bucket = oss.bucket()
    url = bucket.sign_url("PUT", "placeholder", 60).replace("placeholder", quote(key, safe=""))
    answer = requests.put(url, b"x", timeout=10)
    assert (answer.status_code, "<Code>InvalidObjectName</Code>" in answer.text) == (400, True)
    assert oss.store.list("videos") == []


def test_bytes_that_are_no_utf8(oss: LocalOss) -> None:
    answer = requests.get(f"{oss.url}/videos/%ff%fe", timeout=10)
    assert (answer.status_code, "<Code>InvalidObjectName</Code>" in answer.text) == (400, True)


def test_a_key_that_xml_cannot_hold_is_shown_with_a_replacement(oss: LocalOss) -> None:
    oss.store.set_acl("videos", "public-read")
    answer = requests.get(f"{oss.url}/videos/a%00b%0D%1Fc", timeout=10)
    assert answer.status_code == 404
    assert ElementTree.fromstring(answer.content).findtext("Key") == "a\ufffdb\r\ufffdc"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts)
def test_any_key_round_trips(oss: LocalOss, key: str) -> None:
    assume(key[0] not in "/\\" and key not in (".", ".."))  # dots are steps in a path to the client
    for version in ("v1", "v4"):
        bucket = oss.bucket(version=version)
        put = bucket.put_object(key, key.encode())
        assert bucket.get_object(key).read() == key.encode()
        assert oss.store.stat("videos", key).etag == put.etag
    bucket.delete_object(key)
    assert oss.store.list("videos") == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.text("ab/é\U0001f600", min_size=1, max_size=6), max_size=12), st.text("ab/", max_size=3))
def test_any_keys_are_listed_in_byte_order(oss: LocalOss, keys: set[str], prefix: str) -> None:
    keys = {key for key in keys if not key.startswith("/")}
    for key in keys:
        oss.store.put("videos", key, b"")
    wanted = sorted((key for key in keys if key.startswith(prefix)), key=str.encode)
    assert [found.key for found in oss2.ObjectIteratorV2(oss.bucket(), prefix, max_keys=3)] == wanted
    for key in keys:
        oss.store.objects.delete("videos", key)


def test_hundreds_of_threads(oss: LocalOss) -> None:
    def use(number: int) -> bytes:
        bucket, key = oss.bucket(), f"{number:03d}"
        bucket.put_object(key, key.encode() * 1000)
        return bytes(bucket.get_object(key).read())

    with ThreadPoolExecutor(200) as pool:
        assert list(pool.map(use, range(200))) == [f"{number:03d}".encode() * 1000 for number in range(200)]
    assert len(oss.store.list("videos")) == 200

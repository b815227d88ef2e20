"""Copies and appends: which of their headers count."""

from __future__ import annotations

import oss2
import pytest

from tests.harness.oss.local import LocalOss

LONG_AGO = "Mon, 01 Jan 2001 00:00:00 GMT"


@pytest.mark.parametrize(
    "condition",
    [
        {"If-Match": '"other"'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": LONG_AGO},
        {"If-Unmodified-Since": LONG_AGO},
    ],
)
def test_conditions_of_reads_mean_nothing_to_a_copy(oss: LocalOss, condition: dict[str, str]) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"x")
    bucket.copy_object("videos", "k", "copy", headers=condition)
    assert oss.store.get("videos", "copy") == b"x"
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.put_object("k", b"y", headers=condition)
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.append_object("log", 0, b"y", headers=condition)


@pytest.mark.parametrize("target", ["k", "copy"])
@pytest.mark.parametrize(
    ("given", "expected"), [({}, "video/mp4"), ({"Content-Type": "text/plain"}, "text/plain")]
)
def test_a_copy_keeps_its_type_until_told_another(
    oss: LocalOss, target: str, given: dict[str, str], expected: str
) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"x", headers={"Content-Type": "video/mp4", "x-oss-meta-a": "1"})
    bucket.copy_object("videos", "k", target, headers={"x-oss-metadata-directive": "REPLACE", **given})
    made = oss.store.stat("videos", target).attributes
    assert (made.content_type, made.meta) == (expected, {})


def test_only_the_first_append_says_what_the_object_is(oss: LocalOss) -> None:
    bucket = oss.bucket()
    first = {"x-oss-tagging": "a=1", "x-oss-meta-a": "1", "Content-Type": "text/plain"}
    later = {
        "x-oss-tagging": "&".join(f"k{number}=v" for number in range(15)),
        "x-oss-meta-no_such_name!": "2",
        "x-oss-object-acl": "nonsense",
        "Content-Type": "text/html",
    }
    bucket.append_object("log", 0, b"x", headers=first)
    bucket.append_object("log", 1, b"y", headers=later)
    made = oss.store.stat("videos", "log").attributes
    assert (made.tags, made.meta, made.content_type) == ((("a", "1"),), {"a": "1"}, "text/plain")
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidTag"):
        bucket.append_object("other", 0, b"x", headers={"x-oss-tagging": later["x-oss-tagging"]})


def test_a_hundred_and_twenty_metadata_headers(oss: LocalOss) -> None:
    meta = {f"x-oss-meta-n{number}": f"v{number}" for number in range(120)}
    oss.bucket().put_object("k", b"x", headers=meta)
    found = oss.store.stat("videos", "k").attributes.meta
    assert found == {f"n{number}": f"v{number}" for number in range(120)}

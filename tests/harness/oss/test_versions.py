"""Versions and delete markers."""

from __future__ import annotations

import oss2
import pytest
import requests

from tests.harness.oss.local import LocalOss


@pytest.fixture
def versioned(oss: LocalOss) -> LocalOss:
    oss.store.set_versioning("videos", "Enabled")
    return oss


def test_every_put_is_kept(versioned: LocalOss) -> None:
    bucket = versioned.bucket()
    first = bucket.put_object("k", b"one").versionid
    second = bucket.put_object("k", b"two").versionid
    assert first != second
    assert bucket.get_object("k").read() == b"two"
    assert bucket.get_object("k", params={"versionId": first}).read() == b"one"
    assert bucket.head_object("k").versionid == second
    listed = bucket.list_object_versions()
    assert [(v.versionid, v.is_latest) for v in listed.versions] == [(second, True), (first, False)]


def test_delete_puts_a_marker_and_deleting_it_brings_the_object_back(versioned: LocalOss) -> None:
    bucket = versioned.bucket()
    bucket.put_object("k", b"one")
    marker = bucket.delete_object("k")
    assert marker.delete_marker
    with pytest.raises(oss2.exceptions.NoSuchKey) as caught:
        bucket.get_object("k")
    assert caught.value.headers["x-oss-delete-marker"] == "true"
    url = bucket.sign_url("GET", "k", 60, params={"versionId": marker.versionid})
    assert requests.get(url, timeout=10).status_code == 405
    assert bucket.list_objects_v2().object_list == []
    (listed,) = bucket.list_object_versions().delete_marker
    assert (listed.versionid, listed.is_latest) == (marker.versionid, True)
    gone = bucket.delete_object("k", params={"versionId": marker.versionid})
    assert gone.delete_marker
    assert bucket.get_object("k").read() == b"one"


def test_deleting_the_latest_version_uncovers_the_one_before(versioned: LocalOss) -> None:
    bucket = versioned.bucket()
    bucket.put_object("k", b"one")
    second = bucket.put_object("k", b"two").versionid
    bucket.delete_object("k", params={"versionId": second})
    assert bucket.get_object("k").read() == b"one"
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.get_object("k", params={"versionId": second})
    assert (caught.value.status, caught.value.code) == (404, "NoSuchVersion")


def test_suspended_writes_the_null_version(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"before")
    oss.store.set_versioning("videos", "Enabled")
    kept = bucket.put_object("k", b"kept").versionid
    oss.store.set_versioning("videos", "Suspended")
    assert bucket.put_object("k", b"null").versionid == "null"
    assert [v.version_id for v in oss.store.versions("videos")] == ["null", kept]
    bucket.delete_object("k")
    assert [(v.version_id, v.is_marker) for v in oss.store.versions("videos")] == [("null", True), (kept, False)]


def test_pages_of_versions(versioned: LocalOss) -> None:
    bucket = versioned.bucket()
    for key in ("a", "b", "c/1", "c/2"):
        for data in (b"1", b"2", b"3"):
            bucket.put_object(key, data)
    bucket.delete_object("b")
    seen, marker, version = [], "", ""
    while True:
        page = bucket.list_object_versions(max_keys=2, key_marker=marker, versionid_marker=version, delimiter="/")
        seen += [v.key for v in page.versions] + [m.key for m in page.delete_marker] + page.common_prefix
        marker, version = page.next_key_marker, page.next_versionid_marker
        if not page.is_truncated:
            break
    assert sorted(seen) == ["a"] * 3 + ["b"] * 4 + ["c/"]


def test_batch_delete_of_versions_empties_the_bucket(versioned: LocalOss) -> None:
    bucket = versioned.bucket()
    for data in (b"1", b"2"):
        bucket.put_object("k", data)
    bucket.delete_object("k")
    gone = oss2.models.BatchDeleteObjectVersionList()
    for found in versioned.store.versions("videos"):
        gone.append(oss2.models.BatchDeleteObjectVersion("k", found.version_id))
    result = bucket.delete_object_versions(gone)
    assert sorted(deleted.delete_marker for deleted in result.delete_versions) == [False, False, True]
    assert list(versioned.store.versions("videos")) == []
    bucket.delete_bucket()


def test_an_append_keeps_no_previous_version(versioned: LocalOss) -> None:
    bucket = versioned.bucket()
    bucket.append_object("log", 0, b"one")
    bucket.append_object("log", 3, b"two")
    (only,) = versioned.store.versions("videos")
    assert only.size == 6
    bucket.delete_object("log")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("log", 0, b"anew")
    assert len(versioned.store.versions("videos")) == 2  # the log and its marker

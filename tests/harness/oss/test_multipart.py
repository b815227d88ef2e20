"""Multipart uploads, copies, symlinks, tags and ACLs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import oss2
import pytest

from tests.harness.oss.local import AWKWARD_KEY, LocalOss

PART = bytes(range(256)) * 400


def test_parts_become_one_object(oss: LocalOss) -> None:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload(AWKWARD_KEY, headers={"Content-Type": "video/mp4"}).upload_id
    parts = []
    for number, data in ((1, PART), (3, b"the end")):
        put = bucket.upload_part(AWKWARD_KEY, upload, number, data)
        parts.append(oss2.models.PartInfo(number, put.etag))
    assert [found.key for found in bucket.list_multipart_uploads().upload_list] == [AWKWARD_KEY]
    assert [(p.part_number, p.size) for p in bucket.list_parts(AWKWARD_KEY, upload).parts] == [
        (1, len(PART)),
        (3, 7),
    ]
    done = bucket.complete_multipart_upload(AWKWARD_KEY, upload, parts)
    assert bucket.get_object(AWKWARD_KEY).read() == PART + b"the end"
    head = bucket.head_object(AWKWARD_KEY)
    assert (head.object_type, head.content_type, head.etag) == ("Multipart", "video/mp4", done.etag)
    digests = b"".join(hashlib.md5(data).digest() for data in (PART, b"the end"))
    assert done.etag == hashlib.md5(digests).hexdigest().upper() + "-2"
    assert bucket.list_multipart_uploads().upload_list == []
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.list_parts(AWKWARD_KEY, upload)


def test_the_sdks_resumable_upload_and_download(oss: LocalOss, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(PART * 5)
    store = oss2.ResumableStore(root=str(tmp_path))
    oss2.resumable_upload(
        oss.bucket(), "big", str(source), store=store, multipart_threshold=1, part_size=102400, num_threads=4
    )
    download = oss2.ResumableDownloadStore(root=str(tmp_path))
    oss2.resumable_download(
        oss.bucket(), "big", str(target), store=download, multiget_threshold=1, part_size=102400
    )
    assert target.read_bytes() == PART * 5
    assert oss.store.stat("videos", "big").etag.endswith("-5")


@pytest.mark.parametrize(
    ("numbers", "etag", "code"),
    [
        ([1, 1], "", "InvalidPartOrder"),
        ([1, 3], "", "InvalidPart"),
        ([1], '"0"', "InvalidPart"),
        ([1, 2], "", "EntityTooSmall"),
        ([], "", "MalformedXML"),
    ],
)
def test_parts_that_do_not_fit(oss: LocalOss, numbers: list[int], etag: str, code: str) -> None:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("k").upload_id
    etags = {number: bucket.upload_part("k", upload, number, b"small").etag for number in (1, 2)}
    parts = [oss2.models.PartInfo(number, etag or etags.get(number, "0")) for number in numbers]
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.complete_multipart_upload("k", upload, parts)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert not bucket.object_exists("k")


def test_complete_all_abort_and_part_numbers(oss: LocalOss) -> None:
    bucket = oss.bucket()
    upload = bucket.init_multipart_upload("k").upload_id
    for number in (0, 10_001):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.upload_part("k", upload, number, b"x")
    bucket.upload_part("k", upload, 2, b"first try")
    bucket.upload_part("k", upload, 2, b"again")
    bucket.complete_multipart_upload("k", upload, None, headers={"x-oss-complete-all": "yes"})
    assert oss.store.get("videos", "k") == b"again"
    aborted = bucket.init_multipart_upload("k").upload_id
    bucket.upload_part("k", aborted, 1, b"x")
    assert bucket.abort_multipart_upload("k", aborted).status == 204
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.abort_multipart_upload("k", aborted)


def test_forbid_overwrite_on_initiate_and_complete(oss: LocalOss) -> None:
    bucket, forbid = oss.bucket(), {"x-oss-forbid-overwrite": "true"}
    upload = bucket.init_multipart_upload("k", headers=forbid).upload_id
    part = oss2.models.PartInfo(1, bucket.upload_part("k", upload, 1, b"x").etag)
    oss.store.put("videos", "k", b"first")
    with pytest.raises(oss2.exceptions.ServerError) as initiated:
        bucket.init_multipart_upload("k", headers=forbid)
    with pytest.raises(oss2.exceptions.ServerError) as completed:
        bucket.complete_multipart_upload("k", upload, [part], headers=forbid)
    assert initiated.value.code == completed.value.code == "FileAlreadyExists"
    bucket.complete_multipart_upload("k", upload, [part])
    assert oss.store.get("videos", "k") == b"x"


def test_pages_of_parts_and_uploads(oss: LocalOss) -> None:
    bucket = oss.bucket()
    uploads = [bucket.init_multipart_upload(key).upload_id for key in ("a", "a", "b")]
    for number in range(1, 4):
        bucket.upload_part("b", uploads[2], number, b"x")
    parts = oss2.PartIterator(bucket, "b", uploads[2], max_parts=2)
    assert [part.part_number for part in parts] == [1, 2, 3]
    listed = oss2.MultipartUploadIterator(bucket, max_uploads=1)
    assert {(upload.key, upload.upload_id) for upload in listed} == set(zip("aab", uploads, strict=True))


def test_upload_part_copy(oss: LocalOss) -> None:
    bucket = oss.bucket()
    oss.store.put("videos", AWKWARD_KEY, PART + b"tail")
    upload = bucket.init_multipart_upload("k").upload_id
    whole = bucket.upload_part_copy("videos", AWKWARD_KEY, (0, len(PART) - 1), "k", upload, 1)
    tail = bucket.upload_part_copy("videos", AWKWARD_KEY, (len(PART), len(PART) + 3), "k", upload, 2)
    parts = [oss2.models.PartInfo(1, whole.etag), oss2.models.PartInfo(2, tail.etag)]
    bucket.complete_multipart_upload("k", upload, parts)
    assert oss.store.get("videos", "k") == PART + b"tail"


def test_copy(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.put_object(AWKWARD_KEY, b"x", headers={"x-oss-meta-a": "1", "Content-Type": "video/mp4"})
    copied = bucket.copy_object("videos", AWKWARD_KEY, "copy")
    head = bucket.head_object("copy")
    assert (head.etag, head.content_type, head.headers["x-oss-meta-a"]) == (copied.etag, "video/mp4", "1")
    replace = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2"}
    bucket.copy_object("videos", AWKWARD_KEY, "copy", headers=replace)
    head = bucket.head_object("copy")
    assert "x-oss-meta-a" not in head.headers
    assert head.headers["x-oss-meta-b"] == "2"
    bucket.delete_object(AWKWARD_KEY)
    assert oss.store.get("videos", "copy") == b"x"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object("videos", "nothing", "copy")


def test_copying_onto_itself_changes_the_metadata(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x", "text/plain")
    oss.bucket().update_object_meta("k", {"x-oss-meta-a": "1"})
    assert oss.bucket().head_object("k").headers["x-oss-meta-a"] == "1"
    assert oss.store.get("videos", "k") == b"x"


def test_an_appendable_object_cannot_be_copied_but_gets_new_metadata(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.append_object("log", 0, b"one")
    with pytest.raises(oss2.exceptions.ServerError, match="OperationNotSupported"):
        bucket.copy_object("videos", "log", "copy")
    assert [found.key for found in oss.store.list("videos")] == ["log"]
    bucket.update_object_meta("log", {"x-oss-meta-a": "1"})
    bucket.append_object("log", 3, b"two")
    assert oss.store.get("videos", "log") == b"onetwo"
    assert oss.store.stat("videos", "log").attributes.meta == {"a": "1"}


def test_copy_conditions(oss: LocalOss) -> None:
    etag = oss.bucket().put_object("k", b"x").etag
    right, wrong = {"x-oss-copy-source-if-match": etag}, {"x-oss-copy-source-if-match": "OTHER"}
    oss.bucket().copy_object("videos", "k", "copy", headers=right)
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        oss.bucket().copy_object("videos", "k", "copy", headers=wrong)


def test_symlink(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.put_symlink(AWKWARD_KEY, "link", headers={"x-oss-meta-a": "1"})
    assert bucket.get_symlink("link").target_key == AWKWARD_KEY
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.get_object("link")
    assert (caught.value.status, caught.value.code) == (404, "SymlinkTargetNotExist")
    put = bucket.put_object(AWKWARD_KEY, b"moving")
    assert bucket.get_object("link").read() == b"moving"
    head = bucket.head_object("link")
    assert (head.object_type, head.content_length, head.etag) == ("Symlink", 6, put.etag)
    bucket.put_symlink("link", "chain")
    with pytest.raises(oss2.exceptions.ServerError) as chained:
        bucket.get_object("chain")
    assert chained.value.code == "InvalidTargetType"
    with pytest.raises(oss2.exceptions.ServerError) as normal:
        bucket.get_symlink(AWKWARD_KEY)
    assert normal.value.code == "NotSymlink"


def test_tags(oss: LocalOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", b"x", headers={"x-oss-tagging": "a=1&b%20c=%E7%8C%AB"})
    modified = bucket.head_object("k").last_modified
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"a": "1", "b c": "猫"}
    rule = oss2.models.TaggingRule()
    rule.add("new", "2")
    oss.clock.ahead = 60
    bucket.put_object_tagging("k", oss2.models.Tagging(rule))
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"new": "2"}
    head = bucket.head_object("k")
    assert (head.headers["x-oss-tagging-count"], head.last_modified) == ("1", modified)
    bucket.delete_object_tagging("k")
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {}


def test_object_acl(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x")
    assert oss.bucket().get_object_acl("k").acl == "default"
    oss.bucket().put_object_acl("k", "public-read")
    assert oss.bucket().get_object_acl("k").acl == "public-read"

"""State: it survives a restart, keeps no rubbish, and costs no memory."""

from __future__ import annotations

import os
import sqlite3
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from harness.oss import OssError, Store
from harness.oss.state.blobs import Blobs
from harness.oss.state.database import Database
from harness.oss.state.model import Attributes, Content
from harness.oss.state.objects import Objects
from harness.oss.state.uploads import Uploads
from harness.oss.state.worm import RetentionPolicies
from tests.harness.oss.local import AWKWARD_KEY, LocalOss


def blobs(directory: Path) -> int:
    return sum(1 for path in (directory / "blobs").rglob("*") if path.is_file())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_everything_survives_a_restart(directory: Path) -> None:
    store = Store(directory)
    store.create_bucket("videos", acl="public-read", storage_class="IA")
    store.set_versioning("videos", "Enabled")
    first = store.put("videos", AWKWARD_KEY, b"one")
    second = store.put("videos", AWKWARD_KEY, b"two", "video/mp4")
    upload = store.uploads.initiate("videos", "big", second.attributes)
    store.uploads.put_part(upload, 1, store.write([b"part"]))
    bucket = store.bucket("videos")
    store.close()

    store = Store(directory)
    assert list(store.buckets()) == [bucket]
    assert store.stat("videos", AWKWARD_KEY) == second
    assert store.get("videos", AWKWARD_KEY, first.version_id) == b"one"
    assert store.uploads.find("videos", "big", upload.upload_id) == upload
    assert store.uploads.complete(upload, None).object.size == 4
    store.close()


def test_what_is_replaced_or_deleted_leaves_no_file(directory: Path) -> None:
    store = Store(directory)
    store.create_bucket("videos")
    for data in (b"one", b"two"):
        store.put("videos", "k", data)
    upload = store.uploads.initiate("videos", "k", store.stat("videos", "k").attributes)
    for data in (b"part", b"again"):
        store.uploads.put_part(upload, 1, store.write([data]))
    assert blobs(directory) == 2
    store.uploads.complete(upload, None)
    assert blobs(directory) == 1
    store.objects.delete("videos", "k")
    assert blobs(directory) == 0
    with pytest.raises(OssError, match="NoSuchBucket"):
        store.put("nowhere", "k", b"x")
    assert blobs(directory) == 0
    store.close()


def test_leftovers_of_a_crash_are_removed_at_the_start(directory: Path) -> None:
    store = Store(directory)
    store.create_bucket("videos")
    store.put("videos", "k", b"x")
    store.write([b"never became an object"])
    store.close()
    assert blobs(directory) == 2
    store = Store(directory)
    assert blobs(directory) == 1
    assert store.get("videos", "k") == b"x"
    store.close()


class Meanwhile(Blobs):
    """Something else happens when the first bytes of an assembly are about to be read."""

    act: Callable[[], object] | None = None

    def concatenate(self, contents: Sequence[Content]) -> Content:
        act, self.act = self.act, None
        if act:
            act()
        return super().concatenate(contents)


class Assembly:
    """An upload of one part, and what it takes to complete it."""

    def __init__(self, directory: Path) -> None:
        store = Store(directory)
        store.create_bucket("videos")
        store.close()
        self.database, self.blobs = Database(directory / "oss.sqlite3"), Meanwhile(directory / "blobs")
        worms = RetentionPolicies(self.database, time.time)
        self.objects = Objects(self.database, self.blobs, worms, time.time)
        self.uploads = Uploads(self.database, self.blobs, self.objects, time.time)
        self.upload = self.uploads.initiate("videos", "k", Attributes())
        self.send(b"part")

    def send(self, data: bytes) -> None:
        self.uploads.put_part(self.upload, 1, self.blobs.write([data]))

    def read(self) -> bytes:
        return self.objects.open("videos", "k")[2].read()


@pytest.fixture
def assembly(directory: Path) -> Iterator[Assembly]:
    made = Assembly(directory)
    yield made
    made.database.close()


def test_a_part_that_is_sent_again_during_the_assembly(directory: Path, assembly: Assembly) -> None:
    assembly.blobs.act = lambda: assembly.send(b"again")
    assembly.uploads.complete(assembly.upload, None)
    assert (assembly.read(), blobs(directory)) == (b"part", 1)


def test_an_upload_that_is_aborted_during_its_assembly(directory: Path, assembly: Assembly) -> None:
    assembly.blobs.act = lambda: assembly.uploads.abort(assembly.upload)
    with pytest.raises(OssError, match="NoSuchUpload"):
        assembly.uploads.complete(assembly.upload, None)
    assert blobs(directory) == 0


def test_a_part_that_was_replaced_is_no_longer_the_one_that_was_named(assembly: Assembly) -> None:
    (before,) = assembly.uploads.parts(assembly.upload)
    assembly.send(b"again")
    with pytest.raises(OssError, match="InvalidPart"):
        assembly.uploads.complete(assembly.upload, [(1, before.etag)])


def test_an_assembly_that_fails_leaves_what_was_there(directory: Path) -> None:
    """The new object is in the same transaction as the end of its upload, and the old bytes go after it."""
    store = Store(directory)
    store.create_bucket("videos")
    store.put("videos", "k", b"before")
    upload = store.uploads.initiate("videos", "k", Attributes())
    store.uploads.put_part(upload, 1, store.write([b"part"]))
    refusing = "CREATE TRIGGER full BEFORE DELETE ON uploads BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    with closing(sqlite3.connect(directory / "oss.sqlite3")) as beside:
        beside.execute(refusing)
        with pytest.raises(sqlite3.Error, match="disk full"):
            store.uploads.complete(upload, None)
        beside.execute("DROP TRIGGER full")
    assert store.get("videos", "k") == b"before"
    assert blobs(directory) == 2
    store.uploads.complete(upload, None)
    assert store.get("videos", "k") == b"part"
    assert blobs(directory) == 1
    store.close()


@pytest.mark.parametrize("fails", [True, False])
def test_what_is_to_be_done_when_committed(directory: Path, fails: bool) -> None:
    directory.mkdir()
    database, done = Database(directory / "any.sqlite3"), []
    with suppress(RuntimeError), database.transaction():
        with database.transaction():
            database.when_committed(lambda: done.append("old bytes deleted"))
        assert done == []
        if fails:
            raise RuntimeError
    with database.transaction():
        pass
    assert done == ([] if fails else ["old bytes deleted"])
    database.close()


def test_bytes_of_an_append_that_never_happened_are_overwritten(directory: Path) -> None:
    store = Store(directory)
    store.create_bucket("videos")
    made = store.objects.append("videos", "log", 0, [b"one\n"], Attributes()).object
    (file,) = [path for path in (directory / "blobs").rglob("*") if path.name == made.content.blob]
    with file.open("ab") as torn:
        torn.write(b"torn off by a cra")
    assert store.get("videos", "log") == b"one\n"
    store.objects.append("videos", "log", 4, [b"two\n"], Attributes())
    assert store.get("videos", "log") == b"one\ntwo\n"
    store.close()


def test_an_open_reader_outlives_the_object(directory: Path) -> None:
    store = Store(directory)
    store.create_bucket("videos")
    store.put("videos", "k", b"moving")
    reader = store.objects.open("videos", "k")[2]
    store.put("videos", "k", b"other")
    store.objects.delete("videos", "k")
    assert reader.read() == b"moving"
    store.close()


def test_clear_leaves_an_empty_store_that_works(directory: Path) -> None:
    store = Store(directory)
    store.create_bucket("videos")
    store.put("videos", "k", b"x")
    store.clear()
    assert (list(store.buckets()), blobs(directory)) == ([], 0)
    store.create_bucket("videos")
    assert store.list("videos") == []
    store.close()


def test_big_uploads_and_downloads_stream(oss: LocalOss, tmp_path: Path) -> None:
    size = 32 * 1024 * 1024
    source, target = tmp_path / "source", tmp_path / "target"
    with source.open("wb") as file:
        for _ in range(size // 65536):
            file.write(os.urandom(65536))
    tracemalloc.start()
    try:
        oss.bucket().put_object_from_file("big", str(source))
        oss.bucket().get_object_to_file("big", str(target))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert target.read_bytes() == source.read_bytes()

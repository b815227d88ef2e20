"""The walk over three listings finds what a table of all keys would find, and remembers next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.buckets import Stored
from ops.merge import Upload, merge

NOW = datetime(2026, 3, 11, tzinfo=timezone.utc)
RECORDS, GIFS = "gif-tasks/my-videos/", "gifs/my-videos/"
#: What stands around `/`, `.` and `0` in the order of bytes, and what is not ASCII.
keys = st.text(alphabet="a!-./01猫😀", min_size=1, max_size=6)
etags = st.sampled_from(["A" * 32, "B" * 32])


def stored(name: str, etag: str = "") -> Stored:
    return Stored(name, 1, etag, NOW, "Standard", "Normal")


def listing(names: dict[str, str]) -> Iterator[Stored]:
    """As OSS lists it: by the bytes of the names."""
    return (stored(name, names[name]) for name in sorted(names, key=str.encode))


def facts(upload: Upload) -> tuple[str | None, tuple[str, ...], str | None]:
    return (
        upload.object.etag if upload.object else None,
        tuple(sorted(record.etag for record in upload.records)),
        upload.gif.key if upload.gif else None,
    )


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.dictionaries(keys, etags), st.sets(st.tuples(keys, etags)), st.sets(keys))
def test_each_key_comes_once_with_all_that_belongs_to_it(
    objects: dict[str, str], records: set[tuple[str, str]], gifs: set[str]
) -> None:
    walked = list(
        merge(
            listing(objects),
            listing({f"{RECORDS}{key}/{etag}.jsonl": "" for key, etag in records}),
            listing({f"{GIFS}{key}.gif": "" for key in gifs}),
            RECORDS,
            GIFS,
        )
    )
    expected = {
        key: (
            objects.get(key),
            tuple(sorted(etag for owner, etag in records if owner == key)),
            f"{GIFS}{key}.gif" if key in gifs else None,
        )
        for key in {*objects, *(key for key, _ in records), *gifs}
    }
    assert {upload.key: facts(upload) for upload in walked} == expected
    assert len(walked) == len(expected)


def test_what_is_beside_records_and_gifs_belongs_to_nobody() -> None:
    records = [stored(f"{RECORDS}a.mp4/notes.txt"), stored(f"{RECORDS}E.jsonl")]
    gifs = [stored(f"{GIFS}a.mp4.gif.txt")]
    assert list(merge([], records, gifs, RECORDS, GIFS)) == []


def test_it_is_a_stream() -> None:
    """What comes out was read no further than its neighbours."""
    read = 0

    def counted() -> Iterator[Stored]:
        nonlocal read
        for number in range(100_000):
            read += 1
            yield stored(f"{number:06d}.mp4")

    walk = merge(counted(), [], [], RECORDS, GIFS)
    for _ in range(10):
        next(walk)
    assert read < 20

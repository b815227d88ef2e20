"""A bucket, its records and its GIFs side by side, from three listings: without a request for each object.

All three are sorted by the bytes of their names, but not by the same name: an object is `<key>`, its records are
`<key>/<eTag>.jsonl`, its GIF is `<key>.gif`. Both sort behind the key, and in front of `<key>0`, because `.` and
`/` are the two characters before `0`. So one walk over all names in their order meets first an object, then what
belongs to it, and knows at `<key>0` that it has met all. Until then it remembers the object, and with it only
those whose key begins the names that are being passed: at most as many as a key has characters.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ops.buckets import Stored


class Recorded(NamedTuple):
    """A record, by its name. changed: when its last line was written."""

    etag: str
    changed: datetime


@dataclass
class Upload:
    """What is known of one key. object: None when there is none any more. gif: the one under its name."""

    key: str
    object: Stored | None = None
    records: list[Recorded] = field(default_factory=list)
    gif: Stored | None = None

    @property
    def current(self) -> Recorded | None:
        """The record of what the key holds now."""
        if self.object is None:
            return None
        return next((record for record in self.records if record.etag == self.object.etag), None)


def merge(
    objects: Iterable[Stored], records: Iterable[Stored], gifs: Iterable[Stored], records_in: str, gifs_in: str
) -> Iterator[Upload]:
    """Every key that has an object, a record or a GIF; each stream as it is listed.

    records_in, gifs_in: what stands in front of the key in the names of records and GIFs. Where such a name would
    be too long, it has the key's SHA-256 instead, and is a key of its own here: who has a long key asks for it.
    """
    open_keys: dict[str, Upload] = {}
    for name, kind, item in heapq.merge(
        ((item.key, 0, item) for item in objects),
        ((item.key.removeprefix(records_in), 1, item) for item in records),
        ((item.key.removeprefix(gifs_in), 2, item) for item in gifs),
        key=_order,
    ):
        for key in [key for key in open_keys if name >= f"{key}0"]:
            yield open_keys.pop(key)
        if kind == 0:
            _at(open_keys, name).object = item
        elif kind == 1:
            key, _, last = name.rpartition("/")
            if key and last.endswith(".jsonl"):
                _at(open_keys, key).records.append(Recorded(last.removesuffix(".jsonl"), item.changed))
        elif name.endswith(".gif"):
            _at(open_keys, name.removesuffix(".gif")).gif = item
    yield from open_keys.values()


def _order(entry: tuple[str, int, Any]) -> tuple[str, int]:
    return entry[0], entry[1]


def _at(open_keys: dict[str, Upload], key: str) -> Upload:
    return open_keys.setdefault(key, Upload(key))

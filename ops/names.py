"""What people name things by: an object's URI, a prefix of one, a TaskId, a request id."""

from __future__ import annotations

import re
from typing import NamedTuple

from handler.record import FOUND, TaskId
from handler.video import MAX_KEY_BYTES
from ops.errors import Mistake

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
#: Function Compute's: 1-, then three groups of hexadecimal digits. Older ones are UUIDs, and so are made-up ones.
_REQUEST = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)+")

#: With GIF_SERVICE=oss. IMM's begin with the task's type.
_TEXT_TASK = re.compile(rf"(MediaConvert-|{FOUND})[0-9A-Za-z-]+")


class ObjectName(NamedTuple):
    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"oss://{self.bucket}/{self.key}"


class AnyTask(NamedTuple):
    """task_id: a number of Multimedia AI's, a text of IMM's, or one that was made up for a task that was found."""

    task_id: TaskId


class RequestId(NamedTuple):
    text: str


def object_name(text: str) -> ObjectName:
    """oss://BUCKET/KEY; the key as it is, not percent-encoded. Raises Mistake."""
    name = _split(text)
    if not name.key:
        raise Mistake(f"{text}: an object is named oss://BUCKET/KEY, and the key is missing")
    return name


def prefix_name(text: str) -> ObjectName:
    """oss://BUCKET or oss://BUCKET/PREFIX. Raises Mistake."""
    return _split(text)


def anything(text: str) -> ObjectName | AnyTask | RequestId:
    """What `show` takes. Raises Mistake."""
    if text.startswith("oss://"):
        return object_name(text)
    if re.fullmatch(r"[1-9][0-9]{0,18}", text):
        return AnyTask(int(text))
    if _TEXT_TASK.fullmatch(text):
        return AnyTask(text)
    if _REQUEST.fullmatch(text):
        return RequestId(text)
    raise Mistake(f"{text}: neither oss://BUCKET/KEY nor a TaskId (digits, or MediaConvert-…) nor a request id")


def _split(text: str) -> ObjectName:
    bucket, _, key = text.removeprefix("oss://").partition("/")
    if not text.startswith("oss://") or not _BUCKET.fullmatch(bucket):
        raise Mistake(f"{text}: is not oss://BUCKET/… with a bucket's name (lower-case letters, digits, hyphens)")
    if len(key.encode("utf-8", "surrogateescape")) > MAX_KEY_BYTES:
        raise Mistake(f"{text[:80]}…: an object's key has at most {MAX_KEY_BYTES:,} bytes")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise Mistake(f"oss://{bucket}/…: the key is not UTF-8, and an object's is") from None
    return ObjectName(bucket, key)

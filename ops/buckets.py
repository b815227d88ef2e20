"""OSS as the commands use it, through the official SDK; each refusal in one sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import alibabacloud_oss_v2 as oss
from requests import RequestException

from ops.errors import NotAnswered
from ops.refusals import oss_refusal

#: Keys of one page: the most that OSS gives.
PAGE_SIZE = 1000
#: Sorts behind every key that begins as what it is put after.
LAST = "\U0010ffff"
#: Bytes of an object that are held at a time.
_PIECE = 1 << 16


class Stored(NamedTuple):
    """One object of a listing. etag: without quotes, in capitals. changed: UTC."""

    key: str
    size: int
    etag: str
    changed: datetime
    storage_class: str
    kind: str


class Head(NamedTuple):
    """metadata: of the user, without `x-oss-meta-`, in lower case. etag: as Stored's; kind: Normal, Symlink, …"""

    size: int
    etag: str
    changed: datetime
    content_type: str
    storage_class: str
    kind: str
    metadata: Mapping[str, str]


class Reading(NamedTuple):
    """pieces: raises NotAnswered when the answer breaks off."""

    head: Head
    pieces: Iterator[bytes]


@dataclass
class Counted:
    """How many requests were sent, by operation. ahead: seconds by which OSS's clock is before this machine's."""

    requests: dict[str, int]
    ahead: float = 0.0

    def add(self, operation: str) -> None:
        self.requests[operation] = self.requests.get(operation, 0) + 1

    def note_time(self, date: str | None) -> None:
        """date: an answer's header of that name, in whole seconds."""
        with contextlib.suppress(TypeError, ValueError):
            self.ahead = (parsedate_to_datetime(str(date)) - datetime.now(timezone.utc)).total_seconds()

    @property
    def total(self) -> int:
        return sum(self.requests.values())

    @property
    def now(self) -> datetime:
        """By OSS's clock, once it has answered: a laptop's may be wrong."""
        return datetime.now(timezone.utc) + timedelta(seconds=self.ahead)


class Bucket:
    """One bucket. Every method raises OpsError. Used by many threads."""

    def __init__(self, name: str, client: Any, counted: Counted) -> None:
        self.name = name
        self._client = client
        self._counted = counted

    def list(
        self, prefix: str = "", *, after: str = "", skip: tuple[str, ...] = (), flat: bool = False
    ) -> Iterator[Stored]:
        """What is below `prefix`, in the order of the keys' bytes; a request for each thousand.

        after: only what sorts behind it. skip: prefixes of which nothing is wanted, and which cost no pages.
        flat: nothing of the folders in it.
        """
        token: str | None = None
        while True:
            page = self._page(prefix, after, token, flat=flat)
            jump = None
            for item in page.contents or ():
                jump = next((start for start in skip if item.key.startswith(start)), None)
                if jump:
                    break
                yield _stored(item)
            if jump:
                after, token = jump + LAST, None
            elif page.is_truncated:
                token = page.next_continuation_token
            else:
                return

    def _page(self, prefix: str, after: str, token: str | None, *, flat: bool) -> Any:
        request = oss.ListObjectsV2Request(
            bucket=self.name,
            prefix=prefix or None,
            delimiter="/" if flat else None,
            max_keys=PAGE_SIZE,
            start_after=after or None,
            continuation_token=token,
            encoding_type="url",
        )
        return self._ask("ListObjectsV2", prefix, lambda: self._client.list_objects_v2(request))

    def head(self, key: str) -> Head | None:
        """None when it does not exist."""
        request = oss.HeadObjectRequest(bucket=self.name, key=key)
        answer = self._ask("HeadObject", key, lambda: self._client.head_object(request), missing=True)
        return _head(answer) if answer is not None else None

    def read(self, key: str) -> bytes | None:
        """A small object, whole; None when it is not there."""
        with self.reading(key) as found:
            return b"".join(found.pieces) if found else None

    @contextlib.contextmanager
    def reading(self, key: str) -> Iterator[Reading | None]:
        """An object, piece by piece; None when it does not exist."""
        request = oss.GetObjectRequest(bucket=self.name, key=key)
        answer = self._ask("GetObject", key, lambda: self._client.get_object(request), missing=True)
        if answer is None:
            yield None
            return
        with contextlib.closing(answer.body):
            yield Reading(_head(answer), self._pieces(answer, key))

    def _pieces(self, answer: Any, key: str) -> Iterator[bytes]:
        """What breaks off is never taken for the whole."""
        missing = int(answer.content_length or 0)
        try:
            for piece in answer.body.iter_bytes(block_size=_PIECE):
                missing -= len(piece)
                yield piece
        except RequestException as exc:
            raise NotAnswered(f"GetObject on {self.uri(key)}: the answer broke off; try again") from exc
        if missing:
            raise NotAnswered(f"GetObject on {self.uri(key)}: the answer broke off; try again")

    def put(self, key: str, content: bytes, content_type: str = "application/json") -> None:
        request = oss.PutObjectRequest(bucket=self.name, key=key, body=content, content_type=content_type)
        self._ask("PutObject", key, lambda: self._client.put_object(request))

    def delete(self, key: str) -> None:
        """What is not there is not an error."""
        request = oss.DeleteObjectRequest(bucket=self.name, key=key)
        self._ask("DeleteObject", key, lambda: self._client.delete_object(request))

    def ask(self, operation: str, call: Callable[[Any], Any], *, missing: bool = False) -> Any:
        """About the bucket itself. call: with the SDK's client. missing: what is not there is None."""
        return self._ask(operation, "", lambda: call(self._client), missing=missing)

    def uri(self, key: str = "") -> str:
        return f"oss://{self.name}/{key}"

    def _ask(self, operation: str, key: str, call: Callable[[], Any], *, missing: bool = False) -> Any:
        """missing: an object that is not there is None."""
        self._counted.add(operation)
        try:
            answer = call()
        except oss.exceptions.BaseError as exc:
            error = exc.unwrap() if hasattr(exc, "unwrap") else exc
            is_missing = getattr(error, "status_code", 0) == 404 and getattr(error, "code", "") != "NoSuchBucket"
            if missing and is_missing:
                return None
            raise oss_refusal(exc, operation, self.uri(key)) from exc
        self._counted.note_time(answer.headers.get("Date"))
        return answer


def _head(answer: Any) -> Head:
    return Head(
        size=int(answer.content_length or 0),
        etag=_etag(answer.etag),
        changed=answer.last_modified,
        content_type=str(answer.content_type or ""),
        storage_class=str(answer.storage_class or ""),
        kind=str(answer.object_type or ""),
        metadata={name.lower(): str(value) for name, value in (answer.metadata or {}).items()},
    )


def _stored(item: Any) -> Stored:
    return Stored(
        key=item.key,
        size=int(item.size or 0),
        etag=_etag(item.etag),
        changed=item.last_modified,
        storage_class=str(item.storage_class or ""),
        kind=str(item.object_type or ""),
    )


def _etag(text: str | None) -> str:
    return (text or "").strip('"').upper()

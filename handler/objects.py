"""Whole objects in OSS, beside the records: put, looked at, listed, deleted. Each method sends one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, NamedTuple
from urllib.parse import quote
from xml.etree.ElementTree import Element

import alibabacloud_oss_v2 as oss

from handler.storage import Storage, StoredObject
from handler.storage_errors import foreign, is_its_own, refuse, service_error

#: Keys of one page: the most that OSS gives.
PAGE_SIZE = 1000


class Head(NamedTuple):
    """etag: without quotes, in capitals; "" of a symlink, where OSS gives its target's.

    metadata: of the user, without `x-oss-meta-`, in lower case. changed: epoch seconds, by OSS. size: bytes.
    """

    etag: str
    metadata: dict[str, str]
    changed: float
    size: int
    content_type: str


class Listed(NamedTuple):
    """One object of a listing. age: seconds since its last change, by OSS's clock."""

    key: str
    age: float


class Page(NamedTuple):
    """next_token: "" after the last page."""

    objects: tuple[Listed, ...]
    next_token: str


class Objects:
    """One per instance, used by many threads. Raises StorageError."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(
        self,
        bucket: str,
        key: str,
        content: bytes | BinaryIO,
        content_type: str,
        *,
        metadata: Mapping[str, str] | None = None,
        overwrite: bool = True,
    ) -> str | None:
        """PutObject: the version that it has become, "" in a bucket without versions.

        None: there is an object already, and `overwrite` is False. A bucket with versions overwrites all the same.
        """
        headers = {"Content-Type": content_type}
        headers.update({f"x-oss-meta-{name}": value for name, value in (metadata or {}).items()})
        if not overwrite:
            headers["x-oss-forbid-overwrite"] = "true"
        if not isinstance(content, bytes):
            headers["Content-Length"] = str(content.seek(0, 2))
            content.seek(0)
        try:
            answer = self._storage.call("PutObject", "PUT", bucket, key, headers=headers, body=content)
        except oss.exceptions.BaseError as exc:
            if service_error(exc).get("code") == "FileAlreadyExists" and is_its_own(service_error(exc)):
                return None
            refuse(exc, "PutObject", bucket, key)
        if answer.status_code != 200 or "x-oss-request-id" not in answer.headers:
            foreign(answer, "PutObject", bucket, key)
        return str(answer.headers.get("x-oss-version-id") or "")

    def read(self, bucket: str, key: str) -> StoredObject | None:
        """The whole object, which is small; None when it does not exist."""
        return self._storage.read(bucket, key)

    def head(self, bucket: str, key: str) -> Head | None:
        """HeadObject; None when the object does not exist, though its bucket does."""
        try:
            answer = self._storage.call("HeadObject", "HEAD", bucket, key)
        except oss.exceptions.BaseError as exc:
            facts = service_error(exc)
            if facts.get("status_code") == 404 and is_its_own(facts):
                return None
            refuse(exc, "HeadObject", bucket, key)
        found = answer.headers.get("ETag")
        if answer.status_code != 200 or not found or "x-oss-request-id" not in answer.headers:
            foreign(answer, "HeadObject", bucket, key)
        given = {name.lower(): str(value) for name, value in answer.headers.items()}
        mark = "x-oss-meta-"
        metadata = {name[len(mark) :]: value for name, value in given.items() if name.startswith(mark)}
        etag = "" if given.get("x-oss-object-type") == "Symlink" else found.strip('"').upper()
        try:
            changed, size = oss.serde.deserialize_httptime(given["last-modified"]), int(given["content-length"])
        except (LookupError, ValueError, TypeError, oss.exceptions.BaseError):
            foreign(answer, "HeadObject", bucket, key)
        return Head(etag, metadata, changed.timestamp(), size, given.get("content-type", ""))

    def restamp(self, bucket: str, key: str, head: Head, metadata: Mapping[str, str]) -> bool:
        """Replaces the metadata, by a copy onto itself; False when it is not the object of `head` any more."""
        headers = {
            "x-oss-copy-source": f"/{bucket}/{quote(key)}",
            "x-oss-copy-source-if-match": f'"{head.etag}"',
            "x-oss-metadata-directive": "REPLACE",
            "Content-Type": head.content_type,
            **{f"x-oss-meta-{name}": value for name, value in metadata.items()},
        }
        try:
            answer = self._storage.call("CopyObject", "PUT", bucket, key, headers=headers)
        except oss.exceptions.BaseError as exc:
            facts = service_error(exc)
            if facts.get("status_code") in (404, 412) and is_its_own(facts):
                return False
            refuse(exc, "CopyObject", bucket, key)
        if answer.status_code != 200 or "x-oss-request-id" not in answer.headers:
            foreign(answer, "CopyObject", bucket, key)
        return True

    def delete(self, bucket: str, key: str) -> None:
        """DeleteObject; what is not there is not an error."""
        try:
            answer = self._storage.call("DeleteObject", "DELETE", bucket, key)
        except oss.exceptions.BaseError as exc:
            refuse(exc, "DeleteObject", bucket, key)
        if answer.status_code != 204 or "x-oss-request-id" not in answer.headers:
            foreign(answer, "DeleteObject", bucket, key)

    def list(self, bucket: str, prefix: str, token: str = "") -> Page:
        """ListObjectsV2: one page of what is below `prefix`."""
        parameters = {"list-type": "2", "prefix": prefix, "max-keys": str(PAGE_SIZE), "encoding-type": "url"}
        if token:
            parameters["continuation-token"] = token
        try:
            answer = self._storage.call("ListObjectsV2", "GET", bucket, None, parameters=parameters)
        except oss.exceptions.BaseError as exc:
            refuse(exc, "ListObjectsV2", bucket, prefix)
        if answer.status_code != 200 or "x-oss-request-id" not in answer.headers:
            foreign(answer, "ListObjectsV2", bucket, prefix)
        try:
            return _page(answer.http_response.content, answer.headers["Date"])
        except (LookupError, ValueError, TypeError, oss.exceptions.BaseError):
            foreign(answer, "ListObjectsV2", bucket, prefix)


def _page(content: bytes, date: str) -> Page:
    # Imported here, because the submitting function lists nothing.
    from datetime import datetime
    from urllib.parse import unquote
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as exc:
        raise ValueError(f"not XML: {exc}") from exc
    answered = oss.serde.deserialize_httptime(date)
    found = []
    for entry in root.findall("Contents"):
        changed = datetime.fromisoformat(_text(entry, "LastModified").replace("Z", "+00:00"))
        found.append(Listed(unquote(_text(entry, "Key")), (answered - changed).total_seconds()))
    return Page(tuple(found), unquote(root.findtext("NextContinuationToken") or ""))


def _text(entry: Element, name: str) -> str:
    if (text := entry.findtext(name)) is None:
        raise ValueError(f"{name} is missing")
    return text

"""An object's attributes: from an uploader's headers, and back into the headers of an answer."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from harness.oss.errors import OssError
from harness.oss.state.model import OBJECT_ACLS, STORAGE_CLASSES, Attributes, Bucket, StoredObject
from harness.oss.wire import encryption
from harness.oss.wire.call import Call
from harness.oss.wire.times import http_date

#: kept and given back as they came
STORED_HEADERS = (
    "Content-Type",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Expires",
)
MAX_META = 8 * 1024
_META_NAME = re.compile("[a-z0-9-]+")
MAX_TAGS = 10
#: letters and digits of any script
_TAG = re.compile(r"[\w +\-=.:/]*")
#: on a write they ask for what OSS does not do
_UNSUPPORTED_ON_WRITE = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")


def from_headers(header: Callable[[str], str], names: list[str], bucket: Bucket) -> Attributes:
    """`header`: a header's value or "". `names`: of all there are. Raises OssError for values OSS refuses."""
    prefix = "x-oss-meta-"
    meta = {n.lower()[len(prefix) :]: header(n).strip() for n in names if n.lower().startswith(prefix)}
    for name in meta:
        if not _META_NAME.fullmatch(name):
            message = "The name of user metadata has letters, digits and hyphens only."
            raise OssError("InvalidArgument", message, ArgumentName=f"{prefix}{name}")
    if sum(len(name) + len(value) for name, value in meta.items()) > MAX_META:
        raise OssError("InvalidArgument", "The total size of the user metadata is larger than 8 KB.")
    acl, storage_class = object_acl(header), header("x-oss-storage-class")
    if storage_class and storage_class not in STORAGE_CLASSES:
        raise OssError("InvalidArgument", "no such storage class", ArgumentName="x-oss-storage-class")
    kept = {name: header(name) for name in STORED_HEADERS if header(name)}
    return Attributes(
        headers=kept | encryption.headers_of(header, bucket),
        meta=meta,
        tags=parse_tags(header("x-oss-tagging")),
        acl=acl or "default",
        storage_class=storage_class or bucket.storage_class,
    )


def object_acl(header: Callable[[str], str]) -> str:
    """The x-oss-object-acl header, "" without one; raises OssError InvalidArgument."""
    acl = header("x-oss-object-acl")
    if acl and acl not in OBJECT_ACLS:
        raise OssError("InvalidArgument", "no such object access control exists", ArgumentName="x-oss-object-acl")
    return acl


def refuse_conditions(call: Call) -> None:
    """OSS has conditions for reads only; a copy ignores them. Raises OssError NotImplemented."""
    for name in _UNSUPPORTED_ON_WRITE:
        if call.request.header(name):
            raise OssError("NotImplemented", Header=name)


def request_attributes(call: Call, bucket: Bucket) -> Attributes:
    """What the request's headers say about the object that it writes."""
    if call.operation.name != "CopyObject":
        refuse_conditions(call)
    found = from_headers(call.request.header, list(call.request.headers.keys()), bucket)
    if found.tags:
        call.authorize("oss:PutObjectTagging", call.bucket, call.key)
    return found


def parse_tags(text: str) -> tuple[tuple[str, str], ...]:
    """The x-oss-tagging header: URL-encoded pairs, as in a query."""
    pairs = [part.partition("=") for part in text.split("&") if part]
    return check_tags([(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs])


def check_tags(tags: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    if len(tags) > MAX_TAGS or len({name for name, _ in tags}) < len(tags):
        raise OssError("InvalidTag", f"An object has at most {MAX_TAGS} tags, each with another key.")
    for name, value in tags:
        fits = 1 <= len(name.encode()) <= 128 and len(value.encode()) <= 256
        if not fits or not _TAG.fullmatch(name) or not _TAG.fullmatch(value):
            raise OssError("InvalidTag", "The tag is not valid.", TagKey=name)
    return tuple(tags)


def version_header(bucket: Bucket, version_id: str) -> dict[str, str]:
    """Answers name the version only where versioning was ever set."""
    return {"x-oss-version-id": version_id} if bucket.versioning else {}


def written_headers(bucket: Bucket, made: StoredObject) -> dict[str, str]:
    """What the answer to a write says of its object."""
    headers = {"ETag": f'"{made.etag}"', "x-oss-hash-crc64ecma": str(made.content.crc64)}
    if made.content.md5:
        headers["Content-MD5"] = base64.b64encode(made.content.md5).decode()
    return headers | encryption.of(made.attributes.headers) | version_header(bucket, made.version_id)


def object_headers(bucket: Bucket, asked: StoredObject, source: StoredObject) -> dict[str, str]:
    """The headers of a get or head. `asked` differs from `source`, its target, only for a symlink."""
    attributes = asked.attributes
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{source.etag}"',
        "Last-Modified": http_date(max(asked.modified, source.modified)),
        "x-oss-object-type": asked.kind,
        "x-oss-storage-class": attributes.storage_class,
        "x-oss-hash-crc64ecma": str(source.content.crc64),
        "Content-Type": attributes.content_type,
        **attributes.headers,
        **{f"x-oss-meta-{name}": value for name, value in attributes.meta.items()},
        **version_header(bucket, asked.version_id),
    }
    if source.content.md5:
        headers["Content-MD5"] = base64.b64encode(source.content.md5).decode()
    if asked.kind == "Appendable":
        headers["x-oss-next-append-position"] = str(asked.size)
    if attributes.tags:
        headers["x-oss-tagging-count"] = str(len(attributes.tags))
    return headers

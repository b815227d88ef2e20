"""Copies on the server's side: CopyObject and UploadPartCopy.

Copying an object onto itself only replaces its metadata, which OSS tells as ObjectModified:UpdateObjectMeta.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import Attributes, Bucket, StoredObject
from harness.oss.state.uploads import MAX_PARTS
from harness.oss.wire import attributes as wire
from harness.oss.wire import conditions, encryption
from harness.oss.wire.call import MAX_BODY, Call, Handler, answer_xml
from harness.oss.wire.objects import announce, require_readable
from harness.oss.wire.times import iso

_PREFIX = "x-oss-copy-source"


@dataclass(frozen=True)
class Source:
    bucket: str
    key: str
    version_id: str | None


def source_of(call: Call) -> Source:
    """The x-oss-copy-source header, "/bucket/key" with the key URL-encoded, which the signer may read."""
    header = call.request.header(_PREFIX)
    path, _, query = header.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    if not bucket or not key:
        raise OssError("InvalidArgument", "Copy Source must mention the source bucket and key: /bucket/key.")
    version = query.removeprefix("versionId=") if query.startswith("versionId=") else None
    source = Source(bucket, unquote(key), version)
    call.authorize("oss:GetObjectVersion" if version else "oss:GetObject", source.bucket, source.key)
    return source


def copy_object(call: Call) -> Response:
    bucket, source = call.home, source_of(call)
    asked, content = call.store.objects.duplicate(source.bucket, source.key, source.version_id)
    try:
        _check(call, asked)
        onto_itself = (source.bucket, source.key) == (call.bucket, call.key) and not source.version_id
        if asked.kind == "Appendable" and not onto_itself:
            raise OssError("OperationNotSupported", "An appendable object cannot be copied.", ObjectName=asked.key)
        attributes = _attributes(call, bucket, asked, onto_itself)
    except BaseException:
        call.store.discard(content)
        raise
    change = call.store.objects.put(
        call.bucket,
        call.key,
        content,
        attributes,
        kind=asked.kind if asked.kind in ("Symlink", "Appendable") else "Normal",
        etag=asked.etag,
        target=asked.target,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    made = change.object
    if onto_itself:
        told = call.publish("ObjectModified:UpdateObjectMeta", made.key, etag=made.etag, size=made.size)
    else:
        told = announce(call, "CopyObject", made, change.delta)
    headers = wire.written_headers(bucket, made) | told
    if call.store.bucket(source.bucket).versioning:
        headers["x-oss-copy-source-version-id"] = asked.version_id
    result = ("CopyObjectResult", [("LastModified", iso(made.modified)), ("ETag", f'"{made.etag}"')])
    return answer_xml(result, headers)


def upload_part_copy(call: Call) -> Response:
    encryption.refuse_headers(call)
    upload = call.store.uploads.find(call.bucket, call.key, call.params["uploadId"])
    number = call.number("partNumber", None, 1, MAX_PARTS)
    source = source_of(call)
    asked, found, reader = call.store.objects.open(source.bucket, source.key, source.version_id)
    encryption.require_key(call, found.attributes.headers)
    _check(call, asked)
    if wanted := call.request.header(_PREFIX + "-range"):
        part = conditions.byte_range(wanted, found.size, standard=True)
        if part is None:
            raise OssError("InvalidArgument", "The x-oss-copy-source-range is not valid.")
        reader.narrow(*part)
    part_made = call.store.uploads.put_part(upload, number, call.store.write(reader))
    content = part_made.content
    told = call.publish("ObjectCreated:UploadPartCopy", call.key, etag=content.etag, size=content.size)
    result = ("CopyPartResult", [("LastModified", iso(part_made.modified)), ("ETag", f'"{content.etag}"')])
    headers = {"ETag": f'"{content.etag}"', "x-oss-hash-crc64ecma": str(content.crc64)}
    return answer_xml(result, headers | encryption.of(upload.attributes.headers) | told)


def _check(call: Call, asked: StoredObject) -> None:
    require_readable(asked)
    conditions.check(call.request.header, asked.etag, asked.modified, _PREFIX + "-")
    if asked.size > MAX_BODY:
        raise OssError("EntityTooLarge")


def _attributes(call: Call, bucket: Bucket, asked: StoredObject, onto_itself: bool) -> Attributes:
    """The copy's attributes: the source's, or with the directive REPLACE (or onto itself) the request's.

    Its type stays when the request names none, and its encryption is always the request's (or the bucket's).
    """
    given = wire.request_attributes(call, bucket)
    header = call.request.header
    directive = header("x-oss-metadata-directive").upper() or "COPY"
    tagging = header("x-oss-tagging-directive").upper() or "COPY"
    if directive not in ("COPY", "REPLACE") or tagging not in ("COPY", "REPLACE"):
        raise OssError("InvalidArgument", "A directive must be COPY or REPLACE.")
    tags = given.tags if tagging == "REPLACE" else asked.attributes.tags
    if directive == "REPLACE" or onto_itself:
        headers = {"Content-Type": asked.attributes.content_type} | dict(given.headers)
        return replace(given, headers=headers, tags=tags)
    plain = {name: value for name, value in asked.attributes.headers.items() if name not in encryption.HEADERS}
    headers = plain | encryption.of(given.headers)
    return replace(given, headers=headers, meta=asked.attributes.meta, tags=tags)


HANDLERS: dict[str, Handler] = {"CopyObject": copy_object, "UploadPartCopy": upload_part_copy}

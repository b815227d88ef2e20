"""Objects: put, append, get, head."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from functools import partial
from typing import IO

from harness.http.body import CHUNK
from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import Attributes, Content, StoredObject
from harness.oss.wire import attributes as wire
from harness.oss.wire import compression, conditions, encryption, protection
from harness.oss.wire.call import Call, Handler, empty
from harness.oss.wire.times import http_date

#: appends up to this size stay in memory until it is their turn
_SPOOL = 1024 * 1024
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
}


def received(call: Call) -> Content:
    """The body as a blob; its Content-MD5 is checked."""
    promised = call.content_md5()
    content = call.store.write(call.upload())
    if promised and promised != content.md5:
        call.store.discard(content)
        raise OssError("InvalidDigest", "The Content-MD5 you specified did not match what we received.")
    return content


def put_object(call: Call) -> Response:
    bucket = call.home
    attributes = wire.request_attributes(call, bucket)
    change = call.store.objects.put(
        call.bucket, call.key, received(call), attributes, forbid_overwrite=call.flag("x-oss-forbid-overwrite")
    )
    return empty(
        wire.written_headers(bucket, change.object) | announce(call, "PutObject", change.object, change.delta)
    )


def announce(call: Call, name: str, made: StoredObject, delta: int, **more: int) -> dict[str, str]:
    """Publishes ObjectCreated:`name` for `made`."""
    return call.publish(
        f"ObjectCreated:{name}",
        made.key,
        etag=made.etag,
        size=made.size,
        delta=delta,
        mime=made.attributes.content_type,
        **more,
    )


def append_object(call: Call) -> Response:
    bucket = call.home
    position = call.number("position", None, 0, 1 << 62)
    # only the first append says what the object is; what later ones say of it is ignored
    attributes = Attributes() if position else wire.request_attributes(call, bucket)
    wire.refuse_conditions(call)
    if call.request.header("x-oss-server-side-encryption-key-id"):
        raise OssError("NotImplemented", Header="x-oss-server-side-encryption-key-id")
    promised = call.content_md5()
    with tempfile.SpooledTemporaryFile(_SPOOL) as body:
        for piece in call.upload():
            body.write(piece)
        if promised and promised != _md5(body):
            raise OssError("InvalidDigest", "The Content-MD5 you specified did not match what we received.")
        body.seek(0)
        change = call.store.objects.append(call.bucket, call.key, position, _pieces(body), attributes)
    made = change.object
    headers = wire.written_headers(bucket, made) | {"x-oss-next-append-position": str(made.size)}
    return empty(headers | announce(call, "AppendObject", made, change.delta, position=position))


def _md5(body: IO[bytes]) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    body.seek(0)
    for piece in _pieces(body):
        digest.update(piece)
    return digest.digest()


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(body.read, CHUNK), b"")


def get_object(call: Call) -> Response:
    asked, source, reader = call.store.objects.open(call.bucket, call.key, call.version_id)
    header = call.request.header
    protection.check_referer(call)
    require_readable(source)
    encryption.require_key(call, source.attributes.headers)
    conditions.check(header, source.etag, max(asked.modified, source.modified))
    headers = wire.object_headers(call.home, asked, source)
    for name, value in call.params.items():
        if name in _OVERRIDES:
            if any(char < " " or char == "\x7f" for char in value):
                raise OssError("InvalidArgument", ArgumentName=name, ArgumentValue=value)
            headers[_OVERRIDES[name]] = value.encode("utf-8", "replace").decode("latin-1")
    standard = header("x-oss-range-behavior") == "standard"
    chosen = conditions.byte_range(header("Range"), source.size, standard)
    if chosen is None:
        if compression.applies(call.request, headers, source.size):
            return Response(200, compression.headers(headers), compression.pieces(reader))
        return Response(200, headers, reader, source.size)
    start, length = chosen
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{source.size}"
    return Response(206, headers, reader.narrow(start, length), length)


def require_readable(found: StoredObject) -> None:
    """Archived objects would have to be restored first, which is not implemented."""
    if found.attributes.storage_class in ("Archive", "ColdArchive", "DeepColdArchive"):
        raise OssError("InvalidObjectState", ObjectName=found.key)


def head_object(call: Call) -> Response:
    asked = call.store.objects.find(call.bucket, call.key, call.version_id)
    source = call.store.objects.follow(asked)
    conditions.check(call.request.header, source.etag, max(asked.modified, source.modified))
    headers = wire.object_headers(call.home, asked, source)
    if compression.applies(call.request, headers, source.size):
        return Response(200, compression.headers(headers), length=None)
    return empty(headers | {"Content-Length": str(source.size)})


def get_object_meta(call: Call) -> Response:
    """Only the least: it looks at a symlink itself, not at its target."""
    asked = call.store.objects.find(call.bucket, call.key, call.version_id)
    headers = {
        "ETag": f'"{asked.etag}"',
        "Last-Modified": http_date(asked.modified),
        "x-oss-hash-crc64ecma": str(asked.content.crc64),
        "Content-Length": str(asked.size),
    }
    return empty(headers | wire.version_header(call.home, asked.version_id))


HANDLERS: dict[str, Handler] = {
    "PutObject": put_object,
    "AppendObject": append_object,
    "GetObject": get_object,
    "HeadObject": head_object,
    "GetObjectMeta": get_object_meta,
}

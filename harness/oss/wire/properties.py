"""What hangs on an object beside its bytes: ACL, tags, and where a symlink points."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import quote, unquote

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import EMPTY, OBJECT_ACLS, StoredObject, check_key
from harness.oss.wire import attributes as wire
from harness.oss.wire import protection
from harness.oss.wire.buckets import acl_document
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.objects import announce
from harness.oss.wire.times import http_date
from harness.oss.wire.xml import Element, parse, text_of


def _found(call: Call) -> StoredObject:
    return call.store.objects.find(call.bucket, call.key, call.version_id)


def get_object_acl(call: Call) -> Response:
    found = _found(call)
    return answer_xml(acl_document(call, found.attributes.acl), wire.version_header(call.home, found.version_id))


def put_object_acl(call: Call) -> Response:
    acl = call.request.header("x-oss-object-acl")
    if acl not in OBJECT_ACLS:
        raise OssError("InvalidArgument", "no such object access control exists", ArgumentName="x-oss-object-acl")
    protection.check_acl(call, call.bucket, acl)
    found = call.store.objects.change_attributes(
        call.bucket, call.key, call.version_id, lambda attributes: replace(attributes, acl=acl)
    )
    return empty(wire.version_header(call.home, found.version_id))


def get_object_tagging(call: Call) -> Response:
    found = _found(call)
    tags: list[Element] = [("Tag", [("Key", key), ("Value", value)]) for key, value in found.attributes.tags]
    return answer_xml(("Tagging", [("TagSet", tags)]), wire.version_header(call.home, found.version_id))


def put_object_tagging(call: Call) -> Response:
    root = parse(call.document(), "Tagging")
    tags = wire.check_tags([(text_of(tag, "Key"), text_of(tag, "Value")) for tag in root.findall("TagSet/Tag")])
    return _tagged(call, tags, 200)


def delete_object_tagging(call: Call) -> Response:
    return _tagged(call, (), 204)


def _tagged(call: Call, tags: tuple[tuple[str, str], ...], status: int) -> Response:
    found = call.store.objects.change_attributes(
        call.bucket, call.key, call.version_id, lambda attributes: replace(attributes, tags=tags)
    )
    return empty(wire.version_header(call.home, found.version_id), status)


def put_symlink(call: Call) -> Response:
    """x-oss-symlink-target: a key of the same bucket, URL-encoded; it need not exist yet."""
    bucket, target = call.home, unquote(call.request.header("x-oss-symlink-target"))
    check_key(target)
    change = call.store.objects.put(
        call.bucket,
        call.key,
        EMPTY,
        wire.request_attributes(call, bucket),
        kind="Symlink",
        etag=hashlib.md5(target.encode(), usedforsecurity=False).hexdigest().upper(),
        target=target,
        forbid_overwrite=call.flag("x-oss-forbid-overwrite"),
    )
    headers = {"ETag": f'"{change.object.etag}"', **wire.version_header(bucket, change.object.version_id)}
    return empty(headers | announce(call, "PutSymlink", change.object, change.delta))


def get_symlink(call: Call) -> Response:
    link = _found(call)
    if link.kind != "Symlink":
        raise OssError("NotSymlink", "The object is not symlink", ObjectName=call.key)
    return empty(
        {
            "x-oss-symlink-target": quote(link.target, safe=""),
            "ETag": f'"{link.etag}"',
            "Last-Modified": http_date(link.modified),
            **{f"x-oss-meta-{name}": value for name, value in link.attributes.meta.items()},
            **wire.version_header(call.home, link.version_id),
        }
    )


HANDLERS: dict[str, Handler] = {
    "GetObjectACL": get_object_acl,
    "PutObjectACL": put_object_acl,
    "GetObjectTagging": get_object_tagging,
    "PutObjectTagging": put_object_tagging,
    "DeleteObjectTagging": delete_object_tagging,
    "PutSymlink": put_symlink,
    "GetSymlink": get_symlink,
}

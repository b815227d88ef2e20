"""Lists of objects, versions and uploads in a bucket."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import quote

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.listing import Page
from harness.oss.state.model import StoredObject
from harness.oss.wire.call import Call, Handler, answer_xml
from harness.oss.wire.times import iso
from harness.oss.wire.xml import Element

#: bytes that a prefix, a delimiter or a marker may have
MAX_NAME = 1024
_NAMES = ("prefix", "delimiter", "marker", "start-after", "key-marker", "version-id-marker", "upload-id-marker")


def check_names(call: Call) -> None:
    """Raises OssError InvalidArgument for what is longer than any key."""
    for name in _NAMES:
        if len(call.params.get(name, "").encode("utf-8", "replace")) > MAX_NAME:
            message = f"The length of {name} must be at most {MAX_NAME} bytes."
            raise OssError("InvalidArgument", message, ArgumentName=name, ArgumentValue=call.params[name][:100])


def list_objects(call: Call) -> Response:
    check_names(call)
    show = encoder(call)
    params, limit = call.params, call.number("max-keys", 100, 1, 1000)
    page = _page(call, params.get("marker", ""), limit)
    elements: list[Element] = [
        ("Name", call.bucket),
        ("Prefix", show(params.get("prefix", ""))),
        ("Marker", show(params.get("marker", ""))),
        ("MaxKeys", str(limit)),
        ("Delimiter", show(params.get("delimiter", ""))),
        *encoding_element(call),
        ("IsTruncated", true_or_false(bool(page.next_marker))),
    ]
    if page.next_marker:
        elements.append(("NextMarker", show(page.next_marker)))
    return answer_xml(("ListBucketResult", elements + _contents(call, page, owner=True)))


def list_objects_v2(call: Call) -> Response:
    check_names(call)
    show = encoder(call)
    params, limit = call.params, call.number("max-keys", 100, 1, 1000)
    token = params.get("continuation-token", "")
    page = _page(call, _from_token(token) if token else params.get("start-after", ""), limit)
    elements: list[Element] = [
        ("Name", call.bucket),
        ("Prefix", show(params.get("prefix", ""))),
        ("StartAfter", show(params.get("start-after", ""))),
        ("MaxKeys", str(limit)),
        ("Delimiter", show(params.get("delimiter", ""))),
        *encoding_element(call),
        ("IsTruncated", true_or_false(bool(page.next_marker))),
        ("KeyCount", str(len(page))),
    ]
    if token:
        elements.append(("ContinuationToken", show(token)))
    if page.next_marker:
        elements.append(("NextContinuationToken", show(_to_token(page.next_marker))))
    return answer_xml(("ListBucketResult", elements + _contents(call, page, params.get("fetch-owner") == "true")))


def list_object_versions(call: Call) -> Response:
    check_names(call)
    show = encoder(call)
    params, limit = call.params, call.number("max-keys", 100, 1, 1000)
    key_marker, version_marker = params.get("key-marker", ""), params.get("version-id-marker", "")
    if version_marker and not key_marker:
        raise OssError("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    prefix, delimiter = params.get("prefix", ""), params.get("delimiter", "")
    page = call.store.listing.versions(call.bucket, prefix, delimiter, key_marker, version_marker, limit)
    elements: list[Element] = [
        ("Name", call.bucket),
        ("Prefix", show(prefix)),
        ("KeyMarker", show(key_marker)),
        ("VersionIdMarker", version_marker),
        ("MaxKeys", str(limit)),
        ("Delimiter", show(delimiter)),
        *encoding_element(call),
        ("IsTruncated", true_or_false(bool(page.next_marker))),
    ]
    if page.next_marker:
        elements += [("NextKeyMarker", show(page.next_marker)), ("NextVersionIdMarker", page.next_version)]
    for found in page.objects:
        about: list[Element] = [
            ("Key", show(found.key)),
            ("VersionId", found.version_id),
            ("IsLatest", true_or_false(found.latest)),
            ("LastModified", iso(found.modified)),
            owner_element(call),
        ]
        name = "DeleteMarker" if found.is_marker else "Version"
        elements.append((name, about if found.is_marker else about + _facts(found)))
    return answer_xml(("ListVersionsResult", elements + _prefixes(call, page)))


def _page(call: Call, after: str, limit: int) -> Page:
    return call.store.listing.page(
        call.bucket, call.params.get("prefix", ""), call.params.get("delimiter", ""), after, limit
    )


def _contents(call: Call, page: Page, owner: bool) -> list[Element]:
    show = encoder(call)
    contents: list[Element] = []
    for found in page.objects:
        about: list[Element] = [("Key", show(found.key)), ("LastModified", iso(found.modified)), *_facts(found)]
        contents.append(("Contents", [*about, owner_element(call)] if owner else about))
    return contents + _prefixes(call, page)


def _prefixes(call: Call, page: Page) -> list[Element]:
    show = encoder(call)
    return [("CommonPrefixes", [("Prefix", show(prefix))]) for prefix in page.prefixes]


def _facts(found: StoredObject) -> list[Element]:
    return [
        ("ETag", f'"{found.etag}"'),
        ("Type", found.kind),
        ("Size", str(found.size)),
        ("StorageClass", found.attributes.storage_class),
    ]


def owner_element(call: Call) -> Element:
    return ("Owner", [("ID", call.place.account_id), ("DisplayName", call.place.account_id)])


def encoder(call: Call) -> Callable[[str], str]:
    """How this request wants names written: as they are, or percent-encoded with encoding-type=url."""
    kind = call.params.get("encoding-type", "")
    if kind not in ("", "url"):
        raise OssError("InvalidArgument", "Invalid Encoding Method specified in Request.")
    return (lambda name: quote(name, safe="")) if kind else str


def encoding_element(call: Call) -> list[Element]:
    return [("EncodingType", "url")] if call.params.get("encoding-type") == "url" else []


def true_or_false(value: bool) -> str:
    return "true" if value else "false"


def _to_token(marker: str) -> str:
    return base64.b64encode(marker.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError) as exc:
        raise OssError("InvalidArgument", "The continuation token is invalid.") from exc


HANDLERS: dict[str, Handler] = {
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
    "ListObjectVersions": list_object_versions,
}

"""Multipart uploads: initiate, upload parts, list, complete, abort."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import StoredObject, Upload
from harness.oss.state.upload_pages import upload_page
from harness.oss.state.uploads import MAX_PARTS
from harness.oss.wire import attributes as wire
from harness.oss.wire import encryption
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.lists import check_names, encoder, encoding_element, true_or_false
from harness.oss.wire.objects import announce, received
from harness.oss.wire.times import iso
from harness.oss.wire.xml import Element, parse, text_of


def _upload(call: Call) -> Upload:
    return call.store.uploads.find(call.bucket, call.key, call.params["uploadId"])


def initiate_multipart_upload(call: Call) -> Response:
    attributes = wire.request_attributes(call, call.home)
    forbid, sequential = call.flag("x-oss-forbid-overwrite"), "sequential" in call.params
    upload = call.store.uploads.initiate(call.bucket, call.key, attributes, forbid, sequential)
    told = call.publish("ObjectCreated:InitiateMultipartUpload", call.key, mime=attributes.content_type)
    elements: list[Element] = [
        *encoding_element(call),
        ("Bucket", call.bucket),
        ("Key", encoder(call)(call.key)),
        ("UploadId", upload.upload_id),
    ]
    return answer_xml(("InitiateMultipartUploadResult", elements), encryption.of(attributes.headers) | told)


def upload_part(call: Call) -> Response:
    encryption.refuse_headers(call)
    upload, number = _upload(call), call.number("partNumber", None, 1, MAX_PARTS)
    part = call.store.uploads.put_part(upload, number, received(call))
    told = call.publish("ObjectCreated:UploadPart", call.key, etag=part.etag, size=part.content.size)
    headers = {
        "ETag": f'"{part.etag}"',
        "x-oss-hash-crc64ecma": str(part.content.crc64),
        "Content-MD5": base64.b64encode(part.content.md5).decode(),
    }
    return empty(headers | encryption.of(upload.attributes.headers) | told)


def complete_multipart_upload(call: Call) -> Response:
    """The body names the parts; with x-oss-complete-all: yes it is empty, and all there are make the object."""
    encryption.refuse_headers(call)
    acl, bucket, document = wire.object_acl(call.request.header), call.home, call.document()
    wanted: list[tuple[int, str]] | None = None
    if call.request.header("x-oss-complete-all").lower() != "yes":
        wanted = _wanted(document)
    elif document:
        raise OssError("InvalidArgument", "The body must be empty when x-oss-complete-all is yes.")
    made, told = _completed(call, wanted, acl)
    headers = wire.written_headers(bucket, made) | told
    elements: list[Element] = [
        *encoding_element(call),
        ("Location", f"http://{call.bucket}.oss-{call.place.region}.aliyuncs.com/{quote(call.key, safe='')}"),
        ("Bucket", call.bucket),
        ("Key", encoder(call)(call.key)),
        ("ETag", f'"{made.etag}"'),
    ]
    return answer_xml(("CompleteMultipartUploadResult", elements), headers)


def _completed(call: Call, wanted: list[tuple[int, str]] | None, acl: str) -> tuple[StoredObject, dict[str, str]]:
    """The object, and what the rules were told. Done before, it is not done, or told, again."""
    uploads = call.store.uploads
    earlier = uploads.completed(call.bucket, call.key, call.params["uploadId"], wanted)
    if earlier:
        return earlier, {}
    try:
        upload = _upload(call)
        if acl:
            upload = replace(upload, attributes=replace(upload.attributes, acl=acl))
        change = uploads.complete(upload, wanted, call.flag("x-oss-forbid-overwrite"))
    except OssError as exc:  # a first copy of this request may have been faster
        earlier = uploads.completed(call.bucket, call.key, call.params["uploadId"], wanted)
        if exc.code != "NoSuchUpload" or not earlier:
            raise
        return earlier, {}
    return change.object, announce(call, "CompleteMultipartUpload", change.object, change.delta)


def _wanted(document: bytes) -> list[tuple[int, str]]:
    root = parse(document, "CompleteMultipartUpload")
    try:
        wanted = [(int(text_of(part, "PartNumber")), text_of(part, "ETag")) for part in root.findall("Part")]
    except ValueError as exc:
        raise OssError("MalformedXML", ErrorDetail="PartNumber must be a number") from exc
    if not wanted:
        raise OssError("MalformedXML", ErrorDetail="there must be at least one Part")
    return wanted


def abort_multipart_upload(call: Call) -> Response:
    call.store.uploads.abort(_upload(call))
    call.publish("ObjectRemoved:AbortMultipartUpload", call.key)
    return empty(status=204)


def list_parts(call: Call) -> Response:
    upload = _upload(call)
    limit, marker = call.number("max-parts", 1000, 1, 1000), call.number("part-number-marker", 0, 0, MAX_PARTS)
    after = [part for part in call.store.uploads.parts(upload) if part.number > marker]
    page = after[:limit]
    elements: list[Element] = [
        *encoding_element(call),
        ("Bucket", call.bucket),
        ("Key", encoder(call)(call.key)),
        ("UploadId", upload.upload_id),
        ("StorageClass", upload.attributes.storage_class),
        ("PartNumberMarker", str(marker)),
        ("NextPartNumberMarker", str(page[-1].number if page else marker)),
        ("MaxParts", str(limit)),
        ("IsTruncated", true_or_false(len(after) > limit)),
    ]
    for part in page:
        facts: list[Element] = [
            ("PartNumber", str(part.number)),
            ("LastModified", iso(part.modified)),
            ("ETag", f'"{part.etag}"'),
            ("HashCrc64ecma", str(part.content.crc64)),
            ("Size", str(part.content.size)),
        ]
        elements.append(("Part", facts))
    return answer_xml(("ListPartsResult", elements))


def list_multipart_uploads(call: Call) -> Response:
    check_names(call)
    show, params, limit = encoder(call), call.params, call.number("max-uploads", 1000, 1, 1000)
    key_marker, id_marker = params.get("key-marker", ""), params.get("upload-id-marker", "")
    prefix, delimiter = params.get("prefix", ""), params.get("delimiter", "")
    uploads = call.store.uploads.in_progress(call.bucket)
    page = upload_page(uploads, prefix, delimiter, key_marker, id_marker, limit)
    elements: list[Element] = [
        *encoding_element(call),
        ("Bucket", call.bucket),
        ("KeyMarker", show(key_marker)),
        ("UploadIdMarker", id_marker),
        ("NextKeyMarker", show(page.next_key)),
        ("NextUploadIdMarker", page.next_upload),
        ("Delimiter", show(delimiter)),
        ("Prefix", show(prefix)),
        ("MaxUploads", str(limit)),
        ("IsTruncated", true_or_false(page.truncated)),
    ]
    for upload in page.uploads:
        facts: list[Element] = [
            ("Key", show(upload.key)),
            ("UploadId", upload.upload_id),
            ("StorageClass", upload.attributes.storage_class),
            ("Initiated", iso(upload.initiated)),
        ]
        elements.append(("Upload", facts))
    elements += [("CommonPrefixes", [("Prefix", show(common))]) for common in page.prefixes]
    return answer_xml(("ListMultipartUploadsResult", elements))


HANDLERS: dict[str, Handler] = {
    "InitiateMultipartUpload": initiate_multipart_upload,
    "UploadPart": upload_part,
    "CompleteMultipartUpload": complete_multipart_upload,
    "AbortMultipartUpload": abort_multipart_upload,
    "ListParts": list_parts,
    "ListMultipartUploads": list_multipart_uploads,
}

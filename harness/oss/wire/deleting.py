"""DeleteObject and DeleteMultipleObjects."""

from __future__ import annotations

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import check_key, check_version_id
from harness.oss.state.objects import Deletion
from harness.oss.wire.attributes import version_header
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.lists import encoder, encoding_element
from harness.oss.wire.xml import Element, parse, text_of

MAX_KEYS = 1000


def delete_object(call: Call) -> Response:
    """204 whether or not there was something."""
    deletion = _delete(call, call.key, call.version_id, "DeleteObject")
    gone, marker = deletion.removed, deletion.marker
    if marker:
        return empty({"x-oss-delete-marker": "true", "x-oss-version-id": marker.version_id}, 204)
    headers = version_header(call.home, call.version_id) if call.version_id else {}
    return empty(headers | ({"x-oss-delete-marker": "true"} if gone and gone.is_marker else {}), 204)


def delete_multiple_objects(call: Call) -> Response:
    root = parse(call.document(), "Delete")
    wanted = [(text_of(node, "Key"), node.findtext("VersionId") or None) for node in root.findall("Object")]
    if not 1 <= len(wanted) <= MAX_KEYS:
        raise OssError("MalformedXML", ErrorDetail=f"there must be 1 to {MAX_KEYS} objects")
    for key, version_id in wanted:
        check_key(key)
        if version_id:
            check_version_id(version_id)
        call.authorize("oss:DeleteObjectVersion" if version_id else "oss:DeleteObject", call.bucket, key)
    show, elements = encoder(call), encoding_element(call)
    for key, version_id in wanted:
        deletion = _delete(call, key, version_id, "DeleteObjects")
        elements.append(("Deleted", _report(show(key), version_id, deletion)))
    if root.findtext("Quiet") == "true":
        return empty()
    return answer_xml(("DeleteResult", elements))


def _delete(call: Call, key: str, version_id: str | None, event: str) -> Deletion:
    """Deletes and publishes. A delete marker hides an object and removes nothing: no event."""
    deletion = call.store.objects.delete(call.bucket, key, version_id)
    gone = deletion.removed
    if gone and not gone.is_marker:
        call.publish(f"ObjectRemoved:{event}", key, etag=gone.etag, size=gone.size, delta=-gone.size)
    return deletion


def _report(key: str, version_id: str | None, deletion: Deletion) -> list[Element]:
    report: list[Element] = [("Key", key)]
    if version_id:
        report.append(("VersionId", version_id))
    marker = deletion.marker or (deletion.removed if deletion.removed and deletion.removed.is_marker else None)
    if marker:
        report += [("DeleteMarker", "true"), ("DeleteMarkerVersionId", marker.version_id)]
    return report


HANDLERS: dict[str, Handler] = {
    "DeleteObject": delete_object,
    "DeleteMultipleObjects": delete_multiple_objects,
}

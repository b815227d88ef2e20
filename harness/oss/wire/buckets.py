"""Buckets: create, describe, list, delete; ACL and versioning."""

from __future__ import annotations

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import BUCKET_ACLS, STORAGE_CLASSES, Bucket
from harness.oss.wire import encryption, protection
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.lists import owner_element
from harness.oss.wire.times import iso
from harness.oss.wire.xml import Element, parse, text_of


def list_buckets(call: Call) -> Response:
    params, limit = call.params, call.number("max-keys", 100, 1, 1000)
    prefix, marker = params.get("prefix", ""), params.get("marker", "")
    found = [b for b in call.store.buckets() if b.name.startswith(prefix) and b.name > marker]
    page, more = found[:limit], len(found) > limit
    elements: list[Element] = [owner_element(call)]
    if more or prefix or marker:
        elements += [
            ("Prefix", prefix),
            ("Marker", marker),
            ("MaxKeys", str(limit)),
            ("IsTruncated", "true" if more else "false"),
        ]
    if more:
        elements.append(("NextMarker", page[-1].name))
    elements.append(("Buckets", [("Bucket", [*_facts(call, b), ("Region", call.place.region)]) for b in page]))
    return answer_xml(("ListAllMyBucketsResult", elements))


def put_bucket(call: Call) -> Response:
    storage_class, redundancy = "Standard", "LRS"
    if document := call.document():
        root = parse(document, "CreateBucketConfiguration")
        storage_class = root.findtext("StorageClass") or storage_class
        redundancy = root.findtext("DataRedundancyType") or redundancy
    if storage_class not in STORAGE_CLASSES or redundancy not in ("LRS", "ZRS"):
        raise OssError("InvalidArgument", "no such storage class or redundancy type")
    rule = encryption.asked_for(call.request.header)
    call.store.create_bucket(call.bucket, _acl(call, "private"), storage_class, redundancy)
    if rule.algorithm:
        call.store.set_encryption(call.bucket, rule)
    return empty({"Location": f"/{call.bucket}"})


def delete_bucket(call: Call) -> Response:
    call.store.delete_bucket(call.bucket)
    return empty(status=204)


def get_bucket_info(call: Call) -> Response:
    bucket = call.home
    elements: list[Element] = [
        *_facts(call, bucket),
        ("DataRedundancyType", bucket.redundancy),
        ("AccessMonitor", "Disabled"),
        ("CrossRegionReplication", "Disabled"),
        ("TransferAcceleration", "Disabled"),
        owner_element(call),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("Comment", ""),
        ("BlockPublicAccess", str(call.store.protections.blocks_public(call.bucket)).lower()),
        ("ServerSideEncryptionRule", encryption.rule_elements(bucket.encryption)),
        ("BucketPolicy", [("LogBucket", ""), ("LogPrefix", "")]),
    ]
    if bucket.versioning:
        elements.append(("Versioning", bucket.versioning))
    return answer_xml(("BucketInfo", [("Bucket", elements)]))


def get_bucket_location(call: Call) -> Response:
    return answer_xml(("LocationConstraint", f"oss-{call.place.region}"))


def get_bucket_acl(call: Call) -> Response:
    return answer_xml(acl_document(call, call.home.acl))


def put_bucket_acl(call: Call) -> Response:
    """A bucket that does not exist is made."""
    acl = _acl(call, "")
    if not call.store.has_bucket(call.bucket):
        call.authorize("oss:PutBucket", call.bucket)
    call.store.create_bucket(call.bucket, acl)
    return empty()


def acl_document(call: Call, acl: str) -> Element:
    return ("AccessControlPolicy", [owner_element(call), ("AccessControlList", [("Grant", acl)])])


def get_bucket_versioning(call: Call) -> Response:
    status = call.home.versioning
    return answer_xml(("VersioningConfiguration", [("Status", status)] if status else []))


def put_bucket_versioning(call: Call) -> Response:
    status = text_of(parse(call.document(), "VersioningConfiguration"), "Status")
    if status not in ("Enabled", "Suspended"):
        raise OssError("MalformedXML", ErrorDetail="Status must be Enabled or Suspended")
    call.store.set_versioning(call.bucket, status)
    return empty()


def _acl(call: Call, default: str) -> str:
    acl = call.request.header("x-oss-acl") or default
    if acl not in BUCKET_ACLS:
        raise OssError("InvalidArgument", "no such bucket access control exists", ArgumentName="x-oss-acl")
    protection.check_acl(call, call.bucket, acl)
    return acl


def _facts(call: Call, bucket: Bucket) -> list[Element]:
    region = call.place.region
    return [
        ("Name", bucket.name),
        ("Location", f"oss-{region}"),
        ("CreationDate", iso(bucket.created)),
        ("ExtranetEndpoint", f"oss-{region}.aliyuncs.com"),
        ("IntranetEndpoint", f"oss-{region}-internal.aliyuncs.com"),
        ("StorageClass", bucket.storage_class),
        ("ResourceGroupId", f"rg-default-{call.place.account_id}"),
    ]


HANDLERS: dict[str, Handler] = {
    "ListBuckets": list_buckets,
    "PutBucket": put_bucket,
    "DeleteBucket": delete_bucket,
    "GetBucketInfo": get_bucket_info,
    "GetBucketLocation": get_bucket_location,
    "GetBucketAcl": get_bucket_acl,
    "PutBucketAcl": put_bucket_acl,
    "GetBucketVersioning": get_bucket_versioning,
    "PutBucketVersioning": put_bucket_versioning,
}

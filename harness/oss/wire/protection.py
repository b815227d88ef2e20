"""Referer rules and the block of public access: their operations, and what they refuse.

Sources: OSS API reference, PutBucketReferer, GetBucketReferer, PutBucketPublicAccessBlock and its like. Only what
anybody may send is checked for its Referer: anonymous requests and presigned URLs.
"""

from __future__ import annotations

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.protection import RefererRules
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.xml import Element, parse


def put_bucket_referer(call: Call) -> Response:
    root = parse(call.document(), "RefererConfiguration")

    def texts(path: str) -> tuple[str, ...]:
        return tuple(text for node in root.findall(path) if (text := (node.text or "").strip()))

    empty_allowed = root.findtext("AllowEmptyReferer")
    if empty_allowed not in ("true", "false"):
        raise OssError("MalformedXML", ErrorDetail="AllowEmptyReferer must be true or false")
    rules = RefererRules(
        empty_allowed == "true",
        texts("RefererList/Referer"),
        texts("RefererBlacklist/Referer"),
        root.findtext("AllowTruncateQueryString") != "false",
    )
    call.store.protections.put_referer(call.bucket, rules)
    return empty()


def get_bucket_referer(call: Call) -> Response:
    rules = call.store.protections.referer(call.bucket)
    elements: list[Element] = [
        ("AllowEmptyReferer", _said(rules.allow_empty)),
        ("AllowTruncateQueryString", _said(rules.truncate_query)),
        ("RefererList", [("Referer", text) for text in rules.allowed]),
        ("RefererBlacklist", [("Referer", text) for text in rules.denied]),
    ]
    return answer_xml(("RefererConfiguration", elements))


def put_public_access_block(call: Call) -> Response:
    wanted = parse(call.document(), "PublicAccessBlockConfiguration").findtext("BlockPublicAccess")
    if wanted not in ("true", "false"):
        raise OssError("MalformedXML", ErrorDetail="BlockPublicAccess must be true or false")
    call.store.protections.block_public(call.bucket, wanted == "true")
    return empty()


def get_public_access_block(call: Call) -> Response:
    blocked = call.store.protections.blocks_public(call.bucket)
    return answer_xml(("PublicAccessBlockConfiguration", [("BlockPublicAccess", _said(blocked))]))


def delete_public_access_block(call: Call) -> Response:
    call.store.protections.block_public(call.bucket, False)
    return empty(status=204)


def check_referer(call: Call) -> None:
    """Raises OssError AccessDenied for a download that the bucket's rules do not let through."""
    is_open = call.signer is None or not call.request.header("Authorization")
    if is_open and not call.store.protections.referer(call.bucket).admit(call.request.header("Referer")):
        raise OssError("AccessDenied", "You are denied by bucket referer policy.")


def check_acl(call: Call, bucket: str, acl: str) -> None:
    """Raises OssError AccessDenied for an ACL that would open what the bucket keeps closed."""
    if acl.startswith("public-") and call.store.protections.blocks_public(bucket):
        raise OssError("AccessDenied", "Put public acl is not allowed: the bucket blocks public access.")


def _said(value: bool) -> str:
    return "true" if value else "false"


HANDLERS: dict[str, Handler] = {
    "PutBucketReferer": put_bucket_referer,
    "GetBucketReferer": get_bucket_referer,
    "PutBucketPublicAccessBlock": put_public_access_block,
    "GetBucketPublicAccessBlock": get_public_access_block,
    "DeleteBucketPublicAccessBlock": delete_public_access_block,
}

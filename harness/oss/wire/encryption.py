"""Server-side encryption: which algorithm and key a write asks for, and a bucket's default rule.

Nothing is encrypted here: what counts is what the answers say, and which requests are refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from harness.http.server import Response
from harness.oss.errors import OssError
from harness.oss.state.model import Bucket, Encryption
from harness.oss.wire.call import Call, Handler, answer_xml, empty
from harness.oss.wire.xml import Element, parse

ALGORITHM = "x-oss-server-side-encryption"
DATA = "x-oss-server-side-data-encryption"
KEY_ID = "x-oss-server-side-encryption-key-id"
HEADERS = (ALGORITHM, DATA, KEY_ID)
#: the key that KMS makes for OSS in an account where nobody names one
_SERVICE_KEY = str(uuid.uuid5(uuid.NAMESPACE_DNS, "oss.local-cloud"))


def asked_for(header: Callable[[str], str]) -> Encryption:
    """What the headers of a write or of PutBucket say; raises OssError InvalidEncryptionAlgorithmError."""
    return _checked(Encryption(header(ALGORITHM), header(KEY_ID), header(DATA)))


def _checked(asked: Encryption) -> Encryption:
    """Without what has no meaning: only KMS has a key, and a choice of how it encrypts."""
    if asked.algorithm not in ("", "AES256", "KMS", "SM4") or (asked.data and asked.data != "SM4"):
        raise OssError("InvalidEncryptionAlgorithmError")
    return asked if asked.algorithm == "KMS" else Encryption(asked.algorithm)


def headers_of(header: Callable[[str], str], bucket: Bucket) -> dict[str, str]:
    """What is kept of a new object and said of it in answers; without a wish of its own, the bucket's rule."""
    chosen = asked_for(header)
    if not chosen.algorithm:
        chosen = bucket.encryption
    if not chosen.algorithm:
        return {}
    headers = {ALGORITHM: chosen.algorithm}
    if chosen.algorithm == "KMS":
        headers[KEY_ID] = chosen.key_id or _SERVICE_KEY
        if chosen.data:
            headers[DATA] = chosen.data
    return headers


def require_key(call: Call, headers: Mapping[str, str]) -> None:
    """To read an object whose key is a customer's own takes the right to it. Raises OssError AccessDenied."""
    key_id = headers.get(KEY_ID, _SERVICE_KEY)
    if key_id != _SERVICE_KEY:
        call.access.allow_decrypt(call, key_id)


def of(headers: Mapping[str, str]) -> dict[str, str]:
    """The encryption among an object's stored headers."""
    return {name: headers[name] for name in HEADERS if name in headers}


def refuse_headers(call: Call) -> None:
    """Parts are encrypted as their upload was told to be. Raises OssError InvalidArgument."""
    for name in HEADERS:
        if value := call.request.header(name):
            message = f"{name} is not allowed in {call.operation.name}."
            raise OssError("InvalidArgument", message, ArgumentName=name, ArgumentValue=value[:100])


def rule_elements(rule: Encryption) -> list[Element]:
    elements: list[Element] = [("SSEAlgorithm", rule.algorithm or "None")]
    if rule.algorithm == "KMS":
        elements.append(("KMSMasterKeyID", rule.key_id))
        if rule.data:
            elements.append(("KMSDataEncryption", rule.data))
    return elements


def put_bucket_encryption(call: Call) -> Response:
    root = parse(call.document(), "ServerSideEncryptionRule")
    path = "ApplyServerSideEncryptionByDefault"
    names = ("SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption")
    algorithm, key_id, data = (root.findtext(f"{path}/{name}") or "" for name in names)
    if not algorithm:
        raise OssError("MalformedXML", ErrorDetail="SSEAlgorithm is missing")
    if algorithm != "KMS" and key_id:
        raise OssError("InvalidArgument", "Only KMS has a key.", ArgumentName="KMSMasterKeyID")
    call.store.set_encryption(call.bucket, _checked(Encryption(algorithm, key_id, data)))
    return empty()


def get_bucket_encryption(call: Call) -> Response:
    rule = call.home.encryption
    if not rule.algorithm:
        raise OssError("NoSuchServerSideEncryptionRule", BucketName=call.bucket)
    inner: Element = ("ApplyServerSideEncryptionByDefault", rule_elements(rule))
    return answer_xml(("ServerSideEncryptionRule", [inner]))


def delete_bucket_encryption(call: Call) -> Response:
    call.store.set_encryption(call.bucket, Encryption())
    return empty(status=204)


HANDLERS: dict[str, Handler] = {
    "PutBucketEncryption": put_bucket_encryption,
    "GetBucketEncryption": get_bucket_encryption,
    "DeleteBucketEncryption": delete_bucket_encryption,
}

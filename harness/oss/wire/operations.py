"""The operations there are: how each is recognised, and which RAM action it takes.

Source: the OSS API reference, operation by operation; actions from "RAM policy overview". The first row that fits
a request is its operation, so rows with a marker stand before the plain ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.http.server import Request
from harness.oss.errors import OssError
from harness.oss.wire.addressing import Target


@dataclass(frozen=True)
class Operation:
    """`marker`: a query parameter ("name" or "name=value"). `header`: one that must be there."""

    name: str
    method: str
    scope: str
    marker: str = ""
    header: str = ""
    #: "" is decided by the operation itself
    action: str = ""

    def fits(self, request: Request, scope: str, params: Mapping[str, str]) -> bool:
        name, has_value, value = self.marker.partition("=")
        return (
            self.method == request.method
            and self.scope == scope
            and (not name or (name in params and (not has_value or params[name] == value)))
            and (not self.header or bool(request.header(self.header)))
        )


_COPY = "x-oss-copy-source"
_OPTION_OBJECT = Operation("OptionObject", "OPTIONS", "object")
_ASYNC = "x-oss-async-process"
OPERATIONS = (
    Operation("ListBuckets", "GET", "service", action="oss:ListBuckets"),
    Operation("PutBucketEncryption", "PUT", "bucket", "encryption", action="oss:PutBucketEncryption"),
    Operation("PutBucketAcl", "PUT", "bucket", "acl", action="oss:PutBucketAcl"),
    Operation("PutBucketCors", "PUT", "bucket", "cors", action="oss:PutBucketCors"),
    Operation("PutBucketReferer", "PUT", "bucket", "referer", action="oss:PutBucketReferer"),
    Operation(
        "PutBucketPublicAccessBlock", "PUT", "bucket", "publicAccessBlock", action="oss:PutBucketPublicAccessBlock"
    ),
    Operation("PutBucketVersioning", "PUT", "bucket", "versioning", action="oss:PutBucketVersioning"),
    Operation("PutBucket", "PUT", "bucket", action="oss:PutBucket"),
    Operation("GetBucketWorm", "GET", "bucket", "worm", action="oss:GetBucketWorm"),
    Operation("GetBucketAcl", "GET", "bucket", "acl", action="oss:GetBucketAcl"),
    Operation("GetBucketCors", "GET", "bucket", "cors", action="oss:GetBucketCors"),
    Operation("GetBucketInfo", "GET", "bucket", "bucketInfo", action="oss:GetBucketInfo"),
    Operation("GetBucketLocation", "GET", "bucket", "location", action="oss:GetBucketLocation"),
    Operation("GetBucketReferer", "GET", "bucket", "referer", action="oss:GetBucketReferer"),
    Operation(
        "GetBucketPublicAccessBlock", "GET", "bucket", "publicAccessBlock", action="oss:GetBucketPublicAccessBlock"
    ),
    Operation("GetBucketStat", "GET", "bucket", "stat", action="oss:GetBucketStat"),
    Operation("GetBucketVersioning", "GET", "bucket", "versioning", action="oss:GetBucketVersioning"),
    Operation("GetBucketEncryption", "GET", "bucket", "encryption", action="oss:GetBucketEncryption"),
    Operation("DeleteBucketEncryption", "DELETE", "bucket", "encryption", action="oss:DeleteBucketEncryption"),
    Operation("ListMultipartUploads", "GET", "bucket", "uploads", action="oss:ListMultipartUploads"),
    Operation("ListObjectVersions", "GET", "bucket", "versions", action="oss:ListObjectVersions"),
    Operation("ListObjectsV2", "GET", "bucket", "list-type=2", action="oss:ListObjects"),
    Operation("ListObjects", "GET", "bucket", action="oss:ListObjects"),
    Operation(
        "DeleteBucketPublicAccessBlock",
        "DELETE",
        "bucket",
        "publicAccessBlock",
        action="oss:DeleteBucketPublicAccessBlock",
    ),
    Operation("AbortBucketWorm", "DELETE", "bucket", "worm", action="oss:AbortBucketWorm"),
    Operation("DeleteBucketCors", "DELETE", "bucket", "cors", action="oss:DeleteBucketCors"),
    Operation("DeleteBucket", "DELETE", "bucket", action="oss:DeleteBucket"),
    Operation("InitiateBucketWorm", "POST", "bucket", "worm", action="oss:InitiateBucketWorm"),
    Operation("ExtendBucketWorm", "POST", "bucket", "wormExtend", action="oss:ExtendBucketWorm"),
    Operation("CompleteBucketWorm", "POST", "bucket", "wormId", action="oss:CompleteBucketWorm"),
    Operation("DeleteMultipleObjects", "POST", "bucket", "delete"),
    Operation("PostObject", "POST", "bucket"),
    Operation("PutObjectACL", "PUT", "object", "acl", action="oss:PutObjectAcl"),
    Operation("PutObjectTagging", "PUT", "object", "tagging", action="oss:PutObjectTagging"),
    Operation("PutSymlink", "PUT", "object", "symlink", action="oss:PutObject"),
    Operation("UploadPartCopy", "PUT", "object", "uploadId", _COPY, action="oss:PutObject"),
    Operation("UploadPart", "PUT", "object", "uploadId", action="oss:PutObject"),
    Operation("CopyObject", "PUT", "object", "", _COPY, action="oss:PutObject"),
    Operation("PutObject", "PUT", "object", action="oss:PutObject"),
    Operation("GetObjectACL", "GET", "object", "acl", action="oss:GetObjectAcl"),
    Operation("GetObjectTagging", "GET", "object", "tagging", action="oss:GetObjectTagging"),
    Operation("GetSymlink", "GET", "object", "symlink", action="oss:GetObject"),
    Operation("ListParts", "GET", "object", "uploadId", action="oss:ListParts"),
    Operation("GetObject", "GET", "object", action="oss:GetObject"),
    Operation("GetObjectMeta", "HEAD", "object", "objectMeta", action="oss:GetObject"),
    Operation("HeadObject", "HEAD", "object", action="oss:GetObject"),
    Operation("DeleteObjectTagging", "DELETE", "object", "tagging", action="oss:DeleteObjectTagging"),
    Operation("AbortMultipartUpload", "DELETE", "object", "uploadId", action="oss:AbortMultipartUpload"),
    Operation("DeleteObject", "DELETE", "object", action="oss:DeleteObject"),
    Operation("AppendObject", "POST", "object", "append", action="oss:PutObject"),
    Operation("InitiateMultipartUpload", "POST", "object", "uploads", action="oss:PutObject"),
    Operation("CompleteMultipartUpload", "POST", "object", "uploadId", action="oss:PutObject"),
    Operation("AsyncProcessObject", "POST", "object", _ASYNC, action="oss:PostProcessTask"),
    _OPTION_OBJECT,
)

#: what a request is that is none of them
INVALID = Operation("Invalid", "", "")

# They share ?cname, so `comp` is what tells them apart; a GET without it lists.
DOMAIN_OPERATIONS = (
    Operation("CreateCnameToken", "POST", "bucket", "comp=token", action="oss:CreateCnameToken"),
    Operation("PutCname", "POST", "bucket", "comp=add", action="oss:PutCname"),
    Operation("DeleteCname", "POST", "bucket", "comp=delete", action="oss:DeleteCname"),
    Operation("GetCnameToken", "GET", "bucket", "comp=token", action="oss:GetCnameToken"),
    Operation("ListCname", "GET", "bucket", "cname=", action="oss:ListCname"),
)

# Query parameters that ask for what is not implemented here, and must not be taken for a plain get or put.
_OTHERS = """
accessMonitor accessPoint accessPointPolicy accessmonitor asyncFetch bucketArchiveDirectRead callback
callback-var cleanRestoredObject cloudboxes comp dataPipeline httpsConfig inventory
legalHold lifecycle live logging metaQuery metadataConfiguration metadataInventoryTable metadataJournalTable
objectWorm overwriteConfig policy policyStatus qosInfo quota redundancyTransition
regions rename replication replicationLocation replicationProgress requestPayment resourceGroup
restore retention rtc seal style transferAcceleration userDefinedLogFieldsConfig userQosInfo vod website
x-oss-process
qos qosRequester requesterQosInfo resourcePool resourcePoolBuckets resourcePoolInfo x-oss-write-get-object-response
"""
NOT_OFFERED = frozenset(_OTHERS.split())
# With these a request means something else than to put a whole object, and would replace it.
_NOT_WITH_PUT = ("append", "partNumber", "uploads")


def detect(request: Request, target: Target) -> Operation:
    """Raises OssError NotImplemented for a known feature that is not here, MethodNotAllowed for none."""
    params = request.params
    if request.method == "OPTIONS" and target.bucket:  # with the query of the request that is to follow
        return _OPTION_OBJECT
    if "cname" in params:
        for operation in DOMAIN_OPERATIONS:
            if operation.fits(request, target.scope, params):
                return operation
        raise OssError("NotImplemented", "cname is not implemented by this local OSS with this method.")
    if missing := sorted(NOT_OFFERED.intersection(params)):
        raise OssError("NotImplemented", f"{missing[0]} is not implemented by this local OSS.")
    if target.scope == "bucket" and "tagging" in params:
        raise OssError("NotImplemented", "Bucket tagging is not implemented by this local OSS.")
    for operation in OPERATIONS:
        if operation.fits(request, target.scope, params):
            _refuse_leftovers(operation, params)
            return operation
    raise OssError("MethodNotAllowed", Method=request.method, ResourceType=target.scope.upper())


def _refuse_leftovers(operation: Operation, params: Mapping[str, str]) -> None:
    if _ASYNC in params and operation.marker != _ASYNC:  # else it would be taken for a plain get or put
        raise OssError("MethodNotAllowed", Method=operation.method, ResourceType=operation.scope.upper())
    if operation.name in ("PutObject", "CopyObject"):
        for name in _NOT_WITH_PUT:
            if name in params:
                message = f"The parameter {name} does not go with {operation.name}."
                raise OssError("InvalidArgument", message, ArgumentName=name, ArgumentValue=params[name])

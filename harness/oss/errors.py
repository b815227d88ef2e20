"""The errors of OSS: code, HTTP status, message and EC as the "Error codes" pages and real answers give them."""

from __future__ import annotations

from collections.abc import Mapping

_ACCESS = "You have no right to access this object because of bucket acl."

#: code: (HTTP status, message, EC or "" where it is not known)
CATALOGUE: dict[str, tuple[int, str, str]] = {
    "AccessDenied": (403, _ACCESS, "0003-00000001"),
    "AccessForbidden": (403, "CORSResponse: CORS is not enabled for this bucket.", ""),
    "AccessKeyIdAndSecurityTokenNotMatch": (
        403,
        "The OSS access key id and security token you provided does not match.",
        "",
    ),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty.", "0015-00000301"),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size.", ""),
    "EntityTooSmall": (400, "Your proposed upload smaller than the minimum allowed object size.", ""),
    "FileAlreadyExists": (409, "The object you specified already exists and can not be overwritten.", ""),
    "FileImmutable": (409, "The object is under the retention policy of its bucket and cannot be modified.", ""),
    "InternalError": (500, "We encountered an internal error. Please try again.", ""),
    "InvalidAccessKeyId": (
        403,
        "The OSS Access Key Id you provided does not exist in our records.",
        "0002-00000902",
    ),
    "InvalidArgument": (400, "Invalid argument.", ""),
    "InvalidBucketName": (400, "The specified bucket is not valid.", ""),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid.", ""),
    "InvalidEncryptionAlgorithmError": (400, "The Encryption algorithm is not valid.", ""),
    "InvalidObjectName": (400, "The specified object is not valid.", ""),
    "InvalidObjectState": (403, "The operation is not valid for the object's state", ""),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found or the specified entity tag might not have matched "
        "the part's entity tag.",
        "",
    ),
    "InvalidPartOrder": (
        400,
        "The list of parts was not in ascending order. Parts list must specified in order by part number.",
        "",
    ),
    "InvalidPolicyDocument": (400, "Invalid Policy: the policy is not valid JSON.", ""),
    "InvalidRange": (416, "The requested range cannot be satisfied", ""),
    "InvalidSecurityToken": (403, "The security token you provided is invalid.", ""),
    "InvalidTargetType": (400, "The symbolic's target file type is invalid", ""),
    "InvalidWORMConfiguration": (400, "The retention policy is not valid.", ""),
    "MalformedPOSTRequest": (400, "The body of your POST request is not well-formed multipart/form-data.", ""),
    "MalformedXML": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema.",
        "",
    ),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource.", ""),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header.", ""),
    "NoSuchBucket": (404, "The specified bucket does not exist.", "0015-00000101"),
    "NoSuchCORSConfiguration": (404, "The CORS Configuration does not exist.", ""),
    "NoSuchKey": (404, "The specified key does not exist.", "0026-00000001"),
    "NoSuchServerSideEncryptionRule": (404, "The server side encryption configuration does not exist.", ""),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
        "or completed.",
        "",
    ),
    "NoSuchVersion": (404, "The specified version does not exist.", ""),
    "NoSuchWORMConfiguration": (404, "The WORM Configuration does not exist.", ""),
    "NotImplemented": (400, "A header you provided implies functionality that is not implemented.", ""),
    "NotModified": (304, "Not Modified", ""),
    "NeedVerifyDomainOwnership": (403, "The domain is bound to another bucket: verify its ownership.", ""),
    "ObjectNotAppendable": (409, "The object is not appendable", ""),
    "PartNotSequential": (400, "You can only upload parts in sequence.", ""),
    "PositionNotEqualToLength": (409, "Position is not equal to file length", ""),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold.", ""),
    "PublicEndpointForbidden": (
        400,
        "Data of this account is not served on the default public endpoint of this region. Use a custom domain.",
        "0048-00000401",
    ),
    "RequestTimeout": (
        400,
        "Your socket connection to the server was not read from or written to within the timeout period.",
        "",
    ),
    "RequestTimeTooSkewed": (
        403,
        "The difference between the request time and the current time is too large.",
        "0002-00000504",
    ),
    "SecondLevelDomainForbidden": (403, "Please use virtual hosted style to access.", ""),
    "SecurityTokenExpired": (403, "The security token you provided has expired.", ""),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
        "0002-00000040",
    ),
    "SymlinkTargetNotExist": (404, "The symlink target object does not exist", ""),
    "WORMConfigurationLocked": (403, "The retention policy is locked.", ""),
}


class OssError(Exception):
    """A refusal. `fields`: further elements of the XML. `headers`: go with the answer."""

    def __init__(
        self,
        code: str,
        message: str = "",
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        **fields: str,
    ) -> None:
        known_status, known_message, known_ec = CATALOGUE.get(code, (400, code, ""))
        self.code = code
        self.message = message or known_message
        self.status = status or known_status
        self.headers = dict(headers or {})
        #: an EC names one cause; another message of the same code has another EC
        self.ec = fields.pop("EC", "" if message and message != known_message else known_ec)
        self.fields = fields
        super().__init__(f"{code}: {self.message}")

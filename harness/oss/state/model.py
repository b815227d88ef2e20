"""The shapes of OSS's state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.oss.errors import OssError

#: the version id of what was written while versioning was not enabled
NULL_VERSION = "null"

BUCKET_ACLS = ("private", "public-read", "public-read-write")
OBJECT_ACLS = ("default", *BUCKET_ACLS)
STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_VERSION_ID = re.compile(f"{NULL_VERSION}|CAEQ[0-9A-Za-z]{{16,}}")


@dataclass(frozen=True)
class Encryption:
    """`algorithm`: AES256, KMS, SM4 or "" for none. `key_id` and `data` (SM4 or "") are KMS's."""

    algorithm: str = ""
    key_id: str = ""
    data: str = ""


@dataclass(frozen=True)
class Bucket:
    """`versioning`: "Enabled", "Suspended", or "" when it never was set. `created`: epoch seconds."""

    name: str
    created: float
    acl: str = "private"
    storage_class: str = "Standard"
    redundancy: str = "LRS"
    versioning: str = ""
    encryption: Encryption = Encryption()


@dataclass(frozen=True)
class Attributes:
    """What an uploader says about an object. `headers`: Content-Type and the like, under their usual names.

    `meta`: x-oss-meta-* without the prefix, lower-case. Values are latin-1 text, the bytes as they came.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()
    acl: str = "default"
    storage_class: str = "Standard"

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "application/octet-stream")


@dataclass(frozen=True)
class Content:
    """Bytes in a blob file. `crc64`: ECMA-182. `md5`: digest, empty for appended and assembled objects."""

    blob: str
    size: int
    crc64: int
    md5: bytes = b""

    @property
    def etag(self) -> str:
        return self.md5.hex().upper()


@dataclass(frozen=True)
class StoredObject:
    """One version of an object. `kind`: Normal, Appendable, Multipart, Symlink, or DeleteMarker."""

    bucket: str
    key: str
    version_id: str
    kind: str
    etag: str
    content: Content
    modified: float
    attributes: Attributes
    #: a symlink's target key
    target: str = ""
    latest: bool = True

    @property
    def size(self) -> int:
        return self.content.size

    @property
    def is_marker(self) -> bool:
        return self.kind == "DeleteMarker"


@dataclass(frozen=True)
class Upload:
    """A multipart upload in progress."""

    upload_id: str
    bucket: str
    key: str
    initiated: float
    attributes: Attributes
    #: parts come in their order, and the object gets an MD5
    sequential: bool = False


@dataclass(frozen=True)
class Part:
    number: int
    content: Content
    modified: float

    @property
    def etag(self) -> str:
        return self.content.etag


EMPTY = Content("", 0, 0)


def check_bucket_name(name: str) -> None:
    if not _BUCKET_NAME.fullmatch(name):
        raise OssError("InvalidBucketName", BucketName=name)


def check_key(key: str) -> None:
    """1 to 1,023 bytes of UTF-8, not starting with a slash or backslash."""
    if not key:
        raise OssError("InvalidObjectName", "The Object name can not be empty.", ObjectName=key)
    if len(key.encode("utf-8", "surrogatepass")) > 1023:
        raise OssError("InvalidObjectName", "The Length of Object name must be less than 1024.", ObjectName=key)
    if key[0] in "/\\" or any("\ud800" <= char <= "\udfff" for char in key):
        raise OssError("InvalidObjectName", ObjectName=key.encode("utf-8", "replace").decode())


def check_version_id(version_id: str) -> None:
    """Whether it could be one; that it is one is another question. Raises OssError InvalidArgument."""
    if not _VERSION_ID.fullmatch(version_id):
        shown = version_id.encode("utf-8", "replace").decode()[:100]
        message = "Invalid version id specified"
        raise OssError("InvalidArgument", message, ArgumentName="versionId", ArgumentValue=shown)

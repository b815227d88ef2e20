"""Which bucket and key a request is about: virtual-hosted style and path style."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from harness.http.hosts import by_name
from harness.http.server import Request, host_name, is_address
from harness.oss.errors import OssError
from harness.oss.state.model import check_bucket_name, check_key

#: oss-cn-beijing.aliyuncs.com, its -internal and the accelerated ones, with a bucket before it or not
_OSS_HOST = re.compile(r"(?:(?P<bucket>[^.]+)\.)?oss-(?P<region>[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com")

_MAINLAND_PUBLIC = re.compile(r"(?:[^.]+\.)?oss-cn-(?!hongkong\.)[a-z0-9-]+(?<!-internal)\.aliyuncs\.com")

_ELSEWHERE = (
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint."
)


@dataclass(frozen=True)
class Target:
    """`bucket` "" is the service, `key` "" the bucket. `key` is decoded."""

    bucket: str = ""
    key: str = ""

    @property
    def scope(self) -> str:
        return "object" if self.key else "bucket" if self.bucket else "service"

    @property
    def resource(self) -> str:
        """As signatures name it."""
        return f"/{self.bucket}/{self.key}" if self.bucket else "/"


class Addressing:
    """Of one region's buckets. has_bucket: is there one of that name? bucket_of: the one of a domain."""

    def __init__(
        self, has_bucket: Callable[[str], bool], bucket_of: Callable[[str], str | None], region: str
    ) -> None:
        self._has_bucket, self._bucket_of, self._region = has_bucket, bucket_of, region

    def target(self, request: Request) -> Target:
        """Raises OssError for names that cannot be, and for path style where OSS refuses it."""
        found = self._target(request)
        if found.bucket:
            check_bucket_name(found.bucket)
        if found.key:
            try:
                check_key(found.key)
            except OssError:
                if not self._has_bucket(found.bucket):
                    raise OssError("NoSuchBucket", BucketName=found.bucket) from None
                raise
        return found

    def _target(self, request: Request) -> Target:
        host = request.host_name
        if known := _OSS_HOST.fullmatch(host):
            key = _decode(request.path[1:])
            if known["bucket"] is None and key:
                raise OssError("SecondLevelDomainForbidden")
            elsewhere = known["region"] not in (self._region, "accelerate", "accelerate-overseas")
            # ali-oss with an IP address as its endpoint and no region names Hangzhou, wherever it connects to:
            # Serverless Devs uploads code so. The region says something only where that name was the address.
            if known["bucket"] and elsewhere and by_name(request):
                endpoint = f"oss-{self._region}.aliyuncs.com"
                raise OssError("AccessDenied", _ELSEWHERE, Bucket=known["bucket"], Endpoint=endpoint)
            return Target(known["bucket"] or "", key)
        if not is_path_style(host) and (bound := self._bucket_of(host)):
            return Target(bound, _decode(request.path[1:]))
        bucket, _, rest = host.partition(".")
        if not is_address(host) and rest and (rest == "localhost" or self._has_bucket(bucket)):
            return Target(bucket, _decode(request.path[1:]))
        return self._path_style(request.path)

    def _path_style(self, path: str) -> Target:
        bucket, _, key = path[1:].partition("/")
        return Target(_decode(bucket), _decode(key))


def is_mainland_public(host: str) -> bool:
    """Whether a host is the default public endpoint of a region in mainland China, with a bucket or not."""
    return bool(_MAINLAND_PUBLIC.fullmatch(host))


def is_path_style(host: str) -> bool:
    """Whether clients put the bucket into the path for this host (with or without a port)."""
    name = host_name(host)
    return name == "localhost" or is_address(name)


def _decode(text: str) -> str:
    try:
        return unquote_to_bytes(text.encode("latin-1", "replace")).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise OssError("InvalidObjectName") from exc

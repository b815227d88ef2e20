"""ali-oss, the OSS client for Node.js, with the same surface as those in oss_clients.py."""

from __future__ import annotations

from typing import Any

from harness.ram.identity import Credentials
from tests.clients.matrix import REGION, Site
from tests.clients.nodejs import Refused


class AliOss:
    refusal = Refused

    def __init__(self, site: Site, keys: Credentials, signature: str = "v4") -> None:
        self._node = site.node
        self._v4 = signature == "v4"
        self._options = {
            # By name, and path style: with an IP address, ali-oss presigns no URLs.
            "endpoint": site.url.replace("127.0.0.1", "localhost"),
            "sldEnable": True,
            "region": f"oss-{REGION}",
            "accessKeyId": keys.access_key_id,
            "accessKeySecret": keys.access_key_secret,
            "stsToken": keys.token,
            "authorizationV4": self._v4,
            "timeout": 10_000,
        }

    def _call(self, bucket: str, method: str, *args: Any) -> dict[str, Any]:
        return self._node.call({**self._options, "bucket": bucket or None}, method, *args)

    def _ask(self, bucket: str, method: str, *args: Any) -> Any:
        return self._call(bucket, method, *args)["result"]

    @staticmethod
    def code(refused: Refused) -> str:
        return refused.code

    def create_bucket(self, bucket: str) -> None:
        self._ask("", "putBucket", bucket)

    def buckets(self) -> list[str]:
        return [bucket["name"] for bucket in self._ask("", "listBuckets", {})["buckets"]]

    def location(self, bucket: str) -> str:
        return str(self._ask("", "getBucketInfo", bucket)["bucket"]["Location"])

    def set_versioning(self, bucket: str, status: str) -> str:
        self._ask("", "putBucketVersioning", bucket, status)
        return str(self._ask("", "getBucketVersioning", bucket)["versionStatus"])

    def put(self, bucket: str, key: str, data: bytes, meta: dict[str, str] | None = None) -> None:
        self._ask(bucket, "put", key, _buffer(data), {"meta": meta or {}})

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self._ask(bucket, "get", key)["content"]["data"])

    def get_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        options = {"headers": {"Range": f"bytes={first}-{last}"}}
        return bytes(self._ask(bucket, "get", key, None, options)["content"]["data"])

    def head(self, bucket: str, key: str) -> tuple[int, str]:
        headers = self._call(bucket, "head", key)["headers"]
        return int(headers["content-length"]), str(headers["etag"]).strip('"')

    def meta(self, bucket: str, key: str, name: str) -> str:
        return str(self._ask(bucket, "head", key)["meta"][name])

    def list_objects(self, bucket: str, prefix: str) -> tuple[list[str], list[str]]:
        found = self._ask(bucket, "listV2", {"prefix": prefix, "delimiter": "/"})
        return [entry["name"] for entry in found["objects"]], found["prefixes"]

    def append(self, bucket: str, key: str, position: int, data: bytes) -> int:
        answer = self._ask(bucket, "append", key, _buffer(data), {"position": str(position)})
        return int(answer["nextAppendPosition"])

    def copy(self, bucket: str, source: str, key: str) -> None:
        self._ask(bucket, "copy", key, source)

    def symlink(self, bucket: str, target: str, key: str) -> None:
        self._ask(bucket, "putSymlink", key, target, {})

    def tag(self, bucket: str, key: str, tags: dict[str, str]) -> dict[str, str]:
        self._ask(bucket, "putObjectTagging", key, tags)
        return dict(self._ask(bucket, "getObjectTagging", key)["tag"])

    def multipart(self, bucket: str, key: str, parts: list[bytes]) -> None:
        upload_id = self._ask(bucket, "initMultipartUpload", key)["uploadId"]
        done = []
        for number, part in enumerate(parts, 1):
            answer = self._ask(bucket, "uploadPart", key, upload_id, number, _buffer(part), 0, len(part))
            done.append({"number": number, "etag": answer["etag"]})
        self._ask(bucket, "completeMultipartUpload", key, upload_id, done)

    def delete(self, bucket: str, key: str) -> None:
        self._ask(bucket, "delete", key)

    def delete_many(self, bucket: str, keys: list[str]) -> None:
        self._ask(bucket, "deleteMulti", keys)

    def presign(self, method: str, bucket: str, key: str) -> str:
        if self._v4:
            return str(self._ask(bucket, "signatureUrlV4", method, 60, None, key))
        return str(self._ask(bucket, "signatureUrl", key, {"method": method, "expires": 60}))


def _buffer(data: bytes) -> dict[str, Any]:
    """As JSON.stringify writes a Buffer."""
    return {"type": "Buffer", "data": list(data)}

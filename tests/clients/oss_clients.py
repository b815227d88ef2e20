"""The OSS clients, each with the same small surface, so that one check serves all of them."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import alibabacloud_oss_v2 as oss
import alibabacloud_oss_v2.aio
import oss2

from harness.ram.identity import Credentials
from tests.clients.matrix import REGION, Site
from tests.clients.oss_sdk import oss2_auth, v2_config

MINUTE = 60


class Oss2:
    """oss2, the first SDK for Python."""

    refusal = oss2.exceptions.ServerError

    def __init__(self, site: Site, keys: Credentials, signature: str = "v4") -> None:
        self._auth, self._endpoint = oss2_auth(keys, signature), site.url

    def _bucket(self, name: str) -> Any:
        return oss2.Bucket(self._auth, self._endpoint, name, region=REGION)

    @staticmethod
    def code(refusal: Any) -> str:
        return str(refusal.code)

    def create_bucket(self, bucket: str) -> None:
        self._bucket(bucket).create_bucket()

    def buckets(self) -> list[str]:
        service = oss2.Service(self._auth, self._endpoint, region=REGION)
        return [bucket.name for bucket in service.list_buckets().buckets]

    def location(self, bucket: str) -> str:
        return str(self._bucket(bucket).get_bucket_info().location)

    def set_versioning(self, bucket: str, status: str) -> str:
        self._bucket(bucket).put_bucket_versioning(oss2.models.BucketVersioningConfig(status))
        return str(self._bucket(bucket).get_bucket_versioning().status)

    def put(self, bucket: str, key: str, data: bytes, meta: dict[str, str] | None = None) -> None:
        headers = {f"x-oss-meta-{name}": value for name, value in (meta or {}).items()}
        self._bucket(bucket).put_object(key, data, headers=headers)

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self._bucket(bucket).get_object(key).read())

    def get_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        return bytes(self._bucket(bucket).get_object(key, byte_range=(first, last)).read())

    def head(self, bucket: str, key: str) -> tuple[int, str]:
        head = self._bucket(bucket).head_object(key)
        return int(head.content_length), str(head.etag)

    def meta(self, bucket: str, key: str, name: str) -> str:
        return str(self._bucket(bucket).head_object(key).headers[f"x-oss-meta-{name}"])

    def list_objects(self, bucket: str, prefix: str) -> tuple[list[str], list[str]]:
        found = self._bucket(bucket).list_objects_v2(prefix, delimiter="/")
        return [entry.key for entry in found.object_list], list(found.prefix_list)

    def append(self, bucket: str, key: str, position: int, data: bytes) -> int:
        return int(self._bucket(bucket).append_object(key, position, data).next_position)

    def copy(self, bucket: str, source: str, key: str) -> None:
        self._bucket(bucket).copy_object(bucket, source, key)

    def symlink(self, bucket: str, target: str, key: str) -> None:
        self._bucket(bucket).put_symlink(target, key)

    def tag(self, bucket: str, key: str, tags: dict[str, str]) -> dict[str, str]:
        rule = oss2.models.TaggingRule()
        for name, value in tags.items():
            rule.add(name, value)
        self._bucket(bucket).put_object_tagging(key, oss2.models.Tagging(rule))
        return dict(self._bucket(bucket).get_object_tagging(key).tag_set.tagging_rule)

    def multipart(self, bucket: str, key: str, parts: list[bytes]) -> None:
        at = self._bucket(bucket)
        upload_id = at.init_multipart_upload(key).upload_id
        done = [
            oss2.models.PartInfo(number, at.upload_part(key, upload_id, number, part).etag)
            for number, part in enumerate(parts, 1)
        ]
        at.complete_multipart_upload(key, upload_id, done)

    def delete(self, bucket: str, key: str) -> None:
        self._bucket(bucket).delete_object(key)

    def async_process(self, bucket: str, key: str, process: str) -> str:
        return str(self._bucket(bucket).async_process_object(key, process).task_id)

    def delete_many(self, bucket: str, keys: list[str]) -> None:
        self._bucket(bucket).batch_delete_objects(keys)

    def presign(self, method: str, bucket: str, key: str) -> str:
        return str(self._bucket(bucket).sign_url(method, key, MINUTE, slash_safe=True))


class OssV2:
    """alibabacloud-oss-v2. What a call takes and gives is the same in its asyncio client."""

    refusal = oss.exceptions.OperationError

    def __init__(self, site: Site, keys: Credentials, signature: str = "v4") -> None:
        self._config = v2_config(site.url, keys, signature_version=signature)

    def _call(self, operation: str, request: Any, *, read: bool = False, **options: Any) -> Any:
        """The operation's result; with read, its body."""
        result = getattr(oss.Client(self._config), operation)(request, **options)
        return result.body.read() if read else result

    @staticmethod
    def code(refusal: Any) -> str:
        return str(refusal.unwrap().code)

    def create_bucket(self, bucket: str) -> None:
        self._call("put_bucket", oss.PutBucketRequest(bucket))

    def buckets(self) -> list[str]:
        return [bucket.name for bucket in self._call("list_buckets", oss.ListBucketsRequest()).buckets]

    def location(self, bucket: str) -> str:
        return str(self._call("get_bucket_info", oss.GetBucketInfoRequest(bucket)).bucket_info.location)

    def set_versioning(self, bucket: str, status: str) -> str:
        configuration = oss.VersioningConfiguration(status=status)
        self._call("put_bucket_versioning", oss.PutBucketVersioningRequest(bucket, configuration))
        return str(self._call("get_bucket_versioning", oss.GetBucketVersioningRequest(bucket)).version_status)

    def put(self, bucket: str, key: str, data: bytes, meta: dict[str, str] | None = None) -> None:
        self._call("put_object", oss.PutObjectRequest(bucket=bucket, key=key, body=data, metadata=meta))

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self._call("get_object", oss.GetObjectRequest(bucket=bucket, key=key), read=True))

    def get_range(self, bucket: str, key: str, first: int, last: int) -> bytes:
        request = oss.GetObjectRequest(bucket=bucket, key=key, range_header=f"bytes={first}-{last}")
        return bytes(self._call("get_object", request, read=True))

    def head(self, bucket: str, key: str) -> tuple[int, str]:
        head = self._call("head_object", oss.HeadObjectRequest(bucket=bucket, key=key))
        return int(head.content_length), str(head.etag).strip('"')

    def meta(self, bucket: str, key: str, name: str) -> str:
        return str(self._call("head_object", oss.HeadObjectRequest(bucket=bucket, key=key)).metadata[name])

    def list_objects(self, bucket: str, prefix: str) -> tuple[list[str], list[str]]:
        request = oss.ListObjectsV2Request(bucket=bucket, prefix=prefix, delimiter="/")
        found = self._call("list_objects_v2", request)
        return [entry.key for entry in found.contents], [entry.prefix for entry in found.common_prefixes]

    def append(self, bucket: str, key: str, position: int, data: bytes) -> int:
        request = oss.AppendObjectRequest(bucket=bucket, key=key, position=position, body=data)
        return int(self._call("append_object", request).next_position)

    def copy(self, bucket: str, source: str, key: str) -> None:
        self._call("copy_object", oss.CopyObjectRequest(bucket=bucket, key=key, source_key=source))

    def symlink(self, bucket: str, target: str, key: str) -> None:
        self._call("put_symlink", oss.PutSymlinkRequest(bucket=bucket, key=key, symlink_target=target))

    def tag(self, bucket: str, key: str, tags: dict[str, str]) -> dict[str, str]:
        tag_set = oss.TagSet(tags=[oss.Tag(key=name, value=value) for name, value in tags.items()])
        self._call(
            "put_object_tagging",
            oss.PutObjectTaggingRequest(bucket=bucket, key=key, tagging=oss.Tagging(tag_set=tag_set)),
        )
        found = self._call("get_object_tagging", oss.GetObjectTaggingRequest(bucket=bucket, key=key))
        return {tag.key: tag.value for tag in found.tag_set.tags}

    def multipart(self, bucket: str, key: str, parts: list[bytes]) -> None:
        names = {"bucket": bucket, "key": key}
        started = self._call("initiate_multipart_upload", oss.InitiateMultipartUploadRequest(**names))
        names["upload_id"] = started.upload_id
        done = []
        for number, part in enumerate(parts, 1):
            request = oss.UploadPartRequest(**names, part_number=number, body=part)
            done.append(oss.UploadPart(part_number=number, etag=self._call("upload_part", request).etag))
        complete = oss.CompleteMultipartUpload(parts=done)
        self._call(
            "complete_multipart_upload",
            oss.CompleteMultipartUploadRequest(**names, complete_multipart_upload=complete),
        )

    def async_process(self, bucket: str, key: str, process: str) -> str:
        request = oss.AsyncProcessObjectRequest(bucket=bucket, key=key, process=process)
        return str(self._call("async_process_object", request).task_id)

    def delete(self, bucket: str, key: str) -> None:
        self._call("delete_object", oss.DeleteObjectRequest(bucket=bucket, key=key))

    def delete_many(self, bucket: str, keys: list[str]) -> None:
        objects = [oss.DeleteObject(key=key) for key in keys]
        self._call("delete_multiple_objects", oss.DeleteMultipleObjectsRequest(bucket=bucket, objects=objects))

    def presign(self, method: str, bucket: str, key: str) -> str:
        request = {"GET": oss.GetObjectRequest, "PUT": oss.PutObjectRequest}[method](bucket=bucket, key=key)
        return str(self._call("presign", request, expires=datetime.timedelta(seconds=MINUTE)).url)


class OssV2Async(OssV2):
    """alibabacloud-oss-v2's asyncio client."""

    def _call(self, operation: str, request: Any, *, read: bool = False, **options: Any) -> Any:
        async def run() -> Any:
            async with alibabacloud_oss_v2.aio.AsyncClient(self._config) as client:
                result = await getattr(client, operation)(request, **options)
                return await result.body.read() if read else result

        return asyncio.run(run())

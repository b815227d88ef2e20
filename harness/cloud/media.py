"""Between Intelligent Media Management and OSS: one orders, the other makes, and neither knows the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from harness.multimediaai.imm import ImmService
from harness.multimediaai.imm.workers import BucketError
from harness.oss import OssError, OssService
from harness.ram.realm import Realm


class Buckets:
    """harness.multimediaai.imm's way to objects: as the project's service role."""

    def __init__(self, oss: OssService) -> None:
        self._oss = oss

    def has(self, bucket: str) -> bool:
        return self._oss.store.has_bucket(bucket)

    def fetch(self, bucket: str, key: str, target: Path) -> None:
        with _told(bucket, key):
            self._oss.inside.fetch(bucket, key, target)

    def put(self, bucket: str, key: str, source: Path, content_type: str, tell: bool) -> None:
        with _told(bucket, key):
            self._oss.inside.put(bucket, key, source, content_type, tell)


@contextlib.contextmanager
def _told(bucket: str, key: str) -> Iterator[None]:
    """Which code a task gets for what OSS refuses is unsure; OSS's own says most."""
    try:
        yield
    except OssError as exc:
        code = "ResourceNotFound" if exc.status == 404 else exc.code
        raise BucketError(code, f"oss://{bucket}/{key}: {exc.message}") from exc


def imm_beside(oss: OssService, directory: Path, realm: Realm, *, render: bool) -> ImmService:
    """An IMM that `oss` orders from."""
    oss.media = made = ImmService(directory, realm, buckets=Buckets(oss), render=render)
    return made

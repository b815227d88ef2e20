"""What a bucket is, beside what is in it: region, owner, retention, keys, Referer."""

from __future__ import annotations

from typing import NamedTuple

import alibabacloud_oss_v2 as oss

from ops.buckets import Bucket


class BucketFacts(NamedTuple):
    """region: without `oss-`. acl: private, public-read, … cmk: the KMS key's id, "" for none of one's own.

    versioning: Enabled, Suspended, "" where it never was. encryption: KMS, AES256, "".
    """

    region: str
    owner: str
    acl: str
    storage_class: str
    versioning: str
    encryption: str
    cmk: str
    blocks_public: bool


class Worm(NamedTuple):
    """A retention policy. state: InProgress, Locked."""

    state: str
    days: int


class Referers(NamedTuple):
    allows_none: bool
    allowed: tuple[str, ...]


def bucket_facts(bucket: Bucket) -> BucketFacts:
    """GetBucketInfo. Raises OpsError, Mistake where the bucket does not exist."""
    request = oss.GetBucketInfoRequest(bucket=bucket.name)
    found = bucket.ask("GetBucketInfo", lambda client: client.get_bucket_info(request)).bucket_info
    rule = found.sse_rule
    encryption, cmk = (rule.sse_algorithm, rule.kms_master_key_id) if rule else ("", "")
    return BucketFacts(
        region=str(found.location or "").removeprefix("oss-"),
        owner=str(found.owner.id if found.owner else "") or "",
        acl=str(found.acl or ""),
        storage_class=str(found.storage_class or ""),
        versioning=str(found.versioning or ""),
        encryption="" if encryption in (None, "None") else str(encryption),
        cmk=str(cmk or ""),
        blocks_public=bool(found.block_public_access),
    )


def bucket_worm(bucket: Bucket) -> Worm | None:
    """GetBucketWorm; None where nothing is retained. Raises OpsError."""
    request = oss.GetBucketWormRequest(bucket=bucket.name)
    answer = bucket.ask("GetBucketWorm", lambda client: client.get_bucket_worm(request), missing=True)
    found = answer.worm_configuration if answer else None
    return Worm(str(found.state or ""), int(found.retention_period_in_days or 0)) if found else None


def bucket_referers(bucket: Bucket) -> Referers:
    """GetBucketReferer. Raises OpsError."""
    request = oss.GetBucketRefererRequest(bucket=bucket.name)
    found = bucket.ask("GetBucketReferer", lambda client: client.get_bucket_referer(request)).referer_configuration
    allowed = found.referer_list.referers if found.referer_list else None
    return Referers(found.allow_empty_referer is not False, tuple(filter(None, allowed or ())))

"""The buckets: what makes OSS refuse a record, a GIF, or the service that makes GIFs its video."""

from __future__ import annotations

from collections.abc import Iterator

from ops.account import Account
from ops.bucket_facts import BucketFacts, bucket_facts, bucket_referers, bucket_worm
from ops.checks.check import Check, Look, bad, good, note
from ops.imm_tasks import project_of

_ARCHIVES = frozenset({"Archive", "ColdArchive", "DeepColdArchive"})


def looks(account: Account) -> Iterator[Look]:
    project, settings = account.project, account.project.settings
    roles: dict[str, list[str]] = {}
    for bucket in project.video_buckets:
        roles.setdefault(bucket, []).append("videos")
    roles.setdefault(settings.tracking_bucket, []).append("records")
    if settings.collect:
        roles.setdefault(settings.gifs, []).append("GIFs")
    for name, used in roles.items():
        area = f"oss://{name} ({', '.join(used)})"
        yield Look(area, "bucket", lambda name=name, used=used: _facts(account, name, used))  # type: ignore[misc]
        if "records" in used or "GIFs" in used:
            yield Look(area, "retention", lambda name=name, used=used: _worm(account, name, used))  # type: ignore[misc]
        if "videos" in used and settings.gif_service == "oss":
            yield Look(area, "IMM", lambda name=name: _bound(account, name))  # type: ignore[misc]
        elif "videos" in used:
            yield Look(area, "Referer", lambda name=name: _referers(account, name))  # type: ignore[misc]


def _facts(account: Account, name: str, used: list[str]) -> Iterator[Check]:
    found, project = bucket_facts(account.bucket(name)), account.project
    if found.region != project.region:
        yield bad(
            "bucket",
            f"is in {found.region}, and the functions are in {project.region}",
            "buckets and functions must be in one region: mend REGION in .env, or take another bucket",
        )
    elif project.account_id and found.owner and found.owner != project.account_id:
        yield bad("bucket", f"belongs to account {found.owner}", "take a bucket of this account")
    elif found.storage_class in _ARCHIVES:
        yield bad(
            "bucket",
            f"is of class {found.storage_class}: nothing in it can be read before it is restored",
            "take a bucket of class Standard",
        )
    else:
        versions = f"versioning {found.versioning.lower()}" if found.versioning else "no versioning"
        yield good("bucket", f"{found.region}, {found.storage_class}, {found.acl}, {versions}")
    yield from _encryption(found, used)
    if found.acl.startswith("public") and not found.blocks_public and used != ["videos"]:
        what = " and ".join(each for each in used if each != "videos")
        yield note("public", f"everybody can read the {what}", "make the bucket private, unless that is meant")


def _encryption(found: BucketFacts, used: list[str]) -> Iterator[Check]:
    if not found.cmk:
        yield good("encryption", found.encryption or "none of its own")
    elif "records" in used:
        yield bad(
            "encryption",
            f"with the KMS key {found.cmk}: AppendObject does not work with a key of one's own",
            "take OSS's own key (AES256, or KMS without a key's id), or another bucket for the records",
        )
    else:
        yield note(
            "encryption", f"with the KMS key {found.cmk}", "the functions' roles need ram/role-kms-policy.json"
        )


def _worm(account: Account, name: str, used: list[str]) -> Iterator[Check]:
    found = bucket_worm(account.bucket(name))
    if found is None:
        yield good("retention", "none")
        return
    detail = f"{found.days} days, {found.state}"
    if "records" in used:
        yield bad(
            "retention", f"{detail}: AppendObject does not work with it", "take another bucket for the records"
        )
    else:
        is_oss = account.project.settings.gif_service == "oss"
        anew = "the GIF of a video that is uploaded anew cannot replace the first one"
        why = "no GIF can be stamped with the eTag of its upload" if is_oss else anew
        yield bad("retention", f"{detail}: {why}", "take another bucket for the GIFs (GIF_BUCKET)")


def _bound(account: Account, name: str) -> Iterator[Check]:
    wanted, found = account.project.settings.imm_project, project_of(account, name)
    if found == wanted:
        yield good("IMM", f"bound to project {found}")
    elif found:
        why = f"is bound to project {found}, and IMM_PROJECT is {wanted}"
        yield bad("IMM", why, "mend IMM_PROJECT in .env, and the policies with it; or bind the bucket anew")
    else:
        why = f"is bound to no project, and IMM_PROJECT is {wanted}"
        yield bad("IMM", why, "`aliyun imm AttachOSSBucket` binds it: docs/deploy.md")


def _referers(account: Account, name: str) -> Iterator[Check]:
    found = bucket_referers(account.bucket(name))
    if found.allowed and not found.allows_none:
        yield bad(
            "Referer",
            "requests without a Referer are refused, and the GIF service sends none",
            "allow an empty Referer in the bucket's hotlink protection",
        )
    else:
        yield good("Referer", "an empty one is let through" if found.allowed else "no rules")

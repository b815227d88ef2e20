"""RAM and ACLs: each call under its action and resource, denials in the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests

from tests.harness.oss.local import LocalOss

Use = Callable[[Any], object]
HERE = "acs:oss:cn-beijing:1234567890123456:videos"

ACTIONS: list[tuple[str, str, Use]] = [
    ("oss:GetObject", f"{HERE}/k", lambda b: b.get_object("k").read()),
    ("oss:GetObject", f"{HERE}/k", lambda b: b.head_object("k")),
    ("oss:GetObject", f"{HERE}/k", lambda b: b.get_object_meta("k")),
    ("oss:GetObjectVersion", f"{HERE}/k", lambda b: b.get_object("k", params={"versionId": "null"}).read()),
    ("oss:PutObject", f"{HERE}/new", lambda b: b.put_object("new", b"x")),
    ("oss:PutObject", f"{HERE}/log", lambda b: b.append_object("log", 0, b"x")),
    ("oss:PutObject", f"{HERE}/link", lambda b: b.put_symlink("k", "link")),
    ("oss:PutObject", f"{HERE}/big", lambda b: b.init_multipart_upload("big")),
    ("oss:DeleteObject", f"{HERE}/k", lambda b: b.delete_object("k")),
    ("oss:DeleteObject", f"{HERE}/k", lambda b: b.batch_delete_objects(["k"])),
    ("oss:AbortMultipartUpload", f"{HERE}/k", lambda b: b.abort_multipart_upload("k", "none")),
    ("oss:ListParts", f"{HERE}/k", lambda b: b.list_parts("k", "none")),
    ("oss:ListObjects", HERE, lambda b: b.list_objects()),
    ("oss:ListObjects", HERE, lambda b: b.list_objects_v2()),
    ("oss:ListObjectVersions", HERE, lambda b: b.list_object_versions()),
    ("oss:GetBucketInfo", HERE, lambda b: b.get_bucket_info()),
    ("oss:GetBucketVersioning", HERE, lambda b: b.get_bucket_versioning()),
    ("oss:PutBucketAcl", HERE, lambda b: b.put_bucket_acl("private")),
    ("oss:GetObjectTagging", f"{HERE}/k", lambda b: b.get_object_tagging("k")),
]


@pytest.mark.parametrize(("action", "resource", "use"), ACTIONS)
def test_each_call_needs_exactly_its_action_on_its_resource(
    oss: LocalOss, action: str, resource: str, use: Use
) -> None:
    oss.store.put("videos", "k", b"x")
    role = oss.bucket(who=oss.identities.assume_role("function"))

    oss.rights.let("function", {"Effect": "Allow", "Action": action, "Resource": resource + "-not"})
    with pytest.raises(oss2.exceptions.AccessDenied) as caught:
        use(role)
    assert caught.value.status == 403
    (denied,) = oss.journal.entries("denied")
    assert denied.fields == {
        "service": "oss",
        "action": action,
        "resource": resource,
        "signer": "function",
        "denied_by": "default",
    }

    oss.rights.let("function", {"Effect": "Allow", "Action": action, "Resource": resource})
    try:
        use(role)
    except oss2.exceptions.NoSuchUpload:
        assert action in ("oss:AbortMultipartUpload", "oss:ListParts")


def test_copying_needs_both_sides(oss: LocalOss) -> None:
    oss.store.put("videos", "from", b"x")
    role = oss.bucket(who=oss.identities.assume_role("function"))
    read = {"Effect": "Allow", "Action": "oss:GetObject", "Resource": f"{HERE}/from"}
    write = {"Effect": "Allow", "Action": "oss:PutObject", "Resource": f"{HERE}/to"}
    for granted, missing in ((read, "oss:PutObject"), (write, "oss:GetObject")):
        oss.rights.let("function", granted)
        with pytest.raises(oss2.exceptions.AccessDenied):
            role.copy_object("videos", "from", "to")
        assert oss.journal.entries("denied")[-1].fields["action"] == missing
    oss.rights.let("function", read, write)
    role.copy_object("videos", "from", "to")
    assert oss.store.get("videos", "to") == b"x"


def test_batch_deletion_is_all_or_nothing_when_one_key_is_denied(oss: LocalOss) -> None:
    for key in ("mine", "yours"):
        oss.store.put("videos", key, b"x")
    oss.rights.let("function", {"Effect": "Allow", "Action": "oss:*", "Resource": f"{HERE}/mine"})
    with pytest.raises(oss2.exceptions.AccessDenied):
        oss.bucket(who=oss.identities.assume_role("function")).batch_delete_objects(["mine", "yours"])
    assert [found.key for found in oss.store.list("videos")] == ["mine", "yours"]


def test_listing_may_be_limited_to_a_prefix(oss: LocalOss) -> None:
    condition = {"StringLike": {"oss:Prefix": "mine/*"}}
    oss.rights.let(
        "function", {"Effect": "Allow", "Action": "oss:ListObjects", "Resource": "*", "Condition": condition}
    )
    role = oss.bucket(who=oss.identities.assume_role("function"))
    assert role.list_objects_v2(prefix="mine/1").object_list == []
    with pytest.raises(oss2.exceptions.AccessDenied):
        role.list_objects_v2(prefix="yours/")


def test_tags_on_a_put_need_a_right_of_their_own(oss: LocalOss) -> None:
    oss.rights.let("function", {"Effect": "Allow", "Action": "oss:PutObject", "Resource": "*"})
    with pytest.raises(oss2.exceptions.AccessDenied):
        oss.bucket(who=oss.identities.assume_role("function")).put_object(
            "k", b"x", headers={"x-oss-tagging": "a=b"}
        )
    assert oss.journal.entries("denied")[-1].fields["action"] == "oss:PutObjectTagging"


@pytest.mark.parametrize(
    ("bucket_acl", "object_acl", "read", "write"),
    [
        ("private", "default", 403, 403),
        ("public-read", "default", 200, 403),
        ("public-read-write", "default", 200, 200),
        ("public-read", "private", 403, 403),
        ("private", "public-read", 200, 403),
    ],
)
def test_anonymous(oss: LocalOss, bucket_acl: str, object_acl: str, read: int, write: int) -> None:
    oss.store.put("videos", "k", b"x")
    oss.bucket().put_bucket_acl(bucket_acl)
    oss.bucket().put_object_acl("k", object_acl)
    url = f"{oss.url}/videos/k"
    assert requests.get(url, timeout=10).status_code == read
    assert requests.put(url, b"y", timeout=10).status_code == write
    assert requests.get(f"{oss.url}/videos", timeout=10).status_code == 403
    assert requests.get(oss.url, timeout=10).status_code == 403


def test_explicit_deny_beats_a_public_bucket(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x")
    oss.store.set_acl("videos", "public-read")
    role = oss.bucket(who=oss.identities.assume_role("function"))
    assert role.get_object("k").read() == b"x"
    oss.rights.let("function", {"Effect": "Deny", "Action": "oss:GetObject", "Resource": "*"})
    with pytest.raises(oss2.exceptions.AccessDenied):
        role.get_object("k")
    assert oss.journal.entries("denied")[-1].fields["denied_by"] == "explicit"


def test_the_journal_names_requests_and_no_query(oss: LocalOss) -> None:
    oss.store.put("videos", "k", b"x")
    requests.get(oss.bucket().sign_url("GET", "k", 60), timeout=10)
    requests.get(f"{oss.url}/videos/k", timeout=10)
    signed, anonymous = (entry.fields for entry in oss.journal.entries("request"))
    assert signed == {
        "service": "oss",
        "operation": "GetObject",
        "bucket": "videos",
        "key": "k",
        "status": 200,
        "signer": oss.owner.access_key_id,
    }
    assert (anonymous["signer"], anonymous["status"]) == ("anonymous", 403)

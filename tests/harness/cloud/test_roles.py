"""Who may do what: the owner, roles with the policies of their functions, and everybody else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cloud.roles import Roles
from harness.fc import FunctionSpec, OssTrigger
from harness.ram.identity import Credentials
from harness.ram.policy import Policy, PolicyError

OWNER = Credentials("LTAI", "secret")
POLICY = {
    "Version": "1",
    "Statement": [
        {"Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:${VIDEO_BUCKET}/*"},
        {"Effect": "Allow", "Action": "oss:PutObject", "Resource": "acs:oss:*:*:${TRACKING_BUCKET}/*"},
        {"Effect": "Deny", "Action": "oss:*", "Resource": "acs:oss:*:*:${TRACKING_PREFIX}/*"},
    ],
}
#: Each name that is not from the environment, in a statement that denies one bucket.
EXACT = "acs:oss:${REGION}:${ACCOUNT_ID}:${FUNCTION_NAME}-${FUNCTION_ROLE}-${TRIGGER_ROLE}-${LOG_PROJECT}/*"


def worker(role: str | None = "worker") -> Credentials:
    return Credentials("STS.NT", "secret", "token", role)


def roles(
    directory: Path, *functions: FunctionSpec, buckets: Sequence[str] = ("videos",), policy: object = POLICY
) -> Roles:
    file = directory / "policy.json"
    file.write_text(json.dumps(policy), encoding="utf-8")
    other = Policy({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}]})
    triggers = [OssTrigger(f"t-{b}", "f", b, (), invocation_role="acs:ram::1:role/caller") for b in buckets]
    found = directory / "collector-policy.json"
    collectors = found if found.exists() else None
    return Roles(file, collectors, "cn-beijing", "1", lambda: functions, lambda _: triggers, {"everything": other})


def function(name: str, role: str = "worker", **environment: str) -> FunctionSpec:
    return FunctionSpec(name, Path(), role=role, environment=environment)


def denied_by(roles: Roles, who: Credentials | None, action: str, object_name: str) -> str:
    return roles.authorize(who, action, f"acs:oss:cn-beijing:1:{object_name}", {}).denied_by


@pytest.mark.parametrize(
    ("who", "expected"),
    [(OWNER, ""), (None, "default"), (worker("nobodys"), "default"), (worker("everything"), "")],
)
def test_without_a_function(tmp_path: Path, who: Credentials | None, expected: str) -> None:
    assert denied_by(roles(tmp_path), who, "oss:GetObject", "videos/k") == expected


def test_names_come_from_the_function_and_its_triggers(tmp_path: Path) -> None:
    made = roles(tmp_path, function("f", TRACKING_BUCKET="records"), buckets=("videos", "films"))
    for bucket in ("videos", "films"):
        assert denied_by(made, worker(), "oss:GetObject", f"{bucket}/k") == ""
        assert denied_by(made, worker(), "oss:PutObject", f"{bucket}/k") == "default"
    assert denied_by(made, worker(), "oss:PutObject", "records/k") == ""
    assert denied_by(made, worker(), "oss:GetObject", "records/k") == "default"


def test_without_a_trigger_no_bucket_of_videos(tmp_path: Path) -> None:
    made = roles(tmp_path, function("f", TRACKING_BUCKET="records"), buckets=())
    assert denied_by(made, worker(), "oss:GetObject", "videos/k") == "default"
    assert denied_by(made, worker(), "oss:PutObject", "records/k") == ""


@pytest.mark.parametrize("order", [1, -1])
def test_a_denial_beats_what_another_policy_of_the_role_allows(tmp_path: Path, order: int) -> None:
    functions = [function("open", TRACKING_BUCKET="records"), function("closed", TRACKING_PREFIX="records")][
        ::order
    ]
    assert denied_by(roles(tmp_path, *functions), worker(), "oss:PutObject", "records/k") == "explicit"


def test_another_roles_policy_does_not_count(tmp_path: Path) -> None:
    functions = [
        function("mine", TRACKING_BUCKET="records"),
        function("other", role="other", TRACKING_PREFIX="records"),
    ]
    assert denied_by(roles(tmp_path, *functions), worker(), "oss:PutObject", "records/k") == ""


def test_the_collector_has_a_document_of_its_own(tmp_path: Path) -> None:
    allowed = {
        "oss:PutObject": "acs:oss:*:*:${GIF_BUCKET}/${GIF_PREFIX}*",
        "oss:DeleteObject": "acs:oss:*:*:${TRACKING_BUCKET}/*",
        "oss:GetObject": "acs:oss:*:*:${VIDEO_BUCKET}/${FUNCTION_NAME}-${COLLECTOR_NAME}-${COLLECTOR_ROLE}",
    }
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in allowed.items()]
    file = tmp_path / "collector-policy.json"
    file.write_text(json.dumps({"Version": "1", "Statement": statements}), encoding="utf-8")
    environment = {"TRACKING_BUCKET": "records", "GIF_PREFIX": "gifs/"}
    collector = FunctionSpec("c", Path(), "index.collect", role="collector", environment=environment)
    made = roles(tmp_path, collector, function("f", TRACKING_BUCKET="records"))
    for object_name, action, of_collector, of_worker in (
        ("records/gifs/a.gif", "oss:PutObject", "", ""),
        ("records/a", "oss:PutObject", "default", ""),
        ("records/a", "oss:DeleteObject", "", "default"),
        ("videos/f-c-collector", "oss:GetObject", "", ""),
        ("videos/other", "oss:GetObject", "default", ""),
    ):
        assert denied_by(made, worker("collector"), action, object_name) == of_collector
        assert denied_by(made, worker(), action, object_name) == of_worker
    # It also works alone, and may do nothing without a document.
    assert denied_by(roles(tmp_path, collector), worker("collector"), "oss:DeleteObject", "records/a") == ""
    file.unlink()
    assert denied_by(roles(tmp_path, collector), worker("collector"), "oss:DeleteObject", "records/a") == "default"


def test_a_broken_policy_is_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text("{", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"policy\.json: not JSON"):
        Roles(tmp_path / "policy.json", None, "cn-beijing", "1", list, lambda _: (), {})


def test_every_name_of_make_policies_is_filled_in(tmp_path: Path) -> None:
    allow, deny = ({"Effect": e, "Action": "oss:*", "Resource": r} for e, r in (("Allow", "*"), ("Deny", EXACT)))
    spec = FunctionSpec("f", Path(), role="worker", log_project="logs")
    made = roles(tmp_path, spec, policy={"Version": "1", "Statement": [allow, deny]})
    assert denied_by(made, worker(), "oss:PutObject", "f-worker-caller-logs/k") == "explicit"
    assert denied_by(made, worker(), "oss:PutObject", "videos/k") == ""


def test_a_placeholder_that_nothing_fills_is_found_at_the_start(tmp_path: Path) -> None:
    statement = {"Effect": "Deny", "Action": "oss:*", "Resource": "acs:oss:*:${ACCOUNT}:videos/*"}
    with pytest.raises(PolicyError, match=r"policy\.json: a placeholder that nothing fills: 'ACCOUNT'"):
        roles(tmp_path, policy={"Version": "1", "Statement": [statement]})

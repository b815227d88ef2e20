"""The RAM documents: they load, they are filled in, and they allow what is needed and nothing beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.policies import render_policy, write_policies
from harness.ram.policy import Policy, PolicyError
from harness.stack.documents import policy_names
from harness.stack.reader import Stack, read_stack
from serverless.document import StackError
from tests.deploy.stack_file import REQUIRED, StackFile
from tests.project import PROJECT

DOCUMENTS = sorted((PROJECT / "ram").glob("*.json"))
TRUST = {"trust-policy.json": "fc.aliyuncs.com", "trigger-role-trust-policy.json": "oss.aliyuncs.com"}
FUNCTION = "acs:fc:cn-beijing:1234567890123456:functions/gif-on-upload"
LOGS = "acs:log:cn-beijing:1234567890123456:project/gif-on-upload-1234567890123456/logstore/function-logs"
PROJECTS = "acs:imm:cn-beijing:1234567890123456:project"
ROLE = "acs:ram::1234567890123456:role/gif-on-upload"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return read_stack(PROJECT / "s.yaml", REQUIRED, dotenv=False)


@pytest.fixture(scope="module")
def rendered(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `make policies` writes: file name to document."""
    written = write_policies(stack, PROJECT / "ram", tmp_path_factory.mktemp("policies") / "ram")
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in written}


@pytest.fixture(scope="module")
def policies(rendered: dict[str, dict[str, Any]]) -> dict[str, Policy]:
    return {name: Policy(document, name) for name, document in rendered.items() if name not in TRUST}


def test_every_document_is_written(rendered: dict[str, dict[str, Any]]) -> None:
    assert list(rendered) == [path.name for path in DOCUMENTS]


@pytest.mark.parametrize("name", [path.name for path in DOCUMENTS])
def test_it_is_what_ram_takes(name: str, rendered: dict[str, dict[str, Any]]) -> None:
    """Nothing but the grammar's elements, nothing left to fill in, and short enough for a custom policy."""
    text = json.dumps(rendered[name])
    assert "$" not in text
    assert len(text) < 6144
    assert rendered[name]["Version"] == "1"
    for statement in rendered[name]["Statement"]:
        assert set(statement) <= {"Effect", "Action", "Resource", "Condition", "Principal"}


@pytest.mark.parametrize(("name", "service"), TRUST.items())
def test_a_role_trusts_the_one_service_that_takes_it(
    name: str, service: str, rendered: dict[str, dict[str, Any]]
) -> None:
    (statement,) = rendered[name]["Statement"]
    assert statement == {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": [service]}}


@pytest.mark.parametrize("name", [path.name for path in DOCUMENTS if path.name not in TRUST])
def test_no_policy_allows_everything(name: str, policies: dict[str, Policy]) -> None:
    account = "cn-beijing:1234567890123456"
    for action, resource in {
        "oss:DeleteObject": f"acs:oss:{account}:my-videos/clip.mp4",
        "oss:DeleteBucket": f"acs:oss:{account}:my-videos",
        "fc:CreateLayerVersion": f"acs:fc:{account}:layers/gif-on-upload/versions/1",
        "ram:CreateRole": "acs:ram::1234567890123456:role/gif-on-upload",
    }.items():
        assert not policies[name].evaluate(action, resource).allowed


def test_every_statement_says_what_it_is_for() -> None:
    for path in DOCUMENTS:
        if path.name not in TRUST:
            for statement in json.loads(path.read_text(encoding="utf-8"))["Statement"]:
                assert statement["Sid"]


RECORDS = "acs:oss:cn-beijing:1:my-gif-records/gif-tasks/"
ALLOWED = [
    ("trigger-role-policy.json", "fc:InvokeFunction", FUNCTION),
    ("trigger-role-policy.json", "fc:InvokeFunction", f"{FUNCTION}/LATEST"),
    ("role-logs-policy.json", "log:PostLogStoreLogs", LOGS),
    ("role-policy.json", "fc:InvokeFunction", f"{FUNCTION}-collect"),
    ("collector-policy.json", "oss:DeleteObject", f"{RECORDS}.pending/a.json"),
    ("collector-policy.json", "oss:PutObject", "acs:oss:cn-beijing:1:my-gif-records/gifs/my-videos/a.mp4.gif"),
    ("operator-policy.json", "oss:DeleteObject", f"{RECORDS}.failed/a.json"),
    ("operator-policy.json", "fc:InvokeFunction", f"{FUNCTION}/LATEST"),
    ("operator-policy.json", "fc:InvokeFunction", f"{FUNCTION}-collect"),
    ("operator-policy.json", "imm:GetTask", f"{PROJECTS}/none"),
    ("deploy-policy.json", "fc:CreateFunction", f"{FUNCTION}-collect"),
    ("deploy-policy.json", "fc:CreateTrigger", f"{FUNCTION}-collect/triggers/each-minute"),
    ("role-kms-policy.json", "kms:Decrypt", "acs:kms:cn-beijing:1234567890123456:key/a-key"),
    ("role-policy.json", "oss:GetObject", "acs:oss:cn-beijing:1:my-videos/a.mp4"),
    ("role-policy.json", "oss:PutObject", "acs:oss:cn-beijing:1:my-gif-records/gif-tasks/my-videos/a.mp4/E.jsonl"),
    # what fc3 calls for deploy, info, plan, invoke and remove
    *(
        ("deploy-policy.json", f"fc:{action}", FUNCTION)
        for action in (
            *("GetFunction", "CreateFunction", "UpdateFunction", "DeleteFunction", "GetFunctionCode"),
            *("InvokeFunction", "ListFunctionAsyncInvokeConfigs", "GetFunctionAsyncInvokeConfig"),
            *("PutFunctionAsyncInvokeConfig", "DeleteFunctionAsyncInvokeConfig", "GetConcurrencyConfig"),
            *("PutConcurrencyConfig", "DeleteConcurrencyConfig", "ListProvisionConfigs", "GetProvisionConfig"),
        )
    ),
    (
        "deploy-policy.json",
        "fc:ListFunctionAsyncInvokeConfigs",
        "acs:fc:cn-beijing:1234567890123456:async-invoke-configs/*",
    ),
    ("deploy-policy.json", "fc:GetTempBucketToken", "*"),
    ("deploy-policy.json", "fc:InvokeFunction", f"{FUNCTION}/LATEST"),
    ("deploy-policy.json", "fc:PutFunctionAsyncInvokeConfig", f"{FUNCTION}/LATEST"),
    *(
        ("deploy-policy.json", f"fc:{action}Trigger", f"{FUNCTION}/triggers/uploads")
        for action in ("Get", "Create", "Update", "Delete")
    ),
    ("deploy-policy.json", "fc:ListTriggers", f"{FUNCTION}/triggers/*"),
    ("deploy-policy.json", "fc:ListAliases", f"{FUNCTION}/aliases/*"),
    ("deploy-policy.json", "fc:ListFunctionVersions", f"{FUNCTION}/versions/*"),
    ("deploy-policy.json", "fc:ListVpcBindings", f"{FUNCTION}/vpc-bindings/*"),
    ("deploy-policy.json", "oss:PutBucketEventNotification", "acs:oss:cn-beijing:1:my-videos"),
    ("deploy-policy.json", "log:GetLogStoreLogs", LOGS),
]
DENIED = [
    ("collector-policy.json", "oss:DeleteObject", f"{RECORDS}my-videos/a.mp4/E.jsonl"),
    ("collector-policy.json", "oss:DeleteObject", f"{RECORDS}.failed/a.json"),
    ("collector-policy.json", "oss:DeleteObject", "acs:oss:cn-beijing:1:my-gif-records/gifs/my-videos/a.mp4.gif"),
    ("collector-policy.json", "oss:PutObject", "acs:oss:cn-beijing:1:my-videos/a.mp4"),
    ("operator-policy.json", "oss:DeleteObject", f"{RECORDS}my-videos/a.mp4/E.jsonl"),
    ("operator-policy.json", "oss:PutObject", f"{RECORDS}my-videos/a.mp4/E.jsonl"),
    ("operator-policy.json", "oss:PutObject", "acs:oss:cn-beijing:1:my-videos/a.mp4"),
    ("operator-policy.json", "multimediaai:CreateGifTask", "*"),
    ("operator-policy.json", "imm:CreateMediaConvertTask", f"{PROJECTS}/none"),
    ("operator-policy.json", "imm:GetTask", f"{PROJECTS}/another"),
    ("operator-policy.json", "fc:DeleteFunction", FUNCTION),
    ("operator-policy.json", "fc:InvokeFunction", f"{FUNCTION}-2"),
    ("role-policy.json", "oss:DeleteObject", f"{RECORDS}.pending/a.json"),
    ("trigger-role-policy.json", "fc:InvokeFunction", FUNCTION.replace("gif-on-upload", "another")),
    ("trigger-role-policy.json", "fc:InvokeFunction", f"{FUNCTION}-2"),
    ("trigger-role-policy.json", "fc:UpdateFunction", FUNCTION),
    ("role-kms-policy.json", "kms:ScheduleKeyDeletion", "acs:kms:cn-beijing:1234567890123456:key/a-key"),
    ("role-logs-policy.json", "log:PostLogStoreLogs", LOGS.replace("function-logs", "audit")),
    ("role-policy.json", "oss:PutObject", "acs:oss:cn-beijing:1:my-videos/a.mp4"),
    ("role-policy.json", "oss:GetObject", "acs:oss:cn-beijing:1:my-gif-records/salaries.xlsx"),
    ("deploy-policy.json", "fc:UpdateFunction", FUNCTION.replace("gif-on-upload", "another")),
    ("deploy-policy.json", "fc:PutProvisionConfig", FUNCTION),
    ("deploy-policy.json", "fc:UpdateFunction", FUNCTION.replace("cn-beijing", "cn-hangzhou")),
    ("deploy-policy.json", "oss:PutBucketEventNotification", "acs:oss:cn-beijing:1:another-bucket"),
    ("deploy-policy.json", "oss:GetObject", "acs:oss:cn-beijing:1:my-videos/a.mp4"),
    ("deploy-policy.json", "multimediaai:CreateGifTask", "*"),
]


@pytest.mark.parametrize(("name", "action", "resource"), ALLOWED)
def test_it_allows_what_is_needed(name: str, action: str, resource: str, policies: dict[str, Policy]) -> None:
    assert policies[name].evaluate(action, resource).allowed


@pytest.mark.parametrize(("name", "action", "resource"), DENIED)
def test_it_allows_nothing_beside_it(name: str, action: str, resource: str, policies: dict[str, Policy]) -> None:
    assert not policies[name].evaluate(action, resource).allowed


@pytest.mark.parametrize(
    ("role", "service", "allowed"),
    [
        (ROLE, "fc.aliyuncs.com", True),
        (f"{ROLE}-trigger", "fc.aliyuncs.com", True),
        (ROLE, "ecs.aliyuncs.com", False),
        ("acs:ram::1234567890123456:role/administrator", "fc.aliyuncs.com", False),
    ],
)
def test_only_the_two_roles_may_be_handed_on(
    role: str, service: str, allowed: bool, policies: dict[str, Policy]
) -> None:
    decision = policies["deploy-policy.json"].evaluate("ram:PassRole", role, {"acs:Service": service})
    assert decision.allowed is allowed


def test_names_follow_the_settings() -> None:
    """Roles, buckets and logs that were renamed in .env are renamed in the documents."""
    changed = {"TRIGGER_ROLE": "uploads", "FUNCTION_ROLE": "gifs", "LOG_PROJECT": "logs", "REGION": "cn-hangzhou"}
    stack = read_stack(PROJECT / "s.yaml", {**REQUIRED, **changed, "TRACKING_PREFIX": "t/"}, dotenv=False)
    assert policy_names(stack) == {
        "REGION": "cn-hangzhou",
        "ACCOUNT_ID": "1234567890123456",
        "FUNCTION_NAME": "gif-on-upload",
        "FUNCTION_ROLE": "gifs",
        "COLLECTOR_NAME": "gif-on-upload-collect",
        "COLLECTOR_ROLE": "gif-on-upload-collect",
        "GIF_BUCKET": "my-gif-records",
        "GIF_PREFIX": "gifs/",
        "IMM_PROJECT": "none",
        "TRIGGER_ROLE": "uploads",
        "VIDEO_BUCKET": "my-videos",
        "TRACKING_BUCKET": "my-gif-records",
        "TRACKING_PREFIX": "t/",
        "LOG_PROJECT": "logs",
        "LOG_STORE": "function-logs",
    }


def test_a_placeholder_that_nothing_fills_is_an_error(tmp_path: Path) -> None:
    document = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "${BUCKET}"}]}
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document))
    with pytest.raises(PolicyError, match=r"policy\.json.*BUCKET"):
        render_policy(path, {"VIDEO_BUCKET": "v"})


def test_a_document_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"Version": "1",')
    with pytest.raises(PolicyError, match=r"policy\.json: not JSON: .*line 1"):
        render_policy(path, {})


def test_two_buckets_are_refused(tmp_path: Path, stack_file: StackFile) -> None:
    before, begin, rest = stack_file.text.partition("        - triggerName")
    trigger, end, after = rest.partition("\n\n")
    second = (begin + trigger).replace("uploads", "others").replace("${env('VIDEO_BUCKET')}", "another-bucket")
    (tmp_path / "s.yaml").write_text(before + begin + trigger + "\n" + second + end + after)
    stack = read_stack(tmp_path / "s.yaml", REQUIRED, dotenv=False)
    assert len(stack.oss_triggers) == 2
    with pytest.raises(StackError, match="one bucket"):
        policy_names(stack)

"""What Function Compute, OSS or RAM would refuse is said before anything runs, in one message that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cloud import CloudOptions, LocalCloud
from harness.stack.documents import policy_names
from harness.stack.reader import check_stack, read_stack
from serverless.document import StackError
from tests.harness.cli.command_line import assert_mistake, environment, run
from tests.project import PROJECT

FILLED_IN = {
    "ACCOUNT_ID": "1234567890123456",
    "APPLICATION_ID": "app",
    "TRACKING_BUCKET": "my-gif-records",
    "VIDEO_BUCKET": "my-videos",
}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("ACCOUNT_ID", "abc", "digits only"),
        ("VIDEO_BUCKET", "Videos_Bad", "a bucket's name has 3 to 63"),
        ("VIDEO_BUCKET", "A", "a bucket's name has 3 to 63"),
        ("TRACKING_BUCKET", "BAD_name", "a bucket's name has 3 to 63"),
        ("REGION", "beijing", "like cn-beijing"),
        ("REGION", "cn-nowhere", "no such region"),
        ("TRACKING_PREFIX", "/gif", "a folder such as gif-tasks/"),
        ("TRACKING_PREFIX", "gif", "a folder such as gif-tasks/"),
        ("FUNCTION_ROLE", "Gif-On-Upload", "in lower case"),
        ("TRIGGER_ROLE", "Uploads", "in lower case"),
        ("UPLOAD_PREFIX", "/uploads", "begins with a slash"),
    ],
)
def test_a_name_that_nobody_would_take_is_called_by_its_variable(name: str, value: str, rule: str) -> None:
    stack = read_stack(PROJECT / "s.yaml", {**FILLED_IN, name: value}, dotenv=False)
    for look in (check_stack, policy_names):
        with pytest.raises(StackError) as refused:
            look(stack)
        assert str(refused.value).startswith(f"{PROJECT / 's.yaml'}: this is wrong:\n  {name} is {value!r}: ")
        assert rule in str(refused.value)
        assert ".env" in str(refused.value)


def test_all_wrong_names_are_said_at_once(project: Path) -> None:
    wrong = environment(VIDEO_BUCKET="A", TRACKING_BUCKET="BAD_name", REGION="beijing")
    answer = run("up", "--port", "0", "--stack", project / "s.yaml", "--directory", project / "state", env=wrong)
    assert_mistake(
        answer, "3 things are wrong", "VIDEO_BUCKET is 'A'", "TRACKING_BUCKET is 'BAD_name'", "REGION is"
    )
    assert not (project / "state").exists()


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        (
            "runtime: python3.12\n      handler: index.handler",
            "runtime: nodejs18\n      handler: index.handler",
            "props: runtime 'nodejs18' is none of python3",
        ),
        ("memorySize: 256", "memorySize: 100", "props: memorySize must be a whole number between 128"),
        ("memorySize: 256", "memorysize: 256", "props.memorysize: there is no such setting; memorySize is meant"),
        ("timeout: 120", "timeout: 0", "props: timeout must be"),
        ("reservedConcurrency: 20", "reservedConcurrency: -1", "props: reservedConcurrency must be"),
        (
            "reservedConcurrency: 20",
            "reservedConcurency: 20",
            "props.concurrencyConfig.reservedConcurency: there is no such setting; reservedConcurrency is meant",
        ),
        ("InSeconds: 86400", "InSeconds: 99999999", "props: maxAsyncEventAgeInSeconds must be"),
        (
            "role: acs:ram::${vars.account}:role/${env('FUNCTION_ROLE'",
            "role: my-role #",
            "props: role must be acs:ram::",
        ),
        ("handler: index.handler", "handler: index", "props: handler must be <module>.<function>"),
        ("triggerName: uploads", 'triggerName: "bad name!"', "trigger bad name!: triggerName must be"),
        ("PutObject # an", "Bogus # an", "trigger uploads: unknown event: oss:ObjectCreated:Bogus"),
        ("sourceArn", "sourceArm", "props.triggers[0].sourceArm: there is no such setting; sourceArn is meant"),
    ],
)
def test_a_setting_that_would_not_deploy_does_not_run(project: Path, good: str, bad: str, problem: str) -> None:
    path = project / "s.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(good) == 1
    path.write_text(text.replace(good, bad), encoding="utf-8")
    with pytest.raises(StackError) as refused:
        LocalCloud(CloudOptions(path, directory=project / "state", code=PROJECT))
    assert str(refused.value).startswith(f"{path}: ")
    assert problem in str(refused.value)
    assert not (project / "state").exists()


@pytest.mark.parametrize(
    ("good", "bad", "place"),
    [
        (
            "role: acs:ram::${vars.account}:role/${env('FUNCTION",
            "role: acs:ram::9876543210987654:role/${env('FUNCTION",
            "props.role",
        ),
        ("acs:oss:${vars.region}:", "acs:oss:cn-shanghai:", "props.triggers[0].sourceArn"),
        ("acs:oss:${vars.region}:${vars.account}", "acs:oss:${vars.region}:99", "props.triggers[0].sourceArn"),
        ("Role: acs:ram::${vars.account}:", "Role: acs:ram::99:", "props.triggers[0].invocationRole"),
    ],
)
def test_what_belongs_to_another_region_or_account_is_refused(
    project: Path, good: str, bad: str, place: str
) -> None:
    path = project / "s.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(good) == 1
    path.write_text(text.replace(good, bad), encoding="utf-8")
    with pytest.raises(StackError) as refused:
        LocalCloud(CloudOptions(path, directory=project / "state", code=PROJECT))
    assert str(refused.value).startswith(f"{path}: this is wrong:\n  resources.gif_on_upload.{place} is 'acs:")
    assert ", and the function " in str(refused.value)
    assert not (project / "state").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("ACCOUNT_ID", "abc"), ("REGION", "cn-nowhere"), ("TRACKING_BUCKET", "BAD_name")]
)
def test_an_empty_cloud_is_of_an_account_that_can_be(project: Path, name: str, value: str) -> None:
    answer = run(
        "up", "--empty", "--port", "0", "--directory", project / "state", env=environment(**{name: value})
    )
    assert_mistake(answer, repr(value))


def with_a_second_trigger(text: str, old: str, new: str) -> str:
    """s.yaml with the trigger of uploads twice, `new` for `old` in the second."""
    before, begin, rest = text.partition("        - triggerName")
    trigger, end, after = rest.partition("\n\n")
    return before + begin + trigger + "\n" + (begin + trigger).replace(old, new) + end + after


def test_triggers_that_overlap_are_refused(project: Path) -> None:
    path = project / "s.yaml"
    path.write_text(with_a_second_trigger(path.read_text(encoding="utf-8"), "uploads", "others"), encoding="utf-8")
    with pytest.raises(StackError, match=r"trigger others: the rule overlaps with 'gif-on-upload/uploads'"):
        check_stack(read_stack(path, FILLED_IN))


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        ({}, "index.handler is not there: {code} has no index.py"),
        (
            {"index.py": "def initialize(context): ..."},
            "index.handler is not there: {code}/index.py has no handler",
        ),
        ({"index.py": "from x import y as handler"}, "index.initialize is not there"),
    ],
)
def test_code_without_the_handler_is_found_at_the_start(
    project: Path, sources: dict[str, str], problem: str
) -> None:
    code = project / "code"
    code.mkdir()
    for name, text in sources.items():
        (code / name).write_text(text)
    with pytest.raises(StackError) as refused:
        LocalCloud(CloudOptions(project / "s.yaml", code=code))
    assert problem.format(code=code) in str(refused.value)
    assert "--code" in str(refused.value)

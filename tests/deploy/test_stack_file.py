"""s.yaml: what the component accepts, complete, and in step with the handler and the documentation."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from handler.event_names import WHOLE_OBJECT_EVENTS
from handler.settings import Settings, read_settings
from harness.cloud import local_cloud
from tests.deploy.stack_file import REQUIRED, StackFile
from tests.project import PROJECT

RESOURCES = ("gif_on_upload", "gif_on_upload_collect")
#: Where deploying and every setting are explained.
GUIDES = ("docs/deploy.md", "docs/deploy.zh-CN.md")


@pytest.fixture(scope="module")
def schema(schema_file: Path) -> dict[str, Any]:
    """The component's schema, made strict: it lets every unknown name pass, and so every typing error."""
    loaded = _strict(json.loads(schema_file.read_text(encoding="utf-8")))
    assert isinstance(loaded, dict)
    return loaded


def _strict(value: Any) -> Any:
    if isinstance(value, list):
        return [_strict(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _strict(item) for key, item in value.items()}
    # A property may be called "properties", but then it is not a mapping of schemas with a type beside it.
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


def check(props: dict[str, Any], schema: dict[str, Any]) -> None:
    """Raises ValidationError. One kind of trigger takes any configuration, so ours is looked at by itself."""
    jsonschema.validate(props, schema)
    for trigger in props["triggers"]:
        kind = {**schema, "$ref": f"#/definitions/I{trigger['triggerType'].title()}TriggerConfig"}
        jsonschema.validate(trigger["triggerConfig"], kind)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_component_accepts_it(schema: dict[str, Any], stack_file: StackFile, resource: str) -> None:
    check(stack_file.props(REQUIRED, resource), schema)


def test_the_component_accepts_it_with_everything_filled_in(schema: dict[str, Any], stack_file: StackFile) -> None:
    values = dict.fromkeys(stack_file.variables, "a-value") | {"REGION": "cn-hangzhou"}
    check(stack_file.props(values), schema)


def test_the_collector_shares_package_and_settings(stack_file: StackFile) -> None:
    """What one function writes, the other has to find: nothing of that is said twice."""
    submitter, collector = (stack_file.props(REQUIRED, name) for name in RESOURCES)
    for name in ("environmentVariables", "code", "runtime", "region", "logConfig"):
        assert collector[name] == submitter[name]
    assert collector["role"] != submitter["role"]


def test_what_failed_in_all_its_tries_goes_to_the_collector(stack_file: StackFile) -> None:
    submitter, collector = (stack_file.props(REQUIRED, name) for name in RESOURCES)
    destination = submitter["asyncInvokeConfig"]["destinationConfig"]["onFailure"]["destination"]
    assert destination == f"acs:fc:cn-beijing:1234567890123456:functions/{collector['functionName']}"


def test_the_callback_only_needs_its_comment_signs_off(schema: dict[str, Any], stack_file: StackFile) -> None:
    begin, rest = stack_file.text.split("        # - triggerName: callback")
    text = begin + re.sub(
        "^        # ", "        ", "        # - triggerName: callback" + rest, flags=re.MULTILINE
    )
    props = StackFile(text).props(REQUIRED, "gif_on_upload_collect")
    check(props, schema)
    assert [trigger["triggerType"] for trigger in props["triggers"]] == ["timer", "http"]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("memorySize: 256", "memorySize: 250"),
        ("runtime: python3.12", "runtime: python3.99"),
        ("oss:ObjectCreated:PutSymlink", "oss:ObjectCreated:Symlink"),
        ("reservedConcurrency: 20", "reservedConcurency: 20"),
    ],
)
def test_a_mistake_in_it_would_be_found(
    schema: dict[str, Any], stack_file: StackFile, good: str, bad: str
) -> None:
    assert good in stack_file.text
    props = StackFile(stack_file.text.replace(good, bad)).props(REQUIRED)
    with pytest.raises(jsonschema.ValidationError):
        check(props, schema)


def test_deploying_asks_nothing_of_ram(stack_file: StackFile) -> None:
    """A role that is missing or abbreviated makes the component look for it, and it lowers the case of all."""
    props = stack_file.props(REQUIRED)
    for role in (props["role"], *(trigger["invocationRole"] for trigger in props["triggers"])):
        assert re.fullmatch(r"acs:ram::1234567890123456:role/[a-z0-9.-]+", role)
    assert "auto" not in (props["logConfig"], props["role"])


def test_the_access_name_is_plain(stack_file: StackFile) -> None:
    """Serverless Devs looks the name up before it expands any expression."""
    assert stack_file.document["access"] == "default"


@pytest.mark.parametrize("resource", RESOURCES)
def test_cpu_and_memory_fit_each_other(stack_file: StackFile, resource: str) -> None:
    """Function Compute takes 1 to 4 GB per vCPU, in steps of 0.05 vCPU."""
    props = stack_file.props(REQUIRED, resource)
    assert 1 <= props["memorySize"] / 1024 / props["cpu"] <= 4
    assert round(props["cpu"] * 100) % 5 == 0


def test_the_function_gets_every_setting_and_no_other(stack_file: StackFile) -> None:
    of_the_function = {"region", "timeout"}
    settings = {name.upper() for name in Settings.model_fields if name not in of_the_function}
    assert set(stack_file.props(REQUIRED)["environmentVariables"]) == settings


def test_its_defaults_are_the_handlers(stack_file: StackFile) -> None:
    """Filled in as little as possible, the function gets what it would take anyway.

    It warns of nothing but what it cannot know: whether the account is one that needs a domain.
    """
    props = stack_file.props(REQUIRED)
    common: Any = {"region": props["region"], "timeout": props["timeout"]}
    bare = {name: REQUIRED[name] for name in ("APPLICATION_ID", "TRACKING_BUCKET")}
    settings = read_settings(props["environmentVariables"], **common)
    assert settings == read_settings(bare, **common)
    assert ["BUCKET_DOMAINS" in warning for warning in settings.warnings] == [True]


def watched(stack_file: StackFile) -> set[str]:
    (trigger,) = stack_file.props(REQUIRED)["triggers"]
    return {event.removeprefix("oss:") for event in trigger["triggerConfig"]["events"]}


def test_the_trigger_fires_for_what_the_handler_takes(
    schema: dict[str, Any], stack_file: StackFile, tmp_path: Path
) -> None:
    """Replication is an offer, one sign away; no trigger of this kind can name what is mirrored."""
    of_replication = {name for name in WHOLE_OBJECT_EVENTS if name.startswith("ObjectReplication:")}
    by_itself = WHOLE_OBJECT_EVENTS - of_replication - {"ObjectCreated:Mirror"}
    assert watched(stack_file) == by_itself
    with_replication = StackFile(stack_file.text.replace("# - oss:", "- oss:"))
    assert watched(with_replication) == by_itself | of_replication
    # The component's own list of names lacks these, but it lets each configuration pass that fits any trigger.
    jsonschema.validate(with_replication.props(REQUIRED), schema)
    (tmp_path / "s.yaml").write_text(with_replication.text, encoding="utf-8")
    with local_cloud(stack_file=tmp_path / "s.yaml", code=PROJECT) as cloud:
        (rule,) = cloud.oss.notifications.rules()
    assert {event.removeprefix("oss:") for event in rule.events} == by_itself | of_replication


def test_an_event_is_retried_as_often_as_the_platform_allows(
    schema: dict[str, Any], stack_file: StackFile
) -> None:
    allowed = schema["definitions"]["IAsyncInvokeConfig"]["properties"]["maxAsyncRetryAttempts"]["maximum"]
    assert stack_file.props(REQUIRED)["asyncInvokeConfig"]["maxAsyncRetryAttempts"] == allowed


def test_env_example_has_every_variable_and_no_other(stack_file: StackFile) -> None:
    assert {name for name, _ in _example_variables()} == stack_file.variables


def test_env_example_begins_with_what_is_required(stack_file: StackFile) -> None:
    """Those that s.yaml has no default for come first, to be filled in; the others are comments."""
    written = stack_file.text
    required = {name for name in stack_file.variables if re.search(rf"env\('{name}'\)", written)}
    assert required == set(REQUIRED) - {"APPLICATION_ID"}  # which one of the services alone needs
    assert [name for name, active in _example_variables() if active] == [
        name for name, _ in _example_variables()[: len(required)]
    ]
    assert {name for name, active in _example_variables() if active} == required


def test_env_example_explains_each_variable() -> None:
    """The line before each is a sentence."""
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if _variable(line):
            assert re.fullmatch(r"# [A-Z].*\.", before), line


def _example_variables() -> list[tuple[str, bool]]:
    """Name, and whether it is more than a comment."""
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    return [(name, not line.startswith("#")) for line in lines if (name := _variable(line))]


def _variable(line: str) -> str | None:
    match = re.match(r"(?:# )?([A-Z][A-Z_]+)=", line)
    return match[1] if match else None


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_explains_every_variable_and_no_other(guide: str, stack_file: StackFile) -> None:
    text = (PROJECT / guide).read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", text, re.MULTILINE))
    described = {name for name in rows if not name.startswith(("ALIBABA_CLOUD_", "FC_"))}
    assert described - stack_file.variables == set()
    assert stack_file.variables - described == set()

"""What would be refused when a stack is deployed, said before it runs: names, triggers, typing errors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.fc.control.validation import foreign
from harness.fc.errors import FcError
from harness.fc.spec import FunctionSpec
from harness.fc.triggers.documents import check_trigger, trigger_document
from harness.fc.triggers.specs import OssTrigger, Trigger
from harness.http.hosts import REGIONS
from harness.oss.notifications import NotificationRule, Notifications

_REGION = re.compile("|".join(REGIONS))
_ACCOUNT = re.compile(r"\d*", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_ROLE = re.compile(r"[a-z0-9._-]{1,64}")
_FOLDER = re.compile(r"(?![/\\])(?!.*(//|\.\.)).*/")
_PREFIX = re.compile(r"(?![/\\]).*", re.DOTALL)

#: The properties of the fc3 component and what is in them, by their place; its schema lets unknown ones pass.
_KNOWN = {
    "": """
        annotations asyncInvokeConfig code concurrencyConfig cpu customContainerConfig customDNS
        customRuntimeConfig description diskSize enableLongLiving endpoint environmentVariables functionName
        gpuConfig handler idleTimeout instanceConcurrency instanceIsolationMode instanceLifecycleConfig
        internetAccess layers logConfig memorySize nasConfig ossMountConfig provisionConfig region resourceGroupId
        role runtime scalingConfig sessionAffinity sessionAffinityConfig supplement tags timeout tracingConfig
        triggers vpcBinding vpcConfig
    """,
    "asyncInvokeConfig": "asyncTask destinationConfig maxAsyncEventAgeInSeconds maxAsyncRetryAttempts qualifier",
    "asyncInvokeConfig.destinationConfig": "onFailure onSuccess",
    "concurrencyConfig": "reservedConcurrency",
    "instanceLifecycleConfig": "initializer preStop",
    "instanceLifecycleConfig.initializer": "command handler timeout",
    "logConfig": "enableInstanceMetrics enableLlmMetrics enableRequestMetrics logBeginRule logstore project",
    "triggers[oss]": "description invocationRole qualifier sourceArn triggerConfig triggerName triggerType",
    "triggers[oss].triggerConfig": "events filter",
    "triggers[oss].triggerConfig.filter": "key",
    "triggers[oss].triggerConfig.filter.key": "prefix suffix",
    "triggers[timer]": "description invocationRole qualifier sourceArn triggerConfig triggerName triggerType",
    "triggers[timer].triggerConfig": "cronExpression enable payload",
    "triggers[http]": "description invocationRole qualifier sourceArn triggerConfig triggerName triggerType",
    "triggers[http].triggerConfig": "authConfig authType corsConfig disableURLInternet methods",
}
#: As alike as a typing error is. What is like nothing known is left to newer versions of the component.
_ALIKE = 0.85


def misspelt(props: Mapping[str, Any]) -> tuple[str, str] | None:
    """The place of a property that is none, and the one that is meant."""
    return next(_misspelt(props, "", ""), None)


def _misspelt(value: Any, where: str, kind: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for i, item in enumerate(value):
            of_type = item.get("triggerType", "oss") if isinstance(item, Mapping) else ""
            yield from _misspelt(item, f"{where}[{i}]", f"{kind}[{of_type}]")
    if not isinstance(value, Mapping) or kind not in _KNOWN:
        return
    known = {name.lower(): name for name in _KNOWN[kind].split()}
    for key, inner in value.items():
        place, inner_kind = (f"{before}.{key}" if before else str(key) for before in (where, kind))
        if key not in known.values():
            for meant in difflib.get_close_matches(str(key).lower(), known, 1, _ALIKE):
                yield place, known[meant]
        yield from _misspelt(inner, place, inner_kind)


def wrong_names(
    region: str,
    account: str,
    functions: Iterable[FunctionSpec],
    triggers: Iterable[OssTrigger],
    variables: Mapping[str, str],
) -> Iterator[str]:
    """What is wrong with names that a person fills in. variables: those of s.yaml, by which they are called."""
    seen = set()
    for what, value, pattern, rule in _names(region, account, functions, triggers):
        if pattern.fullmatch(value) or (rule, value) in seen:
            continue
        seen.add((rule, value))
        source = [name for name, given in variables.items() if given == value]
        yield f"{' and '.join(source) or what} is {value!r}: {rule}"


def _names(
    region: str, account: str, functions: Iterable[FunctionSpec], triggers: Iterable[OssTrigger]
) -> Iterator[tuple[str, str, re.Pattern[str], str]]:
    bucket = "a bucket's name has 3 to 63 of a-z, 0-9 and -, and neither begins nor ends with -"
    role = "a role's name is given in lower case, in up to 64 of a-z, 0-9, '.', '_' and -"
    yield "region", region, _REGION, "Function Compute has no such region; they are named like cn-beijing"
    yield "the account in ARNs", account, _ACCOUNT, "an account's id has digits only"
    for trigger in triggers:
        yield "the bucket in sourceArn", trigger.bucket, _BUCKET, bucket
        yield "the prefix of a trigger", trigger.prefix, _PREFIX, "no object's name begins with a slash"
        if trigger.invocation_role:
            yield "invocationRole", trigger.invocation_role.rpartition("/")[2], _ROLE, role
    for function in functions:
        if function.role:
            yield "role", function.role, _ROLE, role
        if value := function.environment.get("TRACKING_BUCKET"):
            yield "TRACKING_BUCKET", value, _BUCKET, bucket
        if value := function.environment.get("TRACKING_PREFIX"):
            rule = "must be a folder such as gif-tasks/, with a slash at its end and none at its start"
            yield "TRACKING_PREFIX", value, _FOLDER, rule


def foreign_arns(region: str, account: str, arns: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What belongs to another region or account than the function, and can't be deployed. arns: place and ARN."""
    for place, arn in arns:
        if why := foreign(arn, region, account):
            yield f"{place} is {arn!r}: {why}"


def refused_triggers(triggers: Iterable[Trigger]) -> Iterator[str]:
    """Why Function Compute or OSS would not take them, together."""
    rules = Notifications()
    for trigger in triggers:
        try:
            if not isinstance(trigger, OssTrigger):
                check_trigger(trigger_document(trigger))
                continue
            # Serverless Devs has a role of its own for a trigger that names none.
            role = trigger.invocation_role or "acs:ram::0:role/default"
            check_trigger({**trigger_document(trigger), "invocationRole": role})
            place = (f"{trigger.function}/{trigger.name}", trigger.bucket)
            rules.add(NotificationRule(*place, trigger.events, trigger.prefix, trigger.suffix, lambda _: None))
        except FcError as exc:
            yield f"trigger {trigger.name}: {exc.message}"
        except ValueError as exc:
            yield f"trigger {trigger.name}: {exc}"

"""The documents of ram/ and alarms/: their placeholders, and what those stand for in one stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from harness.fc.spec import FunctionSpec, role_name
from harness.fc.triggers.specs import OssTrigger
from harness.ram.policy import PolicyError
from harness.stack.reader import Stack, check_stack
from serverless.document import StackError

#: What a placeholder of ram/*.json may be called; any other is a mistake in the document.
NAMES = (
    *("REGION", "ACCOUNT_ID", "FUNCTION_NAME", "FUNCTION_ROLE", "TRIGGER_ROLE", "VIDEO_BUCKET"),
    *("TRACKING_BUCKET", "TRACKING_PREFIX", "LOG_PROJECT", "LOG_STORE"),
    *("COLLECTOR_NAME", "COLLECTOR_ROLE", "GIF_BUCKET", "GIF_PREFIX", "IMM_PROJECT"),
)
#: The function with this handler is the collector, and ram/collector-policy.json is its role's document.
COLLECT_HANDLER = "index.collect"


def policy_names(stack: Stack) -> dict[str, str]:
    """What the placeholders in ram/*.json stand for; raises StackError where that is not one thing."""
    check_stack(stack)
    buckets = {trigger.bucket for trigger in stack.oss_triggers}
    submitters = [spec for spec in stack.functions if not is_collector(spec)]
    collectors = [spec for spec in stack.functions if is_collector(spec)]
    if len(submitters) != 1 or len(collectors) > 1 or len(buckets) != 1:
        raise StackError(
            "the documents of ram/ are for one function and the one bucket of its triggers, "
            f"and for at most one collector (handler {COLLECT_HANDLER})"
        )
    collector = collectors[0] if collectors else None
    return names_of(submitters[0], stack.oss_triggers[0], collector, stack.region, stack.account_id or "")


def is_collector(function: FunctionSpec) -> bool:
    return function.handler == COLLECT_HANDLER


def names_of(
    function: FunctionSpec | None,
    trigger: OssTrigger | None,
    collector: FunctionSpec | None,
    region: str,
    account_id: str,
) -> dict[str, str]:
    """What the placeholders stand for with one function, one trigger that calls it and the collector beside it.

    Of NAMES, those that there are. The tracking bucket is the function's, or the collector's where it is alone.
    """
    names = {
        "REGION": region,
        "ACCOUNT_ID": account_id,
        "TRIGGER_ROLE": role_name(trigger.invocation_role) if trigger else "",
        "VIDEO_BUCKET": trigger.bucket if trigger else "",
    }
    if main := function or collector:
        own = {name: main.environment.get(name) for name in ("TRACKING_BUCKET", "TRACKING_PREFIX")}
        names |= {name: value for name, value in own.items() if value is not None}
        # Where there is none, nobody needs a right to one.
        names |= {"IMM_PROJECT": main.environment.get("IMM_PROJECT") or "none"}
        names |= {"LOG_PROJECT": main.log_project, "LOG_STORE": main.log_store}
    if function:
        names |= {"FUNCTION_NAME": function.name, "FUNCTION_ROLE": function.role or ""}
    if collector:
        names |= {"COLLECTOR_NAME": collector.name, "COLLECTOR_ROLE": collector.role or ""}
    if home := collector or function:
        gif_bucket = home.environment.get("GIF_BUCKET") or names.get("TRACKING_BUCKET")
        given = {"GIF_BUCKET": gif_bucket, "GIF_PREFIX": home.environment.get("GIF_PREFIX")}
        names |= {name: value for name, value in given.items() if value}
    return names


def load_policy(path: Path) -> Any:
    """The JSON in `path`, not filled in; raises PolicyError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise PolicyError(f"{path}: {exc.strerror or exc}") from exc
    except ValueError as exc:
        raise PolicyError(f"{path}: not JSON: {exc}") from exc


def fill_policy(document: Any, names: Mapping[str, str], where: str) -> Any:
    """`document` with `names` in it; raises PolicyError for a placeholder that nothing fills."""
    try:
        return _fill(document, names)
    except (KeyError, ValueError) as exc:
        raise PolicyError(f"{where}: a placeholder that nothing fills: {exc}") from exc


def _fill(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, names) for item in value]
    return Template(value).substitute(names) if isinstance(value, str) else value

"""Triggers as FC's API has them: their documents, what it refuses in them, and the triggers that they make."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from harness.fc.control.validation import ROLE_ARN, invalid, text
from harness.fc.errors import FcError
from harness.fc.invocation import MAX_ASYNC_PAYLOAD
from harness.fc.spec import LATEST
from harness.fc.triggers.schedule import Schedule
from harness.fc.triggers.specs import HttpTrigger, OssTrigger, TimerTrigger, Trigger

Document = dict[str, Any]
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")
_NAME = re.compile(r"[A-Za-z_][\w-]{0,127}", re.ASCII)
_BUCKET_ARN = re.compile(r"acs:oss:[^:]*:[^:]*:[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def trigger_id(function: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{function}/{name}"))


def created_trigger(document: Mapping[str, Any], target_arn: str, now: str) -> Document:
    """A new trigger as GetTrigger answers it."""
    return {
        "qualifier": LATEST,
        "description": "",
        **document,
        "triggerId": trigger_id(target_arn.rpartition("/")[2], document["triggerName"]),
        "targetArn": target_arn,
        "status": "Deployed",
        "createdTime": now,
        "lastModifiedTime": now,
    }


def check_trigger(trigger: Mapping[str, Any]) -> None:
    """`trigger`: a whole one. Raises FcError: 400, and 501 for types that are not implemented."""
    for name in ("triggerName", "triggerType", "triggerConfig", "qualifier", "description"):
        text(trigger, name)
    if not _NAME.fullmatch(text(trigger, "triggerName")):
        raise invalid("triggerName must be 1 to 128 letters, digits, '_' and '-', and begin with a letter or '_'")
    check = _CHECKS.get(text(trigger, "triggerType"))
    if check is None:
        raise FcError(
            501, "NotImplemented", f"the local cloud has no triggers of type '{trigger.get('triggerType')}'"
        )
    check(trigger)


def _check_oss(trigger: Mapping[str, Any]) -> None:
    if not _BUCKET_ARN.fullmatch(text(trigger, "sourceArn")):
        raise invalid(f"sourceArn must be acs:oss:<region>:<account>:<bucket>; it is '{trigger.get('sourceArn')}'")
    if not ROLE_ARN.fullmatch(text(trigger, "invocationRole")):
        raise invalid("invocationRole must be the ARN of a role that OSS may assume")
    config = _config(trigger, '{"events": […], "filter": {"key": {…}}}')
    events, search = config.get("events"), config.get("filter") or {}
    if not isinstance(events, list) or not events or not all(isinstance(event, str) for event in events):
        raise invalid("triggerConfig.events must be a list of event names")
    key = (search.get("key") or {}) if isinstance(search, dict) else None
    if not isinstance(key, dict) or not all(isinstance(key.get(part) or "", str) for part in ("prefix", "suffix")):
        raise invalid("triggerConfig.filter.key may have one prefix and one suffix, both texts")


def _check_timer(trigger: Mapping[str, Any]) -> None:
    config = _config(trigger, '{"cronExpression": "@every 5m", "enable": true, "payload": "…"}')
    if not isinstance(config.get("enable", False), bool):
        raise invalid(f"triggerConfig.enable must be true or false; it is {config['enable']!r:.100}")
    for name in ("cronExpression", "payload"):
        if not isinstance(config.get(name) or "", str):
            raise invalid(f"triggerConfig.{name} must be a text; it is {config[name]!r:.100}")
    try:
        Schedule(config.get("cronExpression") or "")
    except ValueError as exc:
        raise invalid(f"triggerConfig.cronExpression: {exc}") from exc
    if (size := len((config.get("payload") or "").encode("utf-8", "replace"))) > MAX_ASYNC_PAYLOAD:
        raise invalid(f"triggerConfig.payload may have {MAX_ASYNC_PAYLOAD} bytes; it has {size}")


def _check_http(trigger: Mapping[str, Any]) -> None:
    config = _config(trigger, '{"authType": "function", "methods": ["POST"], "disableURLInternet": false}')
    auth_type, methods = config.get("authType") or "function", config.get("methods")
    if auth_type in ("jwt", "bearer", "basic"):
        raise FcError(501, "NotImplemented", f"the local cloud does not implement authType {auth_type}")
    if auth_type not in ("anonymous", "function"):
        raise invalid(f"triggerConfig.authType must be anonymous, function or jwt; it is {auth_type!r:.100}")
    if not isinstance(methods, list) or not methods or not all(method in METHODS for method in methods):
        raise invalid(f"triggerConfig.methods must be a list of {', '.join(METHODS)}; it is {methods!r:.100}")
    if not isinstance(config.get("disableURLInternet", False), bool):
        raise invalid("triggerConfig.disableURLInternet must be true or false")


_CHECKS = {"oss": _check_oss, "timer": _check_timer, "http": _check_http}


def _config(trigger: Mapping[str, Any], form: str) -> dict[str, Any]:
    try:
        config = json.loads(trigger.get("triggerConfig") or "")
    except (ValueError, RecursionError) as exc:
        raise invalid(f"triggerConfig must be JSON: {form}") from exc
    if not isinstance(config, dict):
        raise invalid(f"triggerConfig must be JSON: {form}")
    return config


def trigger_spec_of(function: str, document: Mapping[str, Any]) -> Trigger:
    """`document`: a checked one."""
    config = json.loads(document["triggerConfig"])
    name = document["triggerName"]
    common = {
        "qualifier": document.get("qualifier") or LATEST,
        "description": document.get("description") or "",
    }
    if document["triggerType"] == "timer":
        enabled, payload = config.get("enable", False), config.get("payload") or ""
        return TimerTrigger(name, function, config["cronExpression"], enabled, payload, **common)
    if document["triggerType"] == "http":
        closed = config.get("disableURLInternet", False)
        auth_type = config.get("authType") or "function"
        return HttpTrigger(name, function, tuple(config["methods"]), auth_type, closed, **common)
    key = (config.get("filter") or {}).get("key") or {}
    return OssTrigger(
        name,
        function,
        bucket=document["sourceArn"].rpartition(":")[2],
        events=tuple(config["events"]),
        prefix=key.get("prefix") or "",
        suffix=key.get("suffix") or "",
        source_arn=document["sourceArn"],
        invocation_role=document.get("invocationRole") or "",
        **common,
    )


def trigger_document(trigger: Trigger) -> Document:
    """The CreateTriggerInput that would make `trigger`."""
    common = {
        "triggerName": trigger.name,
        "qualifier": trigger.qualifier,
        "description": trigger.description,
    }
    if isinstance(trigger, TimerTrigger):
        timer = {"cronExpression": trigger.cron, "enable": trigger.enabled, "payload": trigger.payload}
        return {**common, "triggerType": "timer", "triggerConfig": json.dumps(timer)}
    if isinstance(trigger, HttpTrigger):
        http = {
            "authType": trigger.auth_type,
            "methods": list(trigger.methods),
            "disableURLInternet": trigger.disable_internet,
        }
        return {**common, "triggerType": "http", "triggerConfig": json.dumps(http)}
    key = {"prefix": trigger.prefix, "suffix": trigger.suffix}
    return {
        **common,
        "triggerType": "oss",
        "sourceArn": trigger.source_arn,
        "invocationRole": trigger.invocation_role,
        "triggerConfig": json.dumps({"events": list(trigger.events), "filter": {"key": key}}),
    }

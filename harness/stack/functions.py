"""A function of s.yaml, on the road that `s deploy` takes: fc3's properties → the API's documents → FunctionSpec.

Properties and documents have the same names; values that come from ${env()} are texts, and the API wants numbers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from harness.fc.control.archive import Code
from harness.fc.control.documents import Document, spec_of, with_defaults
from harness.fc.control.validation import check_async_config, check_concurrency, check_function, check_implemented
from harness.fc.errors import FcError
from harness.fc.spec import LATEST, FunctionSpec
from harness.stack.section import Section
from serverless.document import StackError


def read_function(props: Section, base: Path) -> FunctionSpec:
    """base: the folder that `code` is relative to. Raises StackError, also for what Function Compute refuses."""
    document, settings = _function_input(props), _async_input(props.section("asyncInvokeConfig"))
    concurrency = props.section("concurrencyConfig")
    reserved = concurrency.integer("reservedConcurrency", 0) if concurrency.values else None
    try:
        check_implemented(props.values)
        check_function(document)
        check_async_config(settings)
        if reserved is not None:
            check_concurrency(reserved)
    except FcError as exc:
        raise StackError(f"{props.file}: {props.where}: {exc.message}") from exc
    return spec_of(document, Code(base / props.text("code")), {LATEST: settings}, reserved)


def _function_input(props: Section) -> Document:
    """CreateFunctionInput, with what Function Compute adds where nothing is said."""
    variables = props.section("environmentVariables")
    document: Document = {
        "functionName": props.text("functionName"),
        "runtime": props.text("runtime"),
        "handler": props.text("handler"),
        "environmentVariables": {name: variables.text(name, "") for name in variables.values},
        "description": props.text("description", ""),
        # Which account it is of is looked at with all the other names.
        "role": re.sub(r"^acs:ram::[^:]*:", "acs:ram::0:", props.text("role", "")),
        "tags": [{"Key": tag.text("key"), "Value": tag.text("value", "")} for tag in props.items("tags")],
    }
    for name in ("memorySize", "diskSize", "timeout", "instanceConcurrency"):
        if name in props.values:
            document[name] = props.integer(name, 0)
    if "cpu" in props.values:
        document["cpu"] = props.number("cpu", 0)
    hook = props.section("instanceLifecycleConfig").section("initializer")
    if hook.values:
        document["instanceLifecycleConfig"] = {"initializer": _hook(hook)}
    if props.values.get("logConfig") != "auto":  # by which the component makes a log project of its own
        log = props.section("logConfig")
        document["logConfig"] = {name: log.text(name, "") for name in ("project", "logstore")}
    return with_defaults(document)


def _hook(hook: Section) -> Document:
    timeout = {"timeout": hook.integer("timeout", 0)} if "timeout" in hook.values else {}
    return {"handler": hook.text("handler", ""), **timeout}


def _async_input(settings: Section) -> Document:
    """PutAsyncInvokeConfigInput."""
    document: dict[str, Any] = {"asyncTask": settings.values.get("asyncTask")}
    for name in ("maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds"):
        if name in settings.values:
            document[name] = settings.integer(name, 0)
    destinations = settings.section("destinationConfig")
    document["destinationConfig"] = {
        outcome: {"destination": destinations.section(outcome).text("destination", "")}
        for outcome in ("onSuccess", "onFailure")
    }
    return document

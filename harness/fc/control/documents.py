"""Between the API's documents and what the local cloud runs (FunctionSpec, AsyncConfig)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from harness.fc.control.archive import Code
from harness.fc.spec import LATEST, AsyncConfig, FunctionSpec, role_name

Document = dict[str, Any]


_DEFAULTS = {
    "description": "",
    "memorySize": 512,
    "cpu": 0.35,
    "diskSize": 512,
    "timeout": 3,
    "instanceConcurrency": 1,
    "internetAccess": True,
    "environmentVariables": {},
}


def with_defaults(document: Mapping[str, Any]) -> Document:
    """A CreateFunctionInput with what it leaves out. FC wants 1 to 4 GB for each vCPU: half as many vCPUs do."""
    memory = document.get("memorySize")
    if isinstance(memory, int) and memory != 512 and memory < 1 << 20:  # what is more will be refused
        return {**_DEFAULTS, "cpu": max(0.05, round(memory / 1024 * 10) / 20), **document}
    return {**_DEFAULTS, **document}


def created_function(document: Mapping[str, Any], arn: str, now: str, code: Code) -> Document:
    """A new function as GetFunction answers it."""
    system = {"functionId": str(uuid.uuid4()), "functionArn": arn, "createdTime": now}
    return changed_function({**document, **system}, now, code)


def changed_function(document: Mapping[str, Any], now: str, code: Code) -> Document:
    return {
        **document,
        "lastModifiedTime": now,
        "codeChecksum": code.checksum,
        "codeSize": code.size,
        "state": "Active",
        "lastUpdateStatus": "Successful",
    }


def spec_of(
    function: Mapping[str, Any],
    code: Code,
    async_configs: Mapping[str, Mapping[str, Any]],
    concurrency: int | None,
    version: str = LATEST,
) -> FunctionSpec:
    """`function`: as GetFunction answers it."""
    hook = (function.get("instanceLifecycleConfig") or {}).get("initializer") or {}
    log = function.get("logConfig") or {}
    return FunctionSpec(
        name=function["functionName"],
        code=code.folder,
        handler=function["handler"],
        runtime=function["runtime"],
        memory_mb=function["memorySize"],
        timeout_seconds=function["timeout"],
        cpu=function["cpu"],
        disk_mb=function["diskSize"],
        environment=dict(function.get("environmentVariables") or {}),
        role=role_name(function.get("role") or "") or None,
        initializer=hook.get("handler") or None,
        initializer_timeout_seconds=hook.get("timeout") or 3,
        log_project=log.get("project") or "",
        log_store=log.get("logstore") or "",
        description=function.get("description") or "",
        reserved_concurrency=concurrency,
        async_config=async_config_of(async_configs.get(LATEST, {})),
        code_checksum=code.checksum,
        version=version,
    )


def document_of(spec: FunctionSpec, account_id: str) -> Document:
    """The CreateFunctionInput that would make `spec`, without its code."""
    document: Document = {
        "functionName": spec.name,
        "runtime": spec.runtime,
        "handler": spec.handler,
        "description": spec.description,
        "memorySize": spec.memory_mb,
        "cpu": spec.cpu,
        "diskSize": spec.disk_mb,
        "timeout": spec.timeout_seconds,
        "environmentVariables": dict(spec.environment),
    }
    if spec.role:
        document["role"] = f"acs:ram::{account_id}:role/{spec.role}"
    if spec.initializer:
        hook = {"handler": spec.initializer, "timeout": spec.initializer_timeout_seconds}
        document["instanceLifecycleConfig"] = {"initializer": hook}
    if spec.log_project:
        document["logConfig"] = {"project": spec.log_project, "logstore": spec.log_store}
    return document


def async_config_of(document: Mapping[str, Any]) -> AsyncConfig:
    """`document`: as PutAsyncInvokeConfig takes it; what it does not say has FC's defaults."""
    defaults = AsyncConfig()
    destination = document.get("destinationConfig") or {}
    attempts, age = document.get("maxAsyncRetryAttempts"), document.get("maxAsyncEventAgeInSeconds")
    return AsyncConfig(
        defaults.max_retry_attempts if attempts is None else attempts,
        defaults.max_event_age_seconds if age is None else age,
        (destination.get("onSuccess") or {}).get("destination") or None,
        (destination.get("onFailure") or {}).get("destination") or None,
    )


def async_document(config: AsyncConfig) -> Document:
    targets = {"onSuccess": config.on_success, "onFailure": config.on_failure}
    return {
        "maxAsyncRetryAttempts": config.max_retry_attempts,
        "maxAsyncEventAgeInSeconds": config.max_event_age_seconds,
        "destinationConfig": {name: {"destination": arn} for name, arn in targets.items() if arn},
    }

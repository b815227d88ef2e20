"""What FC refuses in functions and settings. Limits: the comments of API 2023-03-30's models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.fc.errors import FcError
from harness.fc.instances.environment import RESERVED_PREFIX

RUNTIMES = ("python3.6", "python3.9", "python3.10", "python3.12")
_FUNCTION_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)
_VARIABLE_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_MAX_VARIABLES = 4096
_HANDLER = re.compile(r"[^\s.][^\s]*\.[^\W\d]\w*")
ROLE_ARN = re.compile(r"acs:ram::\d+:role/[\w.-]+", re.ASCII)


#: Features without which a function would not do here what it does there.
_NOT_IMPLEMENTED = (
    "layers",
    "customContainerConfig",
    "customRuntimeConfig",
    "gpuConfig",
    "nasConfig",
    "ossMountConfig",
    "polarFsConfig",
    "juiceFsConfig",
)


def invalid(message: str) -> FcError:
    return FcError(400, "InvalidArgument", message)


def check_implemented(function: Mapping[str, Any]) -> None:
    """Raises FcError (501)."""
    for feature in _NOT_IMPLEMENTED:
        if _says_something(function.get(feature)):
            raise FcError(501, "NotImplemented", f"the local cloud does not implement {feature}")


def text(values: Mapping[str, Any], name: str) -> str:
    """ "" when there is none. Raises FcError (400) for anything but a text."""
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a text; it is {value!r:.100}")
    return value or ""


def mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Empty when there is none. Raises FcError (400) for anything but an object."""
    value = values.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid(f"{name} must be an object; it is {value!r:.100}")
    return value or {}


def check_function(function: Mapping[str, Any]) -> None:
    """`function`: a whole one, with the defaults filled in. Raises FcError (400)."""
    if not _FUNCTION_NAME.fullmatch(text(function, "functionName")):
        raise invalid("functionName must be 1 to 64 letters, digits, '_' and '-', and begin with a letter or '_'")
    if not text(function, "handler"):
        raise invalid("Handler is required but not provided")
    if not _HANDLER.fullmatch(str(function["handler"])):
        raise invalid(f"handler must be <module>.<function>, such as index.handler; it is '{function['handler']}'")
    if function.get("runtime") not in RUNTIMES:
        raise invalid(f"runtime '{function.get('runtime')}' is none of {', '.join(RUNTIMES)} (Python only, here)")
    _between(function, "memorySize", 128, 32768, step=64)
    _between(function, "timeout", 1, 86400)
    _between(function, "instanceConcurrency", 1, 200)
    cpu, gigabytes = function.get("cpu"), function["memorySize"] / 1024
    if not isinstance(cpu, (int, float)) or not 0.05 <= cpu <= 16 or round(cpu * 20, 6) % 1:
        raise invalid(f"cpu must be between 0.05 and 16 in steps of 0.05; it is {cpu!r}")
    if not 1 <= round(gigabytes / cpu, 6) <= 4:
        raise invalid(
            f"the ratio of cpu to memorySize (in GB) must be between 1:1 and 1:4; it is {cpu}:{gigabytes:g}"
        )
    if function.get("diskSize") not in (512, 10240):
        raise invalid(f"diskSize must be 512 or 10240; it is {function.get('diskSize')!r}")
    if (role := text(function, "role")) and not ROLE_ARN.fullmatch(role):
        raise invalid(f"role must be acs:ram::<account>:role/<name>; it is '{role}'")
    hook, log = (
        mapping(mapping(function, "instanceLifecycleConfig"), "initializer"),
        mapping(function, "logConfig"),
    )
    for texts, name in ((function, "description"), (hook, "handler"), (log, "project"), (log, "logstore")):
        text(texts, name)
    for name in (function["handler"], text(hook, "handler"), *(text(log, n) for n in ("project", "logstore"))):
        if any(character < " " for character in name):
            raise invalid(f"{name!r:.100} has control characters")
    _check_tags(function.get("tags"))
    if hook.get("timeout") is not None:
        _between(hook, "timeout", 1, 300)
    _check_variables(mapping(function, "environmentVariables"))


def foreign(arn: str, region: str, account: str) -> str:
    """Why this ARN can't be used by a function of this region and account, or "". A part left empty fits any."""
    of_region, of_account = [*arn.split(":"), "", "", "", ""][2:4]
    if of_region and of_region != region:
        return f"it is in region {of_region}, and the function in {region}"
    if of_account and of_account != account:
        return f"it belongs to account {of_account}, and the function to {account}"
    return ""


def check_own(values: Mapping[str, Any], name: str, region: str, account: str) -> None:
    """`values[name]`: an ARN, or nothing. Raises FcError (400; the code that FC itself gives is not known)."""
    if why := foreign(text(values, name), region, account):
        raise invalid(f"{name} '{values[name]}' can't be used: {why}")


def check_destinations(config: Mapping[str, Any], region: str, account: str) -> None:
    """Raises FcError (400) for a destination of another region or account."""
    for outcome in ("onSuccess", "onFailure"):
        check_own(mapping(mapping(config, "destinationConfig"), outcome), "destination", region, account)


def check_async_config(config: Mapping[str, Any]) -> None:
    if config.get("maxAsyncRetryAttempts") is not None:
        _between(config, "maxAsyncRetryAttempts", 0, 8)
    if config.get("maxAsyncEventAgeInSeconds") is not None:
        _between(config, "maxAsyncEventAgeInSeconds", 1, 604800)
    for outcome in ("onSuccess", "onFailure"):
        text(mapping(mapping(config, "destinationConfig"), outcome), "destination")
    if config.get("asyncTask"):
        raise FcError(501, "NotImplemented", "the local cloud has no stateful async tasks (asyncTask)")


def check_concurrency(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"reservedConcurrency must be a whole number from 0; it is {value!r}")
    return value


def _says_something(value: Any) -> bool:
    """Clients send settings that they don't use with empty values, such as {"mountPoints": []}."""
    if isinstance(value, dict):
        return any(_says_something(inner) for inner in value.values())
    return value not in (None, "", [], 0, -1, False, "Default")


def _between(values: Mapping[str, Any], name: str, least: int, most: int, step: int = 1) -> None:
    value = values.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most or value % step:
        steps = f" in steps of {step}" if step > 1 else ""
        raise invalid(f"{name} must be a whole number between {least} and {most}{steps}; it is {value!r}")


def _check_tags(tags: Any) -> None:
    if tags is None:
        return
    if not isinstance(tags, list) or not all(isinstance(tag, dict) and tag.get("Key") for tag in tags):
        raise invalid("tags must be a list of {Key, Value}")
    for tag in tags:
        text(tag, "Key")
        text(tag, "Value")


def _check_variables(variables: Mapping[str, Any]) -> None:
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name):
            raise invalid(
                f"environment variable '{name}': a name has letters, digits and '_', and begins with a letter"
            )
        if name.startswith(RESERVED_PREFIX):
            raise invalid(f"environment variable '{name}': names that begin with {RESERVED_PREFIX} are reserved")
        if not isinstance(value, str) or "\0" in value:
            raise invalid(f"environment variable '{name}': the value must be a text without NUL")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > _MAX_VARIABLES:
        raise invalid(f"all environment variables together may have {_MAX_VARIABLES} bytes; they have {size}")

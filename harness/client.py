"""What the command line asks of a running local cloud, through the official SDKs."""

from __future__ import annotations

import base64
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import alibabacloud_oss_v2 as oss

from harness.identity import Credentials

_MARK = "identity.key"


class CallError(Exception):
    """The local cloud did not do it; the message says what to do."""


@dataclass(frozen=True)
class Answer:
    """A function's answer; log: the last 4 KB of its log lines."""

    body: str
    log: str
    error_type: str


def oss_client(endpoint: str, keys: Credentials, region: str = "cn-beijing") -> Any:
    provider = oss.credentials.StaticCredentialsProvider(keys.access_key_id, keys.access_key_secret)
    return oss.Client(oss.Config(region=region, endpoint=endpoint, credentials_provider=provider))


def put(endpoint: str, keys: Credentials, bucket: str, key: str, file: Path) -> None:
    try:
        oss_client(endpoint, keys).put_object_from_file(oss.PutObjectRequest(bucket=bucket, key=key), str(file))
    except oss.exceptions.BaseError as exc:
        raise _error(exc, endpoint) from exc


def _error(exc: Any, endpoint: str) -> CallError:
    cause = exc.unwrap() if hasattr(exc, "unwrap") else exc
    if isinstance(cause, oss.exceptions.ServiceError):
        return CallError(f"OSS refused: {cause.code}: {cause.message}")
    return CallError(f"no local cloud answers at {endpoint}: start one with `python -m harness up`")


def invoke(endpoint: str, keys: Credentials, function: str, event: bytes, asynchronous: bool) -> Answer:
    # Imported here: it takes most of a second, and only this command needs it.
    from alibabacloud_fc20230330.client import Client
    from alibabacloud_fc20230330.models import InvokeFunctionHeaders, InvokeFunctionRequest
    from alibabacloud_tea_openapi.models import Config
    from alibabacloud_tea_util.models import RuntimeOptions
    from Tea.exceptions import TeaException

    address = urlsplit(endpoint)
    config = Config(
        access_key_id=keys.access_key_id,
        access_key_secret=keys.access_key_secret,
        endpoint=address.netloc,
        protocol=address.scheme,
    )
    headers = InvokeFunctionHeaders(
        x_fc_invocation_type="Async" if asynchronous else "Sync",
        x_fc_log_type="None" if asynchronous else "Tail",
    )
    request = InvokeFunctionRequest(body=event)
    runtime = RuntimeOptions(read_timeout=600_000)
    try:
        answer = Client(config).invoke_function_with_options(function, request, headers, runtime)
    except TeaException as exc:
        raise CallError(f"Function Compute refused: {exc.code}: {exc.message}") from exc
    except OSError as exc:
        raise CallError(f"no local cloud answers at {endpoint}: start one with `python -m harness up`") from exc
    found = {name.lower(): value for name, value in answer.headers.items()}
    body = answer.body.read().decode() if answer.body else ""
    log = base64.b64decode(found.get("x-fc-log-result", "")).decode(errors="replace")
    return Answer(body or "accepted", log, found.get("x-fc-error-type", ""))


def remove_state(directory: Path) -> bool:
    """Removes the state of a local cloud; False when the directory is none."""
    if not (directory / _MARK).exists():
        return False
    shutil.rmtree(directory)
    return True

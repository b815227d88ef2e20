"""Between functions-framework's http signature and FC's `handler(event, context)`; runs in the instance's process.

Speaks FC's contract for custom runtimes: POST /initialize and /invoke, the event as the body, everything else in
x-fc-* headers; a failure is status 404 with `x-fc-status: 404`. The rules are those of FC's Python runtimes: how a
handler is found, what `context` has, how results and exceptions are encoded, what is logged and how.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import importlib
import importlib.machinery
import importlib.util
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any

import flask


class _Log(logging.Handler):
    """FC's root handler: `2024-01-02T03:04:05.678Z <request id> [INFO] message`, in UTC, on stdout."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = self.format(record)
        with contextlib.suppress(ValueError):  # the function closed stdout
            print(f"{at}.{int(record.msecs):03d}Z {self.request_id} [{record.levelname}] {text}")


#: The instance's output, for what the platform says: a function may close or replace its own streams.
_output = open(os.dup(1), "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
_log = _Log()
logging.getLogger().addHandler(_log)
logging.getLogger().setLevel(os.environ.get("FC_SERVER_LOG_LEVEL", "INFO"))
_handlers: dict[str, Callable[..., Any]] = {}


class HandlerError(Exception):
    """The handler can't be found or imported; `kind` is FC's errorType."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def serve(request: flask.Request) -> flask.Response:
    """What functions-framework calls: one initialization or invocation."""
    headers = {name.lower(): value.encode("latin-1").decode() for name, value in request.headers.items()}
    context = _context(headers)
    initialize = request.path == "/initialize"
    phase = "Initialize" if initialize else "Invoke"
    name = headers["x-fc-function-initializer" if initialize else "x-fc-function-handler"]
    _take_credentials(headers)
    _log.request_id = context.request_id
    _say(f"FC {phase} Start RequestId: {context.request_id}\n")
    try:
        handler = _find(name, by_path=headers["x-fc-context-shape"] != "python3.12")
        result = handler(context) if initialize else handler(request.get_data(), context)
        body, error = b"" if initialize else _encode(result), ""
    except Exception as exc:  # noqa: BLE001 - whatever the function raises is its answer
        body, error = _describe(exc), ", Error: Unhandled function error"
        _say("".join(traceback.format_exception(type(exc), exc, _own_frames(exc))))
    except BaseException as exc:  # noqa: BLE001 - sys.exit() and the like end the process, as they do on FC
        _say("".join(traceback.format_exception(type(exc), exc, _own_frames(exc))))
        os._exit(1)
    _log.request_id = ""
    _say(f"FC {phase} End RequestId: {context.request_id}{error}\n")
    status, failed = (404, {"x-fc-status": "404"}) if error else (200, {})
    return flask.Response(body, status, failed, content_type="application/octet-stream")


def _say(text: str) -> None:
    """After all that the function has written."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            stream.flush()
    _output.write(text)
    _output.flush()


def _take_credentials(headers: Any) -> None:
    for variable, header in (
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "x-fc-access-key-id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "x-fc-access-key-secret"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "x-fc-security-token"),
    ):
        if value := headers.get(header, ""):
            os.environ[variable] = value


def _find(name: str, by_path: bool) -> Callable[..., Any]:
    if name not in _handlers:
        module_name, dot, attribute = name.rpartition(".")
        if not dot:
            raise HandlerError("InvalidHandleName", f"Invalid handler '{name}'")
        module = _import(module_name, by_path)
        if not hasattr(module, attribute):
            message = f"Handler '{attribute}' is missing on module '{module_name}'"
            raise HandlerError("HandlerNotFound", message)
        _handlers[name] = getattr(module, attribute)
    return _handlers[name]


def _import(name: str, by_path: bool) -> ModuleType:
    """by_path: as FC's runtimes up to python3.10 do; how python3.12 takes a name with dots is Python's own."""
    try:
        return _import_by_path(name) if by_path or "/" in name else importlib.import_module(name)
    except ImportError as exc:
        raise HandlerError("ImportModuleError", f"Unable to import module '{name}'") from exc
    except SyntaxError as exc:
        raise HandlerError("UserCodeSyntaxError", f"Syntax error in module '{name}'") from exc
    except ValueError as exc:
        raise HandlerError("InvalidHandleName", f"Invalid handler module '{name}'") from exc
    except Exception as exc:
        raise HandlerError("UserCodeError", f"Module initialization error: '{exc}'") from exc


def _import_by_path(name: str) -> ModuleType:
    """`dir/package.file`: a package needs an __init__.py, a directory does not. The module has the whole name."""
    if name in sys.modules:
        return sys.modules[name]
    folder, _, dotted = name.rpartition("/")
    place, inside = "", [os.path.join(os.getcwd(), folder)]
    for segment in dotted.split("."):
        found = importlib.machinery.PathFinder.find_spec(segment, inside)
        if found is None or found.origin is None:  # without origin it is a package without __init__.py
            raise ImportError(name)
        place, inside = found.origin, found.submodule_search_locations or []
    spec = importlib.util.spec_from_file_location(name, place, submodule_search_locations=inside or None)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _encode(result: Any) -> bytes:
    if isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result, indent=4, sort_keys=True, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if hasattr(value, "to_json"):
        return value.to_json()
    raise TypeError(f"{value!r} is not JSON serializable")


def _describe(exc: Exception) -> bytes:
    """FC's error body."""
    stack: list[Any]
    if isinstance(exc, HandlerError):
        kind, stack = exc.kind, traceback.format_exception(exc.__cause__) if exc.__cause__ else []
    else:
        kind = type(exc).__name__
        frames = traceback.extract_tb(_own_frames(exc))
        stack = [[f'File "{f.filename}"', f"line {f.lineno}", f"in {f.name}", f.line or ""] for f in frames]
    try:
        message = str(exc)
    except Exception:  # noqa: BLE001 - the function's own exception may be broken too
        message = f"<unprintable {kind} object>"
    error = {"errorMessage": message, "errorType": kind, "stackTrace": stack}
    return json.dumps(error, indent=4, sort_keys=True).encode()


def _own_frames(exc: BaseException) -> TracebackType | None:
    """The traceback from the function's own first frame on: without this file, for which nobody can be blamed."""
    tb = exc.__traceback__
    while tb and tb.tb_frame.f_code.co_filename == __file__:
        tb = tb.tb_next
    return tb


class _Context(SimpleNamespace):
    def to_json(self) -> dict[str, Any]:
        return {
            "requestId": self.request_id,
            "credentials": {
                "accessKeyId": self.credentials.accessKeyId,
                "accessKeySecret": self.credentials.accessKeySecret,
                "securityToken": self.credentials.securityToken,
            },
            "function": vars(self.function),
            "service": {
                "name": self.service.name,
                "logProject": self.service.log_project,
                "logStore": self.service.log_store,
                "qualifier": self.service.qualifier,
                "versionId": self.service.version_id,
            },
            "region": self.region,
            "accountId": self.account_id,
            "retryCount": self.retry_count,
            "tracing": {
                "openTracingSpanContext": self.tracing.span_context,
                "openTracingSpanBaggages": self.tracing.span_baggages,
                "jaegerEndpoint": self.tracing.jaeger_endpoint,
            },
        }


def _context(headers: Any) -> Any:
    """The two shapes that FC documents: up to python3.10, and python3.12 (no credentials, service or tracing)."""
    get = headers.get
    function = SimpleNamespace(
        name=get("x-fc-function-name"),
        handler=get("x-fc-function-handler"),
        memory=int(get("x-fc-function-memory")),
        timeout=int(get("x-fc-function-timeout")),
    )
    common = {
        "request_id": get("x-fc-request-id"),
        "region": get("x-fc-region"),
        "account_id": get("x-fc-account-id"),
    }
    log_project, log_store = get("x-fc-service-logproject", ""), get("x-fc-service-logstore", "")
    version, qualifier = get("x-fc-version-id", ""), get("x-fc-qualifier", "")
    if get("x-fc-context-shape") == "python3.12":
        function.version_id, function.qualifier = version, qualifier
        logger = logging.getLogger()
        return SimpleNamespace(
            **common, function=function, log_project=log_project, log_store=log_store, logger=logger
        )
    key_id, secret, token = (
        get(f"x-fc-{name}") for name in ("access-key-id", "access-key-secret", "security-token")
    )
    credentials = SimpleNamespace(
        access_key_id=key_id, access_key_secret=secret, security_token=token,
        accessKeyId=key_id, accessKeySecret=secret, securityToken=token,
    )  # fmt: skip
    # There are no services in FC 3.0, and tracing is off: both belong to the shape all the same.
    return _Context(
        **common,
        requestId=common["request_id"],
        credentials=credentials,
        function=function,
        service=SimpleNamespace(
            name="", log_project=log_project, log_store=log_store,
            qualifier=qualifier, version_id=version,
        ),
        tracing=SimpleNamespace(span_context="", span_baggages={}, jaeger_endpoint=""),
        retry_count=int(get("x-fc-retry-count", "0")),
        logger=None,
    )  # fmt: skip

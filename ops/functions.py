"""Function Compute as the commands use it: what is deployed, and asynchronous invocations."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_util.models import RuntimeOptions

from ops.errors import Mistake, NotThere
from ops.refusals import fc_refusal

#: Milliseconds
_CONNECT, _READ = 10_000, 60_000
#: As long as an invocation may take that is waited for, and a cold start.
_INVOCATION = 150_000


class Functions:
    """One account and region. Every method raises OpsError."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._runtime = RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_READ, autoretry=False)
        self._waiting = RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_INVOCATION, autoretry=False)

    def get(self, name: str) -> Mapping[str, Any] | None:
        """What is deployed under the name, as GetFunction has it; None when nothing is."""
        request = models.GetFunctionRequest()
        try:
            return self._ask(
                "GetFunction",
                name,
                lambda: self._client.get_function_with_options(name, request, {}, self._runtime),
            )
        except NotThere:
            return None

    def triggers(self, name: str) -> list[Mapping[str, Any]]:
        """As ListTriggers has them; triggerConfig is read. None for a function that does not exist."""
        request = models.ListTriggersRequest(limit=100)
        try:
            answer = self._ask(
                "ListTriggers",
                name,
                lambda: self._client.list_triggers_with_options(name, request, {}, self._runtime),
            )
        except NotThere:
            return []
        found = list(answer.get("triggers") or ())
        return [{**trigger, "triggerConfig": _read(trigger.get("triggerConfig"))} for trigger in found]

    def async_settings(self, name: str) -> Mapping[str, Any] | None:
        """GetAsyncInvokeConfig of LATEST; None when there is none."""
        request = models.GetAsyncInvokeConfigRequest(qualifier="LATEST")
        try:
            return self._ask(
                "GetAsyncInvokeConfig",
                name,
                lambda: self._client.get_async_invoke_config_with_options(name, request, {}, self._runtime),
            )
        except NotThere:
            return None

    def concurrency(self, name: str) -> Mapping[str, Any] | None:
        """GetConcurrencyConfig; None when nothing is reserved."""
        try:
            return self._ask(
                "GetConcurrencyConfig",
                name,
                lambda: self._client.get_concurrency_config_with_options(name, {}, self._runtime),
            )
        except NotThere:
            return None

    def names(self) -> list[str]:
        """Of all functions of the region; a request for each hundred."""
        found: list[str] = []
        token: str | None = None
        while True:
            request = models.ListFunctionsRequest(limit=100, next_token=token)
            answer = self._ask(
                "ListFunctions",
                "this region",
                lambda asked=request: self._client.list_functions_with_options(asked, {}, self._runtime),  # type: ignore[misc]
            )
            found += [str(each.get("functionName")) for each in answer.get("functions") or ()]
            if not (token := answer.get("nextToken")):
                return found

    def set_environment(self, name: str, values: Mapping[str, str]) -> None:
        """UpdateFunction: all of its variables, and nothing else."""
        update = models.UpdateFunctionInput(environment_variables=dict(values))
        request = models.UpdateFunctionRequest(body=update)
        self._ask(
            "UpdateFunction",
            name,
            lambda: self._client.update_function_with_options(name, request, {}, self._runtime),
        )

    def send(self, name: str, event: Mapping[str, Any]) -> str:
        """Invokes it asynchronously; the request id under which the event is handled."""
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Async")
        answer = self._invoke(name, event, headers)
        return str({key.lower(): value for key, value in answer.headers.items()}.get("x-fc-request-id", ""))

    def call(self, name: str, event: Mapping[str, Any]) -> Any:
        """Invokes it and waits: what it answers, read from JSON. Raises Mistake when the function fails."""
        answer = self._invoke(name, event, models.InvokeFunctionHeaders(x_fc_invocation_type="Sync"))
        content = answer.body.read() if hasattr(answer.body, "read") else answer.body
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        found = {key.lower(): value for key, value in answer.headers.items()}
        if error := found.get("x-fc-error-type"):
            raise Mistake(f"{name}: the invocation ended with {error}: {_message(text)}")
        return _read(text)

    def _invoke(self, name: str, event: Mapping[str, Any], headers: models.InvokeFunctionHeaders) -> Any:
        body = io.BytesIO(json.dumps(event, ensure_ascii=False).encode())
        request = models.InvokeFunctionRequest(body=body, qualifier="LATEST")
        runtime = self._waiting if headers.x_fc_invocation_type == "Sync" else self._runtime
        try:
            return self._client.invoke_function_with_options(name, request, headers, runtime)
        except Exception as exc:  # the SDK lets through whatever its layers raise
            raise fc_refusal(exc, "InvokeFunction", name) from exc

    def _ask(self, operation: str, name: str, call: Callable[[], Any]) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = call().body.to_map()
            return answer
        except Exception as exc:  # the SDK lets through whatever its layers raise
            raise fc_refusal(exc, operation, name) from exc


def _read(text: Any) -> Any:
    if not isinstance(text, (str, bytes)):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _message(text: str) -> str:
    value = _read(text)
    return " ".join(str(value.get("errorMessage", text) if isinstance(value, dict) else text).split())

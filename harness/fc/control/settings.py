"""Settings of functions: asynchronous invocation and concurrency; and that there are none of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.fc.api import V3, Call, Route, json_response
from harness.fc.control.deployments import Deployment, Deployments
from harness.fc.control.paging import page
from harness.fc.control.validation import check_async_config, check_concurrency, check_destinations
from harness.fc.errors import FcError
from harness.fc.spec import LATEST
from harness.http.server import Response

_KEPT = ("maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig", "asyncTask")


class SettingOperations:
    """PutAsyncInvokeConfig …, PutConcurrencyConfig …; each setting is a document of its own in FC's API."""

    def __init__(self, deployments: Deployments) -> None:
        self._deployments = deployments

    def routes(self) -> list[Route]:
        one = V3 + "/functions/{function}"
        config, of_qualifier = one + "/async-invoke-config", "functions/{function}/{qualifier}"
        configs, of_named = V3 + "/async-invoke-configs", "functions/{functionName}"
        ram = "fc:{}FunctionAsyncInvokeConfig".format
        return [
            Route("PUT", config, "PutAsyncInvokeConfig", self.put_async, of_qualifier, ram("Put")),
            Route("GET", config, "GetAsyncInvokeConfig", self.get_async, of_qualifier, ram("Get")),
            Route("DELETE", config, "DeleteAsyncInvokeConfig", self.delete_async, of_qualifier, ram("Delete")),
            Route("GET", configs, "ListAsyncInvokeConfigs", self.list_async, of_named, ram("List") + "s"),
            Route("PUT", one + "/concurrency", "PutConcurrencyConfig", self.put_concurrency),
            Route("GET", one + "/concurrency", "GetConcurrencyConfig", self.get_concurrency),
            Route("DELETE", one + "/concurrency", "DeleteConcurrencyConfig", self.delete_concurrency),
            # What a function never has here: clients look for it before they deploy or remove.
            Route(
                "GET", one + "/provision-config", "GetProvisionConfig", self._nothing({"target": 0, "current": 0})
            ),
            Route("GET", one + "/scaling-config", "GetScalingConfig", self._nothing({})),
            Route("GET", one + "/vpc-bindings", "ListVpcBindings", self._nothing({"vpcIds": []})),
            Route(
                "GET",
                V3 + "/provision-configs",
                "ListProvisionConfigs",
                _answer({"provisionConfigs": []}),
                of_named,
            ),
            Route("GET", V3 + "/scaling-configs", "ListScalingConfigs", _answer({"scalingConfigs": []}), of_named),
        ]

    def put_async(self, call: Call) -> Response:
        wanted = {name: value for name, value in call.document().items() if name in _KEPT and value is not None}
        check_async_config(wanted)
        platform = self._deployments.platform
        check_destinations(wanted, platform.region, platform.account_id)
        qualifier = _qualifier(call)
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            now = self._deployments.now()
            created = deployment.async_configs.get(qualifier, {}).get("createdTime", now)
            arn = self._arn(deployment, qualifier)
            times = {"createdTime": created, "lastModifiedTime": now}
            deployment.async_configs[qualifier] = {**wanted, "functionArn": arn, **times}
            self._deployments.apply(deployment)
        return json_response(deployment.async_configs[qualifier])

    def get_async(self, call: Call) -> Response:
        deployment, qualifier = self._deployments.get(call.names["function"]), _qualifier(call)
        if qualifier not in deployment.async_configs:
            raise _not_found("AsyncConfigNotExists", "async invoke config", deployment)
        return json_response(deployment.async_configs[qualifier])

    def delete_async(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            deployment.async_configs.pop(_qualifier(call), None)
            self._deployments.apply(deployment)
        return Response(204)

    def list_async(self, call: Call) -> Response:
        params = call.request.params
        name = params.get("functionName")
        deployments = [self._deployments.get(name)] if name else self._deployments.all()
        configs = [config for deployment in deployments for config in deployment.async_configs.values()]
        return page("configs", {config["functionArn"]: config for config in configs}, params)

    def put_concurrency(self, call: Call) -> Response:
        reserved = check_concurrency(call.document().get("reservedConcurrency"))
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            deployment.concurrency = reserved
            self._deployments.apply(deployment)
        return json_response(self._concurrency(deployment))

    def get_concurrency(self, call: Call) -> Response:
        deployment = self._deployments.get(call.names["function"])
        if deployment.concurrency is None:
            raise _not_found("ConcurrencyConfigNotExists", "concurrency config", deployment)
        return json_response(self._concurrency(deployment))

    def delete_concurrency(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            deployment.concurrency = None
            self._deployments.apply(deployment)
        return Response(204)

    def _concurrency(self, deployment: Deployment) -> dict[str, Any]:
        return {"functionArn": self._arn(deployment, LATEST), "reservedConcurrency": deployment.concurrency}

    def _nothing(self, document: Mapping[str, Any]) -> Callable[[Call], Response]:
        def answer(call: Call) -> Response:
            self._deployments.get(call.names["function"])
            return json_response(document)

        return answer

    def _arn(self, deployment: Deployment, qualifier: str) -> str:
        arn = self._deployments.platform.function_arn(deployment.name)
        return arn if qualifier == LATEST else f"{arn}/{qualifier}"


def _answer(document: Mapping[str, Any]) -> Callable[[Call], Response]:
    return lambda call: json_response(document)


def _qualifier(call: Call) -> str:
    return call.request.params.get("qualifier") or LATEST


def _not_found(code: str, what: str, deployment: Deployment) -> FcError:
    return FcError(404, code, f"function '{deployment.name}' has no {what}")

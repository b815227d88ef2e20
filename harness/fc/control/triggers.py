"""Triggers: create, get, update, delete, list. They take effect in the event sources."""

from __future__ import annotations

import json
from typing import Any

from harness.fc.api import V3, Call, Route, json_response
from harness.fc.control.deployments import Deployment, Deployments
from harness.fc.control.paging import page
from harness.fc.control.surroundings import EventSources
from harness.fc.control.validation import check_own, invalid
from harness.fc.errors import FcError, trigger_not_found
from harness.fc.guard import Guard
from harness.fc.triggers.documents import check_trigger, created_trigger, trigger_spec_of
from harness.http.server import Response

#: FC's limit for one function
MAX_TRIGGERS = 10
_KEPT = ("triggerName", "triggerType", "triggerConfig", "sourceArn", "invocationRole", "qualifier", "description")
_CHANGEABLE = ("triggerConfig", "invocationRole", "qualifier", "description")


class TriggerOperations:
    """CreateTrigger … ListTriggers."""

    def __init__(self, deployments: Deployments, guard: Guard, sources: EventSources) -> None:
        self._deployments = deployments
        self._guard = guard
        self._sources = sources

    def routes(self) -> list[Route]:
        all_of_it = V3 + "/functions/{function}/triggers"
        one, resource = all_of_it + "/{trigger}", "functions/{function}/triggers/{trigger}"
        return [
            Route("POST", all_of_it, "CreateTrigger", self.create, ""),
            Route("GET", all_of_it, "ListTriggers", self.list_triggers, "functions/{function}/triggers/*"),
            Route("GET", one, "GetTrigger", self.get, resource),
            Route("PUT", one, "UpdateTrigger", self.update, resource),
            Route("DELETE", one, "DeleteTrigger", self.delete, resource),
        ]

    def create(self, call: Call) -> Response:
        wanted = {name: value for name, value in call.document().items() if name in _KEPT and value is not None}
        function, name = call.names["function"], wanted.get("triggerName")
        self._guard.allow(call.signer, "fc:CreateTrigger", f"functions/{function}/triggers/{name}", call.request)
        with self._deployments.lock:
            deployment = self._deployments.draft(function)
            self._check(call, wanted)
            if name in deployment.triggers:
                raise FcError(409, "TriggerAlreadyExists", f"trigger '{name}' already exists")
            if len(deployment.triggers) >= MAX_TRIGGERS:
                raise invalid(f"a function has at most {MAX_TRIGGERS} triggers")
            arn = self._deployments.platform.function_arn(function)
            trigger = created_trigger(wanted, arn, self._deployments.now())
            self._connect(deployment, trigger)
            deployment.triggers[str(name)] = trigger
            self._deployments.apply(deployment)
        return json_response(self._shown(deployment.name, trigger))

    def get(self, call: Call) -> Response:
        deployment = self._deployments.get(call.names["function"])
        return json_response(self._shown(deployment.name, self._find(deployment, call.names["trigger"])))

    def update(self, call: Call) -> Response:
        wanted = {n: value for n, value in call.document().items() if n in _CHANGEABLE and value is not None}
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            before = self._find(deployment, call.names["trigger"])
            trigger = {**before, **wanted, "lastModifiedTime": self._deployments.now()}
            self._check(call, trigger)
            self._connect(deployment, trigger, before)
            deployment.triggers[before["triggerName"]] = trigger
            self._deployments.apply(deployment)
        return json_response(self._shown(deployment.name, trigger))

    def delete(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            trigger = self._find(deployment, call.names["trigger"])
            self._sources.remove(trigger_spec_of(deployment.name, trigger))
            del deployment.triggers[trigger["triggerName"]]
            self._deployments.apply(deployment)
        return Response(204)

    def list_triggers(self, call: Call) -> Response:
        deployment, params = self._deployments.get(call.names["function"]), call.request.params
        prefix = params.get("prefix", "")
        triggers = {
            name: self._shown(deployment.name, trigger)
            for name, trigger in deployment.triggers.items()
            if name.startswith(prefix)
        }
        return page("triggers", triggers, params)

    def _shown(self, function: str, trigger: dict[str, Any]) -> dict[str, Any]:
        return {**trigger, **self._sources.about(trigger_spec_of(function, trigger))}

    def _connect(
        self, deployment: Deployment, trigger: dict[str, Any], before: dict[str, Any] | None = None
    ) -> None:
        """In place of `before`, which stays when the source refuses the new one."""
        old = trigger_spec_of(deployment.name, before) if before else None
        if old:
            self._sources.remove(old)
        try:
            self._sources.add(trigger_spec_of(deployment.name, trigger))
        except ValueError as exc:
            if old:
                self._sources.add(old)
            raise invalid(f"the event source refuses trigger '{trigger['triggerName']}': {exc}") from exc

    def _check(self, call: Call, trigger: dict[str, Any]) -> None:
        if isinstance(trigger.get("triggerConfig"), dict):  # some clients send it as an object
            trigger["triggerConfig"] = json.dumps(trigger["triggerConfig"])
        check_trigger(trigger)
        platform = self._deployments.platform
        for name in ("sourceArn", "invocationRole"):
            check_own(trigger, name, platform.region, platform.account_id)
        if role := trigger.get("invocationRole"):
            self._guard.allow_pass_role(call.signer, role, call.request)

    def _find(self, deployment: Deployment, name: str) -> dict[str, Any]:
        if name not in deployment.triggers:
            raise trigger_not_found(deployment.name, name)
        return deployment.triggers[name]

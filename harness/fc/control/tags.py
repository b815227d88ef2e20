"""Tags of functions (tags-v2). They are part of the function's document, as [{Key, Value}]."""

from __future__ import annotations

import json
from typing import Any

from harness.fc.api import V3, Call, Route, json_response
from harness.fc.control.deployments import Deployment, Deployments
from harness.fc.control.validation import invalid, text
from harness.http.server import Response


class TagOperations:
    """TagResources, UntagResources, ListTagResources; resources are given by ARN."""

    def __init__(self, deployments: Deployments) -> None:
        self._deployments = deployments

    def routes(self) -> list[Route]:
        path = V3 + "/tags-v2"
        return [
            Route("POST", path, "TagResources", self.tag, "functions/*"),
            Route("DELETE", path, "UntagResources", self.untag, "functions/*"),
            Route("GET", path, "ListTagResources", self.list_tags, "functions/*"),
        ]

    def tag(self, call: Call) -> Response:
        wanted = call.document()
        tags = wanted.get("Tag")
        if not isinstance(tags, list) or not tags or not all(isinstance(tag, dict) for tag in tags):
            raise invalid("Tag must be a list of {Key, Value}")
        new = {text(tag, "Key"): text(tag, "Value") for tag in tags}
        if "" in new:
            raise invalid("a tag must have a Key")
        with self._deployments.lock:
            for deployment in self._named(wanted.get("ResourceId")):
                self._put(deployment, {**_tags(deployment), **new})
        return Response(204)

    def untag(self, call: Call) -> Response:
        params = call.request.params
        removed, everything = _list_in(params.get("TagKey")), params.get("All") == "true"
        with self._deployments.lock:
            for deployment in self._named(_list_in(params.get("ResourceId"))):
                left = {} if everything else {k: v for k, v in _tags(deployment).items() if k not in removed}
                self._put(deployment, left)
        return Response(204)

    def list_tags(self, call: Call) -> Response:
        ids = _list_in(call.request.params.get("ResourceId"))
        deployments = self._named(ids) if ids else self._deployments.all()
        resources = [
            {"ResourceType": "function", "ResourceId": made.function["functionArn"], "TagKey": k, "TagValue": v}
            for made in deployments
            for k, v in _tags(made).items()
        ]
        return json_response({"RequestId": call.request_id, "TagResources": resources})

    def _named(self, arns: Any) -> list[Deployment]:
        if not isinstance(arns, list) or not arns:
            raise invalid("ResourceId must be a list of ARNs")
        return [self._deployments.draft(str(arn).partition("functions/")[2]) for arn in arns]

    def _put(self, deployment: Deployment, tags: dict[str, str]) -> None:
        deployment.function["tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._deployments.apply(deployment)


def _tags(deployment: Deployment) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value") or "" for tag in deployment.function.get("tags") or []}


def _list_in(given: str | None) -> list[str]:
    """A query parameter that holds a JSON list."""
    try:
        values = json.loads(given or "[]")
    except (ValueError, RecursionError) as exc:
        raise invalid(f"'{given[:100] if given else ''}' is not a JSON list") from exc
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]

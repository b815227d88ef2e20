"""Versions (a function as it was when it was published) and aliases (names of versions)."""

from __future__ import annotations

import copy
import re
from typing import Any

from harness.fc.api import V3, Call, Route, json_response
from harness.fc.control.deployments import Deployment, Deployments, Version
from harness.fc.control.paging import page
from harness.fc.control.validation import invalid, text
from harness.fc.errors import FcError
from harness.fc.registry import Functions
from harness.fc.spec import LATEST
from harness.http.server import Response

_ALIAS = re.compile(r"(?!\d+$)[A-Za-z_][\w-]{0,127}", re.ASCII)


class VersionOperations:
    """PublishFunctionVersion …, CreateAlias …"""

    def __init__(self, deployments: Deployments, functions: Functions) -> None:
        self._deployments = deployments
        self._functions = functions

    def routes(self) -> list[Route]:
        versions, aliases = V3 + "/functions/{function}/versions", V3 + "/functions/{function}/aliases"
        version, alias = "functions/{function}/versions/{version}", "functions/{function}/aliases/{alias}"
        all_versions, all_aliases = "functions/{function}/versions/*", "functions/{function}/aliases/*"
        return [
            Route("POST", versions, "PublishFunctionVersion", self.publish),
            Route("GET", versions, "ListFunctionVersions", self.list_versions, all_versions),
            Route("DELETE", versions + "/{version}", "DeleteFunctionVersion", self.delete_version, version),
            Route("POST", aliases, "CreateAlias", self.create_alias, all_aliases),
            Route("GET", aliases, "ListAliases", self.list_aliases, all_aliases),
            Route("GET", aliases + "/{alias}", "GetAlias", self.get_alias, alias),
            Route("PUT", aliases + "/{alias}", "UpdateAlias", self.update_alias, alias),
            Route("DELETE", aliases + "/{alias}", "DeleteAlias", self.delete_alias, alias),
        ]

    def publish(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            if not deployment.checksum:
                message = (
                    f"function '{deployment.name}' runs from a folder; a version needs code that was uploaded"
                )
                raise FcError(412, "PreconditionFailed", message)
            deployment.published += 1
            number, now = str(deployment.published), self._deployments.now()
            about = {
                "versionId": number,
                "description": text(call.document(), "description"),
                "createdTime": now,
                "lastModifiedTime": now,
            }
            function = copy.deepcopy(deployment.function)
            function["functionArn"] += f"/{number}"
            deployment.versions.append(Version(about, function, deployment.checksum))
            self._deployments.apply(deployment)
        return json_response(about)

    def list_versions(self, call: Call) -> Response:
        """The newest first, unless `direction` says FORWARD."""
        params = call.request.params
        versions = self._deployments.get(call.names["function"]).versions
        entries = {version.about["versionId"]: version.about for version in versions}
        return page("versions", entries, params, order=int, descending=params.get("direction") != "FORWARD")

    def delete_version(self, call: Call) -> Response:
        number = call.names["version"]
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            users = [name for name, alias in deployment.aliases.items() if alias["versionId"] == number]
            if users:
                message = f"version '{number}' of function '{deployment.name}' is in use: alias {', '.join(users)}"
                raise FcError(412, "PreconditionFailed", message)
            deployment.versions = [v for v in deployment.versions if v.about["versionId"] != number]
            self._deployments.apply(deployment)
            self._functions.remove(deployment.name, number)
        return Response(204)

    def create_alias(self, call: Call) -> Response:
        wanted = call.document()
        name = text(wanted, "aliasName")
        if not _ALIAS.fullmatch(name) or name == LATEST:
            raise invalid(
                f"aliasName must have letters, digits, '_' and '-', and begin with no digit; it is '{name}'"
            )
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            if name in deployment.aliases:
                raise FcError(409, "AliasAlreadyExists", f"alias '{name}' already exists")
            alias = {"aliasName": name, "createdTime": self._deployments.now(), "description": ""}
            return self._put_alias(deployment, alias, wanted)

    def get_alias(self, call: Call) -> Response:
        return json_response(_alias(self._deployments.get(call.names["function"]), call.names["alias"]))

    def update_alias(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            return self._put_alias(deployment, _alias(deployment, call.names["alias"]), call.document())

    def delete_alias(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            deployment.aliases.pop(call.names["alias"], None)
            self._deployments.apply(deployment)
        return Response(204)

    def list_aliases(self, call: Call) -> Response:
        deployment, params = self._deployments.get(call.names["function"]), call.request.params
        prefix = params.get("prefix", "")
        aliases = {name: alias for name, alias in deployment.aliases.items() if name.startswith(prefix)}
        return page("aliases", aliases, params)

    def _put_alias(self, deployment: Deployment, before: dict[str, Any], wanted: dict[str, Any]) -> Response:
        if wanted.get("additionalVersionWeight"):
            raise FcError(501, "NotImplemented", "the local cloud has no aliases that split traffic")
        changes = {
            name: text(wanted, name) for name in ("versionId", "description") if wanted.get(name) is not None
        }
        alias = {**before, **changes, "lastModifiedTime": self._deployments.now()}
        if alias.get("versionId") not in [version.about["versionId"] for version in deployment.versions]:
            message = f"function '{deployment.name}' has no version '{alias.get('versionId')}'"
            raise FcError(404, "VersionNotFound", message)
        deployment.aliases[alias["aliasName"]] = alias
        self._deployments.apply(deployment)
        return json_response(alias)


def _alias(deployment: Deployment, name: str) -> dict[str, Any]:
    if name not in deployment.aliases:
        raise FcError(404, "AliasNotFound", f"alias '{name}' does not exist in function '{deployment.name}'")
    return deployment.aliases[name]

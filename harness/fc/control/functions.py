"""Functions and their code: create, get, update, delete, list; and the token with which code is uploaded first."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from harness.fc.api import V2, V3, Call, Route, json_response
from harness.fc.control.archive import Code
from harness.fc.control.deployments import Deployment, Deployments
from harness.fc.control.documents import changed_function, created_function, with_defaults
from harness.fc.control.paging import page
from harness.fc.control.surroundings import CodeBucket
from harness.fc.control.validation import check_function, check_implemented, check_own, invalid, text
from harness.fc.errors import FcError
from harness.fc.guard import Guard
from harness.fc.spec import LATEST
from harness.http.server import Response
from harness.ram.identity import Identities

#: The role behind the credentials of GetTempBucketToken; `upload_policy` is its policy.
UPLOAD_ROLE = "fc-code-upload"
_UPLOAD_SECONDS = 1800


def upload_policy(temp_bucket: str, account_id: str) -> dict[str, Any]:
    """What a client may do with the credentials of GetTempBucketToken, as a RAM policy."""
    statement = {
        "Effect": "Allow",
        "Action": ["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"],
        "Resource": f"acs:oss:*:*:{temp_bucket}/{account_id}/*",
    }
    return {"Version": "1", "Statement": [statement]}


class FunctionOperations:
    """CreateFunction … ListFunctions, GetFunctionCode, GetTempBucketToken."""

    def __init__(self, deployments: Deployments, guard: Guard, bucket: CodeBucket, identities: Identities) -> None:
        self._deployments = deployments
        self._guard = guard
        self._bucket = bucket
        self._identities = identities

    def routes(self) -> list[Route]:
        one = V3 + "/functions/{function}"
        return [
            Route("POST", V3 + "/functions", "CreateFunction", self.create, ""),
            Route("GET", V3 + "/functions", "ListFunctions", self.list_functions, "functions/*"),
            Route("GET", one, "GetFunction", self.get),
            Route("PUT", one, "UpdateFunction", self.update),
            Route("DELETE", one, "DeleteFunction", self.delete),
            Route("GET", one + "/code", "GetFunctionCode", self.get_code),
            Route("GET", V2 + "/tempBucketToken", "GetTempBucketToken", self.temp_bucket_token, ""),
        ]

    def create(self, call: Call) -> Response:
        wanted = _without_nothing(call.document())
        made = f"functions/{text(wanted, 'functionName')}"
        self._guard.allow(call.signer, "fc:CreateFunction", made, call.request)
        location = wanted.pop("code", None)
        document = with_defaults(wanted)
        self._check(call, document)
        name = document["functionName"]
        code = self._fetch(location)
        with self._deployments.lock:
            if any(deployment.name == name for deployment in self._deployments.all()):
                raise FcError(409, "FunctionAlreadyExists", f"function '{name}' already exists")
            arn = self._deployments.platform.function_arn(name)
            function = created_function(document, arn, self._deployments.now(), code)
            deployment = Deployment(function, code.checksum)
            self._deployments.apply(deployment)
        return json_response(deployment.function)

    def get(self, call: Call) -> Response:
        deployment = self._deployments.get(call.names["function"])
        return json_response(_version(deployment, call.request.params.get("qualifier", ""))[0])

    def update(self, call: Call) -> Response:
        wanted = _without_nothing(call.document())
        location = wanted.pop("code", None)
        code = self._fetch(location) if location else None
        with self._deployments.lock:
            deployment = self._deployments.draft(call.names["function"])
            wanted["functionName"] = deployment.name
            document = {**deployment.function, **wanted}
            self._check(call, document)
            if code:
                deployment.checksum, deployment.folder = code.checksum, ""
            code = self._deployments.code(deployment)
            deployment.function = changed_function(document, self._deployments.now(), code)
            self._deployments.apply(deployment)
        return json_response(deployment.function)

    def delete(self, call: Call) -> Response:
        with self._deployments.lock:
            deployment = self._deployments.get(call.names["function"])
            if deployment.triggers:
                message = f"function '{deployment.name}' still has triggers: {', '.join(deployment.triggers)}"
                raise FcError(412, "PreconditionFailed", message)
            self._deployments.remove(deployment.name)
        return Response(204)

    def list_functions(self, call: Call) -> Response:
        prefix = call.request.params.get("prefix", "")
        deployed = [made for made in self._deployments.all() if made.name.startswith(prefix)]
        return page("functions", {made.name: made.function for made in deployed}, call.request.params)

    def get_code(self, call: Call) -> Response:
        deployment = self._deployments.get(call.names["function"])
        _, checksum = _version(deployment, call.request.params.get("qualifier", ""))
        if not checksum:
            message = f"function '{deployment.name}' runs from {deployment.folder}; its code was never uploaded"
            raise FcError(412, "PreconditionFailed", message)
        data = self._deployments.archive.read(checksum)
        url = self._bucket.publish(f"functions/{deployment.name}/{checksum}.zip", data)
        return json_response({"url": url, "checksum": checksum})

    def temp_bucket_token(self, call: Call) -> Response:
        """Any user may upload; only who may create or update a function can do something with it."""
        key = self._identities.assume_role(UPLOAD_ROLE, _UPLOAD_SECONDS)
        credentials = {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.access_key_secret,
            "SecurityToken": key.token,
        }
        return json_response(
            {
                "credentials": credentials,
                "ossRegion": f"oss-{self._deployments.platform.region}",
                "ossBucket": self._bucket.temp_bucket,
                "objectName": secrets.token_hex(16),
            }
        )

    def _check(self, call: Call, document: dict[str, Any]) -> None:
        check_implemented(document)
        check_function(document)
        platform = self._deployments.platform
        check_own(document, "role", platform.region, platform.account_id)
        if role := document.get("role"):
            self._guard.allow_pass_role(call.signer, role, call.request)

    def _fetch(self, location: Any) -> Code:
        """InputCodeLocation → code in the archive."""
        location = location if isinstance(location, dict) else {}
        bucket, key, encoded = (text(location, name) for name in ("ossBucketName", "ossObjectName", "zipFile"))
        if bucket and key:
            try:
                data = self._bucket.fetch(bucket, key)
            except LookupError as exc:
                raise invalid(f"the code can't be read: {exc.args[0] if exc.args else exc}") from exc
        elif encoded:
            try:
                data = base64.b64decode(encoded, validate=True)
            except (ValueError, TypeError) as exc:
                raise invalid(f"code.zipFile is not base64: {exc}") from exc
        else:
            raise invalid("Either ossBucketName/ossObjectName or zipFile must be set")
        code = self._deployments.archive.add(data)
        if location.get("checksum") not in (None, "", code.checksum):
            raise invalid(
                f"code.checksum is '{location['checksum']}', but the CRC-64 of the code is {code.checksum}"
            )
        return code


def _version(deployment: Deployment, qualifier: str) -> tuple[dict[str, Any], str]:
    """The function's document and its code's checksum, as the qualifier (LATEST, version, alias) names them."""
    qualifier = str(deployment.aliases.get(qualifier, {}).get("versionId", qualifier))
    if qualifier in ("", LATEST):
        return deployment.function, deployment.checksum
    for version in deployment.versions:
        if version.about["versionId"] == qualifier:
            return version.function, version.checksum
    raise FcError(404, "VersionNotFound", f"function '{deployment.name}' has no version or alias '{qualifier}'")


def _without_nothing(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}

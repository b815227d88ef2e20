"""Log Service as a service of the local cloud: every request from its first byte to its answer.

Not implemented, and answered NotImplemented: everything but projects, logstores, their indexes and GetLogs, as are
PutLogs, cursors, consumer groups, histograms, alerts, dashboards. What functions print is written by the local
cloud itself; Function Compute's metrics are not. The project is in the Host, as clients send it: of an address the
SDK makes <project>.127.0.0.1, which no lookup knows, so that it needs the local cloud as its HTTP proxy (see
docs/local-cloud.md).
Unlike Log Service: a line is found at once, and all answers are complete.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterable
from pathlib import Path

from harness.fc.sls.errors import SlsError
from harness.fc.sls.state.model import Document, Line
from harness.fc.sls.state.store import Store
from harness.fc.sls.wire.call import MAX_BODY, Call, Found, Operation, Place, project_of
from harness.fc.sls.wire.operations import OPERATIONS
from harness.http.body import MalformedBody
from harness.http.server import ConnectionCut, Request, Response
from harness.ram.identity import Credentials, signer_name
from harness.ram.realm import Realm
from harness.signatures import SignatureError, sls

_log = logging.getLogger(__name__)
_VERSIONS = ("0.6.0", "0.4.0")


class LogService:
    """A Service of harness.http. Its state is in `directory`; the realm's clock is the only one it reads."""

    name = "sls"

    def __init__(self, directory: Path, realm: Realm) -> None:
        self.store = Store(directory, realm.clock)
        self._realm, self._gate = realm, realm.gate(self.name)
        self._place = Place(realm.region, realm.account_id)

    def close(self) -> None:
        self.store.close()

    def provide(self, project: str, logstore: str, index: Document | None) -> None:
        """Makes what is missing of them; `index` for a new logstore only."""
        known = {each.name for each in self.store.projects()}
        if project not in known:
            self.store.create_project(project)
        if logstore not in {each.name for each in self.store.logstores(project)}:
            self.store.create_logstore(project, logstore)
            if index is not None:
                self.store.create_index(project, logstore, index)

    def write(self, project: str, logstore: str, lines: Iterable[Line]) -> None:
        """Raises SlsError when there is no such logstore."""
        self.store.write(project, logstore, lines)

    def read(self, request: Request) -> Found:
        project, request_id = project_of(request), secrets.token_hex(12).upper()
        for operation in OPERATIONS:
            names = operation.match(request, project)
            if names is not None:
                return Found(request, project, operation, names, request_id)
        return Found(request, project, None, {}, request_id)

    def answer(self, call: Found) -> Response:
        signer = None
        try:
            operation, body = _known(call), _body(call.request)
            realm = self._realm
            signer = sls.verify(call.request, body, realm.identities, region=realm.region, now=realm.clock())
            if operation.has_project:
                self.store.project(call.project)
            self._require(operation, call, signer)
            signed = Call(call.request, body, call.project, call.names, self.store, self._place)
            response = operation.run(signed)
        except SignatureError as error:
            response = _refusal(error.status, error.code, error.message)
        except SlsError as error:
            response = _refusal(error.status, error.code, error.message)
        except (ConnectionCut, ConnectionError, MalformedBody):  # the client is gone, or shall be
            raise
        except Exception:  # noqa: BLE001  (a fault of ours is an answer, as it would be there)
            _log.exception("%s failed", call.name)
            response = _refusal(500, "InternalServerError", "Internal server error")
        self._realm.journal.add(
            "request",
            service=self.name,
            operation=call.name,
            project=call.project,
            status=response.status,
            signer=signer_name(signer),
            request_id=call.request_id,
        )
        return self._complete(response, call.request_id)

    def refuse(self, call: Found, status: int, code: str, message: str) -> Response:
        return self._complete(_refusal(status, code, message), call.request_id)

    def _require(self, operation: Operation, call: Found, signer: Credentials) -> None:
        action = f"log:{operation.action or operation.name}"
        scope = operation.resource.format_map({"project": call.project, **call.names})
        resource = f"acs:log:{self._place.region}:{self._place.account_id}:project/{scope}"
        if not self._gate.lets(signer, action, resource, call.request):
            raise SlsError("Unauthorized", action, resource)

    def _complete(self, response: Response, request_id: str) -> Response:
        response.headers = {
            "Server": "AliyunSLS",
            "x-log-requestid": request_id,
            "x-log-time": str(int(self._realm.clock())),
            **response.headers,
        }
        return response


def _known(call: Found) -> Operation:
    if (version := call.request.header("x-log-apiversion")) not in _VERSIONS:
        raise SlsError("InvalidAPIVersion", version or '""')
    if call.operation is None:
        if not call.project:
            raise SlsError("MissingHost", "the Host header names no project: <project>.<region>.log.aliyuncs.com")
        raise SlsError("NotImplemented", f"{call.request.method} {call.request.path}")
    return call.operation


def _body(request: Request) -> bytes:
    body = b""
    while len(body) <= MAX_BODY and (piece := request.body.read(MAX_BODY)):
        body += piece
    if len(body) > MAX_BODY:
        raise SlsError("PostBodyTooLarge", len(body))
    return body


def _refusal(status: int, code: str, message: str) -> Response:
    document = {"errorCode": code, "errorMessage": message}
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Response(status, {"Content-Type": "application/json"}, body)

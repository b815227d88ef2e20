"""FC's HTTP API: which operation a request is, who sent it, whether they may, and how answers look.

Two dialects, by path: FC 3.0 (/2023-03-30, signed with ACS3) and FC 2.0 (/2016-08-15, signed with FC's own
signature). A request says by its Authorization header how it is signed, and either is taken for either path.
"""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from harness.fc.errors import FcError, too_large
from harness.fc.guard import Guard
from harness.fc.invocation import new_request_id
from harness.fc.spec import LATEST
from harness.http.body import MalformedBody
from harness.http.server import ConnectionCut, Request, Response
from harness.ram.identity import Credentials, signer_name
from harness.ram.realm import Realm
from harness.signatures import SignatureError, acs3, fc2
from harness.signatures.gateway import NonceLog

V3 = "/2023-03-30"
V2 = "/2016-08-15"
#: Code arrives as base64 inside JSON: 100 MiB of zip at most.
_MAX_BODY = 140 * 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One authenticated request. `names`: what the path names, decoded."""

    request: Request
    body: bytes
    names: Mapping[str, str]
    signer: Credentials
    request_id: str

    def document(self) -> dict[str, Any]:
        """The JSON object in the body. Raises FcError."""
        try:
            document = json.loads(self.body or b"{}")
            if b"\\u" in self.body:
                json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is no text
        except (ValueError, RecursionError) as exc:
            raise FcError(400, "InvalidArgument", f"the request's body is not JSON: {exc}") from exc
        if not isinstance(document, dict):
            raise FcError(400, "InvalidArgument", "the request's body must be a JSON object")
        return document


@dataclass(frozen=True)
class Route:
    """One operation. `path` has {names} in it.

    `resource`: RAM's, with the names of the path and the query; "": the operation asks for itself, or anybody may.
    `action`: RAM's, when it is not the operation's name.
    """

    method: str
    path: str
    operation: str
    run: Callable[[Call], Response]
    resource: str = "functions/{function}"
    action: str = ""
    max_body: int = _MAX_BODY

    def match(self, request: Request) -> dict[str, str] | None:
        if request.method != self.method:
            return None
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, request.path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def json_response(document: Any, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(document).encode())


def read_body(request: Request, limit: int) -> bytes:
    """Raises FcError (400) when it is longer."""
    if (request.body.length or 0) > limit:
        raise too_large(limit)
    pieces, size = [], 0
    for piece in request.body:
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise too_large(limit)
    return b"".join(pieces)


class Api:
    """Answers requests by `routes`; what none of them takes is NotImplemented."""

    def __init__(self, routes: Iterable[Route], realm: Realm, guard: Guard) -> None:
        self._routes = tuple(routes)
        self._realm, self._guard = realm, guard
        self._nonces = NonceLog()

    def operation(self, request: Request) -> str:
        found = self._find(request)
        return found[0].operation if found else "NotImplemented"

    def handle(self, request: Request) -> Response:
        request_id = new_request_id()
        found = self._find(request)
        signer = None
        try:
            if not found:
                message = f"the local cloud does not implement {request.method} {request.path}"
                raise FcError(501, "NotImplemented", message)
            route, names = found
            body = read_body(request, route.max_body)
            signer = self._authenticate(request, body)
            if route.resource:
                where = defaultdict(lambda: "*", {"qualifier": LATEST, **request.params, **names})
                action = route.action or f"fc:{route.operation}"
                self._guard.allow(signer, action, route.resource.format_map(where), request)
            response = route.run(Call(request, body, names, signer, request_id))
        except SignatureError as exc:
            response = self._error(request, FcError(exc.status, exc.code, exc.message), request_id)
        except FcError as exc:
            response = self._error(request, exc, request_id)
        except (ConnectionCut, ConnectionError, MalformedBody):  # the client is gone, or shall be
            raise
        except Exception:  # noqa: BLE001  (a fault of ours is an answer, as it would be there)
            _log.exception("%s failed", found[0].operation if found else request.path)
            error = FcError(500, "InternalServerError", "an internal error has occurred")
            response = self._error(request, error, request_id)
        self._realm.journal.add(
            "request",
            service="fc",
            operation=found[0].operation if found else "NotImplemented",
            function=found[1].get("function", "") if found else "",
            status=response.status,
            signer=signer_name(signer),
            request_id=request_id,
        )
        response.headers.setdefault("X-Fc-Request-Id", request_id)
        return response

    def refuse(self, request: Request, status: int, code: str, message: str) -> Response:
        request_id = new_request_id()
        response = self._error(request, FcError(status, code, message), request_id)
        response.headers["X-Fc-Request-Id"] = request_id
        return response

    def _find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        for route in self._routes:
            names = route.match(request)
            if names is not None:
                return route, names
        return None

    def _authenticate(self, request: Request, body: bytes) -> Credentials:
        now, identities = self._realm.clock(), self._realm.identities
        if request.header("Authorization").startswith("FC ") or request.path.startswith(V2):
            return fc2.verify(request, identities, now=now)
        return acs3.verify(request, body, identities, now=now, nonces=self._nonces)

    def _error(self, request: Request, error: FcError, request_id: str) -> Response:
        if request.path.startswith(V2):
            return json_response({"ErrorCode": error.code, "ErrorMessage": error.message}, error.status)
        return Response(error.status, {"Content-Type": "application/json"}, error.body(request_id))

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
                json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is not text
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


@dataclass(frozen=True)
class Found:
    """A request, the route that takes it (None: none does), and what its path names."""

    request: Request
    route: Route | None
    names: Mapping[str, str]
    request_id: str

    @property
    def name(self) -> str:
        return self.route.operation if self.route else "NotImplemented"


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

    def read(self, request: Request) -> Found:
        for route in self._routes:
            names = route.match(request)
            if names is not None:
                return Found(request, route, names, new_request_id())
        return Found(request, None, {}, new_request_id())

    def answer(self, call: Found) -> Response:
        request, signer = call.request, None
        try:
            if not call.route:
                message = f"the local cloud does not implement {request.method} {request.path}"
                raise FcError(501, "NotImplemented", message)
            body = read_body(request, call.route.max_body)
            signer = self._authenticate(request, body)
            self._require(call.route, call, signer)
            response = call.route.run(Call(request, body, call.names, signer, call.request_id))
        except SignatureError as exc:
            response = _error(call, FcError(exc.status, exc.code, exc.message))
        except FcError as exc:
            response = _error(call, exc)
        except (ConnectionCut, ConnectionError, MalformedBody):  # the client is gone, or shall be
            raise
        except Exception:  # noqa: BLE001  (a fault of ours is an answer, as it would be there)
            _log.exception("%s failed", call.name if call.route else request.path)
            response = _error(call, FcError(500, "InternalServerError", "an internal error has occurred"))
        self._realm.journal.add(
            "request",
            service="fc",
            operation=call.name,
            function=call.names.get("function", ""),
            status=response.status,
            signer=signer_name(signer),
            request_id=call.request_id,
        )
        response.headers.setdefault("X-Fc-Request-Id", call.request_id)
        return response

    def refuse(self, call: Found, status: int, code: str, message: str) -> Response:
        response = _error(call, FcError(status, code, message))
        response.headers["X-Fc-Request-Id"] = call.request_id
        return response

    def _require(self, route: Route, call: Found, signer: Credentials) -> None:
        if route.resource:
            where = defaultdict(lambda: "*", {"qualifier": LATEST, **call.request.params, **call.names})
            action = route.action or f"fc:{route.operation}"
            self._guard.allow(signer, action, route.resource.format_map(where), call.request)

    def _authenticate(self, request: Request, body: bytes) -> Credentials:
        now, identities = self._realm.clock(), self._realm.identities
        if request.header("Authorization").startswith("FC ") or request.path.startswith(V2):
            return fc2.verify(request, identities, now=now)
        return acs3.verify(request, body, identities, now=now, nonces=self._nonces)


def _error(call: Found, error: FcError) -> Response:
    if call.request.path.startswith(V2):
        return json_response({"ErrorCode": error.code, "ErrorMessage": error.message}, error.status)
    return Response(error.status, {"Content-Type": "application/json"}, error.body(call.request_id))

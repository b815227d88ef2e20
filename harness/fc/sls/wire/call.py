"""A request as the operations see it, and their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from harness.fc.sls.errors import SlsError
from harness.fc.sls.state.store import Store
from harness.http.hosts import in_production
from harness.http.server import Request, Response, is_address

#: in bytes; more is refused
MAX_BODY = 10 * 1024 * 1024
_PRODUCTION = re.compile(r"(?:(?P<project>[^.]+)\.)?[^.]+\.(?:log|sls)\.aliyuncs\.com")


@dataclass(frozen=True)
class Place:
    region: str
    account_id: str


@dataclass(frozen=True)
class Call:
    """`project`: of the Host, "" without one. `names`: of the path."""

    request: Request
    body: bytes
    project: str
    names: Mapping[str, str]
    store: Store
    place: Place

    @property
    def logstore(self) -> str:
        return self.names["logstore"]

    def document(self) -> Mapping[str, Any]:
        """The body. Raises SlsError PostBodyInvalid."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError) as exc:
            raise SlsError("PostBodyInvalid", exc) from exc
        if not isinstance(document, dict):
            raise SlsError("PostBodyInvalid", "it is not an object")
        return document


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Operation:
    """`path` has {names} in it. `marker`: a query parameter and its value. `resource`: RAM's, after "project/"."""

    name: str
    method: str
    path: str
    resource: str
    run: Handler
    action: str = ""
    marker: tuple[str, str] | None = None
    has_project: bool = True

    def match(self, request: Request, project: str) -> Mapping[str, str] | None:
        if request.method != self.method or self.has_project != bool(project):
            return None
        if self.marker and request.params.get(self.marker[0]) != self.marker[1]:
            return None
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, request.path.rstrip("/") or "/")
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@dataclass(frozen=True)
class Found:
    """A request, the operation that it is, and what its path names; None: it is none that there is."""

    request: Request
    project: str
    operation: Operation | None
    names: Mapping[str, str]
    request_id: str

    @property
    def name(self) -> str:
        return self.operation.name if self.operation else "NotImplemented"


def project_of(request: Request) -> str:
    """The first part of the Host: <project>.<region>.log.aliyuncs.com, <project>.127.0.0.1; "" without one."""
    name = request.host_name
    if in_production(name):
        found = _PRODUCTION.fullmatch(name)
        return (found["project"] or "") if found else ""
    first, _, rest = name.partition(".")
    return first if is_address(rest) or rest == "localhost" else ""


def answer(document: Any = None, headers: Mapping[str, str] | None = None) -> Response:
    """200; without `document` there is no body."""
    body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Response(200, {"Content-Type": "application/json", **(headers or {})}, body)

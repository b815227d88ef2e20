"""Which service a request is for, and the fault that its answer meets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from http.client import responses
from typing import Any, Protocol

from harness.console import Console
from harness.fc import FunctionCompute
from harness.fc.sls import LogService
from harness.fc.triggers.http import is_for_trigger
from harness.http.faults import Faults
from harness.http.guard import WebGuard
from harness.http.hosts import service_at
from harness.http.server import ConnectionCut, Request, Response
from harness.http.service import Call, Service
from harness.journal import Journal
from harness.multimediaai import MultimediaAIService
from harness.multimediaai.imm import VERSION as IMM_VERSION
from harness.multimediaai.imm import ImmService
from harness.multimediaai.openapi.sts import VERSION as STS_VERSION
from harness.multimediaai.openapi.sts import Sts
from harness.oss import OssService
from harness.ram.identity import Identities


class Surroundings(Protocol):
    """What faults work on beside the request."""

    faults: Faults
    journal: Journal
    identities: Identities


class Dispatcher:
    """The services of one local cloud behind its one port."""

    def __init__(
        self,
        oss: OssService,
        multimediaai: MultimediaAIService,
        imm: ImmService,
        fc: FunctionCompute,
        sls: LogService,
        sts: Sts,
        console: Console,
        cloud: Surroundings,
        guard: WebGuard,
    ) -> None:
        self._oss, self._multimediaai, self._imm, self._fc, self._sls = oss, multimediaai, imm, fc, sls
        self._sts, self._console = sts, console
        self._cloud, self._guard = cloud, guard

    def answer(self, request: Request) -> Response:
        """To a request that came in over the wire: `dispatch`, if the guard lets it pass. Raises ConnectionCut."""
        service = self._route(request)
        call = service.read(request)
        if service is not self._console:  # it has its own guard
            consents = partial(self._oss.consents, call) if service is self._oss else _never
            if reason := self._guard.reason(request, consents):
                return service.refuse(call, 403, "AccessDenied", reason)
        return self._perform(service, call)

    def refuse(self, request: Request, status: int, message: str) -> Response:
        """To what is not an HTTP request, in the form of the service that it seems to be for."""
        service = self._route(request)
        return service.refuse(service.read(request), status, "BadRequest", message)

    def dispatch(self, request: Request) -> Response:
        """The service's answer, as far as faults leave it. Raises ConnectionCut."""
        service = self._route(request)
        return self._perform(service, service.read(request))

    def _perform(self, service: Service[Any], call: Call) -> Response:
        fault = self._cloud.faults.draw(service.name, call.name) if service is not self._console else None
        if fault is None:
            return service.answer(call)
        self._cloud.journal.add("fault", service=service.name, operation=call.name, fault=fault.kind)
        if fault.kind in ("error", "throttle"):
            status, code = fault.refusal(service.name)
            return service.refuse(call, status, code, "a fault was asked for")
        if fault.kind == "latency":
            time.sleep(fault.number())
        elif fault.kind == "expire":
            self._cloud.identities.expire_all()
        elif fault.kind == "kill":
            self._fc.kill_running()
        if fault.kind in ("reset", "kill"):
            raise ConnectionCut
        if fault.kind == "page":
            return _page(fault.status())
        response = service.answer(call)
        if fault.kind == "kill_after":
            self._fc.kill_running()
        if fault.kind in ("reset_after", "kill_after"):
            raise ConnectionCut
        if fault.kind == "truncate":
            response.cut_after = int(fault.number())
        if fault.kind == "interim":
            response.before = [_interim(fault.status())]
        if fault.kind == "drip":
            response.before = _dripping(fault.number())
        return _page(fault.status()) if fault.kind == "page_after" else response

    def _route(self, request: Request) -> Service[Any]:
        gateways: tuple[Service[Any], ...] = (self._multimediaai, self._imm, self._sts)
        services: tuple[Service[Any], ...] = (self._oss, self._fc, self._sls, *gateways)
        if known := service_at(request.host):
            return next(service for service in services if service.name == known)
        if self._console.owns(request):
            return self._console
        if request.host_name in self._guard.domains():  # every path is a key there
            return self._oss
        if request.header("x-log-apiversion"):
            return self._sls
        if request.path.startswith(("/2023-03-30/", "/2016-08-15/")) or is_for_trigger(request):
            return self._fc
        if request.path == "/" and (request.header("x-acs-action") or "Action" in request.params):
            version = request.header("x-acs-version") or request.params.get("Version")
            by_version: dict[str, Service[Any]] = {IMM_VERSION: self._imm, STS_VERSION: self._sts}
            return by_version.get(str(version), self._multimediaai)
        return self._multimediaai if request.host_name.startswith("multimediaai.") else self._oss


def _never() -> bool:
    return False


def _page(status: int) -> Response:
    """What stands between a client and a service answers in the service's place."""
    text = f"<html><body><h1>{status} {responses.get(status, 'Error')}</h1></body></html>"
    return Response(status, {"Content-Type": "text/html"}, b"" if status in (204, 304) else text.encode())


def _interim(status: int) -> bytes:
    return f"HTTP/1.1 {status} {responses[status]}\r\n\r\n".encode()


def _dripping(seconds: float) -> Iterator[bytes]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield _interim(100)
        time.sleep(0.1)

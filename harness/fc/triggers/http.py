"""The HTTP triggers in force, each with an address of its own below /_http/ of this cloud.

There it is a host (<trigger id>.<region>.fcapp.run) and here a path, which is found from every machine, and begins
as no bucket's name does. Not implemented: authType jwt, bearer and basic, CORS, custom domains.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from harness.fc.api import read_body
from harness.fc.delivery.queues import Delivery
from harness.fc.errors import FcError
from harness.fc.execution import Execution
from harness.fc.guard import Guard
from harness.fc.instances.environment import Platform
from harness.fc.invocation import MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD, new_request_id
from harness.fc.triggers.http_forms import event_of, response_of
from harness.fc.triggers.specs import HttpTrigger
from harness.http.server import Request, Response, is_address
from harness.ram.identity import Credentials, signer_name
from harness.ram.realm import Realm
from harness.signatures import SignatureError, acs3

PREFIX = "/_http/"
OPERATION = "InvokeHTTPTrigger"
_MAX_HEADERS = 8 * 1024
_MAX_TARGET = 4 * 1024


def is_for_trigger(request: Request) -> bool:
    """By its path, and a host that is not a bucket's: an address, or a name of one label, such as localhost."""
    name = request.host_name
    return request.path.startswith(PREFIX) and (is_address(name) or "." not in name)


@dataclass(frozen=True)
class TriggerCall:
    """What a request to a trigger's address names. `path`: below that address, still percent-encoded."""

    request: Request
    function: str
    trigger: str
    path: str
    request_id: str
    name: str = OPERATION


class HttpTriggers:
    """`url`: of the whole cloud."""

    def __init__(
        self,
        url: str,
        execution: Execution,
        delivery: Delivery,
        realm: Realm,
        guard: Guard,
        platform: Platform,
    ) -> None:
        self._url, self._execution, self._delivery = url, execution, delivery
        self._realm, self._guard, self._platform = realm, guard, platform
        self._triggers: dict[tuple[str, str], HttpTrigger] = {}
        self._lock = threading.Lock()

    def add(self, trigger: HttpTrigger) -> None:
        """Raises ValueError for a second one of the same version or alias."""
        key = (trigger.function, trigger.name)
        with self._lock:
            for other in self._triggers.values():
                same = (other.function, other.qualifier) == (trigger.function, trigger.qualifier)
                if same and other.name != trigger.name:
                    raise ValueError(f"{trigger.qualifier} has an HTTP trigger already, '{other.name}'")
            self._triggers[key] = trigger

    def remove(self, trigger: HttpTrigger) -> None:
        with self._lock:
            self._triggers.pop((trigger.function, trigger.name), None)

    def all(self) -> list[HttpTrigger]:
        with self._lock:
            return list(self._triggers.values())

    def url_of(self, trigger: HttpTrigger) -> str:
        """Its address; a path may follow."""
        return f"{self._url}{PREFIX}{quote(trigger.function)}/{quote(trigger.name)}"

    def read(self, request: Request) -> TriggerCall:
        function, _, rest = request.path.removeprefix(PREFIX).partition("/")
        trigger, slash, path = rest.partition("/")
        return TriggerCall(request, unquote(function), unquote(trigger), slash + path or "/", new_request_id())

    def answer(self, call: TriggerCall) -> Response:
        signer, trigger = None, None
        try:
            trigger = self._find(call)
            body = _checked(trigger, call.request)
            if trigger.auth_type == "function":
                signer = self._signer(trigger, call.request, body)
            response = self._invoke(trigger, call, body)
        except SignatureError as exc:  # by the page's table of errors: one that is missing is a 400
            status = 400 if exc.code == "IncompleteSignature" else 403
            response = self.refuse(call, status, exc.code, exc.message)
        except FcError as exc:
            response = self.refuse(call, exc.status, exc.code, exc.message)
        self._realm.journal.add(
            "request",
            service="fc",
            operation=call.name,
            function=trigger.function if trigger else "",
            status=response.status,
            signer=signer_name(signer),
            request_id=call.request_id,
        )
        return response

    def refuse(self, call: TriggerCall, status: int, code: str, message: str) -> Response:
        headers = {"Content-Type": "application/json", "X-Fc-Request-Id": call.request_id}
        return Response(status, headers, FcError(status, code, message).body(call.request_id))

    def _find(self, call: TriggerCall) -> HttpTrigger:
        with self._lock:
            trigger = self._triggers.get((call.function, call.trigger))
        if trigger is None:
            raise FcError(404, "TriggerNotFound", "there is no HTTP trigger at this address")
        return trigger

    def _signer(self, trigger: HttpTrigger, request: Request, body: bytes) -> Credentials:
        realm = self._realm
        signer = acs3.verify(request, body, realm.identities, now=realm.clock(), of_url=True)
        self._guard.allow(signer, "fc:InvokeFunction", f"functions/{trigger.function}", request)
        return signer

    def _invoke(self, trigger: HttpTrigger, call: TriggerCall, body: bytes) -> Response:
        request, request_id = call.request, call.request_id
        event = event_of(trigger, request, body, call.path, request_id, self._platform, self._realm.clock())
        if _is_asynchronous(request):
            self._delivery.accept(trigger.function, event, trigger.qualifier, request_id)
            return Response(202, {"X-Fc-Request-Id": request_id})
        return response_of(self._execution.invoke(trigger.function, event, request_id, trigger.qualifier))

    def about(self, trigger: HttpTrigger) -> dict[str, Any]:
        """What GetTrigger adds to its document."""
        address = self.url_of(trigger)
        return {"httpTrigger": {"urlInternet": address, "urlIntranet": address}}


def _checked(trigger: HttpTrigger, request: Request) -> bytes:
    """The body of a request that keeps to the trigger's settings and FC's limits. Raises FcError."""
    if trigger.disable_internet:
        raise FcError(403, "AccessDenied", "the trigger's public address is disabled (disableURLInternet)")
    if request.method not in trigger.methods:
        raise FcError(405, "MethodNotAllowed", f"the trigger takes {', '.join(trigger.methods)}")
    headers = sum(len(name) + len(str(value)) for name, value in request.headers.items())
    if headers > _MAX_HEADERS or len(request.path) + len(request.query_string) > _MAX_TARGET:
        raise FcError(400, "InvalidArgument", "headers may have 8 KB, and the path with its query 4 KB")
    return read_body(request, MAX_ASYNC_PAYLOAD if _is_asynchronous(request) else MAX_SYNC_PAYLOAD)


def _is_asynchronous(request: Request) -> bool:
    return request.header("X-Fc-Invocation-Type").lower() == "async"

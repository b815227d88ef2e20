"""The console as a service of the local cloud: from request to route to answer."""

from __future__ import annotations

import dataclasses
import sqlite3

from harness.console import admin, guard
from harness.console.actions import ActionError, Actions
from harness.console.admin import Admin
from harness.console.cloud import Cloud
from harness.console.live import Live, TooManyStreams
from harness.console.pages import Pages
from harness.console.routes import BadRequest, Call
from harness.console.views import Views
from harness.http.faults import FaultError
from harness.http.server import Request, Response
from harness.oss import OssError


class Console:
    """A harness.http.service.Service. `close` ends the streams; `heartbeat`: seconds, see Live.

    Its own requests are not in the journal, and faults do not hit it: it is how one sees and clears them.
    """

    name = "console"

    def __init__(self, cloud: Cloud, heartbeat: float = 5.0) -> None:
        views, actions = Views(cloud), Actions(cloud)
        self.live = Live(cloud.journal, lambda entry: dataclasses.asdict(views.entry(entry)), heartbeat)
        routes = [*Admin(cloud, views, actions, self.live).routes(), *Pages(cloud, views, actions).routes()]
        self._routes = {(route.method, route.path): route for route in routes}

    @staticmethod
    def owns(request: Request) -> bool:
        """Whether a request on the shared port is for the console."""
        return guard.is_for_console(request)

    def read(self, request: Request) -> Call:
        method = "GET" if request.method == "HEAD" else request.method
        return Call(request, self._routes.get((method, request.path.rstrip("/"))))

    def answer(self, call: Call) -> Response:
        try:
            guard.check(call.request)
        except guard.Forbidden as exc:
            return self.refuse(call, 403, "Forbidden", str(exc))
        if call.route is None:
            return self._no_route(call)
        try:
            return call.route.answer(call.request)
        except (BadRequest, FaultError) as exc:
            return self.refuse(call, 400, "BadRequest", str(exc))
        except OssError as exc:
            return self.refuse(call, exc.status, exc.code, exc.message)
        except ActionError as exc:
            return self.refuse(call, exc.status, exc.code, str(exc))
        except TooManyStreams:
            return self.refuse(call, 503, "TooManyStreams", "too many pages are open; close one")
        except sqlite3.Error:
            if not self.live.closed:
                raise
            return self.refuse(call, 503, "Stopping", "the local cloud is stopping")

    def refuse(self, call: Call, status: int, code: str, message: str) -> Response:
        return admin.error(status, code, message)

    def close(self) -> None:
        self.live.close()

    def _no_route(self, call: Call) -> Response:
        request = call.request
        allowed = sorted(method for method, path in self._routes if path == request.path.rstrip("/"))
        if not allowed:
            return self.refuse(call, 404, "NotFound", f"there is no {request.path}")
        response = self.refuse(call, 405, "MethodNotAllowed", f"{request.path} takes {', '.join(allowed)}")
        response.headers["Allow"] = ", ".join(allowed)
        return response

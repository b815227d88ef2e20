"""/_console: the console for people. Pages are complete without script; console.js uploads and refreshes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from harness.console.actions import ActionError, Actions
from harness.console.cloud import Cloud
from harness.console.media import media_response
from harness.console.render import Renderer
from harness.console.routes import BadRequest, Route, required, whole_number
from harness.console.views import COUNTED, Views, object_view
from harness.http.faults import KINDS, FaultError
from harness.http.server import Request, Response

_STATIC = Path(__file__).parent / "static"
_STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_MAX_FORM = 16 * 1024
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: the console's own forms would then come without their origin.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class Pages:
    def __init__(self, cloud: Cloud, views: Views, actions: Actions) -> None:
        self._cloud, self._views, self._actions = cloud, views, actions
        self._render = Renderer()

    def routes(self) -> Iterable[Route]:
        yield Route("GET", "", "ShowConsole", lambda _: _see("/_console"))
        yield Route("GET", "/_console", "ShowVideos", self._videos)
        yield Route("GET", "/_console/tasks", "ShowTasks", self._tasks)
        yield Route("GET", "/_console/invocations", "ShowInvocations", self._invocations)
        yield Route("POST", "/_console/timers", "FireTimer", self._fire_timer)
        yield Route("GET", "/_console/failed", "ShowFailed", self._failed)
        yield Route("GET", "/_console/activity", "ShowActivity", self._activity)
        yield Route("GET", "/_console/faults", "ShowFaults", lambda _: self._faults())
        yield Route("POST", "/_console/faults", "AddFault", self._add_fault)
        yield Route("POST", "/_console/faults/remove", "RemoveFault", self._remove_fault)
        yield Route("POST", "/_console/faults/clear", "ClearFaults", self._clear_faults)
        yield Route("POST", "/_console/delivery", "SetDelivery", self._set_delivery)
        yield Route("GET", "/_console/buckets", "ShowBuckets", self._buckets)
        yield Route("POST", "/_console/reset", "Reset", self._reset)
        yield Route("GET", "/_console/media", "GetMedia", self._media)
        for path in sorted(_STATIC.iterdir()):
            answer = functools.partial(_static, path.read_bytes(), _STATIC_TYPES[path.suffix])
            yield Route("GET", f"/_console/static/{path.name}", "GetStatic", answer)

    def _videos(self, request: Request) -> Response:
        limit = _limit(request, 24)
        state = request.params.get("state", "")
        found = self._views.videos_by_state(limit, state)
        return self._page("videos", found=found, state=state, limit=limit, counted=COUNTED)

    def _tasks(self, request: Request) -> Response:
        limit = _limit(request, 100)
        state = request.params.get("state", "")
        return self._page("tasks", found=self._views.tasks.by_state(limit, state), state=state, limit=limit)

    def _invocations(self, request: Request) -> Response:
        limit = _limit(request, 50)
        state = request.params.get("state", "")
        found = self._views.invocations.by_state(limit, state)
        return self._page("invocations", found=found, state=state, limit=limit, timers=self._views.timers())

    def _fire_timer(self, request: Request) -> Response:
        form = _form(request)
        self._actions.fire_timer(required(form, "function"), required(form, "trigger"))
        return _see("/_console/invocations")

    def _failed(self, request: Request) -> Response:
        limit = _limit(request, 100)
        return self._page("failed", failures=self._views.failures.latest(limit), limit=limit)

    def _activity(self, request: Request) -> Response:
        limit = _limit(request, 100)
        return self._page(
            "activity", denied=self._views.denied(limit), journal=self._views.journal(limit), limit=limit
        )

    def _faults(self, wrong: str = "", typed: str = "") -> Response:
        page = self._page("faults", kinds=KINDS, wrong=wrong, typed=typed)
        page.status = 400 if wrong else 200
        return page

    def _add_fault(self, request: Request) -> Response:
        typed = required(_form(request), "fault")
        try:
            self._actions.add_fault(typed)
        except FaultError as exc:
            return self._faults(str(exc), typed)
        return _see("/_console/faults")

    def _remove_fault(self, request: Request) -> Response:
        # Gone already, as of a second click: what was wanted is so.
        with contextlib.suppress(ActionError):
            self._actions.remove_fault(whole_number(_form(request), "id", 0, 1, 10**9))
        return _see("/_console/faults")

    def _clear_faults(self, _: Request) -> Response:
        self._actions.clear_faults()
        return _see("/_console/faults")

    def _set_delivery(self, request: Request) -> Response:
        form = _form(request)
        duplicate = whole_number(form, "duplicate", 0, 0, 100)
        self._actions.set_delivery(duplicate, 1 if "shuffle" in form else None)
        return _see("/_console/faults")

    def _buckets(self, request: Request) -> Response:
        params = request.params
        bucket, prefix, after = params.get("bucket", ""), params.get("prefix", ""), params.get("after", "")
        if not bucket:
            return self._page("buckets", buckets=self._views.buckets())
        page = self._views.objects(bucket, prefix, after, 200, delimiter="/")
        return self._page(
            "objects",
            bucket=bucket,
            prefix=prefix,
            folders=page.prefixes,
            objects=[object_view(entry) for entry in page.objects],
            following=urlencode({"bucket": bucket, "prefix": prefix, "after": page.next_marker})
            if page.next_marker
            else "",
        )

    def _reset(self, _: Request) -> Response:
        self._actions.reset()
        return _see("/_console")

    def _media(self, request: Request) -> Response:
        params = request.params
        return media_response(request, self._cloud.oss, required(params, "bucket"), required(params, "key"))

    def _page(self, name: str, **values: Any) -> Response:
        """Every page shows where the cloud is and how much of everything there is."""
        html = self._render.page(
            name,
            page=name,
            url=self._cloud.url,
            counts={
                "invocations": self._views.invocations.count(),
                "tasks": self._views.tasks.count(),
                "denied": self._views.denied_count(),
                "failed": self._views.failures.count(),
            },
            triggers=self._views.triggers(),
            faults=self._views.faults(),
            delivery=self._views.delivery(),
            **values,
        )
        return Response(200, dict(_HEADERS), html.encode("utf-8", "replace"))


def _static(content: bytes, content_type: str, _: Request) -> Response:
    headers = {
        "Content-Type": f"{content_type}; charset=utf-8",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, headers, content)


def _see(path: str) -> Response:
    """To the page that shows what was done, so that a reload does not do it again."""
    return Response(303, {"Location": path})


def _limit(request: Request, default: int) -> int:
    return whole_number(request.params, "limit", default, 1, 2000)


def _form(request: Request) -> dict[str, str]:
    body = b""
    for piece in request.body:
        body += piece
        if len(body) > _MAX_FORM:
            raise BadRequest("the form is too long")
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}

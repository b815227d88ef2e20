"""/_admin: the console for programs, in JSON.

    GET    /_admin/state          all of the below, the latest of each
    GET    /_admin/videos         each with its tracking log, task and GIF                     ?limit=
    GET    /_admin/video          ?bucket= &key=: one, and whether anything more may become of it
    GET    /_admin/tasks, /_admin/invocations, /_admin/records, /_admin/denied, /_admin/journal    ?limit=
    GET    /_admin/failures       what needs a person: the collector's list                    ?limit=
    GET    /_admin/buckets
    GET    /_admin/objects        ?bucket= &prefix= &after= &limit=
    PUT    /_admin/objects        ?bucket= &key=; the body is uploaded, signed by the owner
    GET    /_admin/timers         POST: fires one now, ?function= &trigger=, and tells the request id
    GET    /_admin/faults         POST: one more, as text or {"fault": "…"}; DELETE: one ?id=, or all
    GET    /_admin/delivery       PUT: {"duplicate": 2, "shuffle": 7}; shuffle is a seed or null
    GET    /_admin/events         the journal as server-sent events
    POST   /_admin/reset

Errors are {"error": {"code": "…", "message": "…"}}. Secrets, tokens and signed URLs are in no answer.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from harness.console.actions import Actions
from harness.console.cloud import Cloud
from harness.console.live import Live
from harness.console.routes import BadRequest, Route, required, whole_number
from harness.console.views import Views, object_view
from harness.http.server import Request, Response

_MAX_BODY = 64 * 1024
_MOST = 1000


class Admin:
    def __init__(self, cloud: Cloud, views: Views, actions: Actions, live: Live) -> None:
        self._cloud, self._views, self._actions, self._live = cloud, views, actions, live

    def routes(self) -> Iterable[Route]:
        lists = {
            "videos": lambda limit: self._views.videos(limit)[0],
            "tasks": self._views.tasks.latest,
            "invocations": self._views.invocations.latest,
            "records": self._views.records.latest,
            "failures": self._views.failures.latest,
            "denied": self._views.denied,
            "journal": self._views.journal,
        }
        for name, latest in lists.items():
            yield Route("GET", f"/_admin/{name}", f"List{name.title()}", self._list(name, latest))
        yield Route("GET", "/_admin/video", "GetVideo", self._video)
        yield Route("GET", "/_admin/state", "GetState", self._state)
        yield Route("GET", "/_admin/buckets", "ListBuckets", lambda _: answer({"buckets": self._views.buckets()}))
        yield Route("GET", "/_admin/objects", "ListObjects", self._objects)
        yield Route("PUT", "/_admin/objects", "Upload", self._upload)
        yield Route("GET", "/_admin/timers", "ListTimers", lambda _: answer({"timers": self._views.timers()}))
        yield Route("POST", "/_admin/timers", "FireTimer", self._fire_timer)
        yield Route("GET", "/_admin/faults", "ListFaults", self._faults)
        yield Route("POST", "/_admin/faults", "AddFault", self._add_fault)
        yield Route("DELETE", "/_admin/faults", "ClearFaults", self._clear_faults)
        yield Route("GET", "/_admin/delivery", "GetDelivery", lambda _: answer(self._views.delivery()))
        yield Route("PUT", "/_admin/delivery", "SetDelivery", self._set_delivery)
        yield Route("GET", "/_admin/events", "Watch", self._watch)
        yield Route("POST", "/_admin/reset", "Reset", self._reset)

    def _list(self, name: str, latest: Any) -> Any:
        return lambda request: answer({name: latest(_limit(request))})

    def _video(self, request: Request) -> Response:
        # Asked first: what is over now is over in the view of the video, too.
        expected = self._cloud.fc.pending > 0
        video = self._views.video(required(request.params, "bucket"), required(request.params, "key"))
        if video.state in ("waiting", "running"):
            expected = self._cloud.multimediaai.renders
        return answer(
            {"video": video, "ended": video.ended or not expected, "said": self._views.said_of(video.uri)}
        )

    def _state(self, request: Request) -> Response:
        limit = _limit(request)
        videos, count = self._views.videos(limit)
        return answer(
            {
                "url": self._cloud.url,
                "region": self._cloud.region,
                "functions": [function.name for function in self._cloud.fc.functions],
                "triggers": self._views.triggers(),
                "timers": self._views.timers(),
                "buckets": self._views.buckets(),
                "videos": videos,
                "videos_in_all": count,
                "tasks": self._views.tasks.latest(limit),
                "invocations": self._views.invocations.latest(limit),
                "records": self._views.records.latest(limit),
                "failures": self._views.failures.latest(limit),
                "denied": self._views.denied(limit),
                "faults": self._views.faults(),
                "delivery": self._views.delivery(),
            }
        )

    def _objects(self, request: Request) -> Response:
        params = request.params
        bucket = required(params, "bucket")
        page = self._views.objects(bucket, params.get("prefix", ""), params.get("after", ""), _limit(request))
        objects = [object_view(entry) for entry in page.objects]
        return answer({"objects": objects, "next": page.next_marker or None})

    def _upload(self, request: Request) -> Response:
        bucket, key = required(request.params, "bucket"), required(request.params, "key")
        etag = self._actions.upload(request, bucket, key)
        return answer({"bucket": bucket, "key": key, "etag": etag}, 201)

    def _fire_timer(self, request: Request) -> Response:
        function, trigger = required(request.params, "function"), required(request.params, "trigger")
        return answer({"request_id": self._actions.fire_timer(function, trigger)}, 202)

    def _faults(self, _: Request) -> Response:
        return answer({"faults": self._views.faults()})

    def _add_fault(self, request: Request) -> Response:
        body = _text(request).strip()
        text = _json(body).get("fault", "") if body.startswith("{") else body
        if not text or not isinstance(text, str):
            raise BadRequest("the body is a fault, such as multimediaai:CreateGifTask:throttle:times=2")
        self._actions.add_fault(text)
        return answer({"faults": self._views.faults()}, 201)

    def _clear_faults(self, request: Request) -> Response:
        if "id" in request.params:
            self._actions.remove_fault(whole_number(request.params, "id", 0, 1, 10**9))
        else:
            self._actions.clear_faults()
        return self._faults(request)

    def _set_delivery(self, request: Request) -> Response:
        wanted = _json(_text(request))
        duplicate, seed = wanted.get("duplicate", 0), wanted.get("shuffle")
        if type(duplicate) is not int or not 0 <= duplicate <= 100:
            raise BadRequest("duplicate must be a whole number from 0 to 100")
        if seed is not None and type(seed) is not int:
            raise BadRequest("shuffle must be a seed (a whole number) or null")
        self._actions.set_delivery(duplicate, seed)
        return answer(self._views.delivery())

    def _watch(self, _: Request) -> Response:
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        return Response(200, headers, self._live.stream())

    def _reset(self, _: Request) -> Response:
        self._actions.reset()
        return answer({"reset": True})


def answer(value: Any, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False, default=_plain).encode("utf-8", "replace")
    return Response(
        status,
        {
            "Content-Type": "application/json; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
        body,
    )


def error(status: int, code: str, message: str) -> Response:
    return answer({"error": {"code": code, "message": message}}, status)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
    return str(value)


def _limit(request: Request) -> int:
    return whole_number(request.params, "limit", 100, 1, _MOST)


def _text(request: Request) -> str:
    body = b""
    for piece in request.body:
        body += piece
        if len(body) > _MAX_BODY:
            raise BadRequest(f"the body is longer than {_MAX_BODY} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError as exc:
        raise BadRequest("the body is not UTF-8") from exc


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as exc:
        raise BadRequest(f"the body is not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise BadRequest("the body must be a JSON object")
    return value

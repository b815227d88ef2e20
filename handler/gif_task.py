"""CreateGifTask and ListTasks of multimediaai 2019-08-10: request, answer, retry of what surely was not processed.

Source: the API's pages (CreateGifTask, ListTasks) and the OpenAPI documentation (common parameters, ACS3).
Parameters go in a form body: a URL would put the video's signed URL into every access log on the way.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import requests

from handler.answers import parse_answer
from handler.connections import NotSent
from handler.credentials import CurrentCredentials
from handler.errors import GifTaskError, NotProcessed, OutcomeUnknown, RequestRejected
from handler.gif_task_errors import error_for
from handler.settings import Settings
from handler.signature import Acs3Auth

VERSION = "2019-08-10"
#: What ActionTrail shows of each call.
USER_AGENT = "gif-on-upload"
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.2, 5.0
_PAGE_SIZE = 50
#: The lease: seconds left of it.
SecondsLeft = Callable[[], float]


class GifTask(NamedTuple):
    """A task that exists. task_id is a Long: an int of any size."""

    task_id: int
    request_id: str


class TaskPage(NamedTuple):
    """One page of ListTasks, the tasks as the service gives them. pages: how many there are, if it says so."""

    tasks: list[dict[str, Any]]
    pages: int | None


class GifTaskClient:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, credentials: CurrentCredentials, session: requests.Session) -> None:
        self._settings = settings
        self._credentials = credentials
        self._session = session
        # One lease has to cover the claim, looking for a task, this request and the record.
        lease = settings.claim_lease_seconds
        self._timeout = (min(CONNECT_SECONDS, lease / 10), min(READ_SECONDS, lease / 5))

    @property
    def time_limit(self) -> float:
        """Seconds that one request may take; the lease must have more left when it is sent."""
        return sum(self._timeout)

    def create(self, video_name: str, video_url: str, left: SecondsLeft) -> GifTask:
        """CreateGifTask. `left`: the lease; raises a GifTaskError, OutcomeUnknown when nobody can know."""
        settings = self._settings
        optional = {
            "TemplateId": settings.template_id,
            "CallbackUrl": settings.callback_url,
            "Scales": settings.scales,
        }
        parameters = {
            "ApplicationId": settings.application_id,
            "VideoName": video_name,
            "VideoUrl": video_url,
            **{name: str(value) for name, value in optional.items() if value is not None},
        }
        answer, request_id = self._call("CreateGifTask", parameters, left)
        return GifTask(_task_id(answer, request_id), request_id)

    def list_tasks(self, page: int, left: SecondsLeft) -> TaskPage:
        """ListTasks; without tasks after the last page."""
        parameters = {"PageNumber": str(page), "PageSize": str(_PAGE_SIZE), "ServiceType": "3"}
        answer, request_id = self._call("ListTasks", parameters, left, repeatable=True)
        total, size = (whole_number(answer.get(name)) for name in ("TotalCount", "PageSize"))
        tasks = answer.get("Tasks") or []
        tasks = (
            tasks.get("Task", tasks) if isinstance(tasks, dict) else tasks
        )  # XML wraps, and unwraps a single one
        tasks = [tasks] if isinstance(tasks, dict) else tasks
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise OutcomeUnknown("ListTasks: the answer has no list of tasks", request_id=request_id)
        if page == 1 and not tasks and total != 0:
            raise OutcomeUnknown(
                "ListTasks: the answer neither has tasks nor says that there are none", request_id=request_id
            )
        return TaskPage(tasks, None if total is None else -(-total // (size or _PAGE_SIZE)))

    def _call(
        self, action: str, parameters: dict[str, str], left: SecondsLeft, *, repeatable: bool = False
    ) -> tuple[dict[str, Any], str]:
        """Retries what surely was not processed, with full jitter, while the lease lasts.

        repeatable: a call that changes nothing, which is retried without an answer too.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._send(action, parameters)
            except (NotProcessed, OutcomeUnknown) as error:
                backoff = min(MAX_BACKOFF_SECONDS, BACKOFF_SECONDS * 2**attempt) * random.random()
                pause = max(backoff, error.retry_after)
                surely_again = repeatable or isinstance(error, NotProcessed)
                if not surely_again or left() - pause <= self.time_limit:
                    raise
                time.sleep(pause)
                if left() <= self.time_limit:
                    raise  # the instance was frozen meanwhile

    def _send(self, action: str, parameters: dict[str, str]) -> tuple[dict[str, Any], str]:
        try:
            response = self._session.post(
                self._settings.gif_address + "/",
                data={"RegionId": self._settings.gif_region, "Format": "JSON", **parameters},
                headers={
                    "User-Agent": USER_AGENT,
                    "Accept": "application/json",
                    "x-acs-action": action,
                    "x-acs-version": VERSION,
                },
                auth=Acs3Auth(self._credentials()),
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as exc:
            raise _transport_error(exc, action, self._settings.gif_address) from exc
        return _read(response, action)


def _transport_error(exc: requests.RequestException, action: str, address: str) -> GifTaskError:
    if isinstance(exc, NotSent):
        return NotProcessed(
            f"{action}: {address} could not be reached",
            hint="check GIF_ENDPOINT, GIF_REGION and the function's network",
        )
    if isinstance(exc, requests.exceptions.SSLError):
        return RequestRejected(
            f"{action}: the certificate of {address} was not accepted", hint="check GIF_ENDPOINT"
        )
    if isinstance(exc, requests.exceptions.InvalidHeader):
        return RequestRejected(
            f"{action}: the request cannot be written; nothing was sent",
            hint="check GIF_ENDPOINT for characters that are not ASCII",
        )
    what = "no answer in time" if isinstance(exc, requests.Timeout) else "the connection broke before the answer"
    return OutcomeUnknown(f"{action}: {what} from {address}")


def _read(response: requests.Response, action: str) -> tuple[dict[str, Any], str]:
    status = response.status_code
    try:
        answer = parse_answer(response.content)
    except ValueError as exc:
        if status < 300:
            raise OutcomeUnknown(f"{action}: the answer cannot be read: {exc}", http_status=status) from exc
        answer = {}
    code, request_id = str(answer.get("Code") or ""), str(answer.get("RequestId") or "")
    if status < 300 and code in ("", "OK"):
        return answer, request_id
    error = error_for(code, status, str(answer.get("Message") or ""), request_id, action)
    if isinstance(error, NotProcessed):
        error.retry_after = _milliseconds(response.headers.get("x-acs-retry-after")) / 1000
    raise error


def _task_id(answer: dict[str, Any], request_id: str) -> int:
    task_id = whole_number(answer.get("TaskId"))
    if task_id is None:
        raise OutcomeUnknown("CreateGifTask: the answer is OK, but has no TaskId", request_id=request_id)
    return task_id


def whole_number(value: Any) -> int | None:
    """A number of an answer: XML has texts, and so has JSON now and then."""
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,100}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _milliseconds(text: str | None) -> float:
    return float(text) if text and text.isascii() and text.isdigit() else 0.0

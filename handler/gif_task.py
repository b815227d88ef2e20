"""CreateGifTask and ListTasks of multimediaai 2019-08-10: request, answer, retry of what surely was not processed.

Source: the API's pages (CreateGifTask, ListTasks).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from handler.answers import as_list, parse_answer, positive_number, whole_number
from handler.connections import Connections
from handler.credentials import CurrentCredentials
from handler.errors import NotProcessed, OutcomeUnknown
from handler.gif_task_errors import UNKNOWN, error_for
from handler.repeat import check_lease, repeat
from handler.rpc import Api, send
from handler.service import GifTask, SecondsLeft
from handler.settings import Settings
from handler.wire import Answer

VERSION = "2019-08-10"
LIMIT_SECONDS = 13.0
BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.2, 5.0
_NOT_REACHED = "check GIF_ENDPOINT, GIF_REGION and the function's network"
_NOT_SENT = "check GIF_ENDPOINT: its certificate, and characters that are not ASCII"
_PAGE_SIZE = 50
#: The page says OK; Success is what the product's other services say.
_SUCCESS = ("", "OK", "SUCCESS")


class TaskPage(NamedTuple):
    """One page of ListTasks, the tasks as the service gives them. total: how many there are, if it says so."""

    tasks: list[dict[str, object]]
    total: int | None
    size: int = _PAGE_SIZE

    @property
    def pages(self) -> int | None:
        return None if self.total is None else -(-self.total // self.size)


class GifTaskClient:
    """One per instance, used by many threads."""

    def __init__(self, settings: Settings, credentials: CurrentCredentials, connections: Connections) -> None:
        self._settings = settings
        self._credentials = credentials
        self._connections = connections
        # One lease has to cover the claim, looking for a task, this request and the record.
        lease = settings.claim_lease_seconds
        #: Seconds that one request may take in all; the lease must have more left when it is sent.
        self.time_limit = min(LIMIT_SECONDS, lease * 0.3)

    def create(
        self, video_name: str, video_url: str, left: SecondsLeft, callback_url: str | None = None
    ) -> GifTask:
        """CreateGifTask. `left`: the lease; raises a GifTaskError, OutcomeUnknown when nobody can know."""
        settings = self._settings
        optional = {
            "TemplateId": settings.template_id,
            "CallbackUrl": callback_url,
            "Scales": settings.scales,
        }
        parameters = {
            "ApplicationId": settings.application_id,
            "VideoName": video_name,
            "VideoUrl": video_url,
            **{name: str(value) for name, value in optional.items() if value is not None},
        }
        answer, request_id = self.call("CreateGifTask", parameters, left)
        if (task_id := positive_number(answer.get("TaskId"))) is None:
            raise OutcomeUnknown(
                "CreateGifTask: the answer is OK, but has no TaskId", hint=UNKNOWN, request_id=request_id
            )
        return GifTask(task_id, request_id)

    def list_tasks(self, page: int, left: SecondsLeft) -> TaskPage:
        """ListTasks; without tasks after the last page."""
        parameters = {"PageNumber": str(page), "PageSize": str(_PAGE_SIZE), "ServiceType": "3"}
        answer, request_id = self.call("ListTasks", parameters, left, repeatable=True)
        total, size = whole_number(answer.get("TotalCount")), positive_number(answer.get("PageSize")) or _PAGE_SIZE
        tasks = as_list(answer.get("Tasks") or [], "Task")
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise OutcomeUnknown("ListTasks: the answer has no list of tasks", request_id=request_id)
        after_the_last = answer.get("Tasks") == [] if total is None else total <= (page - 1) * size
        if not tasks and not after_the_last:
            raise OutcomeUnknown(
                "ListTasks: the answer neither has tasks nor says that there are none", request_id=request_id
            )
        return TaskPage(tasks, total, size)

    def call(
        self, action: str, parameters: dict[str, str], left: SecondsLeft, *, repeatable: bool = False
    ) -> tuple[dict[str, object], str]:
        """Retries what surely was not processed, with full jitter, while the lease lasts.

        repeatable: a call that changes nothing, which is retried without an answer too. Any other is sent only
        while the lease lasts longer than it may take. Raises LeaseTooShort.
        """
        backoff = (BACKOFF_SECONDS, MAX_BACKOFF_SECONDS)
        look = None if repeatable else partial(check_lease, left, self.time_limit)
        return repeat(
            lambda: self._send(action, parameters, look), left, self.time_limit, backoff, repeatable=repeatable
        )

    def _send(
        self, action: str, parameters: dict[str, str], look: Callable[[], None] | None
    ) -> tuple[dict[str, object], str]:
        api = Api(self._settings.gif_address, VERSION, _NOT_REACHED, _NOT_SENT, UNKNOWN)
        given = {"RegionId": self._settings.gif_region, **parameters}
        answer = send(self._connections, self._credentials(), api, action, given, self.time_limit, look)
        return _read(answer, action)


def _read(answer: Answer, action: str) -> tuple[dict[str, object], str]:
    """The fields of a success, as only the service writes it, and its RequestId. Raises a GifTaskError."""
    status = answer.status_code
    try:
        fields, unreadable = parse_answer(answer.content), ""
    except ValueError as exc:
        fields, unreadable = {}, f"it cannot be read: {exc}"
    code, request_id = str(fields.get("Code") or ""), str(fields.get("RequestId") or "")
    if 200 <= status < 300 and fields and code.upper() in _SUCCESS:
        return fields, request_id
    if positive_number(fields.get("TaskId")):
        raise OutcomeUnknown(
            f"{action}: {status} {code}: refused, and yet it has a TaskId",
            hint=UNKNOWN,
            http_status=status,
            request_id=request_id,
        )
    error = error_for(code, status, unreadable or str(fields.get("Message") or ""), request_id, action)
    if isinstance(error, NotProcessed):
        error.retry_after = _milliseconds(answer.headers.get("x-acs-retry-after")) / 1000
    raise error


def _milliseconds(text: str | None) -> float:
    return float(text) if text and text.isascii() and text.isdigit() else 0.0

"""What of Multimedia AI each function needs, tried without making a task."""

from __future__ import annotations

from collections.abc import Callable

from handler.errors import RequestRejected
from handler.gif_task import GifTaskClient
from handler.service import SecondsLeft, Try
from handler.settings import Settings

_NO_TASK = {"TaskId": "1"}
#: Who is refused for what the request says is permitted to send it.
_PERMITTED = ("ResourceNotFound", "MissingParameter", "InvalidParameter")


def tries(settings: Settings, tasks: GifTaskClient, left: SecondsLeft, *, follows: bool) -> list[Try]:
    """As GifService.tries."""

    def asking(action: str, parameters: dict[str, str]) -> Try:
        return _try(settings, action, lambda: tasks.call(action, parameters, left, repeatable=True))

    found = [
        # Without VideoUrl no task can be made of it.
        asking("CreateGifTask", {"ApplicationId": settings.application_id, "VideoName": "check"}),
        _try(settings, "ListTasks", lambda: tasks.list_tasks(1, left)),
    ]
    if follows:
        found += [asking(action, _NO_TASK) for action in ("GetTaskResult", "GetTaskStatus")]
    return found


def _try(settings: Settings, action: str, call: Callable[[], object]) -> Try:
    def ask() -> None:
        try:
            call()
        except RequestRejected as error:
            if error.code not in _PERMITTED:
                raise

    return Try(f"multimediaai:{action}", settings.gif_address, ask)

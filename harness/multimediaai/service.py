"""multimediaai 2019-08-10, as far as it makes GIFs: CreateGifTask, GetTaskStatus, GetTaskResult, ListTasks.

Calls are RPC style: GET with everything in the URL, or POST with a form, signed by ACS3-HMAC-SHA256 or by the
legacy RPC signature; answers are JSON or XML. Each task downloads its VideoUrl and renders a real GIF.

Not implemented, and answered so (501 NotImplemented): every other action of the product, among them label and
cover tasks, templates, applications and face groups. Not modelled: quotas, prices.

Unsure, since no page says it: the order in which a request is checked (address, action, signature, permission,
account, parameters); the lengths and ranges of parameters; every ErrorCode but 1000; what CallbackUrl is sent; the
meaning of Scales, which is kept and has no effect; whether ACS3 answers JSON by default.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.http.server import Request, Response
from harness.journal import Journal
from harness.multimediaai.account import Account
from harness.multimediaai.actions import Actions, Behaviour, Fields, Params, result
from harness.multimediaai.callback import tell
from harness.multimediaai.download import Limits
from harness.multimediaai.errors import ApiError, refused
from harness.multimediaai.tasks import Task, Tasks
from harness.multimediaai.wire import MAX_BODY, Call, read_call
from harness.multimediaai.workers import Workers
from harness.ram.asking import Authorize, condition_context
from harness.ram.identity import Credentials, Identities, signer_name
from harness.signatures import SignatureError, acs3, rpc
from harness.signatures.gateway import NonceLog

VERSION = "2019-08-10"
#: Actions that the product has and the local cloud has not; any other is InvalidApiNotFound.
_OTHER_ACTIONS = re.compile(
    "Create(Cover|Label|GameHighlight)Task|DeleteTask|GetTaskDetail|(Create|Get|Update)(Application|Template)|"
    "List(Applications|Templates|FaceGroups|FaceImages|FacePersons)|(Create|Delete)Face(Group|Person)|"
    "(Delete|Register|Detect)FaceImage|AddFaceImages|SearchFace"
)
_log = logging.getLogger(__name__)


class MultimediaAIService(Behaviour):
    """One region of the service.

    directory: for its state, which survives a restart. publish: puts a file under a name where the results of
    tasks are, and gives its URL. render: False leaves every task waiting. workers: how many videos at a time.
    answered_at: see `download`.

    tasks, account: the state, to look at and to change; and what Behaviour says.
    """

    name = "multimediaai"

    def __init__(
        self,
        directory: Path,
        *,
        identities: Identities,
        authorize: Authorize,
        journal: Journal,
        publish: Callable[[str, Path], str],
        region: str = "cn-beijing",
        clock: Callable[[], float] = time.time,
        render: bool = True,
        workers: int = 1,
        limits: Limits | None = None,
        answered_at: Callable[[str], str | None] = lambda host: None,
    ) -> None:
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self._identities = identities
        self._authorize = authorize
        self._journal = journal
        self._clock = clock
        self.renders = render
        self._host = f"multimediaai.{region}.aliyuncs.com"
        self._nonces = NonceLog()
        self.account = Account()
        self.tasks = Tasks(directory / "tasks.sqlite", clock, self._note)
        self._actions = Actions(self.tasks, self)
        self._workers = Workers(
            self.tasks,
            directory / "work",
            publish,
            self._call_back,
            workers if render else 0,
            limits or Limits(),
            answered_at,
            self,
        )

    def start(self) -> None:
        """Unfinished tasks of an earlier run are taken up again."""
        self.tasks.take_up_again()
        self._workers.start()

    def stop(self) -> None:
        """For good. What is unfinished stays so, for the next run."""
        self._workers.stop()
        self.tasks.close()

    def clear(self) -> None:
        """As new: no tasks, an account in order, the default behaviour."""
        self.tasks.clear()
        self.account = Account()
        self.reset_behaviour()

    def progress(self, task_id: int) -> float:
        """How far the task is: 0 to 1."""
        task = self.tasks.get(task_id)
        return 1.0 if task and task.ended else self._workers.progress(task_id)

    def operation(self, request: Request) -> str:
        """The Action, also an unknown one; "Unknown" without any."""
        return read_call(request).action or "Unknown"

    def handle(self, request: Request) -> Response:
        call = read_call(request)
        outcome: dict[str, Any] = {}
        try:
            fields = self._perform(call, outcome)
            response = call.answer(fields)
            outcome["task_id"] = fields.get("TaskId")
        except SignatureError as error:
            response = self._refuse(call, ApiError(error.code, error.status, error.message), outcome)
        except ApiError as error:
            response = self._refuse(call, error, outcome)
        except sqlite3.Error as error:
            _log.error("%s: %s", call.action, type(error).__name__)
            response = self._refuse(call, refused("InternalError"), outcome)
        self._journal.add(
            "request",
            service=self.name,
            operation=call.action or "Unknown",
            status=response.status,
            request_id=call.request_id,
            **outcome,
        )
        return response

    def refuse(self, request: Request, status: int, code: str, message: str) -> Response:
        return read_call(request).refusal(ApiError(code, status, message), self._host)

    def _refuse(self, call: Call, error: ApiError, outcome: dict[str, Any]) -> Response:
        outcome["code"] = error.code
        return call.refusal(error, self._host)

    def _perform(self, call: Call, outcome: dict[str, Any]) -> dict[str, Any]:
        """`outcome`: gets what the journal shall know about the call."""
        action = self._known_action(call)
        verify = acs3.verify if call.acs3 else rpc.verify
        signer = verify(call.request, call.body, self._identities, now=self._clock(), nonces=self._nonces)
        outcome["signer"] = signer_name(signer)
        self._check_permission(call, signer)
        self.account.check(creates_task=call.action.startswith("Create"))
        return action(call.params)

    def _known_action(self, call: Call) -> Callable[[Params], Fields]:
        if call.request.path != "/":
            raise refused("InvalidApiNotFound")
        if call.request.method not in ("GET", "POST"):
            raise ApiError("UnsupportedHTTPMethod", 405, "This http method is not supported.")
        if len(call.body) > MAX_BODY:
            raise ApiError("RequestEntityTooLarge", 413, f"The request body is larger than {MAX_BODY} bytes.")
        for name, value in (("Action", call.action), ("Version", call.version)):
            if not value:
                raise refused("MissingParameter", name)
        if call.version != VERSION:
            raise refused("InvalidVersion")
        action = self._actions.table().get(call.action)
        if action is None:
            raise refused(
                "NotImplemented" if _OTHER_ACTIONS.fullmatch(call.action) else "InvalidApiNotFound", call.action
            )
        return action

    def _check_permission(self, call: Call, signer: Credentials) -> None:
        """Permissions of this product are by action, not by resource."""
        name = f"{self.name}:{call.action}"
        decision = self._authorize(signer, name, "*", condition_context(call.request, self._clock()))
        if not decision.allowed:
            self._journal.add(
                "denied",
                service=self.name,
                action=name,
                resource="*",
                signer=signer_name(signer),
                denied_by=decision.denied_by,
            )
            raise refused("NoPermission", name)

    def _note(self, task: Task) -> None:
        fields = {"task_id": task.task_id, "status": task.status.name.lower(), "video": task.video}
        self._journal.add("task", **fields, **({"reason": task.error_reason} if task.error_reason else {}))

    def _call_back(self, task: Task) -> None:
        if not task.callback_url:
            return
        body = {"TaskId": task.task_id, "Status": int(task.status), **result(task)}
        outcome = tell(task.callback_url, {name: value for name, value in body.items() if value is not None})
        self._journal.add("callback", task_id=task.task_id, outcome=outcome)

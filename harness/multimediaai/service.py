"""multimediaai 2019-08-10, as far as it makes GIFs: CreateGifTask, GetTaskStatus, GetTaskResult, ListTasks.

Calls are RPC style (openapi/); answers are JSON or XML. Each task downloads its VideoUrl and renders a real
GIF. Permissions of this product are by action, not by resource.

Not implemented, and answered so (501 NotImplemented): every other action of the product, among them label and
cover tasks, templates, applications and face groups. Not modelled: quotas, prices.

Unsure, since no page says it: the order in which a request is checked (the account after the permission, then
parameters); the lengths and ranges of parameters; every ErrorCode but 1000; what CallbackUrl is sent; the
meaning of Scales, which is kept and has no effect; whether ACS3 answers JSON by default.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from harness.multimediaai.account import Account
from harness.multimediaai.actions import Actions, Behaviour, result
from harness.multimediaai.callback import tell
from harness.multimediaai.download import Limits
from harness.multimediaai.openapi.gateway import Api, Gateway
from harness.multimediaai.openapi.service import RpcService
from harness.multimediaai.tasks import Task, Tasks
from harness.multimediaai.workers import Workers
from harness.ram.realm import Realm

VERSION = "2019-08-10"
#: Actions that the product has and the local cloud has not; any other is InvalidApiNotFound.
_OTHER_ACTIONS = re.compile(
    "Create(Cover|Label|GameHighlight)Task|DeleteTask|GetTaskDetail|(Create|Get|Update)(Application|Template)|"
    "List(Applications|Templates|FaceGroups|FaceImages|FacePersons)|(Create|Delete)Face(Group|Person)|"
    "(Delete|Register|Detect)FaceImage|AddFaceImages|SearchFace"
)


class MultimediaAIService(RpcService, Behaviour):
    """One region of the service.

    directory: for its state, which survives a restart. publish: puts a file under a name where the results of
    tasks are, and gives its URL; expire: that URL after its time. render: False leaves every task waiting.
    workers: how many videos at a time. answered_at: see `download`.

    tasks, account: the state, to look at and to change; and what Behaviour says. actions: by their names.
    """

    name = "multimediaai"

    def __init__(
        self,
        directory: Path,
        realm: Realm,
        *,
        publish: Callable[[str, Path], str],
        expire: Callable[[str], str] = lambda url: url,
        render: bool = True,
        workers: int = 1,
        limits: Limits | None = None,
        answered_at: Callable[[str], str | None] = lambda host: None,
    ) -> None:
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self._journal = realm.journal
        self.renders = render
        self.account = Account()
        self.tasks = Tasks(directory / "tasks.sqlite", realm.clock, self._note)
        api = Api(self.name, VERSION, Actions(self.tasks, self, expire).table(), _OTHER_ACTIONS)
        self.actions = tuple(api.actions)
        self._gateway = Gateway(
            api, realm, lambda call: self.account.check(creates_task=call.action.startswith("Create"))
        )
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

    def _note(self, task: Task) -> None:
        fields = {"task_id": task.task_id, "status": task.status.name.lower(), "video": task.video}
        self._journal.add("task", **fields, **({"reason": task.error_reason} if task.error_reason else {}))

    def _call_back(self, task: Task) -> None:
        if not task.callback_url:
            return
        body = {"TaskId": task.task_id, "Status": int(task.status), **result(task)}
        outcome = tell(task.callback_url, {name: value for name, value in body.items() if value is not None})
        self._journal.add("callback", task_id=task.task_id, outcome=outcome)

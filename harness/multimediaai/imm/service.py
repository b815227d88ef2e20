"""IMM 2020-09-30, as far as OSS's video/animation needs it: CreateProject, GetProject, AttachOSSBucket,
DetachOSSBucket, GetOSSBucketAttachment, GetTask.

Calls are RPC style (openapi/). OSS hands an order over (`animate`); it becomes a task of type MediaConvert,
which reads the video, makes a real GIF of the frames that were asked for, and stores it under its name, as
image/gif. That is done as the project's service role, whose rights are not looked at.

Not implemented, and answered so (501 NotImplemented): every other action of the product, CreateMediaConvertTask
and ListTasks among them. Not modelled: notifications, quotas, prices, the regions that have IMM.

Unsure, since no page says it: what a bucket gets that is bound to no project, and that what is stored is told to
its bucket's rules (both may be changed, see Behaviour); the Code and Message of a task that has failed; the codes
for what exists already; on which resource GetTask is permitted (the project is asked for). What takes more than 3
minutes to render fails here.
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from harness.multimediaai.imm.behaviour import Behaviour
from harness.multimediaai.imm.state.database import Database
from harness.multimediaai.imm.state.projects import Projects
from harness.multimediaai.imm.state.tasks import MediaTask, Tasks
from harness.multimediaai.imm.wire.actions import Actions
from harness.multimediaai.imm.workers import Buckets, Worker
from harness.multimediaai.media.wanted import Wanted
from harness.multimediaai.openapi.call import Call
from harness.multimediaai.openapi.errors import ApiError
from harness.multimediaai.openapi.gateway import Api, Gateway
from harness.multimediaai.openapi.service import RpcService
from harness.ram.realm import Realm

VERSION = "2020-09-30"
#: Actions that the product has and the local cloud has not; any other is InvalidApiNotFound.
_OTHER_ACTIONS = re.compile(
    "(Add|Attach|Batch|Compare|Contextual|Create|Delete|Detach|Detect|Encode|Extract|Fuzzy|Generate|Get|Index|"
    "LiveTranscoding|List|Query|Refresh|Remove|Resume|Search|Semantic|Simple|Suspend|Update)[A-Za-z]*"
)


class ImmService(RpcService, Behaviour):
    """One region of the service.

    directory: for its state, which survives a restart. render: False leaves every task running.

    projects, tasks: the state, to look at and to change; and what Behaviour says. actions: by their names.
    """

    name = "imm"

    def __init__(
        self,
        directory: Path,
        realm: Realm,
        *,
        buckets: Buckets,
        render: bool = True,
    ) -> None:
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self._journal = realm.journal
        self._place = f"acs:imm:{realm.region}:{realm.account_id}"
        self._database = Database(directory / "imm.sqlite3")
        self.projects = Projects(self._database, realm.clock)
        self.tasks = Tasks(self._database, realm.clock, self._note)
        self._worker = Worker(self.tasks, directory / "work", buckets, self, lambda: render)
        table = Actions(self.projects, self.tasks, buckets.has).table()
        self.actions = tuple(table)
        self._gateway = Gateway(Api(self.name, VERSION, table, _OTHER_ACTIONS, self._resource), realm)

    def start(self) -> None:
        """Unfinished tasks of an earlier run are taken up again."""
        self._worker.start()

    def stop(self) -> None:
        """For good. What is unfinished stays so, for the next run."""
        self._worker.stop()
        self._database.close()

    def clear(self) -> None:
        """As new: no projects, no buckets bound, no tasks, the default behaviour."""
        self.tasks.clear()
        self.projects.clear()
        self.reset_behaviour()

    def bind(self, bucket: str, project: str) -> None:
        """Binds a bucket to a project, which is made where there is none. One that is bound stays so."""
        for step in (lambda: self.projects.create(project), lambda: self.projects.attach(bucket, project)):
            try:
                step()
            except ApiError as exc:
                if exc.code != "ResourceAlreadyExists":
                    raise

    def project_of(self, bucket: str) -> str:
        """Raises ApiError for a bucket that is bound to none."""
        try:
            return self.projects.attachment(bucket).project
        except ApiError as exc:
            raise ApiError(*self.unbound) from exc

    def progress(self, task_id: str) -> float:
        """How much of a running task is done, 0 to 1. GetTask tells none of it before the end."""
        return self._worker.progress(task_id)

    def animate(
        self, project: str, source: tuple[str, str], target: tuple[str, str], wanted: Wanted
    ) -> dict[str, str]:
        """Takes on a task: EventId, RequestId, TaskId. source, target: (bucket, key)."""
        task = self.tasks.create(project, source, target, wanted)
        self._worker.add(task)
        return {"EventId": task.event_id, "RequestId": str(uuid.uuid4()).upper(), "TaskId": task.task_id}

    def _resource(self, call: Call) -> str:
        """What is not about a project is about all there is."""
        if call.action in ("GetOSSBucketAttachment", "DetachOSSBucket"):
            return "*"
        return f"{self._place}:project/{call.params.get('ProjectName') or '*'}"

    def _note(self, task: MediaTask) -> None:
        fields = {"task_id": task.task_id, "status": task.status.lower(), "video": task.source, "gif": task.target}
        self._journal.add("task", **fields, **({"reason": task.message} if task.message else {}))

"""Each of the two services that make the GIFs, as the tests of what both promise see it.

A test that takes `service` runs once with each. What is said here is where they differ: by which request a task is
made and looked for, how it ends, and how a task is called on record that a dead attempt had made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from handler.record import FOUND, TaskId
from harness.cloud import LocalCloud
from tests.clock import Clock
from tests.e2e.collecting import GIF, Collecting, collector_for, fail, put, succeed, url_of
from tests.e2e.handling import Handler, handler_for
from tests.e2e.imm_site import imm_collector_for, imm_handler
from tests.e2e.uploads import event_for, task_ids


class Service(ABC):
    """A local cloud in which one service makes the GIFs.

    order, search, follow: service and operation of the request that makes a task, of that which looks for a dead
    attempt's, and of that which asks how far one is. not_permitted: the refusal of `search` to a role that may
    not, and the code that is on record for it. for_now: code of a refusal that another try may not meet.
    on_record: what a line `submitted` says besides. collected_in: requests, the list's among them.
    """

    order: ClassVar[str]
    search: ClassVar[str]
    follow: ClassVar[str]
    not_permitted: ClassVar[tuple[str, str]]
    for_now: ClassVar[str]
    on_record: ClassVar[dict[str, str]]
    collected_in: ClassVar[int]
    #: Operations of which it needs none to collect a GIF.
    collected_without: ClassVar[frozenset[str]]
    #: Whether an order whose answer was lost is made again as long as its GIF is not there.
    orders_again: ClassVar[bool]

    def __init__(self, cloud: LocalCloud, clock: Clock) -> None:
        self.cloud, self.clock = cloud, clock

    @abstractmethod
    def handler(self, **environ: str) -> Handler: ...

    @abstractmethod
    def collector(self, **environ: str) -> Collecting: ...

    @abstractmethod
    def tasks(self) -> list[TaskId]:
        """The ids of all that there are, the oldest first."""

    @abstractmethod
    def succeed(self, gif: bytes = GIF) -> None:
        """The oldest task at work ends well."""

    @abstractmethod
    def fail(self, code: str, reason: str) -> None:
        """The oldest task at work ends without a GIF."""

    @abstractmethod
    def show_lost(self) -> None:
        """From now on a task is found that no record names."""

    @abstractmethod
    def adopted(self, task_id: TaskId, claim: str) -> TaskId:
        """How a task is called on record that was found, and had been made under that claim."""

    def upload(self, key: str = "clip.mp4", content: bytes = b"hello") -> dict[str, Any]:
        """Nobody hears of it but who gets the event that this returns."""
        return event_for(key, put(self.cloud, key, content), len(content))

    @property
    def order_name(self) -> str:
        return self.order.partition(":")[2]


class MultimediaAi(Service):
    order, search = "multimediaai:CreateGifTask", "multimediaai:ListTasks"
    follow = "multimediaai:GetTaskResult"
    not_permitted = "error=403/Forbidden.RAM", "Forbidden.RAM"
    for_now = "InvalidSecurityToken.Expired"
    on_record: ClassVar = {"application_id": "an-application"}
    collected_in = 8
    collected_without = frozenset({"HeadObject", "CopyObject"})
    orders_again = False

    def handler(self, **environ: str) -> Handler:
        return handler_for(self.cloud, self.clock, self.cloud.url, **environ)

    def collector(self, **environ: str) -> Collecting:
        return collector_for(self.cloud, None, **environ)

    def tasks(self) -> list[TaskId]:
        return list(task_ids(self.cloud))

    def succeed(self, gif: bytes = GIF) -> None:
        succeed(self.cloud, url_of(self.cloud, "result.gif", gif))

    def fail(self, code: str, reason: str) -> None:
        fail(self.cloud, error_code=code, error_reason=reason)

    def show_lost(self) -> None:
        """It is listed at once."""

    def adopted(self, task_id: TaskId, claim: str) -> TaskId:
        return task_id


class OssProcessing(Service):
    """GIF_SERVICE=oss. A lost task is found by its GIF alone."""

    order, search = "oss:AsyncProcessObject", "oss:HeadObject"
    follow = "imm:GetTask"
    not_permitted = "error=403/AccessDenied", "NoPermission"
    for_now = "SecurityTokenExpired"
    on_record: ClassVar = {"animation": "f_gif,num_30,inter_100,w_480,h_480,scaletype_fit"}
    collected_in = 9
    collected_without = frozenset({"PutObject"})
    orders_again = True

    def handler(self, **environ: str) -> Handler:
        return imm_handler(self.cloud, self.clock, environ)

    def collector(self, **environ: str) -> Collecting:
        return imm_collector_for(self.cloud, **environ)

    def tasks(self) -> list[TaskId]:
        return [task.task_id for task in self.cloud.imm.tasks.list()]

    def succeed(self, gif: bytes = GIF) -> None:
        task = self.cloud.imm.tasks.running()[0]
        self.cloud.oss.store.put(task.target_bucket, task.target_key, gif, "image/gif")
        self.cloud.imm.tasks.end(task.task_id)

    def fail(self, code: str, reason: str) -> None:
        self.cloud.imm.tasks.end(self.cloud.imm.tasks.running()[0].task_id, code, reason)

    def show_lost(self) -> None:
        self.succeed()

    def adopted(self, task_id: TaskId, claim: str) -> TaskId:
        return f"{FOUND}{claim}"


SERVICES: dict[str, type[Service]] = {"multimediaai": MultimediaAi, "oss": OssProcessing}

"""Projects, and the buckets that are bound to one: each bucket to one project at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.multimediaai.imm.errors import refused
from harness.multimediaai.imm.state.database import Database

#: the role that IMM acts as when a project names none
DEFAULT_ROLE = "AliyunIMMDefaultRole"


@dataclass(frozen=True)
class Project:
    """created: epoch seconds."""

    name: str
    description: str
    service_role: str
    created: float


@dataclass(frozen=True)
class Attachment:
    bucket: str
    project: str
    description: str
    created: float


class Projects:
    """All methods raise ApiError for what is not there, or is there already."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def create(self, name: str, description: str = "", service_role: str = DEFAULT_ROLE) -> Project:
        with self._database.lock:
            if self._database.one("SELECT 1 FROM projects WHERE name = ?", name):
                raise refused("ResourceAlreadyExists", "project")
            values = (name, description, service_role, self._clock())
            self._database.run("INSERT INTO projects VALUES (?, ?, ?, ?)", *values)
            return self.get(name)

    def get(self, name: str) -> Project:
        found = self._database.one("SELECT * FROM projects WHERE name = ?", name)
        if found is None:
            raise refused("ResourceNotFound", "project")
        return Project(**found)

    def attach(self, bucket: str, project: str, description: str = "") -> None:
        with self._database.lock:
            self.get(project)
            if self._database.one("SELECT 1 FROM attachments WHERE bucket = ?", bucket):
                raise refused("ResourceAlreadyExists", "attachment")
            values = (bucket, project, description, self._clock())
            self._database.run("INSERT INTO attachments VALUES (?, ?, ?, ?)", *values)

    def attachment(self, bucket: str) -> Attachment:
        found = self._database.one("SELECT * FROM attachments WHERE bucket = ?", bucket)
        if found is None:
            raise refused("ResourceNotFound", "attachment")
        return Attachment(**found)

    def detach(self, bucket: str) -> None:
        if not self._database.run("DELETE FROM attachments WHERE bucket = ?", bucket):
            raise refused("ResourceNotFound", "attachment")

    def clear(self) -> None:
        with self._database.lock:
            self._database.run("DELETE FROM attachments")
            self._database.run("DELETE FROM projects")

"""A multimediaai service on a port of its own, with an OSS-like folder for videos and results beside it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from harness.http.server import ConnectionCut, Request, Response, Server
from harness.journal import Journal
from harness.multimediaai import Limits, MultimediaAIService
from harness.ram.identity import Credentials, Identities
from harness.ram.policy import Decision
from harness.ram.realm import Realm

OWNER = Credentials("LTAI5tTest", "test-secret")


@dataclass
class World:
    """The service, and what is around it. `files`: what GET /files/<name> answers, by name."""

    directory: Path
    server: Server
    identities: Identities
    journal: Journal = field(default_factory=Journal)
    files: dict[str, Path | Callable[[Request], Response]] = field(default_factory=dict)
    #: decoded paths and queries of the requests for files, in their order
    fetched: list[tuple[str, str]] = field(default_factory=list)
    #: bodies of what was POSTed to /callback
    called_back: list[bytes] = field(default_factory=list)
    forbidden: frozenset[str] = frozenset()
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self.service = self.new_service()

    def new_service(self, **options: Any) -> MultimediaAIService:
        """A service on the same directory, as after a restart."""
        self.service = MultimediaAIService(
            self.directory / "multimediaai",
            Realm(self.identities, self._authorize, self.journal, lambda: self.now()),
            publish=self._publish,
            limits=Limits(connect=2, silence=2, total=20, size=50_000_000),
            **options,
        )
        return self.service

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def url(self) -> str:
        return self.server.url

    def file_url(self, name: str) -> str:
        return f"{self.server.url}/files/{quote(name)}"

    def add_task(self, video_url: str, **values: str) -> int:
        """A task, without a call."""
        return self.service.tasks.create(
            application_id="app", video_name="v", video_url=video_url, **values
        ).task_id

    def result(self, url: str) -> Path:
        """The file behind a ProcessResultUrl."""
        return self.directory / "results" / url.rsplit("/", 1)[1]

    def _authorize(
        self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]
    ) -> Decision:
        return Decision(action, resource, "default" if action in self.forbidden else "")

    def _publish(self, name: str, path: Path) -> str:
        target = self.directory / "results" / Path(name).name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
        return f"http://results.example/{name}"

    def dispatch(self, request: Request) -> Response:
        if request.path == "/callback":
            self.called_back.append(request.body.read())
            return Response(204)
        if not request.path.startswith("/files/"):
            return self.service.answer(self.service.read(request))
        name = unquote(request.path.removeprefix("/files/"))
        self.fetched.append((request.path, request.query_string))
        source = self.files.get(name)
        if source is None:
            error = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
            return Response(404, {"Content-Type": "application/xml"}, error)
        if callable(source):
            return source(request)
        return Response(200, {}, source.read_bytes())


def cut(request: Request) -> Response:
    raise ConnectionCut

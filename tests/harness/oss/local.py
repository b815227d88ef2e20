"""A local OSS behind a real socket, and the clients that tests talk to it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import requests

from harness.http.server import ConnectionCut, Dispatch, Request, Response, Server
from harness.http.service import alone
from harness.journal import Journal
from harness.oss import OssService, Store
from harness.ram.identity import ACCOUNT_ID, Credentials, Identities
from harness.ram.policy import Decision, Policy
from harness.ram.realm import Realm
from tests.clients.oss_sdk import oss2_auth, oss2_bucket, v2_config
from tests.clock import Clock

#: where code is uploaded to before a function is deployed
TEMP_BUCKET = "fc-temp"
REGION = "cn-beijing"
#: everything in a key that an encoding can get wrong
AWKWARD_KEY = "视频/a+b 100% #1?.mp4"


@dataclass
class Rights:
    """Who may do what: the owner everything, roles what `let` gave them, nobody else anything."""

    policies: dict[str, Policy] = field(default_factory=dict)
    #: everybody may do everything, anonymous or not
    open_to_all: bool = False

    def let(self, role: str, *statements: Mapping[str, Any]) -> None:
        self.policies[role] = Policy({"Version": "1", "Statement": list(statements)})

    def __call__(
        self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]
    ) -> Decision:
        if self.open_to_all or (who and who.is_owner):
            return Decision(action, resource)
        policy = self.policies.get(who.role or "") if who else None
        return policy.evaluate(action, resource, context) if policy else Decision(action, resource, "default")


class Switch:
    """One listening socket for all tests: stopping one takes longer than most of them."""

    def __init__(self) -> None:
        self.answer: Dispatch | None = None
        self.server = Server(self._dispatch)
        self.server.start()
        self.url, self.port, self.stop = self.server.url, self.server.port, self.server.stop

    def _dispatch(self, request: Request) -> Response:
        if self.answer is None:
            raise ConnectionCut
        return self.answer(request)


class TidySession(oss2.Session):  # type: ignore[misc]
    """oss2 leaves many answers unread, and their sockets to the garbage collector."""

    def do_request(self, request: Any, timeout: Any) -> Any:
        answer = super().do_request(request, timeout)
        if request.method != "GET" or answer.status >= 300:
            answer.response.content  # noqa: B018  (reads all, and keeps it for oss2)
        return answer


class LocalOss:
    """`server`: whose requests it answers until `close`."""

    def __init__(self, directory: Path, server: Switch) -> None:
        self.clock, self.rights, self.journal = Clock(), Rights(), Journal()
        self.identities = Identities(clock=self.clock)
        realm = Realm(self.identities, self.rights, self.journal, self.clock, REGION, ACCOUNT_ID)
        self.service = OssService(directory, realm)
        self.server = server
        server.answer = alone(self.service)
        self._session = TidySession()
        self._clients: list[Any] = []

    def close(self) -> None:
        close_sockets(self._session.session)
        for client in self._clients:
            close_sockets(client._client._options.http_client.session)
        self.server.answer = None
        self.service.close()

    @property
    def store(self) -> Store:
        return self.service.store

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def owner(self) -> Credentials:
        return self.identities.owner

    def bucket(
        self, name: str = "videos", who: Credentials | None = None, version: str = "v1", region: str = REGION
    ) -> Any:
        """An oss2 Bucket that signs as `who` (the owner)."""
        options = {"region": region, "session": self._session}
        return oss2_bucket(self.url, who or self.owner, name, version, **options)

    def buckets(self) -> Any:
        """An oss2 Service that signs as the owner."""
        return oss2.Service(oss2_auth(self.owner), self.url, session=self._session)

    def v2_config(self, who: Credentials | None = None, version: str = "v4") -> Any:
        return v2_config(self.url, who or self.owner, signature_version=version, retry_max_attempts=1)

    def v2(self, who: Credentials | None = None, version: str = "v4") -> Any:
        """An alibabacloud_oss_v2 Client that signs as `who` (the owner)."""
        client = oss_v2.Client(self.v2_config(who, version))
        self._clients.append(client)
        return client


def close_sockets(session: requests.Session | None) -> None:
    """At once: a session's own close leaves it to the collector while an exception refers to an answer."""
    if session is None:
        return
    for adapter in session.adapters.values():
        pools = adapter.poolmanager.pools  # type: ignore[attr-defined]
        for key in pools.keys():  # noqa: SIM118  (it is not a mapping)
            pools[key].close()
    session.close()

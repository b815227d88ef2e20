"""A local OSS of its own for every test, behind a real socket."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import oss2
import pytest

from harness.http import Server
from harness.identity import ACCOUNT_ID, Credentials, Identities
from harness.oss import OssService
from harness.ram import Decision, Policy
from harness.service import Journal

TEMP_BUCKET = "fc-temp"


class Clock:
    """The cloud's time: the real one, moved by `offset` seconds."""

    offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


@dataclass
class LocalOss:
    service: OssService
    server: Server
    identities: Identities
    journal: Journal
    clock: Clock
    policies: dict[str, Policy] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url

    def bucket(self, name: str = "videos", auth: Any = None, **options: Any) -> Any:
        """An oss2 Bucket, signed by the owner (V1) unless told otherwise."""
        return oss2.Bucket(auth or self.owner_auth(), self.url, name, region="cn-beijing", **options)

    def owner_auth(self) -> Any:
        owner = self.identities.owner
        return oss2.Auth(owner.access_key_id, owner.access_key_secret)

    def role_auth(self, role: str = "reader", version: str = "v4") -> Any:
        key = self.identities.assume_role(role)
        return oss2.StsAuth(key.access_key_id, key.access_key_secret, key.token, auth_version=version)

    def let(self, role: str, *statements: Mapping[str, Any]) -> None:
        self.policies[role] = Policy({"Version": "1", "Statement": list(statements)})

    def decide(self, who: Credentials | None, action: str, resource: str, context: Mapping[str, str]) -> Decision:
        if who and who.is_owner:
            return Decision(action, resource)
        policy = self.policies.get(who.role or "") if who else None
        return policy.evaluate(action, resource, context) if policy else Decision(action, resource, "default")


@pytest.fixture
def oss(tmp_path: Path) -> Iterator[LocalOss]:
    """With the buckets "videos" and TEMP_BUCKET, and nothing in them."""
    clock = Clock()
    identities, journal = Identities(clock=clock), Journal()
    local: LocalOss
    service = OssService(
        tmp_path / "oss",
        identities=identities,
        authorize=lambda *request: local.decide(*request),
        journal=journal,
        account_id=ACCOUNT_ID,
        clock=clock,
        temp_bucket=TEMP_BUCKET,
    )
    server = Server(service.handle)
    local = LocalOss(service, server, identities, journal, clock)
    service.store.create_bucket("videos")
    service.store.create_bucket(TEMP_BUCKET)
    server.start()
    yield local
    server.stop()
    service.close()

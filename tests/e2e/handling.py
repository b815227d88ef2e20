"""The handler in this process, with the local cloud behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from handler.app import App
from handler.credentials import Credentials
from handler.errors import VideosFailed
from handler.main import compose
from handler.settings import read_settings
from harness.cloud import LocalCloud
from harness.ram.identity import Credentials as StsCredentials
from tests.clock import Clock
from tests.e2e.uploads import EVENT, RECORDS

#: A lease that is soon over; OSS tells the age of a record in whole seconds.
SHORT = {"CLAIM_LEASE_SECONDS": "1.5"}
AFTER_A_SHORT_LEASE = 3.0


@dataclass
class Handler:
    """The handler in this process, with the function's role and settings of its own.

    A lease is judged by OSS's clock alone. So nobody has to wait for a SHORT one to end: the clock is put forward
    after an invocation that failed, as if its event were delivered again that much later.
    """

    app: App
    role: StsCredentials
    clock: Clock

    def answer(self, event: Any, request_id: str = "request-1") -> dict[str, Any]:
        """As it is."""
        role = self.role
        credentials = Credentials(role.access_key_id, role.access_key_secret, role.token or "")
        return dict(self.app.handle(json.dumps(event).encode(), request_id, credentials))

    def __call__(self, event: Any, request_id: str = "request-1") -> list[dict[str, Any]]:
        try:
            results = self.answer(event, request_id)["results"]
        except VideosFailed:
            self.clock.ahead += AFTER_A_SHORT_LEASE
            raise
        return [dict(result) for result in results]


def handler_for(cloud: LocalCloud, clock: Clock, url: str, timeout: float = 120, /, **environ: str) -> Handler:
    """url: where the handler finds the services: the cloud, or what stands in front of it."""
    endpoints = dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "GIF_ENDPOINT"), url)
    values = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": RECORDS, **endpoints, **environ}
    app = compose(read_settings(values, region="cn-beijing", timeout=timeout))
    return Handler(app, cloud.identities.assume_role("gif-on-upload"), clock)


def deliver_until_done(handler: Handler, deliveries: int = 6) -> dict[str, object]:
    """As Function Compute does with an event whose invocation fails."""
    for _ in range(deliveries - 1):
        try:
            return handler(EVENT)[0]
        except VideosFailed:
            continue
    return handler(EVENT)[0]

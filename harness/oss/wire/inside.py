"""How a service of the same account reads and writes objects: as its own role, whose rights are not in question.

What it writes is an object like any other, so rules are told of a PutObject. Which event OSS fires for what
Intelligent Media Management (IMM) stores is not documented; its role needs oss:PutObject for it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from harness.http.body import CHUNK
from harness.oss.notifications import Notifications
from harness.oss.state.store import Store
from harness.oss.wire.attributes import from_headers
from harness.oss.wire.events import changed_object, event
from harness.oss.wire.place import Place

#: the address that events show
_CLIENT = "100.64.0.1"


@dataclass(frozen=True)
class Inside:
    store: Store
    notifications: Notifications
    place: Place

    def fetch(self, bucket: str, key: str, target: Path) -> None:
        """Writes the object's bytes to `target`. Raises OssError."""
        reader = self.store.objects.open(bucket, key)[2]
        with target.open("wb") as file:
            for piece in reader:
                file.write(piece)

    def put(self, bucket: str, key: str, source: Path, content_type: str, tell: bool = True) -> None:
        """Stores the file, as the bucket's settings say. tell: whether rules are told. Raises OssError."""
        home = self.store.bucket(bucket)
        given = {"Content-Type": content_type}
        attributes = from_headers(lambda name: given.get(name, ""), list(given), home)
        with source.open("rb") as file:
            content = self.store.write(iter(lambda: file.read(CHUNK), b""))
        change = self.store.objects.put(bucket, key, content, attributes)
        if tell:
            made = change.object
            shown = changed_object(key, etag=made.etag, size=made.size, delta=change.delta, mime=content_type)
            request_id = secrets.token_hex(12).upper()
            created = event(self.place, "ObjectCreated:PutObject", bucket, shown, _CLIENT, request_id)
            self.notifications.publish(created)

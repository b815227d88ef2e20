"""What OSS tells a bucket's rules of a change, as native triggers of Function Compute get it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.oss.wire.place import Place
from harness.oss.wire.times import iso


def event(
    place: Place, name: str, bucket: str, changed: Mapping[str, Any], client: str, request_id: str
) -> dict[str, Any]:
    """A record without ruleId. name: such as ObjectCreated:PutObject. client: the address that asked for it."""
    return {
        "eventName": name,
        "eventSource": "acs:oss",
        "eventTime": iso(place.clock()),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:{place.region}:{place.account_id}:{bucket}",
                "name": bucket,
                "ownerIdentity": place.account_id,
                "virtualBucket": "",
            },
            "object": changed,
            "ossSchemaVersion": "1.0",
        },
        "region": place.region,
        "requestParameters": {"sourceIPAddress": client},
        "responseElements": {"requestId": request_id},
        "userIdentity": {"principalId": place.account_id},
    }


def changed_object(
    key: str, *, etag: str = "", size: int = 0, delta: int = 0, mime: str = "", **more: Any
) -> dict[str, Any]:
    """How a record shows the object."""
    shown = {"deltaSize": delta, "eTag": etag, "key": key, "size": size, **more}
    return {**shown, "objectMeta": {"mimeType": mime}} if mime else shown

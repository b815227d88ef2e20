"""The same function, made idempotent as Powertools' idempotency would: claim if absent, work, save the result.

OSS has one way to create only what is absent, `x-oss-forbid-overwrite`; it does nothing in a versioned bucket.
"""

from __future__ import annotations

import json
import logging
import os
import time
from typing import Any

import alibabacloud_oss_v2 as oss

from tests.benchmarks.peers.sdk import VIDEO_SUFFIXES, Clients, create_task, logger, put_record, record_key

EXPIRES_SECONDS = 3600
_clients: list[Clients] = []


class AlreadyInProgress(Exception):
    """Another invocation holds the video."""


def initialize(context: Any) -> None:
    logging.basicConfig(level=logging.INFO)
    _clients.append(Clients())


def handler(event: bytes, context: Any) -> dict[str, Any]:
    clients = _clients[0]
    results = []
    for record in json.loads(event)["events"]:
        bucket, thing = record["oss"]["bucket"]["name"], record["oss"]["object"]
        if thing["key"].lower().endswith(VIDEO_SUFFIXES):
            results.append(submit_once(clients, bucket, thing["key"], thing["eTag"]))
    return {"results": results}


def submit_once(clients: Clients, bucket: str, key: str, etag: str) -> dict[str, Any]:
    name = record_key(bucket, f"{key}/{etag}")
    try:
        claim = {"status": "INPROGRESS", "expires": time.time() + EXPIRES_SECONDS}
        put_record(clients, name, claim, forbid_overwrite=True)
    except oss.exceptions.OperationError as exc:
        if getattr(exc.unwrap(), "code", "") != "FileAlreadyExists":
            raise
        return stored_result(clients, name)
    result = {"video": f"oss://{bucket}/{key}", "task_id": create_task(clients, bucket, key)}
    put_record(clients, name, {"status": "COMPLETED", "expires": time.time() + EXPIRES_SECONDS, "data": result})
    logger.info("submitted %s: task %s", result["video"], result["task_id"])
    return result


def stored_result(clients: Clients, name: str) -> dict[str, Any]:
    answer = clients.oss.get_object(oss.GetObjectRequest(bucket=os.environ["TRACKING_BUCKET"], key=name))
    record = json.loads(answer.body.read())
    if record["status"] != "COMPLETED":
        raise AlreadyInProgress(name)
    return dict(record["data"])

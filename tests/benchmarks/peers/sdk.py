"""A user's function with the official SDKs only: it submits whatever arrives, as often as it arrives."""

from __future__ import annotations

import json
import logging
import os
from datetime import timedelta
from typing import Any

import alibabacloud_oss_v2 as oss
from alibabacloud_multimediaai20190810.client import Client
from alibabacloud_multimediaai20190810.models import CreateGifTaskRequest
from alibabacloud_tea_openapi.models import Config

logger = logging.getLogger()
VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".flv", ".webm")


class Clients:
    """Built once per instance: rebuilding them for each invocation would only cost more."""

    def __init__(self) -> None:
        environ = os.environ
        self.oss = oss.Client(
            oss.Config(
                region=environ["FC_REGION"],
                endpoint=environ["OSS_ENDPOINT"],
                credentials_provider=oss.credentials.EnvironmentVariableCredentialsProvider(),
            )
        )
        scheme, _, host = environ["GIF_ENDPOINT"].partition("://")
        self.multimediaai = Client(
            Config(
                access_key_id=environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                access_key_secret=environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                security_token=environ["ALIBABA_CLOUD_SECURITY_TOKEN"],
                region_id=environ["FC_REGION"],
                endpoint=host,
                protocol=scheme,
            )
        )


_clients: list[Clients] = []


def initialize(context: Any) -> None:
    logging.basicConfig(level=logging.INFO)
    _clients.append(Clients())


def handler(event: bytes, context: Any) -> dict[str, Any]:
    clients = _clients[0]
    results = []
    for record in json.loads(event)["events"]:
        bucket, key = record["oss"]["bucket"]["name"], record["oss"]["object"]["key"]
        if key.lower().endswith(VIDEO_SUFFIXES):
            task_id = create_task(clients, bucket, key)
            put_record(clients, record_key(bucket, key), {"task_id": task_id, "video": f"oss://{bucket}/{key}"})
            logger.info("submitted oss://%s/%s: task %s", bucket, key, task_id)
            results.append({"video": f"oss://{bucket}/{key}", "task_id": task_id})
    return {"results": results}


def create_task(clients: Clients, bucket: str, key: str) -> int:
    request = oss.GetObjectRequest(bucket=bucket, key=key)
    url = clients.oss.presign(request, expires=timedelta(days=1)).url
    answer = clients.multimediaai.create_gif_task(
        CreateGifTaskRequest(
            application_id=os.environ["APPLICATION_ID"], video_name=key.rsplit("/", 1)[-1], video_url=url
        )
    )
    return int(answer.body.task_id)


def record_key(bucket: str, key: str) -> str:
    return f"gif-tasks/{bucket}/{key}.json"


def put_record(clients: Clients, key: str, record: dict[str, Any], **options: Any) -> None:
    clients.oss.put_object(
        oss.PutObjectRequest(
            bucket=os.environ["TRACKING_BUCKET"], key=key, body=json.dumps(record).encode(), **options
        )
    )

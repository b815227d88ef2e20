"""Orders as the official clients send them."""

from __future__ import annotations

import base64
from typing import Any

import alibabacloud_oss_v2 as oss
from alibabacloud_imm20200930 import models
from alibabacloud_imm20200930.client import Client

from harness.cloud import LocalCloud
from harness.ram.identity import Credentials
from tests.clients.oss_sdk import oss2_bucket, v2_client
from tests.clients.tea import tea_config

PROJECT_NAME = "my-project"
REGION = "cn-beijing"


def encoded(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def process(target: str, options: str = "f_gif,inter_1000", bucket: str = "") -> str:
    """What is asked for. bucket: of the target, "" for the source's."""
    where = f",b_{encoded(bucket)}" if bucket else ""
    return f"video/animation,{options}|sys/saveas,o_{encoded(target)}{where}"


def by_v2(cloud: LocalCloud, keys: Credentials, bucket: str, key: str, what: str) -> str:
    """alibabacloud-oss-v2; the TaskId."""
    request = oss.AsyncProcessObjectRequest(bucket=bucket, key=key, process=what)
    answer = v2_client(cloud.url, keys, retry_max_attempts=1).async_process_object(request)
    assert answer.event_id
    assert answer.process_request_id
    return str(answer.task_id)


def by_oss2(cloud: LocalCloud, keys: Credentials, bucket: str, key: str, what: str, version: str = "v1") -> str:
    """oss2; the TaskId. version: of the signature."""
    answer = oss2_bucket(cloud.url, keys, bucket, version).async_process_object(key, what)
    assert answer.event_id
    return str(answer.task_id)


def by_oss2_v4(cloud: LocalCloud, keys: Credentials, bucket: str, key: str, what: str) -> str:
    return by_oss2(cloud, keys, bucket, key, what, "v4")


def imm_client(cloud: LocalCloud, keys: Credentials) -> Any:
    """alibabacloud-imm20200930."""
    return imm_client_at(cloud.url, keys)


def imm_client_at(url: str, keys: Credentials) -> Any:
    return Client(tea_config(keys, url))


def get_task(
    client: Any, task_id: str, project: str = PROJECT_NAME, kind: str = "MediaConvert", **more: Any
) -> Any:
    request = models.GetTaskRequest(project_name=project, task_id=task_id, task_type=kind, **more)
    return client.get_task(request).body

"""Clients of OSS's official SDKs, with somebody's keys, as their users make them."""

from __future__ import annotations

from typing import Any

import alibabacloud_oss_v2 as oss
import oss2

from harness.ram.identity import Credentials
from tests.clients.matrix import REGION


def oss2_auth(keys: Credentials, signature: str = "v1") -> Any:
    """oss2's. signature: v1, v2 or v4; with a token, v1 or v4."""
    if keys.token:
        return oss2.StsAuth(keys.access_key_id, keys.access_key_secret, keys.token, auth_version=signature)
    return oss2.make_auth(keys.access_key_id, keys.access_key_secret, signature)


def oss2_bucket(url: str, keys: Credentials, name: str, signature: str = "v1", **options: Any) -> Any:
    return oss2.Bucket(oss2_auth(keys, signature), url, name, **{"region": REGION, **options})


def v2_config(url: str, keys: Credentials, **options: Any) -> oss.Config:
    """alibabacloud-oss-v2's."""
    provider = oss.credentials.StaticCredentialsProvider(keys.access_key_id, keys.access_key_secret, keys.token)
    return oss.Config(**{"region": REGION, "endpoint": url, "credentials_provider": provider, **options})


def v2_client(url: str, keys: Credentials, **options: Any) -> oss.Client:
    return oss.Client(v2_config(url, keys, **options))

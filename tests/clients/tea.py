"""What the clients have in common that are generated from Tea, Alibaba Cloud's description of its APIs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config

from harness.ram.identity import Credentials
from tests.clients.matrix import REGION


def tea_config(keys: Credentials, url: str = "", **more: Any) -> Any:
    """url: of the service; "" for the production's. more: other settings of the SDK."""
    address = urlsplit(url)
    return Config(
        access_key_id=keys.access_key_id,
        access_key_secret=keys.access_key_secret,
        security_token=keys.token,
        region_id=REGION,
        **{"endpoint": address.netloc or None, "protocol": address.scheme or None, **more},
    )


class TeaClient:
    refusal = AlibabaCloudException

    @staticmethod
    def code(refused: Any) -> str:
        return str(refused.code)

    @staticmethod
    def http_status(refused: Any) -> int:
        return int(refused.status_code)

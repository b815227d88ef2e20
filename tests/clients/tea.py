"""What the clients have in common that are generated from Tea, Alibaba Cloud's description of its APIs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

from harness.ram.identity import Credentials
from tests.clients.matrix import REGION, Site


def tea_config(site: Site, keys: Credentials) -> Any:
    address = urlsplit(site.url)
    return Config(
        access_key_id=keys.access_key_id,
        access_key_secret=keys.access_key_secret,
        security_token=keys.token,
        region_id=REGION,
        endpoint=address.netloc,
        protocol=address.scheme,
    )


class TeaClient:
    refusal = ClientException

    @staticmethod
    def code(refused: Any) -> str:
        return str(refused.code)

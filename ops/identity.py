"""STS: who a key is."""

from __future__ import annotations

from typing import Any, NamedTuple

from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions

from ops.refusals import sts_refusal

#: Milliseconds
_CONNECT, _READ = 10_000, 20_000
_SHOWN = 8


class Identity(NamedTuple):
    """key_id: its beginning. arn: acs:ram::<account>:root, :user/…, or :assumed-role/…"""

    key_id: str
    account_id: str
    arn: str


def identity_of(client: Client, key_id: str, protocol: str) -> Identity:
    """GetCallerIdentity, which needs no permission. Raises OpsError."""
    call = Params(
        action="GetCallerIdentity",
        version="2015-04-01",
        protocol=protocol,
        method="POST",
        auth_type="AK",
        style="RPC",
        pathname="/",
        req_body_type="formData",
        body_type="json",
    )
    runtime = RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_READ, autoretry=False)
    try:
        answer: dict[str, Any] = client.call_api(call, OpenApiRequest(), runtime)["body"]
        account, arn = str(answer["AccountId"]), str(answer["Arn"])
    except Exception as exc:  # the SDK lets through whatever its layers raise
        raise sts_refusal(exc) from exc
    return Identity(f"{key_id[:_SHOWN]}…", account, arn)

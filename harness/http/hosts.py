"""The production addresses: which service answers at a host of Alibaba Cloud.

Sources: the endpoint tables in the documentation of OSS, Function Compute (3.0 and 2.0), multimediaai, IMM and
STS, and the SDKs' own. Each has a public host, and OSS and Function Compute one inside the region's network
("-internal").
"""

from __future__ import annotations

import re

from harness.http.server import Request, host_name

#: A header of requests that interception sends here; no client signs it.
INTERCEPTED = "X-Local-Cloud-Intercepted"

#: Where Function Compute 3.0 is offered, as the fc3 component (May 2026) has it: it deploys to no other region.
REGIONS = (
    *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
    *("ap-southeast-5", "ap-southeast-7", "cn-beijing", "cn-chengdu", "cn-hangzhou", "cn-heyuan-acdr-1"),
    *("cn-hongkong", "cn-huhehaote", "cn-qingdao", "cn-shanghai", "cn-shanghai-cloudspe"),
    *("cn-shanghai-finance-1", "cn-shenzhen", "cn-wulanchabu", "cn-zhangjiakou", "eu-central-1", "eu-west-1"),
    *("me-central-1", "us-east-1", "us-west-1"),
)

_DOMAIN = ".aliyuncs.com"
_REGION = "[a-z0-9]+(?:-[a-z0-9]+)+"
_HOSTS = {
    # With and without a bucket; acceleration and dual stack (<region>.oss) too.
    "oss": re.compile(rf"(?:[^.]+\.)?(?:oss(?:-[a-z0-9-]+)?|{_REGION}\.oss)"),
    "multimediaai": re.compile(rf"multimediaai\.{_REGION}"),
    "imm": re.compile(rf"imm(?:-vpc)?\.{_REGION}"),
    "sts": re.compile(rf"sts(?:-vpc)?(?:\.{_REGION})?"),
    # With and without a project; inside the network too (<region>-intranet).
    "sls": re.compile(rf"(?:[^.]+\.)?{_REGION}\.(?:log|sls)"),
    # 3.0; then 2.0 and invocation, which name the account.
    "fc": re.compile(rf"fcv3\.{_REGION}|(?:\d+\.)?{_REGION}\.fc"),
}


def in_production(host: str) -> bool:
    """Whether the host belongs to Alibaba Cloud's API domain."""
    return f".{host_name(host)}".endswith(_DOMAIN)


def service_at(host: str) -> str | None:
    """The service of the local cloud that stands for this host, such as "oss" or "sls", or None."""
    if not in_production(host):
        return None
    name = host_name(host).removesuffix(_DOMAIN)
    return next((service for service, pattern in _HOSTS.items() if pattern.fullmatch(name)), None)


def by_name(request: Request) -> bool:
    """Whether the request was addressed to the host it names; others found this cloud by its own address."""
    return INTERCEPTED in request.headers
